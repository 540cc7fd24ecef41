"""EGMS files with something wrong in them: each is refused with the place and the reason."""

from pathlib import Path

import pytest
from egms_files import (
    BURST_NAME,
    L2A_HEADER,
    L2A_ROW,
    L2B_HEADER,
    L2B_ROW,
    L3_HEADER,
    L3_ROW,
    TILE_NAME,
    as_csv,
    lines_of,
    write_burst,
)

from processing.insar.delivery import BadDelivery
from processing.insar.opening import open_delivery

SERIES = [["0.0", "-12.3", "1.5"], ["0.1", "0.2", "0.3"], ["7.0", "8.0", "9.0"]]


def refusal(path: Path) -> BadDelivery:
    """What opening it and reading all its points raises."""
    with pytest.raises(BadDelivery) as raised, open_delivery(path) as delivery:
        for _ in delivery.batches():
            pass
    assert str(raised.value).startswith(raised.value.name)
    return raised.value


def write(folder: Path, content: bytes | list[str], name: str = f"{BURST_NAME}.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else as_csv(content))
    return path


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("abc", "'abc'"), ("1.2.3", "'1.2.3'"), ("--1.0", "'--1.0'"), ("-", "'-'"), (".", "'.'"), ("1,5", None),
        ("1e", "'1e'"), ("e5", "'e5'"), ("inf", "'inf'"), ("-Infinity", "'-Infinity'"), ("0x1F", "'0x1F'"),
        ("1 2", "'1 2'"), ("1_000", "'1_000'"), ('"1.0', "'\"1.0'"), ("1.0\x00", "1.0"), ("nan1", "'nan1'"),
        ("١", "'١'"), ("5mm", "'5mm'"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_named_with_line_and_column(tmp_path: Path, written: str, shown: str | None) -> None:
    series = [SERIES[0], ["0.1", written, "0.3"], SERIES[2]]
    error = refusal(write(tmp_path, lines_of(series)))
    assert error.line == 3
    if shown:
        assert "20180109 should be a number" in error.problem
        assert shown in error.problem
    else:
        assert "28 values instead of 27" in error.problem


@pytest.mark.parametrize(
    ("sound", "broken", "problem"),
    [
        ("43.712345", "93.712345", "no place of latitude 93.712345"),
        ("43.712345", "", "no place of latitude nan"),
        ("43.712345", "nan", "no place of latitude nan"),
        ("-1.054321", "-1054321", "longitude -1054321"),
        ("43.712345", "1e400", "should be a number"),
        ("0.87", "high", "temporal_coherence should be a number, but is 'high'"),
        (",456,", ",456.5,", "line should be a whole number"),
        (",456,", ",4560000000,", "line should be a whole number"),
        (",2.3,0.87", ",1e39,0.87", "rmse is 1e+39, which is beyond all measure"),
        ("{pid}", "", "pid should be a name"),
        ("{pid}", "a b", "pid should be a name"),
        ("{pid}", "x" * 33, "more than the 32 bytes"),
        ("{pid}", '"abc', "a quote that does not end"),
        ("{pid}", '"abc"d', "a quote that does not end"),
    ],
)
def test_a_broken_attribute_is_named_with_its_line(tmp_path: Path, sound: str, broken: str, problem: str) -> None:
    lines = lines_of(SERIES)
    lines[2] = lines_of(SERIES, row=L2B_ROW.replace(sound, broken, 1))[2]
    error = refusal(write(tmp_path, lines))
    assert error.line == 3
    assert problem in error.problem


def test_a_line_that_is_too_short_or_too_long_is_named(tmp_path: Path) -> None:
    lines = lines_of(SERIES)
    error = refusal(write(tmp_path, [*lines[:2], lines[2].rpartition(",")[0], lines[3]]))
    assert (error.line, "26 values instead of 27" in error.problem) == (3, True)
    error = refusal(write(tmp_path, [*lines[:3], lines[3] + ",1.0"]))
    assert (error.line, "28 values instead of 27" in error.problem) == (4, True)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_csv_that_was_cut_off_is_refused_by_its_last_line(tmp_path: Path, share: float) -> None:
    content = as_csv(lines_of(SERIES))
    header = content.index(b"\n") + 1
    cut = content[: header + int((len(content) - header) * share)]
    error = refusal(write(tmp_path, cut))
    assert error.line == cut.count(b"\n") + 1


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    lines = lines_of(SERIES)
    error = refusal(write(tmp_path, [*lines[:2], "", "", lines[2].replace("0.2", "x")]))
    assert error.line == 5


def test_a_long_value_of_a_broken_row_does_not_upset_its_message(tmp_path: Path) -> None:
    lines = lines_of(SERIES)
    error = refusal(
        write(tmp_path, [*lines[:2], lines[2].replace("0.1", "1.000000000000000000000000001").replace("0.3", "?")])
    )
    assert error.line == 3
    assert len(refusal(write(tmp_path, [lines[0], lines[1].replace("1.5", "z" * 5000)])).problem) < 200


def test_a_point_that_comes_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    pids = [f"p{number}" for number in range(1000)]
    lines = lines_of([SERIES[0]] * 1000, pids=pids)
    lines[900] = lines[10]
    error = refusal(write(tmp_path, lines))
    assert error.line == 901
    assert "the point p9 was there before, in line 11" in error.problem


def test_points_are_told_apart_although_their_marks_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scramble_badly(names, scrambled) -> None:
        scrambled[:] = 7

    monkeypatch.setattr("processing.insar.points.scramble_names", scramble_badly)
    with open_delivery(write(tmp_path, lines_of(SERIES))) as delivery:
        assert sum(len(batch) for batch in delivery.batches()) == 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda header: header.replace("pid,", "id,"), "lacks pid"),
        (lambda header: header.replace("longitude", "x"), "lacks longitude"),
        (lambda header: header.replace("latitude,", "lat,").replace(",longitude", ",y"), "lacks longitude"),
        (lambda header: header.replace("los_east", "a").replace("track_angle", "b"), "lacks los_east/track_angle"),
        (lambda header: header.replace("mp_type", "latitude"), "latitude comes twice"),
        (lambda header: header.replace("height_wgs84", "height_ortho"), "height and height_ortho are the same column"),
        (lambda header: header.replace("mp_type", "gnss").replace("line", "GNSS"), "gnss and GNSS are the same column"),
        (lambda header: header.replace("20180109", "20180103"), "20180103 comes twice"),
        (lambda header: header.replace("20180109", "20170109"), "20170109 follows 20180103"),
        (lambda header: header.replace("20180109", "20181309"), "20181309 looks like a date"),
        (lambda header: header.replace("20180109", "20180230"), "no such day"),
        (lambda header: header.replace("mp_type", ""), "column 2 has no name"),
        (lambda header: header.replace("2018", "d2018"), "no column is named by a date"),
    ],
)  # fmt: skip
def test_a_wrong_header_is_refused_in_its_words(tmp_path: Path, change, problem: str) -> None:
    lines = lines_of(SERIES)
    error = refusal(write(tmp_path, [change(lines[0]), *lines[1:]]))
    assert error.line == 1
    assert problem in error.problem


