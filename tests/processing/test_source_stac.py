"""Granules out of a STAC API: the real client against small servers on this machine."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import shapely
from archive_items import earth_search_item, planetary_computer_item
from shapely.geometry import MultiPolygon, Point, box, shape

from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import granule_from_item
from processing.signing import Signer
from processing.sources import open_source
from processing.sources.stac import Patience, StacSource, simple_cover

HERE = box(15.2, 45.2, 15.3, 45.3)
DEKAD = (date(2023, 8, 11), date(2023, 8, 20))
HURRIED = Patience(connect_seconds=2, read_seconds=0.3, retries=2, backoff_seconds=0.01, longest_pause_seconds=1)
SECRET = "s3cret"

Answer = tuple[int, dict[str, str], str]
Respond = Callable[[str, str, Any], Answer]


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """A server on this machine that answers by ``respond(method, path, body)``; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, headers, text = respond(self.command, self.path, body)
            content = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients that hang up or speak TLS are what is tested here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Archive:
    """A STAC API with item search and paging; ``busy`` answers a number of searches with that status."""

    def __init__(self, *items: dict, page_size: int = 100, busy: tuple[int, ...] = ()) -> None:
        self.items, self.page_size, self.busy = list(items), page_size, list(busy)
        self.url = ""
        self.searches: list[dict[str, Any]] = []

    def __call__(self, method: str, path: str, body: Any) -> Answer:
        path = path.partition("?")[0]
        if (method, path) == ("GET", "/v1"):
            return self._json(self._landing_page())
        if (method, path) == ("GET", "/v1/collections/sentinel-2-l2a"):
            return self._json(self._collection())
        if (method, path) == ("POST", "/v1/search"):
            return self._search(body)
        return 404, {}, '{"code": "NotFound"}'

    def _json(self, content: Any) -> Answer:
        return 200, {}, json.dumps(content)

    def _landing_page(self) -> dict:
        conforms = ["https://api.stacspec.org/v1.0.0/" + part for part in ("core", "item-search", "collections")]
        links = [
            {"rel": "self", "href": self.url},
            {"rel": "root", "href": self.url},
            {"rel": "data", "href": f"{self.url}/collections"},
            {"rel": "search", "href": f"{self.url}/search", "type": "application/geo+json", "method": "POST"},
        ]
        about = {"type": "Catalog", "stac_version": "1.0.0", "id": "archive", "description": "an archive"}
        return {**about, "conformsTo": conforms, "links": links}

    def _collection(self) -> dict:
        extent = {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2015-06-27T10:25:31Z", None]]},
        }
        about = {"type": "Collection", "stac_version": "1.0.0", "id": "sentinel-2-l2a", "description": "scenes"}
        return {**about, "license": "other", "extent": extent, "links": []}

    def _search(self, body: dict) -> Answer:
        self.searches.append(body)
        if self.busy:
            return self.busy.pop(0), {}, "try later"
        first, last = body["datetime"].split("/")
        area = shape(body["intersects"])
        matching = [
            item
            for item in self.items
            if first <= item["properties"]["datetime"] <= last
            and item["collection"] in body["collections"]
            and shape(item["geometry"]).intersects(area)
        ]
        start = body.get("token", 0)
        end = start + min(self.page_size, body["limit"])
        following = {"rel": "next", "href": f"{self.url}/search", "method": "POST", "body": {**body, "token": end}}
        links = [following] if end < len(matching) else []
        return self._json({"type": "FeatureCollection", "features": matching[start:end], "links": links})


@contextmanager
def archive_with(*items: dict, **options: Any) -> Iterator[Archive]:
    archive = Archive(*items, **options)
    with serving(archive) as url:
        archive.url = f"{url}/v1"
        yield archive


def source_at(url: str, **options: Any) -> StacSource:
    return StacSource(url, patience=HURRIED, **options)


def scene(begun: str, *, minutes_later: int = 8, **changes: Any) -> dict:
    """An item of the datatake begun at ``begun``, over this tile some minutes later."""
    sensed = datetime.strptime(begun, "%Y%m%dT%H%M%S") + timedelta(minutes=minutes_later)
    return earth_search_item(
        item_id=changes.pop("item_id", begun),
        **{"datetime": f"{sensed:%Y-%m-%dT%H:%M:%SZ}", "s2:datatake_id": f"GS2A_{begun}_042547_N05.09", **changes},
    )


def found(source: StacSource, area: Any = HERE) -> list[str]:
    return [granule.item_id for granule in source.search(area, *DEKAD)]


