"""Rows of delimited text turned into numbers without an object for each: some 800 to 1,100 MB a second.

Decimals are exact. A series is read as tenths: "-12.3" becomes -123, and what has more decimals is rounded half away
from zero and counted. What cannot be turned within 64 bits is handed back by its place, for the caller to read.
"""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel
from processing.kernels.plain_numbers import BEFORE, find_separators, read_plain_numbers, read_plain_tenths

SKIP, NAME, NUMBER, TENTHS, TEXT = 0, 1, 2, 3, 4
"""Kinds of columns: not read; the row's name; a float64; a number of a series; other text."""

DONE, BROKEN, TOO_FEW, TOO_MANY, TOO_WIDE, HARD, TOO_LONG, OPEN_QUOTE = 0, 1, 2, 3, 4, 5, 6, 7
"""How reading ended: out of text or of room; why the row at hand cannot be read; too much to hand back (go on)."""

NODATA = -32768

_EMPTY, _READ, _UNREADABLE, _LONG = 0, 1, 2, 3
_NEWLINE, _RETURN, _BLANK, _TAB, _QUOTE = 10, 13, 32, 9, 34
_MINUS, _PLUS, _POINT, _ZERO, _E = 45, 43, 46, 48, 101
_A, _N = 97, 110
_LOWER = 32
_WIDEST_NARROW, _WIDEST = np.int64(2**15 - 1), np.int64(2**31 - 1)
_MOST_DIGITS = 18
# Products and quotients of whole numbers below 2**53 and these are the nearest float64 (Clinger 1990).
_EXACT, _MOST_EXACT = 2**53, 22
_FLOAT_POWERS = np.array([float(10**power) for power in range(_MOST_EXACT + 1)])
_POWERS = np.array([10**power for power in range(_MOST_DIGITS + 1)], np.int64)


@kernel(error_model="numpy")
def read_rows(
    text, start, end, delimiter, kinds, slots, stretches, names, numbers, series, texts, lines, row, line, hard, room
):
    """Read rows of ``text`` (uint8) from ``start`` on; each ends with a line feed, the last one's lies at ``end`` - 1.

    ``kinds`` and ``slots`` (int64) say for each column what it is and where among its kind it goes: ``names``
    (row, byte), ``numbers`` (slot, row), ``series`` (row, slot) of int16 or int32, ``texts`` (slot, row, byte), all
    filled from ``row`` on. ``names`` and ``texts`` hold zeros before. ``lines`` (row) gets each row's line, of which
    ``line`` is the first. ``hard`` (n, 4) gets row, column, place and length of each value that is left to the caller.
    ``stretches`` (int64) gives for each column the first one after it that is of another kind, or itself where it holds
    no number; ``room`` is ``plain_numbers.make_room`` of the columns.

    Returns the place, row and line that come next, a status, the column, place and length of what it is about, how
    many values were rounded, how many are in ``hard``.
    """
    position, row, line = np.int64(start), np.int64(row), np.int64(line)
    rounded, left, columns = np.int64(0), np.int64(0), kinds.size
    while position < end and row < lines.size:
        blank = _line_end(text, position)
        if blank:
            position += blank
            line += 1
            continue
        if left + columns > hard.shape[0]:
            return position, row, line, HARD, 0, 0, 0, rounded, left
        begun, place, column = position, position, np.int64(0)
        first, stretch, others = column, column, np.int64(0)
        while column < columns:
            if column >= stretch and stretches[column] > column:
                first, stretch = column, stretches[column]
                others = _read_stretch(
                    text, place, end, delimiter, kinds, slots, numbers, series, row, first, stretch, room
                )
            if column < stretch:
                column, place = _pass_plain(place, first, column, stretch, others, room)
                if column == stretch:
                    continue
            began = place
            status, place, lost = _read_field(
                text, place, delimiter, kinds[column], slots[column], names, numbers, series, texts, row
            )
            rounded += lost
            status, left = _end_field(text[place], status, column, columns, hard, left, row, began, place)
            if status != DONE:
                return begun, row, line, status, column, began, place - began, rounded, left
            place += 1
            column += 1
        lines[row] = line
        position = place
        row += 1
        line += 1
    return position, row, line, DONE, 0, 0, 0, rounded, left


@kernel
def _read_field(text, place, delimiter, kind, slot, names, numbers, series, texts, row):
    """Read one field of any form; return a status, where it ends, how many were rounded."""
    if kind == TENTHS:
        return _read_tenths(text, place, delimiter, series, row, slot)
    if kind == NUMBER:
        status, place = _read_number(text, place, delimiter, numbers, row, slot)
    else:
        status, place = _read_text(text, place, delimiter, kind, names, texts, row, slot)
    return status, place, np.int64(0)


@kernel
def _end_field(character, status, column, columns, hard, left, row, began, place):
    """Hand back what is hard; return whether the row may end, or may go on, after this column; the number in hard."""
    if status == HARD:
        hard[left, 0], hard[left, 1], hard[left, 2], hard[left, 3] = row, column, began, place - began
        left += 1
    elif status != DONE:
        return status, left
    if (character == _NEWLINE) == (column == columns - 1):
        return np.int64(DONE), left
    return np.int64(TOO_FEW if character == _NEWLINE else TOO_MANY), left