def test_missing_columns_are_named_with_those_that_are_there(tmp_path: Path) -> None:
    lines = lines_of(SERIES)
    error = refusal(write(tmp_path, [lines[0].replace("pid,", "name,"), *lines[1:]]))
    assert "there are name, mp_type, latitude" in error.problem


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "empty" in refusal(write(tmp_path, content)).problem


def test_a_header_without_points_is_refused(tmp_path: Path) -> None:
    assert "no points" in refusal(write(tmp_path, lines_of(SERIES)[:1])).problem
    assert "no points" in refusal(write_burst(tmp_path, lines_of(SERIES)[:1])).problem


@pytest.mark.parametrize(
    "content",
    [b"hello", b"\x00\x01\x02\x03" * 1000, b"a,b,c\n1,2,3\n", b"%PDF-1.4", b"<?xml version='1.0'?><BURST/>",
     b"\x1f\x8b\x08\x00", b"Rar!\x1a", b"\xff\xfe" + "pid,latitude".encode("utf-16-le"), b"\xe9,\xe8\n"],
)  # fmt: skip
def test_what_is_no_delivery_at_all_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    assert "\n" not in str(refusal(write(tmp_path, content, "what.csv")))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    assert "megabyte" in refusal(write(tmp_path, b"pid," * (1 << 20))).problem
    content = as_csv(lines_of(SERIES)) + b"1" * (6 << 20)
    assert "a line has more than" in refusal(write(tmp_path, content)).problem
    assert (
        "5000"
        in refusal(write(tmp_path, (",".join(f"c{number}" for number in range(6000)) + ",pid\n").encode())).problem
    )


