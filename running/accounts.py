"""The unprivileged user that the servers run as when this process is root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from running.errors import CannotRun


@dataclass(frozen=True)
class Account:
    """A user of this machine that a server can be started as."""

    name: str
    uid: int
    gid: int

    @property
    def setpriv_options(self) -> list[str]:
        """Options that make ``setpriv`` change to this user before it runs a command."""
        return ["--reuid", self.name, "--regid", str(self.gid), "--init-groups"]

    def reaches(self, folder: Path) -> bool:
        """Whether this user may enter ``folder``, which a closed parent folder also prevents."""
        probe = ["setpriv", *self.setpriv_options, "test", "-x", str(folder)]
        return subprocess.run(probe, check=False, cwd="/").returncode == 0


def server_account() -> Account | None:
    """Who the servers shall run as; None means the user of this process.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotRun("There is no user postgres or nobody to run the servers as: create one, or do not run as root.")


def make_private(folder: Path, account: Account | None) -> Path:
    """Make ``folder`` if need be, with access for ``account`` alone (and root), and return it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder
