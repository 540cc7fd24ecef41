"""The clock: every moment of a thread counts once."""

import threading
import time

import pytest

from processing.clock import Clock
from processing.profiling import Profile


@pytest.fixture
def ticking(monkeypatch):
    """The time in seconds: a list of one number that a test moves on."""
    now = [0.0]
    monkeypatch.setattr("processing.clock.perf_counter", lambda: now[0])
    monkeypatch.setattr("processing.clock.thread_time", lambda: now[0] / 2)
    return now


def test_work_within_other_work_suspends_it(ticking):
    clock = Clock()
    with clock.measuring("write"):
        ticking[0] += 1
        with clock.measuring("encode"):
            ticking[0] += 10
        ticking[0] += 2
        with clock.measuring("check"):
            ticking[0] += 20
            with clock.measuring("read"):
                ticking[0] += 100
    assert clock.seconds() == {"check": 20, "encode": 10, "read": 100, "write": 3}
    assert clock.cpu_seconds() == {"check": 10, "encode": 5, "read": 50, "write": 1.5}


def test_work_within_work_of_the_same_kind_counts_once(ticking):
    clock = Clock()
    with clock.measuring("read"):
        ticking[0] += 1
        with clock.measuring("read"):
            ticking[0] += 2
    assert clock.seconds() == {"read": 3}


def test_work_that_fails_is_counted_and_ended(ticking):
    clock = Clock()
    with clock.measuring("write"):
        with pytest.raises(OSError), clock.measuring("read"):
            ticking[0] += 1
            raise OSError
        ticking[0] += 2
    assert clock.seconds() == {"read": 1, "write": 2}


def test_threads_do_not_suspend_each_other_and_are_summed():
    clock = Clock()
    both_at_work = threading.Barrier(2)

    def work():
        with clock.measuring("read"):
            both_at_work.wait(10)
            time.sleep(0.05)
            both_at_work.wait(10)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.seconds()["read"] >= 0.1
    assert clock.cpu_seconds()["read"] < clock.seconds()["read"]


def test_a_profile_puts_kinds_in_the_order_of_the_work_and_unknown_ones_last():
    seconds = {"dream": 1.0, "write": 1.0, "open": 1.0, "kernel": 1.0}
    lines = Profile(seconds, seconds, wall_s=2, cpu_s=5, peak_mb=100).table().splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["open", "kernel", "write", "dream", "rest"]
    assert lines[-2].split() == ["rest", "1.00", "20.0%"]
    assert lines[-1] == "wall 2.00 s, CPU 5.00 s, peak memory 100 MB"
