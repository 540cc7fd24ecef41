"""Rows of numbers as text: what a CSV file of ground motion consists of, for the greatest part."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel

COMMA, NEWLINE, MINUS, POINT, ZERO = 44, 10, 45, 46, 48
LONGEST_NUMBER = 22
"""Bytes of a number of 64 bits with sign and point."""


@kernel
def write_number(value, decimals, out, at):
    """Write ``value`` / 10^decimals at ``out[at]`` and return where it ends; -5 with one decimal is "-0.5"."""
    if value < 0:
        out[at] = MINUS
        at += 1
        value = -value
    digits = 1
    rest = value // 10
    while rest > 0:
        digits += 1
        rest //= 10
    digits = max(digits, decimals + 1)
    end = at + digits
    if decimals > 0:
        end += 1
    place = end - 1
    for number in range(digits):
        if decimals > 0 and number == decimals:
            out[place] = POINT
            place -= 1
        out[place] = ZERO + value % 10
        value //= 10
        place -= 1
    return end


@kernel
def write_rows(names, numbers, decimals, tenths, nothing, out):
    """Write rows "name,number,...,tenth,..." and return how many bytes they take.

    ``names`` uint8 (row, letter) ends at a zero; ``numbers`` int64 (row, column) are of ``decimals`` (column);
    ``tenths`` (row, date) have one decimal, and no text where they are ``nothing``. ``out`` has room for all.
    """
    at = 0
    for row in range(numbers.shape[0]):
        for letter in range(names.shape[1]):
            if names[row, letter] == 0:
                break
            out[at] = names[row, letter]
            at += 1
        for column in range(numbers.shape[1]):
            out[at] = COMMA
            at = write_number(numbers[row, column], decimals[column], out, at + 1)
        for day in range(tenths.shape[1]):
            out[at] = COMMA
            at += 1
            value = np.int64(tenths[row, day])
            if value != nothing:
                at = write_number(value, 1, out, at)
        out[at] = NEWLINE
        at += 1
    return at