@kernel
def _line_end(text, place):
    """How many characters of a line's end there are here: 0, 1 or 2."""
    if text[place] == _NEWLINE:
        return 1
    # A line feed ends the text, so that something follows whatever is not one.
    return 2 if text[place] == _RETURN and text[place + 1] == _NEWLINE else 0


@kernel
def _read_stretch(text, place, end, delimiter, kinds, slots, numbers, series, row, first, stretch, room):
    """Read what is plain of the columns ``first`` to ``stretch``, from ``place`` on; return how many are not.

    Where each ends is in ``room``, and 0 for those that are plain.
    """
    ends, marks = room[0], room[1][0]
    count, slot = stretch - first, slots[first]
    ends[0] = place - 1
    if place < BEFORE or find_separators(text, place, end, delimiter, count, ends[1:]) < count:
        marks[:count] = 1
        return count
    separator = np.int64(_NEWLINE) if stretch == kinds.size else np.int64(delimiter)
    if kinds[first] == TENTHS:
        return read_plain_tenths(text, np.int64(delimiter), separator, NODATA, room, series[row, slot : slot + count])
    return read_plain_numbers(text, np.int64(delimiter), separator, room, numbers[slot : slot + count], row)


@kernel
def _pass_plain(place, first, column, stretch, others, room):
    """The first column from ``column`` to ``stretch`` that is not plain, and where it begins."""
    ends, marks, before = room[0], room[1][0], column
    if others == 0:
        column = stretch
    while column < stretch and marks[np.uint64(column - first)] == 0:
        column += 1
    return column, ends[column - first] + 1 if column > before else place


@kernel(error_model="numpy")
def _read_tenths(text, place, delimiter, series, row, slot):
    """Read any value into a series; return a status, where it ends, how many were rounded."""
    found, ended, mantissa, exponent, negative = _number(text, place, delimiter)
    if found != _READ:
        series[row, slot] = NODATA
        status = BROKEN if found == _UNREADABLE else HARD if found == _LONG else DONE
        return np.int64(status), ended, np.int64(0)
    value, rounded = _tenths(mantissa, exponent)
    value = -value if negative else value
    if value == NODATA and series.itemsize > 2:
        # A displacement here, but also the mark of none.
        value, rounded = value + 1, np.int64(1)
    series[row, slot] = value
    wide = abs(value) > (_WIDEST_NARROW if series.itemsize == 2 else _WIDEST)
    return np.int64(TOO_WIDE if wide else DONE), ended, rounded


@kernel(error_model="numpy")
def _read_number(text, place, delimiter, numbers, row, slot):
    """Read into ``numbers``, NaN where there is none; return a status and where it ends."""
    found, ended, mantissa, exponent, negative = _number(text, place, delimiter)
    number = np.nan
    if found == _READ and mantissa < _EXACT and -_MOST_EXACT <= exponent <= _MOST_EXACT:
        power = _FLOAT_POWERS[abs(exponent)]
        number = mantissa * power if exponent >= 0 else mantissa / power
        number = -number if negative else number
    elif found in (_READ, _LONG):
        found = np.int64(_LONG)
    numbers[slot, row] = number
    if found == _LONG:
        return np.int64(HARD), ended
    return np.int64(BROKEN if found == _UNREADABLE else DONE), ended


@kernel
def _read_text(text, place, delimiter, kind, names, texts, row, slot):
    """Read into ``names`` or ``texts``, as the kind of column asks; return a status and where it ends."""
    ended, first, last = _text(text, place, delimiter)
    status = np.int64(DONE)
    if first < 0:
        status = np.int64(OPEN_QUOTE)
    elif kind == NAME:
        status = np.int64(BROKEN) if first == last else _copy(text, first, last, names[row], _BLANK + 1, 127)
    elif kind == TEXT:
        status = _copy(text, first, last, texts[slot, row], _BLANK, 256)
    return status, ended


@kernel
def _after_blanks(text, place, delimiter):
    while text[place] == _BLANK or (text[place] == _TAB and delimiter != _TAB):
        place += 1
    return place


@kernel
def _field_end(text, place, delimiter):
    while text[place] != delimiter and text[place] != _NEWLINE:
        place += 1
    return place


@kernel
def _number(text, place, delimiter):
    """What it is, where it ends (at a delimiter or line feed), digits as a whole number, power of ten, its sign."""
    place = _after_blanks(text, place, delimiter)
    quoted = text[place] == _QUOTE
    if quoted:
        place = _after_blanks(text, place + 1, delimiter)
    negative = text[place] == _MINUS
    signed = negative or text[place] == _PLUS
    found, place, mantissa, exponent = _digits(text, place + 1 if signed else place)
    if found == _EMPTY and _is_nan(text, place):
        place += 3
    elif found == _EMPTY and signed:
        found = np.int64(_UNREADABLE)
    place = _after_blanks(text, place, delimiter)
    if quoted:
        if text[place] != _QUOTE:
            found = np.int64(_UNREADABLE)
        place = _after_blanks(text, place + (text[place] == _QUOTE), delimiter)
    if _line_end(text, place) == 2:
        place += 1
    ended = _field_end(text, place, delimiter)
    return found if ended == place else np.int64(_UNREADABLE), ended, mantissa, exponent, negative