def test_granules_come_from_all_pages_newest_first():
    days = [f"202308{day}T095031" for day in (11, 12, 13, 14, 15, 16, 17)]
    with archive_with(*map(scene, days), page_size=3) as archive:
        assert found(source_at(archive.url)) == days[::-1]
        assert [search.get("token", 0) for search in archive.searches] == [0, 3, 6]


def test_open_source_takes_a_url_for_an_api():
    with archive_with(scene("20230815T095031")) as archive:
        source = open_source(archive.url)
        assert (source.name, found(source)) == ("stac", ["20230815T095031"])
        assert source.title == f"sentinel-2-l2a at {archive.url[7:-3]}"


def test_the_search_asks_for_nothing_but_area_days_and_collection():
    with archive_with() as archive:
        source_at(archive.url).search(HERE, *DEKAD)
        (search,) = archive.searches
    assert set(search) == {"collections", "intersects", "datetime", "limit"}
    assert shape(search["intersects"]).equals(HERE)


def test_the_collection_can_be_named_in_the_url():
    later = scene("20230815T095031", item_id="later", collection="sentinel-2-c1-l2a")
    with archive_with(scene("20230815T095031"), later) as archive:
        assert found(source_at(f"{archive.url}#sentinel-2-c1-l2a")) == ["later"]


@pytest.mark.parametrize(
    ("begun", "minutes_later", "within"),
    [
        ("20230810T235959", 0, False),
        ("20230810T235000", 20, False),
        ("20230811T000000", 0, True),
        ("20230820T235959", 0, True),
        ("20230820T235000", 20, True),
        ("20230821T000000", 0, False),
    ],
)
def test_a_datatake_belongs_to_the_day_on_which_it_began(begun, minutes_later, within):
    with archive_with(scene(begun, minutes_later=minutes_later)) as archive:
        assert bool(found(source_at(archive.url))) is within


def test_a_scene_that_was_processed_again_is_found_once():
    first = scene("20230815T095031", item_id="first", **{"s2:processing_baseline": "04.00"})
    again = scene("20230815T095031", item_id="again", **{"s2:processing_baseline": "05.10"})
    with archive_with(again, first) as archive:
        assert found(source_at(archive.url)) == ["again"]


def test_an_item_that_lacks_something_is_left_out_and_named():
    bad = scene("20230816T095031", item_id="bad")
    del bad["assets"]["scl"]
    with archive_with(scene("20230815T095031"), bad) as archive:
        source = source_at(archive.url)
        assert found(source) == ["20230815T095031"]
        assert source.rejected == ("Item bad has no scene classification (asset SCL or scl).",)
        archive.items.remove(bad)
        found(source)
        assert source.rejected == ()


def test_items_of_other_levels_are_passed_over():
    with archive_with(scene("20230816T095031", **{"s2:product_type": "S2MSI1C"})) as archive:
        source = source_at(archive.url)
        assert (found(source), source.rejected) == ([], ())


def test_relative_hrefs_start_from_the_item():
    item = scene("20230815T095031")
    item["assets"]["blue"]["href"] = "../files/B02.tif"
    item["links"] = [{"rel": "self", "href": "https://host/items/20230815T095031"}]
    with archive_with(item) as archive:
        (granule,) = source_at(archive.url).search(HERE, *DEKAD)
    assert granule.files["B02"].href == "https://host/files/B02.tif"


def test_a_long_outline_is_sent_shortened_and_applied_in_full():
    ring = Point(15.5, 45.5).buffer(0.4, quad_segs=500).difference(Point(15.5, 45.5).buffer(0.3, quad_segs=500))
    in_the_hole = scene("20230815T095031", geometry=shapely.geometry.mapping(box(15.45, 45.45, 15.55, 45.55)))
    on_the_ring = scene("20230816T095031")
    with archive_with(in_the_hole, on_the_ring) as archive:
        assert found(source_at(archive.url), area=ring) == ["20230816T095031"]
        sent = shape(archive.searches[0]["intersects"])
    assert shapely.get_num_coordinates(sent) <= 500
    assert sent.covers(ring)


