"""PostGIS and Redis for one run: those that the environment names, or private ones."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from running.accounts import Account, make_private, server_account
from running.errors import CannotRun
from running.leftovers import remove_folder_behind
from running.postgres import Postgres
from running.redis import Redis
from running.supervisor import Supervisor

# Where data goes when root's clone lies in a folder that the servers' user may not enter, such as /root.
OUTSIDE = Path("/var/lib/mosaic-hub")


class Servers:
    """The servers that ``environment`` does not name already.

    ``data`` and ``sockets`` are folders that ``account`` may write to. The path of ``sockets`` must be short:
    a socket's path has room for 107 bytes.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        data: Path,
        sockets: Path,
        account: Account | None,
        durable: bool = True,
    ) -> None:
        places = {"socket_folder": sockets, "account": account, "durable": durable}
        self._durable = durable
        self._data = data
        self._account = account
        self._postgres = None if environment.get("DATABASE_URL") else Postgres(data=data / "postgres", **places)
        self._redis = None if environment.get("REDIS_URL") else Redis(data=data / "redis", **places)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses of the private servers, as environment variables."""
        addresses = {}
        if self._postgres:
            addresses |= {"DATABASE_URL": self._postgres.url, **self._postgres.client_environment}
        if self._redis:
            addresses["REDIS_URL"] = self._redis.url
        return addresses

    def has_schema(self, fingerprint: str) -> bool:
        """Whether `remember_schema` was told of this very schema; never for a database that is not ours."""
        return bool(self._postgres) and self._postgres.note() == fingerprint

    def remember_schema(self, fingerprint: str) -> None:
        """Keep in the private database which schema it has now."""
        if self._postgres:
            self._postgres.leave_note(fingerprint)

    def start(self, supervisor: Supervisor) -> None:
        """Start the private servers and return when they answer and the database is there."""
        if self._redis:
            make_private(self._data / "redis", self._account)
            self._redis.start(supervisor)
        if self._postgres:
            self._postgres.start(supervisor)
            supervisor.wait(self._postgres.is_ready, what="PostgreSQL to answer", seconds=60)
            if self._durable:
                self._postgres.prepare_database()
        if self._redis:
            supervisor.wait(self._redis.is_ready, what="Redis to answer", seconds=60)


def data_folder(var: Path, account: Account | None) -> Path:
    """The folder of the private servers' data: ``var/servers``, or what the link of that name points to."""
    folder = var / "servers"
    if folder.is_symlink() and not folder.exists():
        folder.unlink()
    if not folder.exists():
        if account is None or account.reaches(var):
            make_private(folder, account)
        else:
            OUTSIDE.mkdir(mode=0o755, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=f"{var.parent.name}-", dir=OUTSIDE))
            folder.symlink_to(make_private(made, account))
    data = folder.resolve()
    if account and not account.reaches(data):
        raise CannotRun(f"The user {account.name} cannot enter {data}: open the folders above it to that user.")
    return data


def socket_folder(var: Path, account: Account | None) -> Path:
    """A new short and private folder for sockets, to which ``var/sockets`` points."""
    link = var / "sockets"
    remove_folder_behind(link)
    folder = make_private(Path(tempfile.mkdtemp(prefix="mosaic-", dir="/tmp")), account)  # noqa: S108  var may be deep
    link.symlink_to(folder)
    return folder


def private_servers(environment: Mapping[str, str], *, var: Path) -> Servers:
    """The lasting servers of the clone whose folder for data is ``var``; for the holder of its lock."""
    account = server_account()
    return Servers(environment, data=data_folder(var, account), sockets=socket_folder(var, account), account=account)


class ThrowawayServers:
    """Servers for one test run, in a folder of their own that disappears with them."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path) -> None:
        account = server_account()
        folder.chmod(0o711)
        self._supervisor = Supervisor(logs=folder)
        self._servers = Servers(
            environment,
            data=make_private(folder / "data", account),
            sockets=make_private(folder / "s", account),
            account=account,
            durable=False,
        )
        self.environment = self._servers.environment

    def start(self) -> None:
        """Start the servers, or stop what has been started and raise."""
        try:
            self._servers.start(self._supervisor)
        except BaseException:
            self._supervisor.stop()
            raise

    def stop(self) -> None:
        """Stop the servers; harmless when they were never started."""
        self._supervisor.stop()
