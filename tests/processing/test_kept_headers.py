"""What is kept of remote files: fewer requests at the next visit, and never another file's pixels."""

import os
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import shapely
from test_rasters import HEIGHT, NUMBERS, WIDTH, read, write

from processing.clock import Clock
from processing.rasters import kept_headers
from processing.rasters.kept_headers import KeptHeader, KeptHeaders, version_of
from processing.rasters.opening import open_raster
from processing.rasters.remote import Remote, RemoteCog
from processing.rasters.spool import Spool
from processing.rasters.tiff import read_structure
from processing.rasters.tiled import Damaged
from processing.reading import Reader
from processing.sources import open_source

OTHERS = (NUMBERS[::-1, ::-1] // 2).astype(NUMBERS.dtype)


class Handler(BaseHTTPRequestHandler):
    """Serves files out of memory in parts, with the marks that real servers send."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):  # noqa: N802  the library's name
        server = self.server
        body = server.files[self.path.split("?")[0]]
        asked = self.headers.get("Range")
        server.asked.append((self.path, asked))
        status, total = 200, len(body)
        if asked:
            first, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
            status, body = 206, body[first : last + 1]
            self.content_range = f"bytes {first}-{first + len(body) - 1}/{total}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if asked and server.tells_length:
            self.send_header("Content-Range", self.content_range)
        for name, value in server.marks.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files = {"/a.tif": write(tmp_path / "a.tif").read_bytes()}
        server.asked, server.marks, server.tells_length = [], {"ETag": '"first"'}, True
        server.url = f"http://127.0.0.1:{server.server_port}/a.tif"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def visit(server, tmp_path):
    """A new visit of the server, with what was kept of the ones before: pixels by rows, and how many requests."""
    spool = Spool(tmp_path)

    def visit_it(rows=slice(0, 10), *, url=None, headers=tmp_path / "headers"):
        remote = Remote(spool, headers=headers)
        server.asked.clear()
        try:
            raster = RemoteCog(url or server.url, remote)
            pixels = read(raster, rows.start, 0, rows.stop - rows.start, WIDTH)
        finally:
            remote.close()
        return pixels, len(server.asked)

    yield visit_it
    spool.close()


def entries(tmp_path):
    return [path for path in (tmp_path / "headers").rglob("*") if path.is_file()]


def replaced(server, tmp_path, numbers=OTHERS, *, etag='"second"', **options):
    """Another file at the same address."""
    server.files["/a.tif"] = write(tmp_path / "b.tif", numbers, **options).read_bytes()
    server.marks["ETag"] = etag


# --- Fewer requests -------------------------------------------------------------------------------
def test_the_second_visit_does_not_ask_for_the_directory(server, visit):
    first, requests = visit()
    again, fewer = visit()
    assert np.array_equal(first, NUMBERS[:10])
    assert np.array_equal(again, NUMBERS[:10])
    tiles = requests - 1
    assert fewer == tiles


def test_without_a_folder_nothing_is_kept(server, visit, tmp_path):
    assert visit(headers=None)[1] == visit(headers=None)[1]
    assert not (tmp_path / "headers").exists()


def test_one_tile_is_one_request(server, tmp_path):
    for expected in (2, 1):
        server.asked.clear()
        spool = Spool(tmp_path)
        remote = Remote(spool, headers=tmp_path / "headers")
        raster = RemoteCog(server.url, remote)
        assert np.array_equal(read(raster, 3, 3, 1, 1), NUMBERS[3:4, 3:4])
        remote.close()
        spool.close()
        assert len(server.asked) == expected


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_small_file_is_had_whole_with_the_first_request(server, visit, tmp_path, tells_length):
    server.tells_length = tells_length
    small = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    server.files["/a.tif"] = write(tmp_path / "small.tif", small).read_bytes()
    spool = Spool(tmp_path)
    remote = Remote(spool)
    assert np.array_equal(read(RemoteCog(server.url, remote), 0, 0, 64, 64), small)
    remote.close()
    spool.close()
    assert len(server.asked) == 1


def test_an_address_that_is_signed_anew_is_the_same_file(server, visit):
    visit(url=f"{server.url}?sv=2024&sig=aaaa&se=2024-01-01T00%3A00%3A00Z")
    pixels, fewer = visit(url=f"{server.url}?sv=2024&sig=bbbb&se=2024-01-01T01%3A00%3A00Z")
    assert np.array_equal(pixels, NUMBERS[:10])
    assert all(asked != "bytes=0-65535" for _, asked in server.asked)
    assert fewer == len(server.asked)


def test_an_address_with_another_name_in_its_query_is_another_file(server, visit):
    _, requests = visit(url=f"{server.url}?file=B02")
    assert visit(url=f"{server.url}?file=B03")[1] == requests


# --- Never another file's pixels ------------------------------------------------------------------
@pytest.mark.parametrize("rows", [slice(0, 10), slice(0, HEIGHT)])
def test_a_file_that_changed_is_noticed_and_read_anew(server, visit, tmp_path, rows):
    visit()
    replaced(server, tmp_path)
    assert np.array_equal(visit(rows)[0], OTHERS[rows])
    pixels, requests = visit()
    assert np.array_equal(pixels, OTHERS[:10])
    assert ("/a.tif", "bytes=0-65535") not in server.asked, "the new directory was kept"
    assert requests


def test_a_file_of_another_length_is_noticed_though_its_mark_is_the_same(server, visit, tmp_path):
    visit()
    replaced(server, tmp_path, etag='"first"')
    assert np.array_equal(visit()[0], OTHERS[:10])


def test_a_file_that_changed_its_compression_alone_is_read_anew(server, visit, tmp_path):
    visit()
    replaced(server, tmp_path, NUMBERS, level=1)
    assert np.array_equal(visit()[0], NUMBERS[:10])


def test_a_tile_that_is_no_longer_empty_is_noticed(server, visit, tmp_path):
    empty = NUMBERS.copy()
    empty[:128] = 0
    server.files["/a.tif"] = write(tmp_path / "empty.tif", empty, sparse_ok=True).read_bytes()
    visit()
    assert not visit(slice(0, 10))[0].any()
    replaced(server, tmp_path, NUMBERS)
    assert np.array_equal(visit(slice(0, 10))[0], NUMBERS[:10])


def test_another_raster_at_the_same_address_is_damage_once_and_then_itself(server, visit, tmp_path):
    visit()
    other = np.arange(200 * 300, dtype=np.uint16).reshape(200, 300)
    replaced(server, tmp_path, other)
    with pytest.raises(Damaged, match="another raster"):
        visit()
    spool = Spool(tmp_path)
    remote = Remote(spool, headers=tmp_path / "headers")
    raster = open_raster(server.url, remote, spool)
    assert np.array_equal(read(raster, 0, 0, 5, 300), other[:5])
    remote.close()
    spool.close()


def test_what_a_server_does_not_mark_is_not_kept(server, visit, tmp_path):
    server.marks.clear()
    assert visit()[1] == visit()[1]
    assert entries(tmp_path) == []


def test_a_date_of_change_serves_as_a_mark(server, visit, tmp_path):
    server.marks = {"Last-Modified": "Tue, 15 Aug 2023 10:00:00 GMT"}
    _, requests = visit()
    assert visit()[1] == requests - 1
    replaced(server, tmp_path)
    server.marks = {"Last-Modified": "Wed, 16 Aug 2023 10:00:00 GMT"}
    assert np.array_equal(visit()[0], OTHERS[:10])


def test_a_server_that_no_longer_marks_its_files_is_asked_for_all_again(server, visit):
    visit()
    server.marks.clear()
    assert np.array_equal(visit()[0], NUMBERS[:10])


# --- Damaged, old, many ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: bytes([*content[:40], content[40] ^ 255, *content[41:]]),
        lambda content: b"\0" * len(content),
        lambda content: os.urandom(5000),
    ],
    ids=["empty", "halved", "cut", "flipped", "zeros", "noise"],
)
def test_an_entry_that_is_damaged_is_made_again(server, visit, tmp_path, damage):
    _, requests = visit()
    (entry,) = entries(tmp_path)
    entry.write_bytes(damage(entry.read_bytes()))
    pixels, again = visit()
    assert np.array_equal(pixels, NUMBERS[:10])
    assert again == requests
    assert visit()[1] == requests - 1


@pytest.fixture
def kept(tmp_path):
    class Source:
        def read(self, offset, size):
            return (tmp_path / "a.tif").read_bytes()[offset : offset + size]

    write(tmp_path / "a.tif")
    return read_structure(Source())


def test_an_entry_is_as_it_was(tmp_path, kept):
    headers = KeptHeaders(tmp_path / "headers")
    headers.keep_header("http://archive/a.tif", KeptHeader('"1" 10', kept))
    assert KeptHeaders(tmp_path / "headers").header("http://archive/a.tif") == KeptHeader('"1" 10', kept)
    assert headers.header("http://archive/b.tif") is None


def test_an_old_entry_is_not_used(tmp_path, kept, monkeypatch):
    headers = KeptHeaders(tmp_path / "headers")
    headers.keep_header("http://archive/a.tif", KeptHeader('"1"', kept))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31 * 86400)
    assert headers.header("http://archive/a.tif") is None
    assert entries(tmp_path) == []


def test_the_folder_stays_within_its_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_headers, "_LOOKS", 1)
    headers = KeptHeaders(tmp_path / "headers", most_bytes=256 * 30_000)
    for number in range(1500):
        headers.keep_document(f"http://archive/{number}", "1", os.urandom(10_000))
    held = sum(path.stat().st_size for path in entries(tmp_path))
    assert held <= 256 * 30_000
    assert headers.document("http://archive/1499", "1") is not None


def test_a_folder_that_cannot_be_written_to_is_no_harm(server, visit, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert np.array_equal(visit(headers=tmp_path / "file" / "headers")[0], NUMBERS[:10])


def test_what_cannot_be_found_out_about_a_version_is_nothing():
    assert version_of({}, 10) == ""
    assert version_of({"ETag": 'W/"a"'}, None) == version_of({"ETag": '"a"'}, None)
    assert version_of({"ETag": '"a"'}, 10) != version_of({"ETag": '"a"'}, 11)


# --- Metadata documents ---------------------------------------------------------------------------
@pytest.fixture
def archive_on_server(archive, server):
    """A granule of the generated archive with its files on the server."""
    source = open_source(str(archive))
    extent = source.extent()
    granule = source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)[0]
    base = server.url.removesuffix("/a.tif")
    scl = granule.files["SCL"]
    server.files["/SCL.tif"] = Path(scl.href).read_bytes()
    server.files["/MTD_TL.xml"] = Path(granule.metadata_href).read_bytes()
    return replace(granule, files={"SCL": replace(scl, href=f"{base}/SCL.tif")}, metadata_href=f"{base}/MTD_TL.xml")


def documents_asked_for(server):
    return sum(path == "/MTD_TL.xml" for path, _ in server.asked)


def read_both(granule, tmp_path):
    with Reader([granule], clock=Clock(), headers=tmp_path / "headers") as reader:
        reader.sample(0, "SCL", 16)
        return reader.metadata(0)


def test_the_metadata_are_fetched_once_as_long_as_the_classes_beside_them_are_the_same(
    server, archive_on_server, tmp_path
):
    for _ in range(3):
        assert read_both(archive_on_server, tmp_path) == server.files["/MTD_TL.xml"]
    assert documents_asked_for(server) == 1
    server.marks["ETag"] = '"processed again"'
    server.files["/MTD_TL.xml"] = b"<another/>"
    assert read_both(archive_on_server, tmp_path) == b"<another/>"


def test_metadata_are_fetched_where_nothing_tells_whether_they_are_the_same(server, archive_on_server, tmp_path):
    read_both(archive_on_server, tmp_path)
    with Reader([archive_on_server], clock=Clock(), headers=tmp_path / "headers") as reader:
        reader.metadata(0)
    assert documents_asked_for(server) == 2
