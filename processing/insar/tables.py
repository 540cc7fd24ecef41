"""Rows of a delimited text as arrays, a batch at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NoReturn

import numpy as np

from processing.insar.delivery import LARGEST_NARROW_MM, LONGEST_PID, LONGEST_TEXT, BadDelivery, WideSeries
from processing.insar.unpacking import Text
from processing.kernels import delimited
from processing.kernels.delimited import NAME, NODATA, NUMBER, SKIP, TENTHS, TEXT
from processing.kernels.plain_numbers import make_room

LONGEST_LINE = 1 << 20
_HARD_VALUES = 1 << 16
_DELIMITERS = ",;\t"
_MOST_TENTHS = 2**31 - 1


@dataclass(frozen=True)
class Header:
    """The first line of a text."""

    names: tuple[str, ...]
    """As they are written, without quotes and blanks around."""

    delimiter: str
    length: int
    """Bytes of the line, its end included."""


@dataclass(frozen=True)
class Columns:
    """What is read from each column: ``NAME``, ``NUMBER``, ``TENTHS``, ``TEXT`` or ``SKIP``."""

    names: tuple[str, ...]
    kinds: tuple[int, ...]

    def of_kind(self, kind: int) -> list[str]:
        """Names of these columns, in order: the slots of ``Rows``."""
        return [name for name, each in zip(self.names, self.kinds, strict=True) if each == kind]

    @property
    def slots(self) -> np.ndarray:
        counted = dict.fromkeys((SKIP, NAME, NUMBER, TENTHS, TEXT), 0)
        slots = []
        for kind in self.kinds:
            slots.append(counted[kind])
            counted[kind] += 1
        return np.array(slots, np.int64)

    @property
    def stretches(self) -> np.ndarray:
        """For each column of numbers the first one after it that is of another kind; each other one for itself."""
        ends = list(range(len(self.kinds)))
        for column in reversed(ends):
            if self.kinds[column] in (NUMBER, TENTHS):
                alike = self.kinds[column : column + 1] == self.kinds[column + 1 : column + 2]
                ends[column] = ends[column + 1] if alike else column + 1
        return np.array(ends, np.int64)


class Rows:
    """Arrays over rows; ``columns.of_kind`` says what lies in which slot."""

    def __init__(self, columns: Columns, size: int, *, wide: bool) -> None:
        self.names = np.zeros((size, LONGEST_PID), np.uint8)
        self.numbers = np.empty((len(columns.of_kind(NUMBER)), size))
        """(slot, row), float64, NaN where nothing is given."""

        self.series = np.empty((size, len(columns.of_kind(TENTHS))), np.int32 if wide else np.int16)
        """(row, slot), tenths, ``NODATA`` where nothing is given."""

        self.texts = np.zeros((len(columns.of_kind(TEXT)), size, LONGEST_TEXT), np.uint8)
        self.lines = np.empty(size, np.int64)
        """The line of each row in the text, from 1 on."""

    def cut(self, count: int) -> Rows:
        """The first ``count`` of them."""
        self.names, self.series, self.lines = self.names[:count], self.series[:count], self.lines[:count]
        self.numbers, self.texts = self.numbers[:, :count], self.texts[:, :count]
        return self


def read_header(text: Text) -> Header:
    """Names of the columns. Raises BadDelivery for a text without a line of them."""
    begun = b""
    for block in text.blocks():
        begun += block
        if b"\n" in block or len(begun) > LONGEST_LINE:
            break
    line, newline, _ = begun.partition(b"\n")
    if not begun.strip():
        raise BadDelivery(text.name, "it is empty; upload it again.")
    if len(line) > LONGEST_LINE:
        raise BadDelivery(text.name, "its first line has more than a megabyte, so that it is no table.", line=1)
    try:
        written = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadDelivery(text.name, "its first line is no text (UTF-8) with names of columns.", line=1) from None
    if "\0" in written:
        raise BadDelivery(text.name, "its first line is no text (UTF-8) with names of columns.", line=1)
    delimiter = max(_DELIMITERS, key=written.count)
    names = tuple(name.strip("\r\t \"'") for name in written.split(delimiter))
    return Header(names, delimiter, len(line) + len(newline))


def read_lines(text: Text, start: int, count: int) -> list[bytes]:
    """The first ``count`` lines from a place on, fewer where they are very long."""
    begun = b""
    for block in text.blocks():
        begun += block
        if begun.count(b"\n", start) >= count or len(begun) > start + 2 * LONGEST_LINE:
            break
    return begun[start:].splitlines()[:count]


class Table:
    """Reads rows; raises BadDelivery with line, column and text for the first that is broken."""

    def __init__(self, text: Text, header: Header, columns: Columns, *, lines_before: int = 1, wide: bool) -> None:
        """``header.length`` bytes are skipped, which were ``lines_before`` lines."""
        self._text, self._header, self._columns, self._wide = text, header, columns, wide
        self._lines_before = lines_before
        self._kinds, self._slots = np.array(columns.kinds, np.int64), columns.slots
        self._stretches, count = columns.stretches, len(columns.kinds)
        self._room = make_room(count)
        self._hard = np.empty((max(_HARD_VALUES, 2 * count), 4), np.int64)
        self.rounded = 0
        """Values of series that had more decimals than tenths."""

    def batches(self, size: int) -> Iterator[Rows]:
        """All rows, ``size`` at a time; rounds anew."""
        self.rounded = 0
        rows, row, line = Rows(self._columns, size, wide=self._wide), 0, self._lines_before + 1
        for block, position, end in self._whole_lines():
            text = np.frombuffer(block, np.uint8)
            while position < end:
                position, row, line = self._parse(block, text, position, end, rows, row, line)
                if row == size:
                    yield rows
                    rows, row = Rows(self._columns, size, wide=self._wide), 0
        if row:
            yield rows.cut(row)

    def _whole_lines(self) -> Iterator[tuple[bytes, int, int]]:
        """The text after the header: blocks, where in each lines begin, and where they end with a line feed.

        Only lines that lie across blocks are copied.
        """
        rest, to_skip = b"", self._header.length
        for block in self._text.blocks():
            start, to_skip = min(to_skip, len(block)), max(0, to_skip - len(block))
            end = block.rfind(b"\n", start) + 1
            if end and rest:
                joined = rest + block[start : block.find(b"\n", start) + 1]
                yield joined, 0, len(joined)
                start, rest = start + len(joined) - len(rest), b""
            if end > start:
                yield block, start, end
            rest += block[max(start, end) :]
            if len(rest) > LONGEST_LINE:
                problem = f"a line has more than {LONGEST_LINE / 1e6:.0f} MB: the file is damaged or no table."
                raise BadDelivery(self._text.name, problem)
        if rest.strip():
            yield rest + b"\n", 0, len(rest) + 1

    def _parse(
        self, block: bytes, text: np.ndarray, position: int, end: int, rows: Rows, row: int, line: int
    ) -> tuple[int, int, int]:
        """Read on until the lines end or there is no room; return where reading goes on."""
        position, row, line, status, column, place, length, rounded, left = delimited.read_rows(
            text, position, end, ord(self._header.delimiter), self._kinds, self._slots, self._stretches,
            rows.names, rows.numbers, rows.series, rows.texts, rows.lines, row, line, self._hard, self._room,
        )  # fmt: skip
        self.rounded += rounded
        for hard_row, hard_column, hard_place, hard_length in self._hard[:left].tolist():
            written = block[hard_place : hard_place + hard_length].decode("ascii")
            self._read_hard(written, rows, hard_row, hard_column, int(rows.lines[hard_row]) if hard_row < row else line)
        if status not in (delimited.DONE, delimited.HARD):
            self._refuse(status, line, column, block[place : place + length], block[position : position + LONGEST_LINE])
        return position, row, line

    def _read_hard(self, written: str, rows: Rows, row: int, column: int, line: int) -> None:
        """A number of more digits than 64 bits hold; its form was found to be right."""
        slot, plain = int(self._slots[column]), written.strip(' \t\r"')
        if self._kinds[column] == NUMBER:
            number = float(plain)
            if not np.isfinite(number):
                self._refuse(delimited.BROKEN, line, column, written.encode(), b"")
            rows.numbers[slot, row] = number
            return
        tenths, rounded = _tenths(plain)
        limit = _MOST_TENTHS if self._wide else round(LARGEST_NARROW_MM * 10)
        if abs(tenths) > limit:
            self._refuse(delimited.TOO_WIDE, line, column, written.encode(), b"")
        if tenths == NODATA:
            # A displacement in 32 bits, but also the mark of none.
            tenths, rounded = tenths + 1, True
        self.rounded += rounded
        rows.series[row, slot] = tenths

    def _refuse(self, status: int, line: int, column: int, found: bytes, row: bytes) -> NoReturn:
        name, count = self._columns.names[column], len(self._columns.names)
        shown = _shown(found)
        if status == delimited.TOO_WIDE and not self._wide:
            problem = f"{name} is {shown}, beyond ±{LARGEST_NARROW_MM} mm; read it with more room."
            raise WideSeries(self._text.name, problem, line=line)
        if status in (delimited.TOO_FEW, delimited.TOO_MANY):
            there = row.split(b"\n", 1)[0].count(self._header.delimiter.encode()) + 1
            problem = f"{there} values instead of {count}: the file is cut off or damaged here."
        elif status == delimited.TOO_LONG:
            room = LONGEST_PID if self._kinds[column] == NAME else LONGEST_TEXT
            problem = f"{name} has more than the {room} bytes that are kept: {shown}."
        elif status == delimited.OPEN_QUOTE:
            problem = f"{name} has a quote that does not end as it should: {shown}."
        elif self._kinds[column] in (NUMBER, TENTHS):
            problem = f"{name} should be a number, but is {shown}."
        else:
            problem = f"{name} should be a name of printable characters, but is {shown}."
        raise BadDelivery(self._text.name, problem, line=line)


def _tenths(written: str) -> tuple[int, bool]:
    """Tenths of a number of many digits, rounded half away from zero, and whether they were rounded."""
    number = Decimal(written)
    if number.adjusted() > 12:
        return 2**40, False
    if number.adjusted() < -3:
        return 0, number != 0
    exact = number.scaleb(1)
    tenths = int(exact.to_integral_value(ROUND_HALF_UP))
    return tenths, tenths != exact


def _shown(found: bytes) -> str:
    written = re.sub(r"\s+", " ", found.decode("utf-8", "replace")).strip()
    if not written:
        return "empty"
    return repr(written if len(written) <= 40 else f"{written[:40]}...")


def show_names(names: Sequence[str]) -> str:
    """Some names for a sentence: all of a few, else the first ones."""
    few = [name if len(name) <= 40 else f"{name[:40]}..." for name in names[:12]]
    return ", ".join([*few, "..."] if len(names) > 12 else few)
