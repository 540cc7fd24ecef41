"""Start the service and keep it running: ``python -m running [-- COMMAND ...]``.

With a command: run that one command with the servers up and the site's environment set.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from running.environment import ROOT, site_environment, site_port, user_environment, var_folder
from running.errors import CannotRun, Stopped
from running.folder_lock import FolderLock
from running.leftovers import remove_folder_behind
from running.servers import private_servers
from running.service import Service, require_free_port, say
from running.stopping import StopRequest
from running.supervisor import Supervisor


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: the command's, 1 after a failure, 128 + signal when stopped by one."""
    options = parse(arguments)
    stop_request = StopRequest(follow_parent=options.follow_parent)
    stop_request.listen()
    try:
        run = Run(user_environment(), stop_request)
        if options.command:
            return run.command(options.command)
        run.service()
    except CannotRun as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        return stop_request.exit_code
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options and the command that follows ``--``."""
    parser = argparse.ArgumentParser(prog="python -m running", description=__doc__)
    parser.add_argument("--follow-parent", action="store_true", help="stop when the process that started this one ends")
    parser.add_argument("command", nargs="*", help="a command to run instead of the service, after --")
    return parser.parse_args(arguments)


class Run:
    """One start of the service, or of one command, in the folder VAR, which nobody else may use meanwhile."""

    def __init__(self, environment: Mapping[str, str], stop_request: StopRequest) -> None:
        self._var = var_folder(environment)
        self._port = site_port(environment)
        make_folder(self._var)
        make_folder(self._var / "log")
        make_folder(self._var / "static")  # WhiteNoise looks for it when the site starts
        self._environment = site_environment(environment, var=self._var, port=self._port)
        self._supervisor = Supervisor(logs=self._var / "log", stop_request=stop_request)
        self._lock = FolderLock(self._var)

    def service(self) -> None:
        """Start everything and watch over it; ends by an exception, with everything stopped."""
        if not self._take_lock("The service"):
            raise CannotRun(f"{describe(self._lock.read_note())} in {self._var}: stop that first.")
        require_free_port(self._port)
        servers = private_servers(self._environment, var=self._var)
        try:
            Service(self._supervisor, servers, self._environment, port=self._port).start()
            self._lock.leave_note(what="The service", pid=os.getpid(), servers=servers.environment)
            say(f"Ready: http://127.0.0.1:{self._port}")
            self._supervisor.watch()
        except Stopped:
            say("Stopping")
            raise
        finally:
            self._stop()

    def command(self, command: Sequence[str]) -> int:
        """The exit code of ``command``, run with the servers of the running service or with our own."""
        if not self._take_lock("A command"):
            holder = self._lock.read_note()
            if "servers" not in holder:
                raise CannotRun(f"{describe(holder)} in {self._var}: try again when it is ready, or has ended.")
            return exit_code_of(command, self._environment | holder["servers"])
        try:
            servers = private_servers(self._environment, var=self._var)
            servers.start(self._supervisor)
            return exit_code_of(command, self._environment | servers.environment)
        finally:
            self._stop()

    def _take_lock(self, what: str) -> bool:
        return self._lock.take(what=what, pid=os.getpid())

    def _stop(self) -> None:
        self._supervisor.stop()
        remove_folder_behind(self._var / "sockets")


def exit_code_of(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run ``command`` in the foreground: Ctrl-C is its own business, other requests to stop are passed on."""
    try:
        process = subprocess.Popen(command, env=environment, cwd=ROOT)
    except OSError as problem:
        raise CannotRun(f"{command[0]} cannot be run: {problem.strerror}.") from None
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


def describe(holder: Mapping[str, Any]) -> str:
    """The beginning of a sentence about who holds the lock."""
    return f"{holder.get('what', 'Something')} is running already (process {holder.get('pid', 'unknown')})"


def make_folder(folder: Path) -> None:
    """Make ``folder`` if need be; raises `CannotRun` where that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotRun(f"The folder {folder} cannot be made ({problem.strerror}): set VAR to another one.") from None
    if not os.access(folder, os.W_OK):
        raise CannotRun(f"The folder {folder} belongs to somebody else: set VAR to one that you may write to.")


if __name__ == "__main__":
    sys.exit(main())
