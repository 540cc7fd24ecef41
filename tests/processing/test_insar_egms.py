"""EGMS files that are as they should be, in all the ways that occur."""

import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from egms_files import (
    BURST_NAME,
    L2A_HEADER,
    L2A_ROW,
    L2B_HEADER,
    L2B_ROW,
    L3_HEADER,
    L3_ROW,
    PIDS,
    RENAMED_HEADER,
    TILE_NAME,
    as_csv,
    days,
    lines_of,
    write_burst,
)
from real_insar import real_file

from processing.insar.attributes import ATTRIBUTES, NO_NUMBER, canonical_name
from processing.insar.delivery import NODATA, PointBatch, WideSeries
from processing.insar.opening import open_delivery

SERIES = [["0.0", "-12.3", "1.5"], ["0.1", "", "nan"]]
L3_CELLS = ("1Qx65sJek", "1Qx65sJel")


def read(path: Path, *, size: int = 50_000, wide: bool = False) -> list[PointBatch]:
    with open_delivery(path, wide=wide) as delivery:
        return list(delivery.batches(size))


def write(folder: Path, content: bytes, name: str = f"{BURST_NAME}.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_burst_tells_what_it_is_before_its_points_are_read(tmp_path: Path) -> None:
    xml = b"<BURST><product_level>L2b</product_level><production_facility>3</production_facility></BURST>"
    with open_delivery(write_burst(tmp_path, lines_of(SERIES), xml=xml)) as delivery:
        facts = delivery.facts
    assert (facts.format, facts.level, facts.direction) == ("egms", "L2b", "ascending")
    assert (facts.identity, facts.track, facts.facility) == ("088_0282_IW2_VV", 88, "NORCE")
    assert (facts.first_year, facts.last_year, facts.version) == (2018, 2022, 1)
    assert facts.dates == (date(2018, 1, 3), date(2018, 1, 9), date(2018, 1, 15))
    assert set(facts.columns) <= set(ATTRIBUTES)
    assert len(facts.columns) == 21


def test_points_come_exactly_as_they_are_written(tmp_path: Path) -> None:
    (batch,) = read(write_burst(tmp_path, lines_of(SERIES)))
    assert batch.pid.tolist() == [b"3ODTn5TNYv", b"3ODTn5TNYw"]
    assert batch.lon.tolist() == [-1.054321] * 2
    assert batch.lat.tolist() == [43.712345] * 2
    assert batch.displacement.dtype == np.int16
    assert batch.displacement.tolist() == [[0, -123, 15], [1, NODATA, NODATA]]
    assert batch.attributes["easting"].tolist() == [3456789.12] * 2
    assert batch.attributes["line"].tolist() == [456, 456]
    assert batch.attributes["los_east"].tolist() == [np.float32(-0.611)] * 2
    assert batch.first_line == 2
    for name, values in batch.attributes.items():
        assert values.dtype == ATTRIBUTES[name].dtype


def test_an_attribute_that_is_not_given_is_marked(tmp_path: Path) -> None:
    row = L2B_ROW.replace(",2.3,0.87,", ",,NaN,").replace(",456,7890,", ",,7890,")
    (batch,) = read(write_burst(tmp_path, lines_of(SERIES, row=row)))
    assert np.isnan(batch.attributes["rmse"]).all()
    assert np.isnan(batch.attributes["temporal_coherence"]).all()
    assert batch.attributes["line"].tolist() == [NO_NUMBER] * 2


def test_l2a_is_known_by_its_clusters(tmp_path: Path) -> None:
    path = write_burst(tmp_path, lines_of(SERIES, header=L2A_HEADER, row=L2A_ROW), name="points")
    with open_delivery(path) as delivery:
        assert delivery.facts.level == "L2a"
        assert delivery.facts.columns[0] == "cluster_label"


def test_columns_of_later_releases_are_known_by_their_other_names(tmp_path: Path) -> None:
    lines = lines_of(SERIES, header=RENAMED_HEADER, row=L2B_ROW + ",-0.4")
    with open_delivery(write_burst(tmp_path, lines)) as delivery:
        assert {"height", "height_wgs84", "rmse"} <= set(delivery.facts.columns)
        assert delivery.facts.extra == ("gnss_velocity",)
        (batch,) = delivery.batches()
    assert batch.extra["gnss_velocity"].dtype == np.float32
    assert batch.extra["gnss_velocity"].tolist() == [np.float32(-0.4)] * 2


def test_an_unknown_column_of_words_is_kept_as_text(tmp_path: Path) -> None:
    lines = lines_of(SERIES, header=L2B_HEADER + ",Land Cover", row=L2B_ROW + ",forêt")
    (batch,) = read(write_burst(tmp_path, lines))
    assert batch.extra["land_cover"].tolist() == ["forêt".encode()] * 2


def test_an_l3_tile_gets_degrees_from_its_cells(tmp_path: Path) -> None:
    lines = lines_of(SERIES, header=L3_HEADER, row=L3_ROW, pids=L3_CELLS)
    with open_delivery(write_burst(tmp_path, lines, name=TILE_NAME)) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (facts.level, facts.direction, facts.identity, facts.track) == ("L3", "up", "E43N22_U", None)
    # EPSG:3035 has its origin at 10 E 52 N, at 4 321 000, 3 210 000.
    assert batch.lon[0] == pytest.approx(10.0006, abs=1e-3)
    assert 42.9 < batch.lat[0] < 43.1
    assert batch.attributes["easting"].tolist() == [4321050.0] * 2


@pytest.mark.parametrize(("component", "direction"), [("U", "up"), ("E", "east")])
def test_the_component_of_l3_comes_from_the_name(tmp_path: Path, component: str, direction: str) -> None:
    lines = lines_of(SERIES, header=L3_HEADER, row=L3_ROW, pids=L3_CELLS)
    with open_delivery(write_burst(tmp_path, lines, name=f"EGMS_L3_E43N22_100km_{component}")) as delivery:
        assert delivery.facts.direction == direction
        assert (delivery.facts.first_year, delivery.facts.version) == (None, None)


@pytest.mark.parametrize(
    ("east", "track", "direction"),
    [
        ("-0.611", "349.12", "ascending"),
        ("0.611", "190.80", "descending"),
        ("0.611", "349.12", "descending"),
        ("", "-10.9", "ascending"),
        ("", "190.8", "descending"),
    ],
)
def test_the_direction_comes_from_the_line_of_sight(tmp_path: Path, east: str, track: str, direction: str) -> None:
    row = L2B_ROW.replace("349.12,-0.611", f"{track},{east}")
    with open_delivery(write_burst(tmp_path, lines_of(SERIES, row=row))) as delivery:
        assert delivery.facts.direction == direction


def test_a_file_without_a_name_is_known_by_the_ids_of_its_points(tmp_path: Path) -> None:
    with open_delivery(write(tmp_path, as_csv(lines_of(SERIES)), "mine.csv")) as delivery:
        assert (delivery.facts.identity, delivery.facts.track) == ("088_0282_IW2_VV", 88)
        assert (delivery.facts.level, delivery.facts.facility) == ("L2b", "NORCE")


def test_a_file_with_neither_is_known_by_its_stem(tmp_path: Path) -> None:
    with open_delivery(write(tmp_path, as_csv(lines_of(SERIES, pids=("a", "b"))), "mine.csv")) as delivery:
        assert (delivery.facts.identity, delivery.facts.track) == ("mine", None)


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: text.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
        lambda text: text + b"\n\n\r\n",
        lambda text: text.replace(b",", b" , "),
        lambda text: text.replace(b",", b";"),
        lambda text: text.replace(b",", b"\t"),
        lambda text: b"\n".join(b",".join(b'"%b"' % each for each in line.split(b",")) for line in text.splitlines()),
        lambda text: b"\n".join(line + b"," for line in text.splitlines()).replace(b",,\n", b",\n"),
        lambda text: text.replace(b"-12.3", b"-1.23e1").replace(b",1.5", b",+15E-1"),
        lambda text: text.replace(b"pid,", b"PID,").replace(b"mean_velocity,", b" Mean_Velocity ,"),
        lambda text: text.replace(b"20180103", b"2018-01-03"),
        lambda text: text.replace(b"0.0,-12.3,1.5", b"-0,-12.30,01.5"),
    ],
    ids=[
        "byte order mark", "CRLF", "no last line feed", "CRLF, no last one", "empty lines at the end", "blanks",
        "semicolons", "tabs", "quotes", "comma at the end", "exponents", "letter case", "dashes in dates", "zeros",
    ],
)  # fmt: skip
def test_the_same_points_in_another_guise_are_the_same(tmp_path: Path, disguise) -> None:
    plain = as_csv(lines_of([["0.0", "-12.3", "1.5"], ["0.1", "-0.4", "7.0"]]))
    (expected,) = read(write(tmp_path, plain))
    (found,) = read(write(tmp_path, disguise(plain)))
    assert found.displacement.tolist() == expected.displacement.tolist() == [[0, -123, 15], [1, -4, 70]]
    assert found.pid.tolist() == expected.pid.tolist()
    assert found.lon.tolist() == expected.lon.tolist()
    for name, values in expected.attributes.items():
        assert found.attributes[name].tolist() == values.tolist()