@kernel
def _digits(text, place):
    """Digits with a point and an exponent, if any: what was found, where it ends, whole number, power of ten."""
    first, exponent = place, np.int64(0)
    place, mantissa, significant = _whole(text, place, np.int64(0), np.int64(0))
    digits = place - first
    if text[place] == _POINT:
        first = place + 1
        place, mantissa, significant = _whole(text, first, mantissa, significant)
        exponent = first - place
        digits += place - first
        if digits == 0:
            return np.int64(_UNREADABLE), place, mantissa, exponent
    if digits == 0:
        return np.int64(_EMPTY), place, mantissa, exponent
    found = np.int64(_LONG if significant > _MOST_DIGITS else _READ)
    if text[place] | _LOWER == _E:
        first = place + 1
        signed = text[first] == _MINUS or text[first] == _PLUS
        place, power, significant = _whole(text, first + signed, np.int64(0), np.int64(0))
        if place == first + signed:
            return np.int64(_UNREADABLE), place, mantissa, exponent
        # Far beyond any number, and far from what would wrap around.
        power = power if significant <= 6 else np.int64(1_000_000)
        exponent += -power if text[first] == _MINUS else power
    return found, place, mantissa, exponent


@kernel
def _whole(text, place, number, significant):
    """Go on with ``number`` by the digits at ``place``: where they end, the number, its digits without zeros before.

    With more than 18 of these the number is not to be used.
    """
    while np.uint8(text[place] - _ZERO) < 10:
        significant += np.int64(significant > 0 or text[place] != _ZERO)
        number = number * 10 + (text[place] - _ZERO)
        place += 1
    return place, number, significant


@kernel
def _is_nan(text, place):
    # A line feed ends each row, so that there is something to look at after whatever is not one.
    return text[place] | _LOWER == _N and text[place + 1] | _LOWER == _A and text[place + 2] | _LOWER == _N


@kernel(error_model="numpy")
def _tenths(mantissa, exponent):
    """Tenths of a positive number, 2**40 where there are more than that, and whether (1) or not (0) it was rounded."""
    most = np.int64(2**40)
    power = exponent + 1
    if mantissa == 0:
        return np.int64(0), np.int64(0)
    if power >= 0:
        if power > 12 or mantissa > most // _POWERS[power]:
            return most, np.int64(0)
        return mantissa * _POWERS[power], np.int64(0)
    if -power > _MOST_DIGITS:
        return np.int64(0), np.int64(1)
    unit = _POWERS[-power]
    whole = mantissa // unit
    rest = mantissa - whole * unit
    lost = np.int64(1) if rest else np.int64(0)
    return min(whole + (np.int64(1) if rest >= unit - rest else np.int64(0)), most), lost


@kernel
def _text(text, place, delimiter):
    """Where a field ends (at a delimiter or line feed), where what it says begins (-1: a quote stays open) and ends."""
    while text[place] == _BLANK:
        place += 1
    first = place
    place = _field_end(text, place, delimiter)
    if text[first] == _QUOTE:
        first += 1
        last = first
        while text[last] != _QUOTE and text[last] != _NEWLINE:
            last += 1
        closed = text[last] == _QUOTE
        place = _field_end(text, last + closed, delimiter)
        for after in range(last + closed, place):
            closed = closed and (text[after] == _BLANK or text[after] == _RETURN)
        return place, first if closed else np.int64(-1), last
    last = place
    while last > first and (text[last - 1] == _BLANK or text[last - 1] == _RETURN):
        last -= 1
    return place, first, last


@kernel
def _copy(text, first, last, target, lowest, beyond):
    """Copy what has no characters out of ``lowest`` to ``beyond``; return a status."""
    if last - first > target.size:
        return np.int64(TOO_LONG)
    for offset in range(last - first):
        character = text[first + offset]
        if character < lowest or character >= beyond:
            return np.int64(BROKEN)
        target[offset] = character
    return np.int64(DONE)


@kernel
def scramble_names(names, scrambled):
    """Write 64 bits (uint64) for each of ``names`` (row, byte): the same for the same, else very likely others."""
    for row in range(names.shape[0]):
        bits = np.uint64(0xCBF29CE484222325)
        for column in range(names.shape[1]):
            bits = (bits ^ np.uint64(names[row, column])) * np.uint64(0x100000001B3)
        # FNV-1a, and a last step that spreads the bits (MurmurHash3).
        bits = (bits ^ (bits >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        scrambled[row] = bits ^ (bits >> np.uint64(33))
