"""Rows of decimals with a blank between any two, as a granule's metadata list them."""

from __future__ import annotations

import math

import numpy as np

from processing.kernels.compiled import kernel

_NEWLINE, _BLANK, _MINUS, _POINT, _ZERO, _N, _A = 10, 32, 45, 46, 48, 78, 97
# Quotients of whole numbers of so many digits and powers of ten are the nearest float64 (Clinger 1990).
_MOST_DIGITS = 15
_POWERS = np.array([10.0**power for power in range(_MOST_DIGITS + 1)])


@kernel
def read_number_rows(text, numbers):
    """Read ``text`` (uint8), each row of which ends with a line feed; return how many numbers a row has.

    They are written to ``numbers`` (float64). Return 0 where they do not fill it, where rows differ, and where
    anything is written otherwise than 12, -1.25 or NaN.
    """
    place, count, columns, row_begins = 0, 0, 0, 0
    while place < text.size and count < numbers.size:
        place, number = _read_number(text, place)
        if place == 0 or place == text.size:
            return np.int64(0)
        numbers[count] = number
        count += 1
        if text[place] == _NEWLINE:
            columns = count - row_begins if columns == 0 else columns
            if count - row_begins != columns:
                return np.int64(0)
            row_begins = count
        elif text[place] != _BLANK:
            return np.int64(0)
        place += 1
    return np.int64(columns) if place == text.size and row_begins == count == numbers.size else np.int64(0)


@kernel
def _read_number(text, place):
    """The place after a number that begins at ``place``, or 0 where there is none; and the number."""
    if text[place] == _N:
        if place + 3 <= text.size and text[place + 1] == _A and text[place + 2] == _N:
            return place + 3, math.nan
        return 0, 0.0
    sign = 1.0
    if text[place] == _MINUS:
        sign = -1.0
        place += 1
    digits, decimals, whole, in_fraction = 0, 0, np.int64(0), False
    while place < text.size:
        digit = np.int64(text[place]) - _ZERO
        if 0 <= digit <= 9:
            whole = whole * 10 + digit
            digits += 1
            decimals += 1 if in_fraction else 0
        elif text[place] == _POINT and not in_fraction:
            in_fraction = True
        else:
            break
        if digits > _MOST_DIGITS:
            return 0, 0.0
        place += 1
    return (place, sign * (whole / _POWERS[decimals])) if digits else (0, 0.0)