def test_more_decimals_than_tenths_are_rounded_away_from_zero_and_counted(tmp_path: Path) -> None:
    series = [["0.05", "-0.05", "0.049"], ["1.50", "2.25", "-2.349999999999999999999999"]]
    with open_delivery(write_burst(tmp_path, lines_of(series))) as delivery:
        (batch,) = delivery.batches()
        assert delivery.rounded == 5
    assert batch.displacement.tolist() == [[1, -1, 0], [15, 23, -23]]


def test_displacements_beyond_16_bits_are_asked_for_again_with_more_room(tmp_path: Path) -> None:
    path = write_burst(tmp_path, lines_of([["3276.7", "-3276.7", "0.0"], ["3276.8", "-99999.9", "1.0"]]))
    with pytest.raises(WideSeries, match="line 3"):
        read(path)
    (batch,) = read(path, wide=True)
    assert batch.displacement.dtype == np.int32
    assert batch.displacement.tolist() == [[32767, -32767, 0], [32768, -999999, 10]]


@pytest.mark.parametrize("written", ["-3276.8", "-3276.80", "-3276.8000000000000000000"])
def test_what_looks_like_the_mark_of_nothing_is_a_displacement_in_wide_series(tmp_path: Path, written: str) -> None:
    path = write_burst(tmp_path, lines_of([[written, "9999.0", ""]]))
    with pytest.raises(WideSeries):
        read(path)
    (batch,) = read(path, wide=True)
    assert batch.displacement.tolist() == [[-32767, 99990, NODATA]]


