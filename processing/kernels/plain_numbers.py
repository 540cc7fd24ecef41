"""Numbers of the usual form in delimited text, all of a stretch of columns at once.

First the separators are found, 64 characters at a time; then every number ends at a known place and none depends on
how long the one before it is, so that the processor works on several at the same time. That is four times as fast as
going from one to the next. What is of another form is pointed out, for the caller to read.
"""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel

BEFORE = 16
"""Characters that must lie before the end of a number, whatever they are."""

_LANES, _STEP, _USUAL = 8, 64, 16
_MARGIN = _STEP + _USUAL
_NEWLINE, _MINUS = 10, np.uint64(45)
_NONE, _ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX, _SEVEN, _EIGHT = (np.uint64(number) for number in range(9))
_TEN, _FIFTEEN, _SIXTEEN, _HALF, _MOST_SHIFTED = (np.uint64(number) for number in (10, 15, 16, 32, 63))
_HUNDRED, _THOUSAND, _HUNDRED_MILLIONS = (np.uint64(number) for number in (100, 1000, 10**8))
# A byte has two to the power of so many bits. Where the second to the eighth of eight begin.
_BITS = _THREE
_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH = (np.uint64(8 * number) for number in range(1, 8))
_ALL, _BYTE = np.uint64(2**64 - 1), np.uint64(0xFF)
# The same in each byte: its lowest, all but its top, its top bit; "0", a point there; what lifts no digit to 128.
_BOTTOM_BITS, _LOW_BITS, _TOP_BITS, _ZEROS, _POINTS, _NO_DIGIT = (
    np.uint64(each * 0x0101010101010101) for each in (0x01, 0x7F, 0x80, 0x30, 0x30 ^ 0x2E, 0x76)
)
# Counting bits by twos, fours and eights: Warren, "Hacker's Delight", 5-1. LLVM knows it, and does it in one step.
_TWOS, _FOURS, _EIGHTS = (np.uint64(each) for each in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
# A plain value of a series and its end: two bytes of anything, "000.0", the separator; what lifts a byte above 127 that
# is no digit there, or not 0 where that alone is right.
_FORM, _ABOVE = np.uint64(0x00_30_2E_303030_0000), np.uint64(0x7F_76_7F_767676_7F7F)
_LONGEST = _FIFTEEN
_POWERS = np.array([10.0**power for power in range(16)])
# Eight digits in three multiplications: Lemire, "Quickly parsing eight digits", 2018.
_DIGIT_PAIRS, _TO_HUNDREDS, _TO_ONES = (np.uint64(each) for each in (0xFF000000FF, 0xF424000000064, 0x271000000001))


def make_room(columns):
    """Arrays for numbers of that many columns: where they end, one more than they; four words of each; what they are.

    Each is longer than that, for results that come by the dozen, some of which nobody needs.
    """
    size = columns + _MARGIN
    return np.zeros(size, np.int64), np.zeros((4, size), np.uint64), np.zeros(size, np.int64), np.zeros(size)


@kernel
def find_separators(text, place, end, delimiter, wanted, ends):
    """Write to ``ends`` where the first delimiters and line feeds from ``place`` on lie; return how many there are.

    There may be some more than ``wanted``, and fewer, where there are not so many before ``end``.
    """
    count, delimiter, newline = np.int64(0), np.uint8(delimiter), np.uint8(_NEWLINE)
    while count < wanted and place + _STEP <= end:
        some, mask = text[place : place + _STEP], _NONE
        for offset in range(_STEP):
            mask |= np.uint64((some[offset] == delimiter) | (some[offset] == newline)) << np.uint64(offset)
        found, at = _ones(mask), np.uint64(count)
        # Always as many as there usually are, without asking: no processor foresees how many there are.
        for number in range(_USUAL):
            ends[at + np.uint64(number)] = place + _ones(~mask & (mask - _ONE))
            mask &= mask - _ONE
        at += np.uint64(_USUAL)
        while mask:
            ends[at] = place + _ones(~mask & (mask - _ONE))
            mask &= mask - _ONE
            at += _ONE
        count += found
        place += _STEP
    while count < wanted and place < end:
        if text[place] == delimiter or text[place] == newline:
            ends[count] = place
            count += 1
        place += 1
    return count


@kernel(inline="always")
def _ones(bits):
    """How many bits are 1; of those below the lowest 1 of a mask that is where it stands."""
    bits -= (bits >> _ONE) & _TWOS
    bits = (bits & _FOURS) + ((bits >> _TWO) & _FOURS)
    bits = (bits + (bits >> _FOUR)) & _EIGHTS
    return np.int64((bits * _BOTTOM_BITS) >> _SEVENTH)


@kernel
def read_plain_tenths(text, delimiter, separator, nodata, room, values):
    """Read ``values`` of a series that lie between the ends in ``room``; return how many are not plain.

    Plain are nearly all: a sign, one to three digits, a point, one digit; and nothing, which gives ``nodata``. Behind
    each stands a ``delimiter``, behind the last one ``separator``. The first word of each that is plain becomes 0.
    """
    ends, words, found = room[0], room[1][0], room[2]
    count, form = values.size, _FORM | np.uint64(delimiter) << _SEVENTH
    for number in range(count):
        words[number] = _eight_bytes(text, np.uint64(ends[number + 1] - 7))
    words[count - 1] ^= np.uint64(separator ^ delimiter) << _SEVENTH
    # No branches, and nothing but whole numbers of 64 bits: LLVM makes several values at a time of it, of all of which
    # none is left over.
    for number in range((count + _LANES - 1) // _LANES * _LANES):
        length = np.uint64(ends[number + 1] - ends[number])
        before = ((_EIGHT - length) & _SEVEN) << _BITS
        negative = np.uint64((words[number] >> before) & _BYTE == _MINUS)
        digits = (words[number] ^ form) & (_ALL << ((before + (negative << _BITS)) & _MOST_SHIFTED))
        nothing = length == _ONE
        wrong = ((digits + _ABOVE) | digits) & _TOP_BITS
        words[number] = wrong | np.uint64((length - negative - _FOUR > _TWO) & (not nothing))
        hundreds, tens = (digits >> _SECOND) & _BYTE, (digits >> _THIRD) & _BYTE
        units, tenths = (digits >> _FOURTH) & _BYTE, (digits >> _SIXTH) & _BYTE
        value = np.int64(hundreds * _THOUSAND + tens * _HUNDRED + units * _TEN + tenths)
        sign = -np.int64(negative)
        found[number] = nodata if nothing else (value ^ sign) - sign
    for number in range(count):
        values[number] = found[number]
    return _count_others(words[:count])


@kernel(inline="always")
def _count_others(marks):
    others = np.int64(0)
    for mark in marks:
        others += np.int64(mark != _NONE)
    return others


@kernel(error_model="numpy")
def read_plain_numbers(text, delimiter, separator, room, numbers, row):
    """Read ``numbers[:, row]`` (float64) as ``read_plain_tenths`` does.

    Plain are a sign, digits and a point, 15 characters at most without the sign; and nothing, which gives NaN. The
    number without its point and the power of ten are exact in float64, so that their quotient is the nearest one there
    is (Clinger 1990).
    """
    ends, words, lows, highs, signs, found = room[0], room[1][0], room[1][1], room[1][2], room[1][3], room[3]
    count = numbers.shape[0]
    for number in range(count):
        end = np.uint64(ends[number + 1])
        highs[number], lows[number] = _eight_bytes(text, end - _EIGHT), _eight_bytes(text, end - _SIXTEEN)
        signs[number] = np.uint64(text[np.uint64(ends[number] + 1)] == _MINUS)
        words[number] = np.uint64(text[end] != (separator if number == count - 1 else delimiter))
    for number in range((count + _LANES - 1) // _LANES * _LANES):
        whole = np.uint64(ends[number + 1] - ends[number] - 1)
        length = whole - signs[number]
        high, low = _digits_alone(highs[number], lows[number], length)
        point, lower_point = _points(high), _points(low)
        points = np.uint64(point != _NONE) + np.uint64(lower_point != _NONE)
        wrong = words[number] | (_no_digits(high) ^ point) | (_no_digits(low) ^ lower_point)
        wrong |= (point & (point - _ONE)) | (lower_point & (lower_point - _ONE))
        words[number] = wrong | np.uint64(
            (points > _ONE) | (length > _LONGEST) | ((length == points) & (whole > _NONE))
        )
        high, low, decimals = _without_point(high, low, point, lower_point)
        mantissa = np.int64(_eight_digits(low) * _HUNDRED_MILLIONS + _eight_digits(high))
        value = np.float64(mantissa) / _POWERS[decimals & _FIFTEEN]
        value = -value if signs[number] else value
        found[number] = value if whole > _NONE else np.nan
    for number in range(count):
        numbers[number, row] = found[number]
    return _count_others(words[:count])


@kernel(inline="always")
def _digits_alone(high, low, length):
    """The last 16 characters with digits as 0 to 9 and a point as 30, those before the last ``length`` as 0."""
    kept = _ALL << (((_EIGHT - length) & _SEVEN) << _BITS)
    high = (high ^ _ZEROS) & (_ALL if length >= _EIGHT else kept if length > _NONE else _NONE)
    return high, (low ^ _ZEROS) & (kept if length > _EIGHT else _NONE)


@kernel(inline="always")
def _points(digits):
    """The top bits of those bytes that are points."""
    different = digits ^ _POINTS
    return ~(((different & _LOW_BITS) + _LOW_BITS) | different) & _TOP_BITS


@kernel(inline="always")
def _no_digits(digits):
    """The top bits of those bytes that are not 0 to 9."""
    return (((digits & _LOW_BITS) + _NO_DIGIT) | digits) & _TOP_BITS


@kernel(inline="always")
def _without_point(high, low, point, lower_point):
    """Digits with those before the point moved to where it is, and how many are behind it."""
    upper, lower = ~((point << _ONE) - _ONE), ~((lower_point << _ONE) - _ONE)
    before, lower_before = (point >> _SEVEN) - _ONE, (lower_point >> _SEVEN) - _ONE
    moved = (high & upper) | ((high & before) << _EIGHT) | (low >> _SEVENTH)
    lower_moved = (low & lower) | ((low & lower_before) << _EIGHT)
    decimals = ((upper & _BOTTOM_BITS) * _BOTTOM_BITS) >> _SEVENTH
    lower_decimals = _EIGHT + (((lower & _BOTTOM_BITS) * _BOTTOM_BITS) >> _SEVENTH)
    if point == _NONE:
        return high, low if lower_point == _NONE else lower_moved, _NONE if lower_point == _NONE else lower_decimals
    return moved, low << _EIGHT, decimals


@kernel(inline="always")
def _eight_digits(digits):
    """The number that eight digits are, the first in the lowest byte."""
    digits = digits * _TEN + (digits >> _EIGHT)
    return ((digits & _DIGIT_PAIRS) * _TO_HUNDREDS + ((digits >> _SIXTEEN) & _DIGIT_PAIRS) * _TO_ONES) >> _HALF


@kernel(inline="always")
def _eight_bytes(text, place):
    """As one number, the first the lowest; LLVM makes a single load of it."""
    number = np.uint64(text[place]) | np.uint64(text[place + _ONE]) << _FIRST
    number |= np.uint64(text[place + _TWO]) << _SECOND | np.uint64(text[place + _THREE]) << _THIRD
    number |= np.uint64(text[place + _FOUR]) << _FOURTH | np.uint64(text[place + _FIVE]) << _FIFTH
    return number | np.uint64(text[place + _SIX]) << _SIXTH | np.uint64(text[place + _SEVEN]) << _SEVENTH
