"""A private Redis, reachable through a unix socket only."""

import re
import shutil
import subprocess
from pathlib import Path
from socket import AF_UNIX, socket

from running.accounts import Account
from running.errors import CannotRun
from running.leftovers import end_processes_in
from running.supervisor import Supervisor

# What the broker library needs.
OLDEST_VERSION = (6, 2)


class Redis:
    """One Redis with its data in the folder ``data`` and its socket in ``socket_folder``."""

    def __init__(self, *, data: Path, socket_folder: Path, account: Account | None, durable: bool) -> None:
        self._data = data
        self._socket = socket_folder / "redis.sock"
        self._account = account
        self._durable = durable
        self._program = find_program()

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"unix://{self._socket}?db=0"

    def start(self, supervisor: Supervisor) -> None:
        """Start the server on the data that is there."""
        end_processes_in(self._data, program="redis-server")
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "appendonly": "yes" if self._durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        supervisor.start_server(
            "redis",
            [self._program, *(part for name, value in settings.items() for part in (f"--{name}", value))],
            folder=self._data,
            account=self._account,
            environment={"LC_ALL": "C.UTF-8"},
        )

    def is_ready(self) -> bool:
        """Whether the server has loaded its data and answers."""
        with socket(AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def find_program() -> str:
    """The path of a redis-server that is new enough."""
    program = shutil.which("redis-server")
    if program is None:
        raise CannotRun("Redis is missing: install redis-server, or set REDIS_URL.")
    title = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"v=(\d+)\.(\d+)", title)
    if version and (int(version[1]), int(version[2])) < OLDEST_VERSION:
        raise CannotRun(f"Redis {version[1]}.{version[2]} is too old: install 6.2 or newer, or set REDIS_URL.")
    return program
