"""Stretches of plain numbers are read as each of them is by itself, and what is not plain is pointed out."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.insar.delivery import NODATA
from processing.insar.regression import columns, orthonormal
from processing.kernels.explaining import explain
from processing.kernels.plain_numbers import (
    BEFORE,
    find_separators,
    make_room,
    read_plain_numbers,
    read_plain_tenths,
)

COMMA, NEWLINE = ord(","), ord("\n")
PLAIN_TENTHS = re.compile(r"-?[0-9]{1,3}\.[0-9]")
PLAIN_NUMBER = re.compile(r"-?(?=[0-9.]{1,15}$)([0-9]+\.?[0-9]*|\.[0-9]+)")

tenths = st.integers(-9999, 9999).map(lambda number: f"{number / 10:.1f}")
numbers = st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 6)).map(lambda pair: f"{pair[0] / 1e6:.{pair[1]}f}")
oddities = st.sampled_from(["", "-", ".", "-.", "1.", ".5", "-0.0", "--1.0", "1-1.0", "1..0", "0.0.0", "+1.5", "1e5"])
anything = st.text('0123456789-.+e "\r', max_size=20)


def laid_out(values: list[str], ending: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Values as text behind what always lies before them, and room that says where each ends."""
    text = np.frombuffer(("x" * BEFORE + ",".join(values) + chr(ending)).encode(), np.uint8)
    room = make_room(len(values))
    for words in room[1]:
        words[:] = 2**64 - 1
    room[0][0] = BEFORE - 1
    assert find_separators(text, BEFORE, text.size, COMMA, len(values), room[0][1:]) == len(values)
    return text, room


@given(st.lists(st.text("01.-,\n;x", max_size=90), max_size=8).map("".join), st.integers(0, 70), st.integers(0, 200))
def test_separators_are_found_wherever_they_are(written: str, place: int, wanted: int) -> None:
    text = np.frombuffer(written.encode() + b"\n", np.uint8)
    place = min(place, text.size)
    ends = np.full(text.size + 200, -1, np.int64)
    count = find_separators(text, place, text.size, COMMA, wanted, ends)
    expected = [at for at in range(place, text.size) if chr(text[at]) in ",\n"]
    assert ends[:count].tolist() == expected[:count]
    assert count >= min(wanted, len(expected))


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
@given(st.lists(tenths | tenths | oddities | anything, min_size=1, max_size=40), st.sampled_from([COMMA, NEWLINE]))
def test_tenths_are_read_or_pointed_out(dtype: type, values: list[str], ending: int) -> None:
    text, room = laid_out(values, ending)
    found = np.full(len(values) + 2, 7, dtype)
    others = read_plain_tenths(text, COMMA, ending, NODATA, room, found[1:-1])
    plain = [not value or PLAIN_TENTHS.fullmatch(value) is not None for value in values]
    assert [mark == 0 for mark in room[1][0][: len(values)]] == plain
    assert others == plain.count(False)
    for read, value, is_plain in zip(found[1:-1].tolist(), values, plain, strict=True):
        assert not is_plain or read == (round(float(value) * 10) if value else NODATA)
    assert found[0] == found[-1] == 7


@given(st.lists(numbers | numbers | oddities | anything, min_size=1, max_size=40), st.sampled_from([COMMA, NEWLINE]))
def test_numbers_are_read_to_the_last_bit_or_pointed_out(values: list[str], ending: int) -> None:
    text, room = laid_out(values, ending)
    found = np.full((len(values), 3), 7.0)
    others = read_plain_numbers(text, COMMA, ending, room, found, 1)
    plain = [not value or PLAIN_NUMBER.fullmatch(value) is not None for value in values]
    assert [mark == 0 for mark in room[1][0][: len(values)]] == plain
    assert others == plain.count(False)
    for read, value, is_plain in zip(found[:, 1].tolist(), values, plain, strict=True):
        if is_plain and value:
            assert (read, math.copysign(1, read)) == (float(value), math.copysign(1, float(value)))
        elif is_plain:
            assert math.isnan(read)
    assert (found[:, [0, 2]] == 7).all()


@pytest.mark.parametrize("ending", [COMMA, NEWLINE])
def test_a_row_that_ends_too_early_or_too_late_is_pointed_out(ending: int) -> None:
    text, room = laid_out(["1.0", "2.0"], ending)
    other = COMMA if ending == NEWLINE else NEWLINE
    assert read_plain_tenths(text, COMMA, other, NODATA, room, np.zeros(2, np.int16)) == 1
    assert room[1][0][0] == 0 != room[1][0][1]
    text, room = laid_out(["1.0", "2.0"], ending)
    assert read_plain_numbers(text, COMMA, other, room, np.zeros((2, 1)), 0) == 1


@given(
    st.integers(-32767, 32767), st.integers(0, 3000), st.integers(7, 120), st.integers(0, 2**32 - 1)
)  # fmt: skip
def test_what_a_model_leaves_is_what_a_twin_in_steps_leaves(level: int, spread: int, dates: int, seed: int) -> None:
    basis = orthonormal(columns(np.arange(dates) * 0.09, degree=3, season=True))
    assert basis is not None
    noise = np.random.default_rng(seed).normal(0, spread, (3, dates))
    series = np.clip(np.rint(level + noise), -32767, 32767).astype(np.int16)
    parts, squares = np.empty((3, 6)), np.empty(3)
    explain(series, np.ascontiguousarray(basis.q.T), parts, squares)
    expected = series.astype(float) @ basis.q
    left = series - expected @ basis.q.T
    moved = ((series.astype(float) - series[:, :1]) ** 2).sum(axis=1)
    np.testing.assert_allclose(parts, expected, rtol=1e-12, atol=1e-7)
    np.testing.assert_allclose(squares, (left**2).sum(axis=1), rtol=1e-9, atol=1e-12 * moved.max() + 1e-9)
    assert (squares >= 0).all()
