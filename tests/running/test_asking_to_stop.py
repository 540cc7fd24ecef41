"""Every way to ask the service to stop is heard: signals, and the end of make."""

import signal
import subprocess
import sys
import time

import pytest

from tests.running.conftest import ROOT, wait_until

PROGRAM = """
import sys, time
from running.errors import Stopped
from running.stopping import StopRequest
request = StopRequest(follow_parent="--follow-parent" in sys.argv)
request.listen()
print("up", flush=True)
try:
    while True:
        request.check()
        time.sleep(0.05)
except Stopped:
    print("stopped", flush=True)
    sys.exit(request.exit_code)
"""


def start(*command, **options):
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline() == "up\n"
    return process


def says_stopped(process):
    return process.communicate(timeout=15)[0].startswith("stopped")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_request_to_stop(number):
    process = start(sys.executable, "-c", PROGRAM)
    process.send_signal(number)
    assert says_stopped(process)
    assert process.returncode == 128 + number


def test_an_interrupt_is_heard_by_a_background_command_of_a_script():
    quoted = PROGRAM.replace('"', '\\"')
    script = f'{sys.executable} -c "{quoted}" & echo $! >&2; wait'
    shell = start("sh", "-c", script, stderr=subprocess.PIPE)
    pid = int(shell.stderr.readline())
    subprocess.run(["kill", "-INT", str(pid)], check=True)
    assert says_stopped(shell)


def test_nohup_outlives_the_terminal():
    process = start("nohup", sys.executable, "-c", PROGRAM, stdin=subprocess.DEVNULL)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.terminate()
    assert says_stopped(process)


@pytest.fixture
def makefile(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    path = tmp_path / "Makefile"
    path.write_text(f"run:\n\t@exec {sys.executable} {tmp_path}/program.py --follow-parent\n")
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_make_started_stops_when_make_alone_is_signalled(makefile, number):
    make = start("make", "-f", str(makefile), "run", env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
    make.send_signal(number)
    assert says_stopped(make)
    assert wait_until(lambda: make.poll() is not None)
