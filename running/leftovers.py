"""What a run that was killed may have left behind."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from running.errors import CannotRun


def processes_in(folder: Path, *, program: str) -> list[int]:
    """The processes of ``program`` whose working folder is ``folder``: a server's is its data folder."""
    wanted = folder.resolve()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text().strip() == program and (entry / "cwd").readlink() == wanted:
                    found.append(int(entry.name))
            except OSError:  # it ended meanwhile, or belongs to somebody else
                continue
    return found


def end_processes_in(folder: Path, *, program: str, seconds: float = 10.0) -> None:
    """Stop the servers that a killed run left working on ``folder``; only for a caller who holds the lock on it.

    The kernel stops them when their starter is killed, but that takes them a moment.
    """
    for pid in processes_in(folder, program=program):
        with suppress(ProcessLookupError):  # it ended meanwhile
            os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + seconds
    while left := processes_in(folder, program=program):
        if time.monotonic() > deadline:
            raise CannotRun(f"Process {left[0]} still works on {folder} and does not stop: end it first.")
        time.sleep(0.05)


def remove_folder_behind(link: Path) -> None:
    """Remove a symbolic link and the private folder it points to."""
    if link.is_symlink():
        shutil.rmtree(link.resolve(), ignore_errors=True)
        link.unlink()
