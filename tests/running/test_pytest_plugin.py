"""A test run has servers of its own, started for the first test that needs them and gone afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from running.pytest_plugin import PLACE, PREFIX
from tests.running.conftest import ROOT, processes_mentioning, wait_until

TESTS = """
import os, subprocess, time

def folder():
    return os.environ["PGHOST"].rpartition("/")[0]

def is_up():
    return subprocess.run(["psql", "-XqAtc", "SELECT 1", "postgres"], capture_output=True).returncode == 0

def test_without():
    print("FOLDER", folder(), flush=True)
    assert not is_up()

def test_with(servers):
    print("FOLDER", folder(), flush=True)
    assert is_up()

def test_long(servers):
    print("FOLDER", folder(), flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def run(tmp_path):
    """Start pytest on one of the tests above, with nothing but this plug-in."""
    (tmp_path / "test_inner.py").write_text(TESTS)
    started = []

    def start(name):
        command = [sys.executable, "-m", "pytest", "-p", "running.pytest_plugin", "-p", "no:django", "-qs"]
        command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path)]
        without_servers = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
        }
        process = subprocess.Popen(
            [*command, f"{tmp_path}/test_inner.py::{name}"],
            cwd=ROOT,
            env=without_servers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def folder_of(process):
    for line in process.stdout:
        if line.startswith("FOLDER"):
            return Path(line.split()[1])
    raise AssertionError("the inner test run did not get as far as its test")


@pytest.mark.parametrize("name", ["test_without", "test_with"])
def test_servers_are_up_for_the_tests_that_ask(run, name):
    process = run(name)
    folder = folder_of(process)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert not folder.exists()
    assert not processes_mentioning(str(folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_stops_its_servers(run, number):
    process = run("test_long")
    folder = folder_of(process)
    assert processes_mentioning(str(folder))
    process.send_signal(number)
    process.communicate(timeout=30)
    assert not processes_mentioning(str(folder))
    assert not folder.exists()


def test_a_killed_run_leaves_no_server_and_the_next_run_removes_its_folder(run):
    process = run("test_long")
    folder = folder_of(process)
    process.kill()
    assert wait_until(lambda: not processes_mentioning(str(folder)))
    run("test_without").communicate(timeout=60)
    assert not folder.exists()


def test_runs_side_by_side_do_not_meet(run):
    first, second = run("test_long"), run("test_long")
    folders = {folder_of(first), folder_of(second)}
    assert len(folders) == 2
    for folder in folders:
        assert folder.parent == PLACE
        assert folder.name.startswith(PREFIX)
        assert processes_mentioning(str(folder))


def test_this_run_has_an_environment_of_its_own():
    assert os.environ["VAR"].startswith(str(PLACE / PREFIX))
    assert os.environ["MEDIA_ROOT"].startswith(str(PLACE / PREFIX))
    assert os.environ["DEBUG"] == "false"
