"""The whole service: servers, archive, site, worker and sample order, in the order they need each other."""

import hashlib
import http.client
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from running.children import Child
from running.environment import ROOT
from running.errors import CannotRun
from running.servers import Servers
from running.supervisor import Supervisor

WORKER, QUICK_WORKER = "worker@mosaic", "quick@mosaic"
PING_ATTEMPTS = 6
POOL = "12"
"""Connections to the database that the site keeps open, at most."""


def require_free_port(port: int) -> None:
    """Raise `CannotRun` when somebody listens on ``port`` already, or we may not."""
    with socket.socket() as probe:
        # Connections of a former run that are just timing out do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotRun(f"Port {port} needs root: choose one above 1023, such as PORT=8000.") from None
        except OSError:
            raise CannotRun(f"Port {port} is taken: choose another one, such as PORT={port + 1}.") from None


class Service:
    """Starts everything; the ``supervisor`` owns what it has started."""

    def __init__(self, supervisor: Supervisor, servers: Servers, environment: Mapping[str, str], *, port: int) -> None:
        self._supervisor = supervisor
        self._servers = servers
        self._environment = dict(environment) | servers.environment
        self._port = port
        self._var = Path(environment["VAR"])

    def start(self) -> None:
        """Return when the site answers, the worker responds and the sample order is finished.

        At the first start releases of ground motion are made beside it, and come a little later.
        """
        archive = self._start_archive()
        say("Starting PostGIS and Redis")
        self._servers.start(self._supervisor)
        self._migrate()
        say("Starting the site and the workers")
        self._start_site()
        self._start_worker("worker", queue="celery", named=WORKER)
        # Previews and forecasts are waited for at the screen: they have a worker that no mosaic keeps busy.
        self._start_worker("quick", queue="quick", named=QUICK_WORKER)
        if archive:
            self._supervisor.finish(archive, seconds=900)
        sample = self._step("sample-order", "manage.py", "seed_demo", "--wait", shows_output=True)
        self._supervisor.wait(self._site_answers, what=f"the site on port {self._port} to answer", seconds=60)
        # A process of its own: one that the worker starts would outlive a worker that is killed.
        self._start_celery("beat", "beat", "-s", str(self._var / "beat-schedule"), "--pidfile=")
        self._supervisor.finish(sample, seconds=900)
        for name in (WORKER, QUICK_WORKER):
            self._wait_for_worker(name)
        if not (self._var / "insar" / "demo-seeded").exists():
            # Nobody waits for it: it appears in the site when it is there.
            self._step("ground-motion", "manage.py", "seed_insar_demo")

    def _migrate(self) -> None:
        """Bring the database up to date; loading the site takes seconds, so only when something changed."""
        schema = schema_fingerprint()
        if not self._servers.has_schema(schema):
            say("Bringing the database up to date")
            self._supervisor.finish(self._step("migrate", "manage.py", "migrate", "--no-input"), seconds=300)
            self._servers.remember_schema(schema)

    def _start_archive(self) -> Child | None:
        """Have an archive to order from made, unless the user named one."""
        if self._environment.get("MOSAIC_SOURCE"):
            return None
        archive = self._var / "archive"
        if (archive / "items.json").exists():  # written last
            return None
        say("Making a small archive to order from")
        return self._step("archive", "-m", "processing.sample", str(archive))

    def _start_site(self) -> None:
        arguments = ["-b", "127.0.0.1", "-p", str(self._port), "portal.asgi:application"]
        # Opening a connection takes as long as most of what is asked through it.
        environment = {"DATABASE_POOL": POOL} | self._environment
        self._supervisor.start("site", python("-m", "daphne", *arguments), environment=environment, folder=ROOT)

    def _start_worker(self, name: str, *, queue: str, named: str) -> None:
        self._start_celery(name, "worker", "-Q", queue, "-c", "1", "--pool", "prefork", "-n", named)

    def _start_celery(self, name: str, program: str, *arguments: str) -> None:
        command = python("-m", "celery", "-A", "portal", program, "-l", "INFO", *arguments)
        self._supervisor.start(name, command, **self._options)

    def _wait_for_worker(self, name: str) -> None:
        """Return when the worker ``name`` has answered a message, which proves the broker as well."""
        for _ in range(PING_ATTEMPTS):
            # A message sent before the worker listens is lost.
            arguments = ["-A", "portal", "inspect", "ping", "-d", name, "-t", "5"]
            if self._supervisor.succeeds(self._step("ping", "-m", "celery", *arguments), seconds=60):
                return
        log = self._var / "log" / f"{name.partition('@')[0]}.log"
        raise CannotRun(f"The worker {name} does not answer: its log is {log}.")

    def _site_answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 400
        except OSError:
            return False
        finally:
            connection.close()

    def _step(self, name: str, *arguments: str, shows_output: bool = False) -> Child:
        return self._supervisor.start_step(name, python(*arguments), shows_output=shows_output, **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {"environment": self._environment, "folder": ROOT}


def schema_fingerprint() -> str:
    """Changes whenever a migration may have been added, here or in a library."""
    files = [*sorted(ROOT.glob("*/**/migrations/*.py")), ROOT / "requirements.lock"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def python(*arguments: str) -> Sequence[str]:
    """A command for the Python that runs this."""
    return [sys.executable, *arguments]


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)
