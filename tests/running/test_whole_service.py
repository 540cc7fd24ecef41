"""``make run`` in small: everything comes up from nothing, and all of it goes down again."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.running.conftest import ROOT, processes_mentioning, wait_until


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A smaller archive than the one that make run makes."""
    folder = tmp_path_factory.mktemp("archive")
    command = [sys.executable, "-m", "processing.sample", "--size-km", "6", "--dates", "4", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder / "items.json"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def lines_until_ready(process):
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith("Ready:"):
            return lines
    raise AssertionError("\n".join([*lines, process.stderr.read()]))


def test_all_comes_up_from_nothing_and_goes_down_at_an_interrupt(start, place, archive, port):
    process = start(PORT=str(port), MOSAIC_SOURCE=str(archive))
    lines = lines_until_ready(process)
    assert lines[-1] == f"Ready: http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200
    files = next(re.search(r"/\S+", line)[0] for line in lines if "files" in line)
    assert list(Path(files).rglob("*.tiff"))
    attached = start("--", "psql", "-XqAtc", "SELECT status FROM orders_order")
    assert attached.communicate(timeout=60)[0].split() == ["successful"]

    sockets = str((place / "var/sockets").resolve())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT
    assert not processes_mentioning(str(place))
    assert not processes_mentioning(sockets)
    assert not processes_mentioning(f"-p {port}")

    # The next start finds everything in its place and makes no second sample order.
    again = start(PORT=str(port), MOSAIC_SOURCE=str(archive))
    started = time.monotonic()
    assert files in "\n".join(lines_until_ready(again))
    print(f"next start: {time.monotonic() - started:.1f} s")
    workers = [processes_mentioning(name) for name in ("worker@mosaic", "quick@mosaic")]
    again.kill()
    again.communicate(timeout=10)
    assert all(workers)
    assert wait_until(lambda: not processes_mentioning(str(place)) and not processes_mentioning(f"-p\0{port}"))