@pytest.mark.parametrize("size", [1, 7, 100, 50_000])
def test_batches_hold_what_was_asked_for_and_know_their_line(tmp_path: Path, size: int) -> None:
    pids = [f"p{number}" for number in range(100)]
    lines = lines_of([[f"{number / 10}"] * 3 for number in range(100)], pids=pids)
    batches = read(write_burst(tmp_path, lines), size=size)
    assert [len(batch) for batch in batches][:-1] == [size] * (len(batches) - 1)
    assert [batch.first_line for batch in batches] == list(range(2, 102, size))
    assert np.concatenate([batch.pid for batch in batches]).tolist() == [pid.encode() for pid in pids]
    assert np.concatenate([batch.displacement for batch in batches])[:, 0].tolist() == list(range(100))


def test_rows_that_lie_across_blocks_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of([[f"{number / 10}"] * 9 for number in range(50)], pids=[f"p{number}" for number in range(50)])
    path = write(tmp_path, as_csv(lines))
    (expected,) = read(path)
    for block in (1, 2, 63, 64, 1000):
        monkeypatch.setattr("processing.insar.unpacking.BLOCK_BYTES", block)
        (found,) = read(path)
        assert found.displacement.tolist() == expected.displacement.tolist()
        assert found.pid.tolist() == expected.pid.tolist()


def test_a_delivery_can_be_read_again_and_shows_how_far_it_is(tmp_path: Path) -> None:
    with open_delivery(write_burst(tmp_path, lines_of([["0.05", "1.0"]] * 3))) as delivery:
        for _ in range(2):
            assert sum(len(batch) for batch in delivery.batches(2)) == 3
            assert delivery.rounded == 3
            assert delivery.share_read == 1.0


def test_a_reader_that_stops_early_leaves_no_thread_behind(tmp_path: Path) -> None:
    import threading

    before = threading.active_count()
    with open_delivery(write_burst(tmp_path, lines_of([["1.0", "1.0"]] * 3))) as delivery:
        batches = delivery.batches(1)
        next(batches)
        batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_metadata_come_from_the_xml_beside_a_bare_csv(tmp_path: Path) -> None:
    path = write(tmp_path, as_csv(lines_of(SERIES)))
    path.with_suffix(".xml").write_bytes(
        b"<BURST><product_level>L2b</product_level><dataset><image orbit='x'><product_id>A</product_id></image>"
        b"<image><product_id>B</product_id></image></dataset></BURST>"
    )
    with open_delivery(path) as delivery:
        assert delivery.facts.metadata == {
            "product_level": "L2b", "dataset.image.orbit": "x", "dataset.image.product_id": ["A", "B"],
        }  # fmt: skip


@pytest.mark.real_data
def test_the_real_metadata_of_a_tile_are_read(tmp_path: Path) -> None:
    real = real_file("egms/EGMS_L3_E43N22_100km_E_2018_2022_1.xml")
    lines = lines_of(SERIES, header=L3_HEADER, row=L3_ROW, pids=L3_CELLS)
    with open_delivery(write_burst(tmp_path, lines, name=real.stem, xml=real.read_bytes())) as delivery:
        assert delivery.facts.facility == "e-GEOS"
        assert delivery.facts.metadata["dem.version"] == "COP-DEM_GLO-30/2020_1"
        assert delivery.facts.metadata["gnss.version"] == "2.0"


def test_folders_and_what_systems_add_to_a_zip_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "any.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("delivery")
        archive.writestr(f"delivery/{BURST_NAME}.csv", as_csv(lines_of(SERIES)))
        archive.writestr(f"__MACOSX/delivery/._{BURST_NAME}.csv", b"junk")
        archive.writestr("delivery/readme.html", b"hello")
    with open_delivery(path) as delivery:
        assert delivery.facts.version == 1
        assert sum(len(batch) for batch in delivery.batches()) == 2


def test_names_of_columns_are_known_in_any_dress() -> None:
    assert canonical_name('\ufeff"PID"') == "pid"
    assert canonical_name(" Height-Ortho ") == "height"
    assert canonical_name("RMSE_TS") == "rmse"
    assert canonical_name("height ellipse") == "height_wgs84"
    assert canonical_name("gnss_velocity") is None


def test_many_dates_are_no_matter(tmp_path: Path) -> None:
    series = [[f"{number / 10:.1f}" for number in range(400)]] * len(PIDS)
    (batch,) = read(write_burst(tmp_path, lines_of(series)))
    assert batch.displacement.tolist() == [list(range(400))] * 3
    assert len(days(400)) == 400
