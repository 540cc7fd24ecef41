"""Layouts of remote files, learned ahead: the first series asks for tiles alone; bad servers and files do no harm."""

import gzip
import os
import shutil
import struct
import tracemalloc
from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import box

from processing import layouts
from processing.__main__ import main
from processing.errors import SourceUnreachable
from processing.layouts import is_learnable, learn_layouts
from processing.pixels.granule_facts import forget_all
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec
from processing.rasters import servers
from processing.rasters.kept_headers import KeptHeaders
from processing.sample import make_archive
from processing.sources import open_source
from tests.processing.watched_server import items_at, watched

DATES = 3


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Files too large to be had whole with their first bytes: the tiles have to be asked for."""
    folder = tmp_path_factory.mktemp("learned") / "archive"
    return make_archive(folder, size_km=4, dates=DATES, start=date(2024, 6, 3), tiles=["33TWL"], blocksize=256)


@pytest.fixture(autouse=True)
def fresh_process():
    forget_all()
    yield
    forget_all()


@pytest.fixture
def own(local, tmp_path):
    """A copy of the archive that a test may change."""
    return shutil.copytree(local.parent, tmp_path / "own") / "items.json"


@pytest.fixture
def server(own):
    with watched(own.parent) as server:
        yield server


@pytest.fixture
def items(server, own, tmp_path):
    return items_at(server, own, tmp_path / "away")


@pytest.fixture
def granules(items):
    return everything(items)


@pytest.fixture
def headers(tmp_path):
    return tmp_path / "headers"


def everything(items):
    source = open_source(str(items))
    return source.search(box(*source.extent().bounds), date(2015, 7, 1), date(2030, 1, 1))


def files_of(granule):
    return len({file.href for file in granule.files.values()}) + 1


def index_of(items, headers=None):
    source = open_source(str(items))
    x, y = box(*source.extent().bounds).centroid.coords[0]
    spec = SeriesSpec.parse(
        {"place": {"lon": x, "lat": y}, "contents": "observations", "start": "2024-06-01", "end": "2024-07-31"}
        | {"bands": ["B04", "B08"], "layers": []}
    )
    forget_all()
    return [step.to_json() for step in make_series(spec, source, headers=headers)]


def kept(headers):
    return [path for path in headers.rglob("*") if path.is_file()]


# --- What is gained -------------------------------------------------------------------------------
def test_the_first_series_of_an_index_takes_three_requests_a_date(server, items, granules, headers, local):
    expected = index_of(local)
    assert learn_layouts(granules, headers) == DATES
    server.take()
    assert index_of(items, headers) == expected
    assert len(server.take()) <= 3 * DATES


def test_it_takes_more_where_nothing_was_learned(server, items, headers):
    index_of(items, headers)
    assert len(server.take()) > 3 * DATES


def test_all_files_are_learned_by_one_request_each(server, granules, headers):
    learn_layouts(granules, headers)
    asked = server.take()
    assert len(asked) == len(set(asked)) == sum(map(files_of, granules))


def test_what_is_kept_is_not_asked_for_again(server, granules, headers):
    learn_layouts(granules, headers)
    server.take()
    assert learn_layouts(granules, headers) == DATES
    assert server.take() == []


def test_an_entry_that_is_damaged_is_learned_again(server, granules, headers):
    learn_layouts(granules, headers)
    server.take()
    damaged = kept(headers)[0]
    damaged.write_bytes(damaged.read_bytes()[:-3])
    learn_layouts(granules, headers)
    assert len(server.take()) == 1


def test_the_metadata_serve_as_long_as_the_classes_are_the_same(server, granules, headers):
    learn_layouts(granules, headers)
    scl = granules[0].files["SCL"].href
    version = KeptHeaders(headers).header(scl).version
    assert KeptHeaders(headers).document(granules[0].metadata_href, version).startswith(b"<?xml")
    assert KeptHeaders(headers).document(granules[0].metadata_href, "another") is None


def test_a_file_that_changed_since_is_noticed(server, items, own, granules, headers):
    learn_layouts(granules, headers)
    for granule in granules:
        name = granule.item_id
        shutil.copyfile(own.parent / name / "B08.tif", own.parent / name / "B04.tif")
        os.utime(own.parent / name / "B04.tif", ns=(1, 1))
    assert index_of(items, headers) == index_of(own)


def test_files_of_another_extent_at_the_same_addresses_are_read_after_one_complaint(
    server, items, own, headers, tmp_path
):
    learn_layouts(everything(items), headers)
    other = make_archive(tmp_path / "other", size_km=3, dates=DATES, tiles=("33TWL",), blocksize=512)
    for folder in own.parent.iterdir():
        if folder.is_dir():
            shutil.copytree(other.parent / folder.name, folder, dirs_exist_ok=True)
    for _ in range(3):
        steps = index_of(items, headers)
    assert steps == index_of(own)


# --- What is not learned --------------------------------------------------------------------------
def test_files_on_a_disk_cost_nothing(local, headers):
    here = everything(local)
    assert not any(map(is_learnable, here))
    assert learn_layouts(here, headers) == DATES
    assert not headers.exists()


@pytest.mark.parametrize("href", ["s3://bucket/B04.tif", "{url}/B04.jp2", "{url}/B04.jp2?sig=1"])
def test_what_gdal_reads_is_not_asked_for(server, granules, headers, href):
    files = {"SCL": granules[0].files["SCL"], "B04": granules[0].files["B04"]}
    files = {band: replace(file, href=href.format(url=server.url), copies={}) for band, file in files.items()}
    assert not is_learnable(replace(granules[0], files=files))
    assert learn_layouts([replace(granules[0], files=files)], headers) == 1
    assert server.take() == []


def test_it_stops_when_it_is_told_to(server, granules, headers):
    left = iter([True] * (files_of(granules[0]) - 1 + 3))
    assert learn_layouts(granules, headers, goes_on=lambda: next(left, False)) == 1
    asked = server.take()
    assert files_of(granules[0]) < len(asked) < 2 * files_of(granules[0])
    assert learn_layouts(granules, headers, goes_on=lambda: False) == 0
    assert server.take() == []


def test_what_a_server_does_not_mark_is_not_kept_and_no_error(server, granules, headers):
    content = b"II*\0" + bytes(100)
    server.misbehaving[""] = lambda handler: handler.give(206, content, Content_Range=f"bytes 0-103/{len(content)}")
    assert learn_layouts(granules, headers) == DATES
    assert not headers.exists()


# --- Servers and files that fail ------------------------------------------------------------------
def test_a_server_that_is_away_is_said_so_and_not_asked_for_everything(server, granules, headers):
    server.fail_all()
    with pytest.raises(SourceUnreachable, match="127.0.0.1"):
        learn_layouts(granules, headers)
    assert len(server.take()) <= 2 * layouts._AT_ONCE


def test_nobody_listening_is_a_server_that_is_away(granules, headers):
    gone = {band: replace(file, href="http://127.0.0.1:1/a.tif") for band, file in granules[0].files.items()}
    with pytest.raises(SourceUnreachable):
        learn_layouts([replace(granules[0], files=gone)], headers)


def test_what_was_learned_before_a_server_went_away_is_kept(server, granules, headers):
    learn_layouts(granules[:1], headers)
    server.fail_all()
    with pytest.raises(SourceUnreachable):
        learn_layouts(granules, headers)
    server.misbehaving.clear()
    server.take()
    learn_layouts(granules, headers)
    assert len(server.take()) == sum(map(files_of, granules[1:]))


def test_a_series_that_ends_with_its_server_forgets_nothing(server, items, granules, headers, monkeypatch):
    monkeypatch.setattr(servers, "_RETRIES", 0)
    learn_layouts(granules, headers)
    known = len(kept(headers))
    server.fail_all()
    with pytest.raises(SourceUnreachable):
        index_of(items, headers)
    assert len(kept(headers)) == known


@pytest.mark.parametrize("status", [403, 404, 410, 416])
def test_a_file_that_cannot_be_had_is_passed_over(server, granules, headers, status):
    server.misbehaving["B04.tif"] = lambda handler: handler.give(status)
    assert learn_layouts(granules, headers) == DATES
    assert len(server.take()) == sum(map(files_of, granules))
    assert len(kept(headers)) == sum(map(files_of, granules)) - DATES


def test_files_that_are_no_plain_cogs_are_passed_over(server, own, granules, headers):
    (own.parent / granules[0].item_id / "B04.tif").write_bytes(b"MM\0*" + os.urandom(5000))
    (own.parent / granules[0].item_id / "B08.tif").write_bytes(b"")
    assert learn_layouts(granules, headers) == DATES
    assert len(kept(headers)) == sum(map(files_of, granules)) - 2


# --- Hostile ones ---------------------------------------------------------------------------------
def bounded(server, granules, headers, *, requests):
    """What the first granule's B04 does costs little memory and few requests, and nothing of it is kept."""
    others = sum(map(files_of, granules[:1])) - 1
    tracemalloc.start()
    try:
        assert learn_layouts(granules[:1], headers) == 1
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()
    assert len(server.take()) <= others + requests
    assert len(kept(headers)) == others


