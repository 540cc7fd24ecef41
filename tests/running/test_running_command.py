"""``python -m running``: what it refuses, and commands run with the servers up."""

import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.running.conftest import ROOT, processes_mentioning, wait_until


def outcome(process):
    """(exit code, stdout, stderr) of a process that comes to its end."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out.strip(), err.strip()


def one_sentence(text):
    return len(text.splitlines()) == 1 and text.endswith(".") and "Traceback" not in text


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(start, port):
    code, out, err = outcome(start(PORT=port))
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert f"PORT={port} is not a port" in err


def test_a_taken_port_is_refused_before_anything_is_started(start, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = outcome(start(PORT=str(port)))
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert f"Port {port} is taken" in err
    assert f"PORT={port + 1}" in err
    assert not (place / "var/servers").exists()


def test_a_folder_that_cannot_be_made_is_named(start, place):
    (place / "var").write_text("a file in the way")
    code, _, err = outcome(start())
    assert code == 1
    assert one_sentence(err)
    assert f"The folder {place}/var cannot be made" in err


def test_a_command_runs_with_the_servers_up_and_all_is_gone_afterwards(start, place):
    code, out, _ = outcome(start("--", "sh", "-c", "psql -XqAtc 'SELECT 6 * 7'; readlink $VAR/sockets"))
    answer, sockets = out.split()
    assert (code, answer) == (0, "42")
    assert not Path(sockets).exists()
    assert not processes_mentioning(str(place))
    assert not processes_mentioning(sockets)


def test_the_exit_code_of_the_command_is_passed_on(start):
    assert outcome(start("--", "sh", "-c", "exit 7"))[0] == 7
    assert outcome(start("--", "sh", "-c", "kill -TERM $$"))[0] == 128 + signal.SIGTERM


def test_a_command_that_is_none_is_named(start, place):
    code, _, err = outcome(start("--", "no-such-command"))
    assert code == 1
    assert one_sentence(err)
    assert "no-such-command cannot be run" in err
    assert not processes_mentioning(str(place))


def test_a_second_start_in_the_same_folder_is_refused(start):
    first = start("--", "sh", "-c", "echo up; exec sleep 1000")
    assert first.stdout.readline() == "up\n"
    for second in (start(PORT="1"), start("--", "true")):
        code, _, err = outcome(second)
        assert code == 1
        assert one_sentence(err)
        assert f"A command is running already (process {first.pid})" in err
    first.terminate()
    assert outcome(first)[0] == 128 + signal.SIGTERM


def test_a_killed_run_leaves_no_process_and_is_no_obstacle(start, place):
    killed = start("--", "sh", "-c", "readlink $VAR/sockets; exec sleep 1000")
    sockets = killed.stdout.readline().strip()
    assert processes_mentioning(sockets)
    killed.kill()
    assert wait_until(lambda: not processes_mentioning(sockets) and not processes_mentioning(str(place)))
    assert outcome(start("--", "true"))[0] == 0
    assert not Path(sockets).exists()


def test_the_local_key_is_secret_and_lasting(start, place):
    first, second = (outcome(start("--", "sh", "-c", "echo $SECRET_KEY"))[1] for _ in range(2))
    assert len(first) > 50
    assert first == second
    assert stat.S_IMODE((place / "var/secret-key").stat().st_mode) == 0o600


def test_what_the_user_set_stands(start):
    script = "echo $SECRET_KEY $SITE_URL $REDIS_URL"
    given = {"SECRET_KEY": "mine", "PORT": "8123", "REDIS_URL": "redis://elsewhere/3"}
    assert outcome(start("--", "sh", "-c", script, **given))[1] == "mine http://127.0.0.1:8123 redis://elsewhere/3"


def test_a_missing_home_is_replaced(start, environment, place):
    environment["HOME"] = "/nonexistent"
    assert outcome(start("--", "sh", "-c", "echo $HOME"))[1] == str(place / "var/home")


def test_commands_find_the_python_that_runs_the_service(start):
    python = outcome(start("--", "sh", "-c", "command -v python"))[1]
    assert subprocess.run([python, "-c", "import django"], cwd=ROOT, check=False).returncode == 0