@pytest.mark.parametrize(
    "area",
    [
        HERE,
        Point(15, 45).buffer(1, quad_segs=1000),
        MultiPolygon([Point(10 + number % 20, 40 + number // 20).buffer(0.1) for number in range(100)]),
        MultiPolygon([Point(10, 40).buffer(1, quad_segs=100), Point(20, 40).buffer(1, quad_segs=10)]),
    ],
    ids=["box", "round", "many islands", "two islands"],
)
def test_the_cover_of_an_area_is_short_and_leaves_nothing_out(area):
    cover = simple_cover(area)
    assert shapely.get_num_coordinates(cover) <= 500
    # An outline's own vertices may lie a rounding error outside of its convex hull.
    assert cover.buffer(1e-9).covers(area)


def test_the_cover_of_islands_far_apart_leaves_out_the_sea():
    west, east = Point(10, 40).buffer(1, quad_segs=60), Point(50, 40).buffer(1, quad_segs=60)
    assert simple_cover(MultiPolygon([west, east])).area < 2 * west.envelope.area


def test_the_extent_is_what_the_collection_says():
    with archive_with() as archive:
        extent = source_at(archive.url).extent()
    assert extent.bounds == (-180, -90, 180, 90)
    assert (extent.first_day, extent.last_day) == (date(2015, 6, 27), None)


def test_the_extent_of_a_collection_that_is_not_there_is_an_error():
    with archive_with() as archive, pytest.raises((CorruptInput, SourceUnreachable), match=r"127\.0\.0\.1"):
        source_at(f"{archive.url}#sentinel-1").extent()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_archive_is_asked_again(status):
    with archive_with(scene("20230815T095031"), busy=(status, status)) as archive:
        assert found(source_at(archive.url)) == ["20230815T095031"]
        assert len(archive.searches) == 3


def refusal(url: str, **options: Any) -> str:
    """The sentence with which opening and searching ``url`` fails."""
    with pytest.raises(SourceUnreachable) as caught:
        source_at(url, **options).search(HERE, *DEKAD)
    error = caught.value
    assert error.retry
    # Neither the sentence nor what a log would print below it.
    assert SECRET not in f"{error} {error.__cause__}"
    assert error.__suppress_context__
    return str(error)


def test_an_archive_that_stays_busy_is_given_up():
    with archive_with(busy=(503,) * 10) as archive:
        assert refusal(archive.url).endswith("stays too busy to answer; try again later.")
        assert len(archive.searches) == 3


def test_a_failing_archive_is_named_with_its_status():
    with archive_with(busy=(500,)) as archive:
        host = archive.url[7:-3]
        assert refusal(archive.url) == (
            f"The archive at {host} answers with an error (HTTP 500); check its URL or try again later."
        )


@pytest.mark.parametrize("status", [401, 403])
def test_an_archive_that_refuses_access_is_told_apart(status):
    with archive_with(busy=(status,)) as archive:
        assert f"refuses access (HTTP {status})" in refusal(archive.url)


@pytest.mark.parametrize(
    "text",
    ["<!doctype html><h1>Welcome</h1>", "", "[]", "null", '"x"', "{}", '{"type": "Catalog"}', '{"type": "Feature"}'],
)
def test_what_is_no_stac_api_is_told_apart(text):
    with serving(lambda *_: (200, {"Content-Type": "text/html"}, text)) as url:
        assert "does not answer like a STAC API with item search" in refusal(url)


def test_a_catalogue_without_search_is_told_apart(recwarn):
    catalogue = {"type": "Catalog", "stac_version": "1.0.0", "id": "x", "description": "x", "links": []}
    with serving(lambda *_: (200, {}, json.dumps(catalogue))) as url:
        assert "does not answer like a STAC API with item search" in refusal(url)


@pytest.mark.parametrize("page", ['{"features": [1]}', '{"features": [[]]}', '{"features": 5}', "<html>"])
def test_a_search_that_answers_nonsense_is_told_apart(page):
    archive = Archive()

    def respond(method: str, path: str, body: Any) -> Answer:
        return (200, {}, page) if method == "POST" else archive(method, path, body)

    with serving(respond) as url:
        archive.url = f"{url}/v1"
        assert "does not answer like a STAC API" in refusal(archive.url)


def test_an_archive_that_hangs_is_given_up_before_it_answers():
    released = threading.Event()

    def hang(*_: Any) -> Answer:
        released.wait(20)
        return 200, {}, "{}"

    with serving(hang) as url:
        assert refusal(url).endswith("does not answer in time; try again later.")
        released.set()


def test_an_archive_that_is_not_there_is_named_without_its_secrets():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        url = f"http://alice:{SECRET}@{host}/{SECRET}?token={SECRET}"
        assert refusal(url) == f"The archive at {host} cannot be reached; check its URL and the network."


def test_a_host_without_tls_is_told_apart():
    with serving(lambda *_: (200, {}, "{}")) as url:
        assert "has a certificate that cannot be trusted" in refusal(url.replace("http:", "https:"))


@pytest.mark.parametrize("url", ["http://", "https:///v1", "http://[", "http://host:port"])
def test_a_url_without_a_proper_host_is_refused(url):
    with pytest.raises(SourceUnreachable):
        open_source(url)


def test_an_archive_that_never_stops_sending_pages_is_given_up(monkeypatch):
    monkeypatch.setattr("processing.sources.stac._MOST_ITEMS", 50)
    archive = Archive(*(scene("20230815T095031") for _ in range(10)))

    def respond(method: str, path: str, body: Any) -> Answer:
        status, headers, text = archive(method, path, body)
        if method == "POST":
            again = {"rel": "next", "href": f"{archive.url}/search", "method": "POST", "body": body}
            text = json.dumps({**json.loads(text), "links": [again]})
        return status, headers, text

    with serving(respond) as url:
        archive.url = f"{url}/v1"
        with pytest.raises(CorruptInput, match="does not stop sending items"):
            source_at(archive.url).search(HERE, *DEKAD)


class Tokens:
    """Planetary Computer's token service."""

    def __init__(self, *, minutes: float = 60, content: dict | None = None) -> None:
        self.minutes, self.content, self.asked = minutes, content, 0

    def __call__(self, *_: Any) -> Answer:
        self.asked += 1
        expiry = datetime.now(UTC) + timedelta(minutes=self.minutes)
        granted = {"msft:expiry": f"{expiry:%Y-%m-%dT%H:%M:%SZ}", "token": f"sv=1&sig={SECRET}{self.asked}"}
        return 200, {}, json.dumps(granted if self.content is None else self.content)


def unsigned():
    return granule_from_item(planetary_computer_item(), base="/archive")


def test_every_file_in_azure_storage_is_signed_with_one_token():
    tokens = Tokens()
    with serving(tokens) as url:
        signer = Signer(url)
        signed = [signer.signed(unsigned()) for _ in range(3)]
    assert tokens.asked == 1
    for granule in signed:
        assert all(file.href.endswith(f".tif?sv=1&sig={SECRET}1") for file in granule.files.values())
        assert granule.metadata_href.endswith(f"MTD_TL.xml?sv=1&sig={SECRET}1")
        assert not any(SECRET in file.name for file in granule.files.values())


def test_offsets_and_everything_else_stay_when_a_granule_is_signed():
    with serving(Tokens()) as url:
        signed = Signer(url).signed(unsigned())
    assert {file.offset for file in signed.files.values()} == {0, -1000}
    assert replace(signed, files={}, metadata_href=None) == replace(unsigned(), files={}, metadata_href=None)


def test_a_token_that_is_nearly_over_is_renewed():
    tokens = Tokens(minutes=5)
    with serving(tokens) as url:
        signer = Signer(url)
        signer.signed(unsigned())
        asked = tokens.asked
        signer.signed(unsigned())
        assert tokens.asked > asked


@pytest.mark.parametrize(
    "href",
    [
        "https://elsewhere.org/B02.tif",
        "https://blob.core.windows.net.elsewhere.org/B02.tif",
        "http://x.blob.core.windows.net/B02.tif",
        "https://x.blob.core.windows.net/B02.tif?sig=own",
        "s3://x.blob.core.windows.net/B02.tif",
        "/x.blob.core.windows.net/B02.tif",
    ],
)
def test_no_other_file_is_signed(href):
    granule = unsigned()
    granule = replace(granule, files={"B02": replace(granule.files["B02"], href=href)}, metadata_href=None)
    tokens = Tokens()
    with serving(tokens) as url:
        assert Signer(url).signed(granule) == granule
    assert tokens.asked == 0


@pytest.mark.parametrize("content", [{}, [], {"token": "x"}, {"token": SECRET, "msft:expiry": "tomorrow"}], ids=str)
def test_a_token_service_that_answers_nonsense_is_an_unreachable_source(content):
    with (
        serving(Tokens(content=content)) as url,
        pytest.raises(SourceUnreachable, match=r"^127\.0\.0\.1 gives no signature for its files") as caught,
    ):
        Signer(url).signed(unsigned())
    assert SECRET not in str(caught.value)


def test_a_token_service_that_fails_is_an_unreachable_source():
    with serving(lambda *_: (500, {}, SECRET)) as url, pytest.raises(SourceUnreachable, match="gives no signature"):
        Signer(url).signed(unsigned())


def test_found_granules_are_signed_for_the_archive_that_wants_it():
    tokens = Tokens()
    with serving(tokens) as token_url, archive_with(planetary_computer_item()) as archive:
        (granule,) = source_at(archive.url, signer=Signer(token_url)).search(HERE, *DEKAD)
        (bare,) = source_at(archive.url).search(HERE, *DEKAD)
    assert granule.files["B02"].href.endswith(f"sig={SECRET}1")
    assert "?" not in bare.files["B02"].href
