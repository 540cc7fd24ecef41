"""The environment that the tests run in, and servers for those that need some.

Loaded by ``-p running.pytest_plugin``, since pytest-django reads the settings before any conftest is read.
A test run has a folder of its own, so that several can go on side by side.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from running.chromium import find_chromium
from running.environment import home, var_folder
from running.folder_lock import FolderLock
from running.servers import ThrowawayServers

# Not below var/: a socket's path must be short. Not in /tmp: that is memory on some systems.
PLACE = Path("/var/tmp")  # noqa: S108
PREFIX = "mosaic-test-"


class Surroundings:
    """The folder, the environment and the servers of one process that runs tests."""

    def __init__(self, *, shares_out: bool) -> None:
        """``shares_out``: the process has others run the tests, each with servers of its own."""
        remove_abandoned_folders()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
        self._lock = FolderLock(self.folder)
        self._lock.take(what="A test run", pid=os.getpid())
        self.servers = ThrowawayServers(os.environ, folder=self.folder)
        # What is set here the others would inherit, and take for servers that the user wants them to use.
        os.environ.update(self._environment() | ({} if shares_out else self.servers.environment))

    def _environment(self) -> dict[str, str]:
        """What the settings shall read, whatever the user's own environment says."""
        var = var_folder(os.environ)
        var.mkdir(exist_ok=True)
        (self.folder / "var" / "static").mkdir(parents=True)
        return {
            "DEBUG": "false",
            "SECRET_KEY": "only-for-tests-" + "0" * 50,
            "SITE_URL": "http://127.0.0.1:8000",
            "VAR": str(self.folder / "var"),
            "MOSAIC_SOURCE": str(self.folder / "var" / "archive" / "items.json"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "NUMBA_CACHE_DIR": str(var / "numba"),
            "HOME": home(os.environ, substitute=self.folder / "home"),
        }

    def close(self) -> None:
        """Stop the servers and remove the folder."""
        self.servers.stop()
        self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_abandoned_folders() -> None:
    """Remove the folders of test runs that were killed: nobody holds their locks."""
    for folder in PLACE.glob(f"{PREFIX}*"):
        # Another run, begun at the same moment, may remove it first.
        with suppress(FileNotFoundError):
            if folder.stat().st_uid == os.geteuid() and (folder / "lock").exists():
                _remove_unless_held(folder)


def _remove_unless_held(folder: Path) -> None:
    with FolderLock(folder) as lock:
        if lock.take():
            shutil.rmtree(folder, ignore_errors=True)


SURROUNDINGS = pytest.StashKey[Surroundings]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the environment; in this very hook pytest-django reads the settings, after us."""
    # A test run that is asked to end shall stop its servers, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    is_asked_to_share = getattr(early_config.known_args_namespace, "numprocesses", None)
    surroundings = Surroundings(shares_out=bool(is_asked_to_share) and "PYTEST_XDIST_WORKER" not in os.environ)
    early_config.stash[SURROUNDINGS] = surroundings
    early_config.add_cleanup(surroundings.close)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[None]:
    """PostGIS and Redis at DATABASE_URL and REDIS_URL; started for the first test that asks."""
    running = pytestconfig.stash[SURROUNDINGS].servers
    running.start()
    yield
    running.stop()


@pytest.fixture(scope="session")
def chromium_path() -> Path | None:
    """The browser for Playwright's ``executable_path``; None means the one that Playwright brought."""
    return find_chromium()
