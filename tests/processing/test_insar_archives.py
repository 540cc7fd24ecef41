"""Zips that are cut off, locked, swollen or built to do harm."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from egms_files import BURST_NAME, as_csv, lines_of, packed_with, write_zip

from processing.insar.delivery import BadDelivery
from processing.insar.opening import open_delivery
from processing.insar.unpacking import Text, find_members

CSV = f"{BURST_NAME}.csv"
SERIES = [[f"{number % 97 / 10}" for number in range(40)]] * 500
CONTENT = as_csv(lines_of(SERIES, pids=[f"p{number}" for number in range(500)]))
FLAGS_OFFSET, CRC_OFFSET, SIZE_OFFSET, LOCAL_OFFSET = 8, 16, 24, 42


def refusal(path: Path) -> str:
    with pytest.raises(BadDelivery) as raised, open_delivery(path) as delivery:
        for _ in delivery.batches():
            pass
    return str(raised.value)


def written(folder: Path, content: bytes) -> Path:
    path = folder / f"{BURST_NAME}.zip"
    path.write_bytes(content)
    return path


def in_listing(spoilt: bytearray, offset: int) -> int:
    """Where a field of the list of contents lies."""
    return spoilt.rindex(b"PK\x01\x02") + offset


def test_the_archive_of_these_tests_is_sound(tmp_path: Path) -> None:
    with open_delivery(written(tmp_path, packed_with(CONTENT, lambda _: None))) as delivery:
        assert sum(len(batch) for batch in delivery.batches()) == 500


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.99])
def test_half_an_upload_is_called_incomplete(tmp_path: Path, share: float) -> None:
    whole = packed_with(CONTENT, lambda _: None)
    cut = whole[: max(5, int(len(whole) * share))]
    assert "the upload is incomplete" in refusal(written(tmp_path, cut))


def test_a_hole_in_an_upload_is_called_incomplete(tmp_path: Path) -> None:
    whole = packed_with(CONTENT, lambda _: None)
    third = len(whole) // 3
    assert "incomplete" in refusal(written(tmp_path, whole[:third] + whole[2 * third :]))
    assert "incomplete" in refusal(written(tmp_path, whole[:third] + bytes(third) + whole[2 * third :]))


def test_a_checksum_that_does_not_fit_is_told_after_the_last_row(tmp_path: Path) -> None:
    def spoil(spoilt: bytearray) -> None:
        spoilt[in_listing(spoilt, CRC_OFFSET)] ^= 1

    assert "checksum" in refusal(written(tmp_path, packed_with(CONTENT, spoil)))


@pytest.mark.parametrize("change", [-1, 1, 10_000])
def test_a_length_that_does_not_fit_is_refused(tmp_path: Path, change: int) -> None:
    def spoil(spoilt: bytearray) -> None:
        struct.pack_into("<L", spoilt, in_listing(spoilt, SIZE_OFFSET), len(CONTENT) + change)

    refusal(written(tmp_path, packed_with(CONTENT, spoil)))


def test_a_locked_zip_is_refused_with_what_to_do(tmp_path: Path) -> None:
    def spoil(spoilt: bytearray) -> None:
        spoilt[in_listing(spoilt, FLAGS_OFFSET)] |= 1

    assert "without" in refusal(written(tmp_path, packed_with(CONTENT, spoil)))


def test_a_member_that_is_not_where_the_list_says_is_refused(tmp_path: Path) -> None:
    def spoil(spoilt: bytearray) -> None:
        struct.pack_into("<L", spoilt, in_listing(spoilt, LOCAL_OFFSET), 7)

    assert "incomplete" in refusal(written(tmp_path, packed_with(CONTENT, spoil)))


@pytest.mark.parametrize(
    "name", ["../etc/x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", "C:/x.csv", "a\\..\\x.csv", "\\\\host\\x.csv"]
)
def test_a_name_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    written_zip = packed_with(CONTENT, lambda _: None, name="q" * len(name))
    assert "outside" in refusal(written(tmp_path, written_zip.replace(b"q" * len(name), name.encode())))


def test_a_zip_that_swells_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    swollen = packed_with(CONTENT + b"0.0," * (20 << 20), lambda _: None)
    assert len(swollen) < 200_000
    assert "200-fold" in refusal(written(tmp_path, swollen))


def test_a_zip_that_swells_beyond_what_it_says_is_stopped(tmp_path: Path) -> None:
    def spoil(spoilt: bytearray) -> None:
        struct.pack_into("<L", spoilt, in_listing(spoilt, SIZE_OFFSET), len(CONTENT))

    path = written(tmp_path, packed_with(CONTENT + b"0" * (40 << 20), spoil))
    (member,) = find_members(path)
    with pytest.raises(BadDelivery):
        sum(len(block) for block in Text(path, member).blocks())


def test_more_than_is_ever_delivered_is_refused_by_its_size(tmp_path: Path) -> None:
    path = written(tmp_path, packed_with(CONTENT, lambda _: None))
    (member,) = find_members(path)
    with pytest.raises(BadDelivery, match="200 GB"):
        Text(path, type(member)(**(vars(member) | {"size": 10**12, "packed_size": 10**11})))


def test_two_tables_or_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "several.zip"
    assert "2 CSV files" in refusal(write_zip(path, {"a.csv": CONTENT, "b.csv": CONTENT}))
    assert "no CSV" in refusal(write_zip(path, {"a.xml": b"<a/>"}))
    assert "no CSV" in refusal(write_zip(path, {}))
    assert "without the zip" in refusal(write_zip(path, {"a.tif": b"II*"}))
    assert "one by one" in refusal(write_zip(path, {"a.zip": b"PK\x03\x04", "b.zip": b""}))
    assert "2 XML" in refusal(write_zip(path, {"a.csv": CONTENT, "a.xml": b"<a/>", "b.xml": b"<a/>"}))


def test_a_burst_in_the_zip_of_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "EGMS_L2b_088_0283_IW2_VV_2018_2022_1.zip"
    assert "another piece" in refusal(write_zip(path, {CSV: CONTENT}))


def test_a_method_other_than_deflate_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "any.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(CSV, CONTENT)
    assert "Deflate" in refusal(path)


def test_a_zip_that_is_only_stored_is_read(tmp_path: Path) -> None:
    path = tmp_path / "any.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(CSV, CONTENT)
    with open_delivery(path) as delivery:
        assert sum(len(batch) for batch in delivery.batches()) == 500


def test_a_zip_that_was_written_to_a_pipe_is_read(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """What can only be written to, so that lengths follow the data."""

        def __init__(self) -> None:
            self.content = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.content += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr(CSV, CONTENT)
    with open_delivery(written(tmp_path, bytes(pipe.content))) as delivery:
        assert sum(len(batch) for batch in delivery.batches()) == 500


def test_a_zip_of_many_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    assert "files" in refusal(write_zip(path, {f"{number}.txt": b"" for number in range(1001)}))
    assert "too long" in refusal(write_zip(path, {f"{number:0200}.txt": b"" for number in range(6000)}))


def test_a_long_list_in_large_form_is_refused_before_it_is_read(tmp_path: Path) -> None:
    end64 = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, 10**9, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 8, 1)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert "too long" in refusal(written(tmp_path, b"PK\x03\x04----" + end64 + locator + end))


@pytest.mark.parametrize("place", range(0, 120, 7))
def test_whatever_byte_of_the_list_is_spoilt_the_answer_is_a_sentence(tmp_path: Path, place: int) -> None:
    def spoil(spoilt: bytearray) -> None:
        spoilt[min(in_listing(spoilt, place), len(spoilt) - 1)] ^= 0xFF

    try:
        with open_delivery(written(tmp_path, packed_with(CONTENT, spoil))) as delivery:
            # What is spoilt may not matter: then nothing is missing.
            assert sum(len(batch) for batch in delivery.batches()) == 500
    except BadDelivery as error:
        assert "\n" not in str(error)
