"""Children are stopped in order, missed when they die, and never left behind."""

import os
import signal
import subprocess
import sys

import pytest

from running.children import Child, stop
from running.errors import CannotRun
from running.supervisor import Supervisor
from tests.running.conftest import ROOT, is_running, processes_mentioning, wait_until

STUBBORN = "trap '' TERM; echo deaf; while :; do sleep 0.1; done"


def has_said(child, word):
    return wait_until(lambda: word in child.log.read_text())


def test_a_child_stops_when_asked(tmp_path):
    child = Child("sleeper", ["sleep", "1000"], log=tmp_path / "log")
    stop([child], seconds=10)
    assert not is_running(child.pid)
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    child = Child("stubborn", ["sh", "-c", STUBBORN], log=tmp_path / "log")
    assert has_said(child, "deaf")
    stop([child], seconds=0.3)
    assert child.exit_code() == -signal.SIGKILL


def test_descendants_that_outlive_a_child_are_killed_with_it(tmp_path):
    child = Child("parent", ["sh", "-c", f'sh -c "{STUBBORN}" & echo $!; exit 0'], log=tmp_path / "log")
    assert has_said(child, "deaf")
    assert wait_until(lambda: child.has_ended)
    descendant = int(child.log.read_text().split()[0])
    assert is_running(descendant)
    stop([child], seconds=1)
    assert wait_until(lambda: not is_running(descendant))


def test_children_die_with_a_starter_that_is_killed(place):
    program = (
        "import sys, time; from pathlib import Path; from running.children import Child\n"
        "print(Child('sleeper', ['sleep', '1000'], log=Path(sys.argv[1])).pid, flush=True); time.sleep(1000)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(place / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    pid = int(starter.stdout.readline())
    assert is_running(pid)
    starter.kill()
    starter.communicate()
    assert wait_until(lambda: not is_running(pid))


def test_a_ctrl_c_in_the_terminal_does_not_reach_a_child(tmp_path):
    child = Child("sleeper", ["sleep", "1000"], log=tmp_path / "log")
    assert os.getpgid(child.pid) != os.getpgid(0)
    stop([child], seconds=5)


def test_the_log_of_the_run_before_is_kept(tmp_path):
    for word in ("first", "second"):
        child = Child("speaker", ["echo", word], log=tmp_path / "log")
        stop([child], seconds=5) if not wait_until(lambda: child.has_ended) else child.exit_code()  # noqa: B023
    assert (tmp_path / "log").read_text() == "second\n"
    assert (tmp_path / "log.1").read_text() == "first\n"


def test_a_death_is_reported_with_the_end_of_the_log(tmp_path):
    supervisor = Supervisor(logs=tmp_path)
    supervisor.start("worker", ["sh", "-c", "echo no more memory; exit 3"])
    with pytest.raises(CannotRun, match=r"worker stopped by itself with exit code 3.*\n +no more memory"):
        supervisor.watch()
    supervisor.stop()


def test_a_death_is_noticed_while_waiting_for_something_else(tmp_path):
    supervisor = Supervisor(logs=tmp_path)
    supervisor.start("site", ["sh", "-c", "kill -KILL $$"])
    with pytest.raises(CannotRun, match="site was killed by signal 9"):
        supervisor.wait(lambda: False, what="nothing", seconds=20)
    supervisor.stop()


def test_waiting_has_an_end(tmp_path):
    with pytest.raises(CannotRun, match="Waited 0 s in vain for rain"):
        Supervisor(logs=tmp_path).wait(lambda: False, what="rain", seconds=0.1)


def test_a_failed_step_is_reported_and_a_finished_one_is_forgotten(tmp_path):
    supervisor = Supervisor(logs=tmp_path)
    supervisor.finish(supervisor.start_step("good", ["true"]), seconds=10)
    supervisor.check()
    with pytest.raises(CannotRun, match="bad stopped by itself with exit code 1"):
        supervisor.finish(supervisor.start_step("bad", ["false"]), seconds=10)
    supervisor.stop()


def test_servers_are_stopped_after_those_that_use_them(tmp_path):
    record = tmp_path / "record"
    supervisor = Supervisor(logs=tmp_path)

    def telling(name):
        return ["sh", "-c", f"trap 'echo {name} >> {record}; exit' TERM; echo up; while :; do sleep 0.05; done"]

    server = supervisor.start_server("server", telling("server"))
    site = supervisor.start("site", telling("site"))
    assert has_said(server, "up")
    assert has_said(site, "up")
    supervisor.stop()
    assert record.read_text().split() == ["site", "server"]
    assert not processes_mentioning(str(record))
