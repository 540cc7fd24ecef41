"""CSV by RFC 4180: a line with the columns' names, then a line per period and pixel. Decimal points, empty for none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from processing.pixels.exports.columns import Step, columns_of, rows_of
from processing.pixels.series_spec import SeriesSpec

# A spreadsheet takes what begins with one of these for a formula, and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(spec: SeriesSpec, steps: Iterable[Step]) -> Iterator[str]:
    """The text of the file, the first line first, then step by step as ``steps`` gives them; lines end with CR LF."""
    names = [column.name for column in columns_of(spec)]
    yield _lines([names])
    for step in steps:
        # A step without rows, statistics of nothing, is no line.
        if lines := _lines([[_cell(row.get(name)) for name in names] for row in rows_of(spec, step)]):
            yield lines


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value as text; what comes from elsewhere is never a formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        # As short as it stays the same number, and never 1e-05, which some programs take for text.
        return repr(value) if "e" not in repr(value) else f"{value:.12f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