def test_a_file_that_leads_in_circles_is_left(server, granules, headers):
    server.misbehaving["B04.tif"] = lambda handler: handler.give(302, Location=handler.path)
    bounded(server, granules, headers, requests=5)


def test_a_server_that_sends_more_than_it_was_asked_for_is_not_listened_to(server, granules, headers):
    def flood(handler):
        handler.send_response(206)
        handler.send_header("Content-Length", str(2**40))
        handler.send_header("Content-Range", f"bytes 0-{2**40 - 1}/{2**40}")
        handler.end_headers()
        for _ in range(4000):
            handler.wfile.write(bytes(2**18))

    server.misbehaving["B04.tif"] = flood
    bounded(server, granules, headers, requests=1)


def test_a_whole_file_in_answer_to_a_part_is_not_taken_in(server, granules, headers):
    whole = bytes(128 * 2**20)
    server.misbehaving["B04.tif"] = lambda handler: handler.give(200, whole)
    bounded(server, granules, headers, requests=1)


def test_metadata_that_swell_when_unpacked_are_left(server, granules, headers):
    bomb = gzip.compress(bytes(200 * 2**20), 9)
    server.misbehaving["MTD_TL.xml"] = lambda handler: handler.give(200, bomb, Content_Encoding="gzip", ETag='"1"')
    tracemalloc.start()
    assert learn_layouts(granules[:1], headers) == 1
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()
    assert len(kept(headers)) == files_of(granules[0]) - 1


