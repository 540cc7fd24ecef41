"""A private PostgreSQL cluster with PostGIS, reachable through a unix socket only."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from running.accounts import Account
from running.errors import CannotRun
from running.leftovers import end_processes_in
from running.supervisor import Supervisor

ROLE = DATABASE = "mosaic"
PORT = "5432"
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that may be lost with the machine: about a third of the time of a test run.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Installation:
    """The programs of one version of PostgreSQL that has PostGIS."""

    version: str
    programs: Path


def installations() -> list[Installation]:
    """Every PostgreSQL with PostGIS on this machine, the newest first."""
    found = []
    for server in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        version = server.parent.parent.name
        if Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists():
            found.append(Installation(version, server.parent))
    if not found and (configuration := shutil.which("pg_config")):
        programs, shared, title = (
            subprocess.run([configuration, option], check=True, capture_output=True, text=True).stdout.strip()
            for option in ("--bindir", "--sharedir", "--version")
        )
        if Path(shared, "extension/postgis.control").exists() and Path(programs, "postgres").exists():
            found.append(Installation(re.sub(r"\D+(\d+).*", r"\1", title), Path(programs)))
    return sorted(found, key=lambda each: int(each.version), reverse=True)


def installation_for(data: Path) -> Installation:
    """The newest installation, or for an existing cluster the one of the version that made it."""
    present = installations()
    if not present:
        raise CannotRun("PostgreSQL with PostGIS is missing: install postgresql-postgis, or set DATABASE_URL.")
    made_by = data / "PG_VERSION"
    if not made_by.exists():
        return present[0]
    version = made_by.read_text().strip()
    for installation in present:
        if installation.version == version:
            return installation
    raise CannotRun(
        f"The database in {data} was made by PostgreSQL {version}, which is not installed any more: "
        f"install postgresql-{version}-postgis-3, or start anew with make clean."
    )


class Postgres:
    """One cluster in the folder ``data``, with its socket in ``socket_folder``."""

    def __init__(self, *, data: Path, socket_folder: Path, account: Account | None, durable: bool) -> None:
        self._data = data
        self._socket_folder = socket_folder
        self._account = account
        self._durable = durable
        self._programs = installation_for(data).programs
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        return f"postgis://{ROLE}@/{DATABASE}?{urlencode({'host': self._socket_folder, 'port': PORT}, safe='/')}"

    @property
    def client_environment(self) -> dict[str, str]:
        """What makes psql and its relatives go to this cluster."""
        return {"PGHOST": str(self._socket_folder), "PGPORT": PORT, "PGUSER": ROLE, "PGDATABASE": DATABASE}

    def start(self, supervisor: Supervisor) -> None:
        """Make the cluster if there is none yet, and start its server."""
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        end_processes_in(self._data, program="postgres")
        # Left by a server that was killed; its number may belong to another process by now.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = SETTINGS | {"unix_socket_directories": str(self._socket_folder)}
        if not self._durable:
            settings |= THROWAWAY_SETTINGS
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        supervisor.start_server(
            "postgres",
            [str(self._programs / "postgres"), "-D", str(self._data), *options],
            environment=self._environment,
            folder=self._data,
            account=self._account,
            # Fast shutdown: clients are disconnected, not waited for.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
        )

    def _make_cluster(self) -> None:
        """Make an empty cluster whose owner is `ROLE`; a half-made one never stands in its place."""
        unfinished = self._data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [str(self._programs / "initdb"), "-D", str(unfinished), "-U", ROLE, "-A", "trust"]
        command += ["-E", "UTF8", "--locale", "C.UTF-8", "--no-instructions"]
        if not self._durable:
            command.append("--no-sync")
        as_account = ["setpriv", *self._account.setpriv_options, "--"] if self._account else []
        self._run([*as_account, *command], folder=self._data.parent)
        unfinished.rename(self._data)

    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        environment = self._environment | self.client_environment
        command = [str(self._programs / "pg_isready"), "-q", "-h", str(self._socket_folder), "-p", PORT]
        return subprocess.run(command, check=False, env=environment).returncode == 0

    def prepare_database(self) -> None:
        """Make the database `DATABASE` with PostGIS in it, if it is not there yet."""
        known = self._query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")  # noqa: S608
        if not known:
            self._query("postgres", f"CREATE DATABASE {DATABASE}")
        self._query(DATABASE, "CREATE EXTENSION IF NOT EXISTS postgis")

    def note(self) -> str:
        """What `leave_note` wrote into the database, or nothing."""
        return self._query(
            DATABASE,
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
        )

    def leave_note(self, words: str) -> None:
        """Keep ``words`` in the database itself, so that they are gone when it is."""
        self._query(DATABASE, f"COMMENT ON DATABASE {DATABASE} IS '{words}'")

    def _query(self, database: str, statement: str) -> str:
        command = [
            str(self._programs / "psql"),
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            "-c",
            statement,
        ]
        return self._run(command, environment=self._environment | self.client_environment | {"PGDATABASE": database})

    def _run(
        self, command: Sequence[str], *, folder: Path | None = None, environment: dict[str, str] | None = None
    ) -> str:
        """The output of a command that must succeed; a Ctrl-C in the terminal does not reach it."""
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment or self._environment,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise CannotRun(f"The private database cannot be prepared: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()
