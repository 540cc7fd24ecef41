"""Series of an archive on a server are those of the same archive on a disk, and end when the server does."""

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from shapely.geometry import box

from processing.errors import SourceUnreachable
from processing.pixels.granule_facts import forget_all
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec
from processing.rasters import servers
from processing.sample import make_archive
from processing.sources import open_source


class Handler(BaseHTTPRequestHandler):
    """Serves files in ranges; fails all requests once ``server.is_down``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):  # noqa: N802  the library's name
        path = self.server.folder / self.path.lstrip("/")
        if self.server.is_down:
            self.answer(503, b"")
        elif not path.is_file():
            self.answer(404, b"")
        else:
            self.answer(*self.part(path.read_bytes()))

    def part(self, content):
        asked = self.headers.get("Range")
        if not asked:
            return 200, content
        first, last = map(int, asked.removeprefix("bytes=").split("-"))
        self.total = f"bytes {first}-{min(last, len(content) - 1)}/{len(content)}"
        return (206, content[first : last + 1]) if first < len(content) else (416, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", self.total)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    folder = tmp_path_factory.mktemp("http") / "archive"
    return make_archive(folder, size_km=1.8, dates=6, start=date(2024, 6, 3), blocksize=256)


@pytest.fixture
def server(items):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.folder, server.is_down = items.parent, False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def away(items, server, tmp_path):
    """The archive's items with addresses on the server."""
    collection = json.loads(items.read_text())
    for item in collection["features"]:
        for asset in item["assets"].values():
            asset["href"] = f"http://127.0.0.1:{server.server_port}/{asset['href'].removeprefix('./')}"
    path = tmp_path / "items.json"
    path.write_text(json.dumps(collection))
    return open_source(str(path))


def asked(source, **changes):
    x, y = box(*source.extent().bounds).centroid.coords[0]
    place = {"lon": x, "lat": y, "pixels": 3}
    return SeriesSpec.parse({"place": place, "kind": "dekad", "start": "2024-06-01", "end": "2024-06-30"} | changes)


@pytest.mark.parametrize("contents", ["composites", "observations"])
def test_a_server_and_a_disk_give_the_same(contents, items, away, tmp_path):
    spec = asked(away, contents=contents)
    here = [step.to_json() for step in make_series(spec, open_source(str(items)))]
    for headers in (None, tmp_path / "headers", tmp_path / "headers"):
        forget_all()
        assert [step.to_json() for step in make_series(spec, away, headers=headers)] == here


@pytest.mark.parametrize("contents", ["composites", "observations"])
def test_a_server_that_goes_down_ends_the_series(contents, away, server, monkeypatch):
    monkeypatch.setattr(servers, "_RETRIES", 0)
    forget_all()
    steps = make_series(asked(away, contents=contents), away)
    server.is_down = True
    with pytest.raises(SourceUnreachable, match="stopped answering"):
        list(steps)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("pixels", "steps", "remote"))]
