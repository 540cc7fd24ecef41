"""Rows of numbers are written as Python would format them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.kernels.decimal_text import LONGEST_NUMBER, write_number, write_rows

NOTHING = -32768


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(0, 6))
def test_a_number_is_written_with_all_its_decimals(value, decimals):
    room = np.zeros(LONGEST_NUMBER + 6, np.uint8)
    end = write_number(value, decimals, room, 3)
    assert bytes(room[3:end]).decode() == f"{Decimal(value).scaleb(-decimals):.{decimals}f}"


@pytest.mark.parametrize(("value", "text"), [(0, "0.0"), (-5, "-0.5"), (10, "1.0"), (-32767, "-3276.7")])
def test_tenths(value, text):
    room = np.zeros(LONGEST_NUMBER, np.uint8)
    assert bytes(room[: write_number(value, 1, room, 0)]).decode() == text


def test_rows_have_names_of_any_length_and_gaps_where_nothing_was_measured():
    names = np.array([b"ab", b"c"], "S4").view(np.uint8).reshape(2, 4)
    numbers = np.array([[123, -4], [0, 100]])
    tenths = np.array([[1, NOTHING], [NOTHING, -25]], np.int16)
    room = np.zeros(200, np.uint8)
    end = write_rows(names, numbers, np.array([0, 2]), tenths, NOTHING, room)
    assert bytes(room[:end]) == b"ab,123,-0.04,0.1,\nc,0,1.00,,-2.5\n"
