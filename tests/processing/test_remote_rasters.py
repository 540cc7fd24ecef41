"""Rasters behind HTTP, on a real server: the same pixels, few requests, few connections, ahead of need."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from test_rasters import HEIGHT, NUMBERS, WIDTH, read, write

from processing.rasters.remote import Remote, RemoteCog, Unreachable
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain


class Handler(BaseHTTPRequestHandler):
    """Serves one file with or without ranges, or fails; notes what it was asked."""

    disable_nagle_algorithm = True

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802  the library's name
        server = self.server
        status, body = server.failures.pop(0) if server.failures else (200, server.content), None
        status, body = status if isinstance(status, tuple) else (status, b"")
        asked = self.headers.get("Range")
        server.asked.append(asked)
        server.connections.add(self.client_address)
        if status == 200 and asked and server.sends_ranges:
            first, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
            status, body = (206, body[first : last + 1]) if first < len(body) else (416, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if server.retry_after:
            self.send_header("Retry-After", server.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content = write(tmp_path / "a.tif").read_bytes()
        server.failures, server.asked, server.connections, server.sends_ranges = [], [], set(), True
        server.retry_after = None
        server.url = f"http://127.0.0.1:{server.server_port}/a.tif"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def remote(tmp_path):
    spool = Spool(tmp_path)
    made = Remote(spool)
    yield made
    made.close()
    spool.close()


def test_a_raster_on_a_server_holds_the_same_pixels(server, remote):
    raster = RemoteCog(server.url, remote)
    for row in range(0, HEIGHT, 50):
        assert np.array_equal(read(raster, row, 0, 50, WIDTH), NUMBERS[row : row + 50])


def test_the_directory_takes_one_request(server, remote):
    RemoteCog(server.url, remote)
    assert server.asked == ["bytes=0-16383"]


def test_neighbouring_tiles_are_asked_for_together(server, remote):
    raster = RemoteCog(server.url, remote)
    raster.prefetch((0, 100), (0, WIDTH), last_row=0)
    assert np.array_equal(read(raster, 0, 0, 100, WIDTH), NUMBERS[:100])
    assert len(server.asked) == 2


def test_what_lies_below_is_fetched_ahead_and_nothing_twice(server, remote):
    raster = RemoteCog(server.url, remote)
    for row in range(0, HEIGHT, 32):
        raster.prefetch((row, row + 32), (0, WIDTH), last_row=HEIGHT - 1)
        assert np.array_equal(read(raster, row, 0, min(32, HEIGHT - row), WIDTH), NUMBERS[row : row + 32])
    assert len(server.asked) == len(set(server.asked)) <= 2 + HEIGHT // 128


def test_nothing_is_fetched_beyond_the_last_row(server, remote):
    raster = RemoteCog(server.url, remote)
    raster.prefetch((0, 10), (0, 10), last_row=100)
    read(raster, 0, 0, 10, 10)
    assert len(server.asked) == 2


def test_connections_are_used_again(server, remote):
    for _ in range(20):
        RemoteCog(server.url, remote)
    assert len(server.connections) == 1


def test_a_sample_is_taken_from_a_smaller_copy(server, remote):
    raster = RemoteCog(server.url, remote)
    before = len(server.asked)
    assert raster.sample(64).shape == (64, 64)
    assert len(server.asked) == before + 1


def test_a_busy_server_is_asked_again(server, remote):
    server.failures = [503, 429]
    raster = RemoteCog(server.url, remote)
    assert np.array_equal(read(raster, 0, 0, 10, 10), NUMBERS[:10, :10])


def test_a_server_is_not_waited_for_as_long_as_it_likes(server, remote):
    server.failures, server.retry_after = [503], "86400"
    RemoteCog(server.url, remote)
    assert len(server.asked) == 2


def test_a_server_that_stays_busy_is_unreachable(server, remote):
    raster = RemoteCog(server.url, remote)
    server.failures = [503] * 10
    with pytest.raises(Unreachable):
        read(raster, 0, 0, 10, 10)


def test_a_file_that_is_not_there_is_missing(server, remote):
    server.failures = [404]
    with pytest.raises(FileNotFoundError):
        RemoteCog(server.url, remote)


def test_a_file_that_is_forbidden_is_an_error_of_the_file(server, remote):
    server.failures = [403]
    with pytest.raises(OSError, match="403") as error:
        RemoteCog(server.url, remote)
    assert not isinstance(error.value, Unreachable)


def test_a_server_without_ranges_is_left_to_gdal(server, remote):
    server.sends_ranges = False
    with pytest.raises(NotPlain):
        RemoteCog(server.url, remote)


def test_letting_go_frees_what_was_fetched_ahead(server, remote):
    raster = RemoteCog(server.url, remote)
    for _ in range(5):
        raster.prefetch((0, 10), (0, WIDTH), last_row=HEIGHT - 1)
        read(raster, 0, 0, 10, WIDTH)
        raster.release()
    remote.close()
    assert remote.spool._end <= 8 * 256 * 2**10