def test_an_l2_name_on_an_l3_header_is_refused_and_the_other_way_round(tmp_path: Path) -> None:
    l3 = lines_of(SERIES, header=L3_HEADER, row=L3_ROW)
    assert "the header is one of L3, the name says L2b" in refusal(write_burst(tmp_path, l3)).problem
    assert "the name says L3" in refusal(write_burst(tmp_path, lines_of(SERIES), name=TILE_NAME)).problem
    l2a = lines_of(SERIES, header=L2A_HEADER, row=L2A_ROW)
    assert "one of L2a, the name says L2b" in refusal(write_burst(tmp_path, l2a)).problem


def test_an_l3_file_without_its_name_is_refused_with_what_to_do(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, lines_of(SERIES, header=L3_HEADER, row=L3_ROW), "tile.csv"))
    assert "name it as it was delivered" in error.problem


def test_metadata_of_another_level_are_refused(tmp_path: Path) -> None:
    xml = b"<TILE><product_level>L3</product_level></TILE>"
    assert "the metadata of L3" in refusal(write_burst(tmp_path, lines_of(SERIES), xml=xml)).problem


@pytest.mark.parametrize(
    "xml",
    [
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><BURST>&b;</BURST>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><BURST/>",
        b"<BURST><a></BURST>",
        b"not xml",
        b"<BURST>" + b"<a>" * 50 + b"</a>" * 50 + b"</BURST>",
        b"<BURST>" + b"<a>1</a>" * 30_000 + b"</BURST>",
    ],
    ids=["entity", "external", "cut short", "other", "deep", "long"],
)
def test_hostile_or_broken_metadata_are_refused(tmp_path: Path, xml: bytes) -> None:
    error = refusal(write_burst(tmp_path, lines_of(SERIES), xml=xml))
    assert error.name.endswith(".xml")


def test_an_extra_column_that_turns_from_numbers_to_words_is_named(tmp_path: Path) -> None:
    lines = lines_of(
        [SERIES[0]] * 300, header=L2B_HEADER + ",mine", row=L2B_ROW + ",1.5", pids=[str(n) for n in range(300)]
    )
    lines[290] = lines[290].replace(",1.5,", ",word,", 1)
    error = refusal(write(tmp_path, lines))
    assert error.line == 291
    assert "mine should be a number, but is 'word'" in error.problem


def test_an_extra_text_that_is_too_long_or_no_text_is_named(tmp_path: Path) -> None:
    header = L2B_HEADER + ",mine"
    error = refusal(write(tmp_path, lines_of(SERIES, header=header, row=L2B_ROW + "," + "w" * 65)))
    assert "more than the 64 bytes" in error.problem
    content = as_csv(lines_of(SERIES, header=header, row=L2B_ROW + ",forêt")).decode().encode("latin-1")
    assert "UTF-8" in refusal(write(tmp_path, content)).problem


def test_an_error_survives_being_sent_to_another_process(tmp_path: Path) -> None:
    import pickle

    error = refusal(write(tmp_path, lines_of([["x"]])))
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), sent.line) == (type(error), str(error), 2)
    assert (error.code, error.mender, error.retry) == ("bad_delivery", "user", False)
