"""Ids and file names of EGMS."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.insar.egms.names import POLARISATIONS, FileName, read_file_name
from processing.insar.egms.pids import (
    L2Pid,
    decode_l2,
    decode_l3,
    encode_l2,
    encode_l2_many,
    encode_l3,
    encode_l3_many,
)

pids = st.builds(
    L2Pid, facility=st.integers(1, 4), track=st.integers(1, 175), burst=st.integers(0, 4095), swath=st.integers(1, 3),
    polarisation=st.sampled_from(POLARISATIONS), line=st.integers(0, 2047), pixel=st.integers(0, 65535),
)  # fmt: skip


def test_the_example_of_the_specification_is_understood() -> None:
    pid = decode_l2("3ODTn5TNYv")
    assert pid == L2Pid(3, 88, 282, 2, "VV", 1234, 12345)
    assert pid.burst_identity == "088_0282_IW2_VV"
    assert encode_l2(pid) == "3ODTn5TNYv"


@given(pids)
def test_an_id_says_what_it_was_made_of(pid: L2Pid) -> None:
    text = encode_l2(pid)
    assert len(text) == 10
    assert decode_l2(text) == pid
    many = encode_l2_many(
        pid.facility,
        pid.track,
        pid.burst,
        pid.swath,
        pid.polarisation,
        np.array([0, pid.line]),
        np.array([1, pid.pixel]),
    )
    assert many[1].decode() == text


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 65_000), st.integers(0, 65_000)), min_size=1, max_size=20))
def test_a_cell_says_where_it_lies(facility: int, cells: list[tuple[int, int]]) -> None:
    easting, northing = (np.array(each) * 100 + 50.0 for each in zip(*cells, strict=True))
    for text, (column, row) in zip(encode_l3_many(facility, easting, northing).tolist(), cells, strict=True):
        assert decode_l3(text.decode()) == (facility, column * 100, row * 100)
        assert text.decode() == encode_l3(facility, column * 100 + 99.9, row * 100)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3ODTn5TNY",
        "3ODTn5TNYvv",
        "0ODTn5TNYv",
        "5ODTn5TNYv",
        "3ODTn5TN-v",
        "3zzzz5TNYv",
        "3ODTnzzzzz",
        "é" * 10,
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_l2(text)


@pytest.mark.parametrize("text", ["", "3", "3-", "9abc", "3zzzzzzzzzzz", "3" * 40])
def test_what_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_l3(text)


def test_numbers_without_room_are_refused() -> None:
    for bad in (L2Pid(5, 88, 1, 1, "VV", 1, 1), L2Pid(3, 176, 1, 1, "VV", 1, 1), L2Pid(3, 88, 4096, 1, "VV", 1, 1)):
        with pytest.raises(ValueError):
            encode_l2(bad)
    for bad in (L2Pid(3, 88, 1, 4, "VV", 1, 1), L2Pid(3, 88, 1, 1, "XX", 1, 1), L2Pid(3, 88, 1, 1, "VV", 2048, 1)):
        with pytest.raises(ValueError):
            encode_l2(bad)
    with pytest.raises(ValueError):
        encode_l3(3, -1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EGMS_L2b_088_0282_IW2_VV_2018_2022_1.zip", ("L2b", "088_0282_IW2_VV", 88, None, 2018, 2022, 1)),
        ("EGMS_L2a_088_0282_IW2_VV.csv", ("L2a", "088_0282_IW2_VV", 88, None, None, None, None)),
        ("EGMS_L2b_001_0001_IW3_VH_2020_2025_12.xml", ("L2b", "001_0001_IW3_VH", 1, None, 2020, 2025, 12)),
        ("EGMS_L3_E40N28_100km_E_2018_2022_1.tiff", ("L3", "E40N28_E", None, "E", 2018, 2022, 1)),
        ("EGMS_L3_E40N28_100km_U.tif", ("L3", "E40N28_U", None, "U", None, None, None)),
        ("egms_l2b_088_0282_iw2_vv_2018_2022_1.ZIP", ("L2b", "088_0282_IW2_VV", 88, None, 2018, 2022, 1)),
        ("EGMS_L2b_088_0282_IW2_VV_2018_2022_1 (1).zip", ("L2b", "088_0282_IW2_VV", 88, None, 2018, 2022, 1)),
        ("EGMS_L2b_088_0282_IW2_VV_2018_2022_1.csv.zip", ("L2b", "088_0282_IW2_VV", 88, None, 2018, 2022, 1)),
    ],
)
def test_a_name_by_the_specification_is_understood(name: str, expected: tuple) -> None:
    assert read_file_name(name) == FileName(*expected)


@pytest.mark.parametrize(
    "name",
    ["", "EGMS.zip", "EGMS_L2c_088_0282_IW2_VV.zip", "EGMS_L2b_88_282_IW2_VV.zip", "EGMS_L2b_088_0282_IW4_VV.zip",
     "EGMS_L3_E40N28_50km_E.zip", "EGMS_L3_E40N28_100km_N.zip", "EGMS_L2b_088_0282_IW2_VV_2018.zip", "x" * 10_000],
)  # fmt: skip
def test_any_other_name_says_nothing(name: str) -> None:
    assert read_file_name(name) is None