def test_metadata_that_lie_compressed_are_unpacked(server, own, granules, headers):
    packed = gzip.compress((own.parent / granules[0].item_id / "MTD_TL.xml").read_bytes())
    server.misbehaving["MTD_TL.xml"] = lambda handler: handler.give(200, packed, Content_Encoding="gzip")
    learn_layouts(granules[:1], headers)
    store = KeptHeaders(headers)
    version = store.header(granules[0].files["SCL"].href).version
    assert store.document(granules[0].metadata_href, version).startswith(b"<?xml")


def directory(entries, following):
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *each) for each in entries) + following


@pytest.mark.parametrize(
    "entries",
    [
        [(324, 4, 2**20, 4096)],
        [(324, 4, 2**18 - 1, 4096), (325, 4, 2**18 - 1, 4096)],
        [(324, 4, 2**18 - 1, 4096)] * 900,
        [(33000 + number, 4, 2**31, 4096) for number in range(900)],
        [(42113, 2, 2**32 - 1, 4096)],
    ],
    ids=["one tag", "two tags", "one tag again and again", "tags that nobody reads", "text"],
)
def test_a_directory_that_claims_to_be_enormous_is_left(server, own, granules, headers, entries):
    # Each directory says that it is followed by itself.
    body = b"II*\0" + struct.pack("<I", 8) + directory(entries, struct.pack("<I", 8))
    path = own.parent / granules[0].item_id / "B04.tif"
    with path.open("wb") as file:
        file.write(body)
        file.truncate(8 * 2**20)
    bounded(server, granules, headers, requests=20)


# --- Command line ---------------------------------------------------------------------------------
def command(capsys, *options):
    code = main(["learn", *map(str, options)])
    return code, *capsys.readouterr()


def test_the_command_learns_the_whole_archive(server, items, headers, capsys):
    code, out, err = command(capsys, "--source", items, "--headers", headers)
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == f"{DATES} of {DATES} scenes lie on servers; the layouts of their files are known."
    server.take()
    index_of(items, headers)
    assert len(server.take()) <= 3 * DATES


def test_the_command_learns_a_place_and_some_days(server, items, granules, headers, capsys):
    day = granules[-1].sensed_at.date()
    x, y = granules[0].footprint.centroid.coords[0]
    where = ("--lon", x, "--lat", y, "--from", day, "--to", day)
    assert command(capsys, "--source", items, "--headers", headers, *where)[0] == 0
    assert len(server.take()) == files_of(granules[-1])
    elsewhere = ("--lon", -x, "--lat", -y)
    assert command(capsys, "--source", items, "--headers", headers, *elsewhere, "--quiet") == (0, "", "")
    assert server.take() == []


def test_the_command_says_that_a_server_is_away(server, items, headers, capsys):
    server.fail_all()
    code, out, err = command(capsys, "--source", items, "--headers", headers, "--quiet")
    assert (code, out, len(err.splitlines())) == (3, "", 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lon", "14"], "lat"),
        (["--lat", "14"], "lon"),
        (["--source", "https://archive.invalid/v1"], "no end"),
        (["--source", "https://archive.invalid/v1", "--lon", "14", "--lat", "46", "--from", "2024-06-01"], "to: "),
    ],
)
def test_the_command_refuses_what_it_cannot_learn(items, headers, capsys, options, said):
    code, out, err = command(capsys, "--source", items, "--headers", headers, *options)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize(
    "options", [["--lon", "nan"], ["--lon", "181"], ["--lat", "1e400"], ["--from", "today"], ["--to", "2024-13-01"], []]
)
def test_the_command_refuses_bad_options(items, headers, capsys, options):
    where = ["--headers", str(headers)] if options else []
    with pytest.raises(SystemExit) as ended:
        main(["learn", "--source", str(items), *where, *options])
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
