"""Answers of servers: cut short, too long, redirected, compressed. What was asked for is taken in, or nothing."""

import gzip
import zlib

import pytest

from processing.rasters import servers
from processing.rasters.servers import Remote, Unreachable
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain
from tests.processing.watched_server import watched

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.bin").write_bytes(CONTENT)
    with watched(folder) as server:
        yield server


@pytest.fixture
def remote(tmp_path):
    spool = Spool(tmp_path)
    made = Remote(spool)
    yield made
    made.close()
    spool.close()


def cutting(times):
    """Sends half of the part that is asked for, so many times, and hangs up."""
    left = [None] * times

    def cut(handler):
        if left:
            left.pop()
            handler.send_response(206)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(CONTENT[:500])
            handler.close_connection = True
        else:
            handler.give(206, CONTENT[:1000], Content_Range=f"bytes 0-999/{len(CONTENT)}", ETag='"1"')

    return cut


def test_a_part_is_the_part(server, remote):
    answer = remote.ask(f"{server.url}/a.bin", 1000, 500)
    assert (answer.data, answer.is_whole) == (CONTENT[1000:1500], False)
    assert remote.ask(f"{server.url}/a.bin", len(CONTENT) - 10, 500).data == CONTENT[-10:]
    assert remote.ask(f"{server.url}/a.bin", 0, len(CONTENT)).is_whole
    assert remote.get(f"{server.url}/a.bin") == CONTENT


def test_an_answer_that_is_cut_short_is_asked_for_again(server, remote):
    server.misbehaving["a.bin"] = cutting(2)
    assert remote.ask(f"{server.url}/a.bin", 0, 1000).data == CONTENT[:1000]
    assert len(server.take()) == 3


def test_a_line_that_breaks_every_time_is_a_server_that_is_away(server, remote):
    server.misbehaving["a.bin"] = cutting(100)
    with pytest.raises(Unreachable):
        remote.ask(f"{server.url}/a.bin", 0, 1000)
    assert len(server.take()) == 1 + servers._RETRIES


def test_who_has_no_time_asks_once(server, tmp_path):
    spool = Spool(tmp_path)
    remote = Remote(spool, brief=True)
    server.misbehaving["a.bin"] = cutting(1)
    with pytest.raises(Unreachable):
        remote.ask(f"{server.url}/a.bin", 0, 1000)
    server.misbehaving.clear()
    server.fail_all()
    with pytest.raises(Unreachable):
        remote.ask(f"{server.url}/a.bin", 0, 1000)
    assert len(server.take()) == 2
    remote.close()
    spool.close()


def test_one_connection_serves_again_after_every_kind_of_answer(server, remote):
    for status, raised in ((404, FileNotFoundError), (403, OSError), (200, NotPlain)):
        server.misbehaving["b.bin"] = lambda handler, status=status: handler.give(status, b"sorry")
        with pytest.raises(raised):
            remote.ask(f"{server.url}/b.bin", 0, 1000)
        remote.ask(f"{server.url}/a.bin", 0, 1000)
        remote.get(f"{server.url}/a.bin")
    assert server.served.take()["connections"] == 1


def test_more_than_was_asked_for_is_an_error_of_the_file(server, remote):
    server.misbehaving["a.bin"] = lambda handler: handler.give(206, CONTENT[:1001])
    with pytest.raises(OSError, match="more than") as error:
        remote.ask(f"{server.url}/a.bin", 0, 1000)
    assert not isinstance(error.value, Unreachable)


def test_a_whole_file_has_an_end(server, remote, monkeypatch):
    monkeypatch.setattr(servers, "_MOST_WHOLE_BYTES", len(CONTENT) - 1)
    with pytest.raises(OSError, match="more than"):
        remote.get(f"{server.url}/a.bin")
    monkeypatch.setattr(servers, "_MOST_WHOLE_BYTES", len(CONTENT))
    assert remote.get(f"{server.url}/a.bin") == CONTENT


def test_one_redirection_is_followed_and_a_circle_is_an_error_of_the_file(server, remote):
    server.misbehaving["b.bin"] = lambda handler: handler.give(302, Location="/a.bin")
    assert remote.ask(f"{server.url}/b.bin", 0, 10).data == CONTENT[:10]
    server.misbehaving["c.bin"] = lambda handler: handler.give(302, Location="/c.bin")
    for ask in (lambda: remote.get(f"{server.url}/c.bin"), lambda: remote.ask(f"{server.url}/c.bin", 0, 10)):
        with pytest.raises(OSError, match="302") as error:
            ask()
        assert not isinstance(error.value, Unreachable)


def test_a_whole_file_may_come_compressed(server, remote):
    server.misbehaving["a.bin"] = lambda handler: handler.give(200, gzip.compress(CONTENT), Content_Encoding="gzip")
    assert remote.get(f"{server.url}/a.bin") == CONTENT


@pytest.mark.parametrize("body", [b"plain", zlib.compress(CONTENT), gzip.compress(CONTENT)[:-20], b""])
def test_what_is_not_compressed_as_it_is_said_to_be_is_an_error_of_the_file(server, remote, body):
    server.misbehaving["a.bin"] = lambda handler: handler.give(200, body, Content_Encoding="gzip")
    with pytest.raises(OSError, match="compressed") as error:
        remote.get(f"{server.url}/a.bin")
    assert not isinstance(error.value, Unreachable)
