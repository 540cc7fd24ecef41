"""The first lines of every make command: quick when nothing is to be done, plain when something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from running.chromium import is_snap
from tests.running.conftest import ROOT

PROGRAMS = ("sh", "cat", "sha256sum", "dirname", "id", "grep", "rm", "setpriv", "pg_config")


@pytest.fixture
def clone(place):
    """A clone with everything installed, as far as its stamp says."""
    (place / "running").mkdir()
    for name in ("requirements.lock", "pyproject.toml", "running/bootstrap.sh", "running/install_packages.sh"):
        shutil.copy(ROOT / name, place / name)
    (place / ".venv/bin").mkdir(parents=True)
    (place / ".venv/bin/python").symlink_to(sys.executable)
    script = (place / "running/bootstrap.sh").read_text().split("packages=$(missing_packages)")[0]
    stamped = subprocess.run(
        ["sh", "-c", f"{script}\nfingerprint", str(place / "running/bootstrap.sh")],
        capture_output=True,
        text=True,
        check=True,
    )
    (place / ".venv/installed").write_text(stamped.stdout)
    return place


@pytest.fixture
def programs(place):
    """A folder for PATH with hardly anything in it: no redis-server, no sudo, no apt-get."""
    folder = place / "programs"
    folder.mkdir()
    for name in PROGRAMS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


def bootstrap(clone, *, path, user=None, **variables):
    return subprocess.run(
        ["/bin/sh", str(clone / "running/bootstrap.sh")],
        env={"PATH": str(path), **variables},
        user=user,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_to_do_takes_no_words(clone):
    done = bootstrap(clone, path=os.environ["PATH"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what another user may do")
def test_a_user_without_rights_is_told_what_to_install(clone, programs):
    done = bootstrap(clone, path=programs, user="nobody")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "sudo apt-get install redis-server" in done.stderr


def test_a_redis_that_the_environment_names_need_not_be_installed(clone, programs):
    done = bootstrap(clone, path=programs, REDIS_URL="redis://elsewhere", DATABASE_URL="postgis://elsewhere/db")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_is_needed_is_noticed(clone, programs, changed):
    with (clone / changed).open("a") as file:
        file.write("# changed\n")
    done = bootstrap(clone, path=programs, REDIS_URL="redis://elsewhere", PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing" in done.stderr


def test_a_snap_is_not_taken_for_a_browser(tmp_path):
    launcher = tmp_path / "chromium-browser"
    launcher.write_text('#!/bin/sh\nexec /snap/bin/chromium "$@"\n')
    assert is_snap(launcher)
    assert not is_snap(Path("/bin/sh"))
