"""Places and processes for the tests of starting and stopping."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def wait_until(condition: Callable[[], object], *, seconds: float = 15.0) -> bool:
    """Whether ``condition()`` comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(pid: int) -> bool:
    """Whether the process is there and not just waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def processes_mentioning(text: str) -> list[int]:
    """The processes with ``text`` in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text in (entry / "cmdline").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid() and is_running(pid)]


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that the servers' user can reach, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="mosaic-place-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    for pid in processes_mentioning(str(folder)):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree((folder / "var/sockets").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    """An environment in which everything is private to the test."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "NUMBA_CACHE_DIR") if name in os.environ}
    return inherited | {"VAR": str(place / "var"), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``python -m running`` with further arguments, in a process group of its own."""
    started = []

    def start_it(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "running", *arguments],
            env=environment | variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_it
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=10)
