"""Points of StaMPS, as exported for its viewer: a CSV without names that mean anything.

First line: "export_res_ 1,export_res_ 2,...". Second: longitude and latitude of the reference point, NaN, the dates as
MATLAB's day numbers. Then a point each: longitude, latitude, mean velocity (mm/yr), displacements (mm), both positive
towards the satellite. Source: github.com/thho/StaMPS_Visualizer, which reads these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from types import TracebackType
from typing import Self

import numpy as np

from processing.insar.delivery import MOST_POINTS, BadDelivery, PartFacts, PointBatch
from processing.insar.points import check_places, keep_attribute, numbered
from processing.insar.tables import LONGEST_LINE, Columns, Header, Rows, Table
from processing.insar.unpacking import Text
from processing.kernels.delimited import NUMBER, TENTHS

_BEFORE_DATES = 3
_LINES_BEFORE = 2
# MATLAB counts days from the year 0, Python from the year 1.
_MATLAB_OFFSET_DAYS = 366
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)


def looks_like_stamps(text: Text, header: Header) -> bool:
    """Whether the second line holds a place and MATLAB's day numbers."""
    numbers = _numbers(_second_line(text, header), header.delimiter)
    days = numbers[_BEFORE_DATES:]
    return len(numbers) > _BEFORE_DATES and math.isnan(numbers[2]) and all(_is_day(number) for number in days[:1])


class StampsDelivery:
    """A CSV of points with their series; its points are named by their number, from 1 on."""

    def __init__(self, text: Text, header: Header, *, wide: bool = False) -> None:
        """Raises BadDelivery where dates are missing or not in order, or there are no points."""
        self._text, self._wide = text, wide
        second = _second_line(text, header)
        numbers = _numbers(second, header.delimiter)
        if len(numbers) != len(header.names):
            problem = f"{len(numbers)} values instead of {len(header.names)}, as many as the first line names."
            raise BadDelivery(text.name, problem, line=2)
        dates = _dates(text, numbers[_BEFORE_DATES:])
        names = ("longitude", "latitude", "mean_velocity", *(f"{day:%Y%m%d}" for day in dates))
        kinds = (NUMBER,) * _BEFORE_DATES + (TENTHS,) * len(dates)
        self._columns = Columns(names, kinds)
        self._header = Header(names, header.delimiter, header.length + len(second))
        self._table = self._open_table(wide=wide)
        if next(self._open_table(wide=True).batches(1), None) is None:
            raise BadDelivery(text.name, "there are no points in it, only a reference and dates.")
        self.facts = PartFacts(
            format="stamps",
            level="other",
            direction="los",
            identity=text.path.name.partition(".")[0][:100],
            dates=dates,
            columns=("mean_velocity",),
            metadata=_reference(numbers),
        )

    @property
    def rounded(self) -> int:
        """Displacements read so far that had more decimals than tenths of a millimetre keep: nearly all."""
        return self._table.rounded

    @property
    def share_read(self) -> float:
        """How much of the file was read so far, 0 to 1."""
        return self._text.share_read

    def batches(self, size: int = 50_000) -> Iterator[PointBatch]:
        """All points; raises as ``Delivery.batches`` does."""
        self._table, count = self._open_table(wide=self._wide), 0
        for rows in self._table.batches(size):
            yield self._batch(rows, count)
            count += rows.lines.size
            if count > MOST_POINTS:
                raise BadDelivery(self._text.name, f"it has more than {MOST_POINTS:,} points; deliver it in pieces.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open between batches."""

    def _open_table(self, *, wide: bool) -> Table:
        return Table(self._text, self._header, self._columns, lines_before=_LINES_BEFORE, wide=wide)

    def _batch(self, rows: Rows, count: int) -> PointBatch:
        name, lines = self._text.name, rows.lines
        lon, lat, velocity = rows.numbers
        return PointBatch(
            lon=check_places(name, lon, lat, lines),
            lat=lat,
            pid=numbered(np.arange(count + 1, count + 1 + lines.size)),
            attributes={"mean_velocity": keep_attribute(name, "mean_velocity", velocity, lines)},
            displacement=rows.series,
            first_line=int(lines[0]),
        )


def _second_line(text: Text, header: Header) -> bytes:
    """With its end."""
    begun = b""
    for block in text.blocks():
        begun += block
        if begun.count(b"\n", header.length) or len(begun) > header.length + LONGEST_LINE:
            break
    line, newline, _ = begun[header.length :].partition(b"\n")
    return line + newline


def _numbers(line: bytes, delimiter: str) -> list[float]:
    try:
        return [float(written) for written in line.decode("ascii").replace('"', "").split(delimiter)]
    except ValueError:
        return []


def _is_day(number: float) -> bool:
    if not math.isfinite(number) or not 0 < number < 10**6:
        return False
    return _FIRST_DAY <= _day(number) <= _LAST_DAY


def _day(number: float) -> date:
    return date(1, 1, 1) + timedelta(days=int(number) - 1 - _MATLAB_OFFSET_DAYS) if number > 367 else date.min


def _dates(text: Text, numbers: list[float]) -> tuple[date, ...]:
    for place, number in enumerate(numbers):
        if not _is_day(number):
            problem = f"value {place + 1 + _BEFORE_DATES} should be a MATLAB day number, but is {number:.10g}."
            raise BadDelivery(text.name, problem, line=2)
    dates = tuple(map(_day, numbers))
    for earlier, later in zip(dates, dates[1:], strict=False):
        if later <= earlier:
            raise BadDelivery(text.name, f"the dates are not in order: {later} follows {earlier}.", line=2)
    return dates


def _reference(numbers: list[float]) -> dict[str, float]:
    lon, lat = numbers[:2]
    known = math.isfinite(lon) and math.isfinite(lat)
    return {"reference.longitude": lon, "reference.latitude": lat} if known else {}
