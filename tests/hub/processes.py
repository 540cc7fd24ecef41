"""Real servers and workers for tests, as processes on the test's database, Redis and folders."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90


def environment(**extra: Any) -> dict[str, str]:
    """The environment in which a process sees what the test sees."""
    database = connection.settings_dict
    host = quote(database["HOST"], safe="")
    port = f":{database['PORT']}" if database["PORT"] else ""
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    shared = {
        "DATABASE_URL": f"postgis://{database['USER']}{password}@{host}{port}/{database['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "MOSAIC_SOURCE": settings.MOSAIC_SOURCE,
        "MEDIA_ROOT": settings.MEDIA_ROOT,
        "SCRATCH_ROOT": settings.SCRATCH_ROOT,
        "VAR": settings.VAR,
    }
    return os.environ | {key: str(value) for key, value in (shared | extra).items()}


class Process:
    """A child process with a group of its own, so that it and its children can be killed together."""

    def __init__(self, *command: str, log: Path, **extra: Any) -> None:
        self.log = log
        # A log may hold the lines of an earlier process.
        self._begin = len(log.read_text()) if log.exists() else 0
        with log.open("ab") as out:
            self.child = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=environment(**extra),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.child.pid

    def memory_mb(self) -> float:
        """Resident memory of the process itself."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def wait_for(self, text: str) -> None:
        """Return when the process has written ``text`` to its log."""
        until(
            lambda: text in self.log.read_text()[self._begin :] or self._died(),
            seconds=START_SECONDS,
            what=f"{text!r} in the log",
        )

    def _died(self) -> bool:
        if self.child.poll() is not None:
            pytest.fail(f"The process ended with {self.child.returncode}:\n{self.log.read_text()[-3000:]}")
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and everything it started."""
        for signal_number in (how, signal.SIGKILL):
            try:
                os.killpg(self.pid, signal_number)
                self.child.wait(timeout=15)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.child.wait(timeout=15)


@contextmanager
def site(folder: Path, **extra: Any) -> Iterator[tuple[str, Process]]:
    """A real Daphne: its address, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "daphne.log"
    process = Process("daphne", "-b", "127.0.0.1", "-p", str(port), "portal.asgi:application", log=log, **extra)
    try:
        process.wait_for("Listening on TCP address")
        urlopen(f"http://127.0.0.1:{port}/api/v1/catalogue/").read()  # so that everything is imported
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.stop()


@contextmanager
def worker(folder: Path, **extra: Any) -> Iterator[Process]:
    """A real Celery worker of both queues with one child process, and the beat when ``SWEEP_SECONDS`` is given."""
    beat = ("-B", "-s", str(folder / "beat")) if "SWEEP_SECONDS" in extra else ()
    log = folder / "worker.log"
    queues = ("-Q", "celery,quick")
    command = ("celery", "-A", "portal", "worker", *queues, "-c", "1", "--pool", "prefork", "-l", "INFO", *beat)
    process = Process(*command, log=log, **extra)
    try:
        process.wait_for(" ready.")
        yield process
    finally:
        process.stop()


def until(holds: Callable[[], Any], *, seconds: float, what: str, log: Path | None = None) -> Any:
    """Wait for ``holds`` to give something true and return that; else fail, with the end of ``log``."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > deadline:
            pytest.fail(f"Waited {seconds} s in vain for {what}.\n{log.read_text()[-4000:] if log else ''}")
        time.sleep(0.05)
    return found
