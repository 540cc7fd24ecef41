"""What every reader of ground-motion results gives: facts about the whole, and its points in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np

from processing.errors import ProcessingError

Format = Literal["egms", "stamps", "mintpy", "licsbas", "raster"]
Level = Literal["L2a", "L2b", "L3", "other"]
Direction = Literal["ascending", "descending", "east", "up", "los"]

NODATA = -32768
"""In a series: nothing measured on this date. The same number in int16 and in int32."""
LARGEST_NARROW_MM = 3276.7
"""Displacements up to this, either way, are kept in int16 as tenths of a millimetre."""
LONGEST_PID = 32
LONGEST_TEXT = 64
MOST_POINTS = 50_000_000
"""In one file. EGMS has about a million in its largest; who has more can deliver them in pieces."""


class BadDelivery(ProcessingError):
    """A file cannot be taken in. ``str(error)`` names it, the line where there is one, and what to do."""

    code: ClassVar[str] = "bad_delivery"
    mender = "user"

    def __init__(self, name: str, problem: str, *, line: int | None = None) -> None:
        self.name, self.line, self.problem = name, line, problem
        place = name if line is None else f"{name}, line {line}"
        super().__init__(f"{place}: {problem}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Celery and multiprocessing send errors by pickle, which would call it with the sentence alone."""
        return _bad_delivery, (type(self), self.name, self.problem, self.line)


class WideSeries(BadDelivery):
    """A displacement is beyond ``LARGEST_NARROW_MM``: open the file again with ``wide=True``, for int32 throughout."""


def _bad_delivery(kind: type[BadDelivery], name: str, problem: str, line: int | None) -> BadDelivery:
    return kind(name, problem, line=line)


@dataclass(frozen=True)
class PartFacts:
    """What is known of a delivered file before its points are read."""

    format: Format
    level: Level
    direction: Direction
    identity: str
    """What makes two files the same piece in two deliveries: "088_0282_IW2_VV", "E43N22_U", else the file's stem."""

    dates: tuple[date, ...]
    """Of the series, in order; empty where there are none."""

    columns: tuple[str, ...]
    """Which ``ATTRIBUTES`` the file gives, in their order there."""

    extra: tuple[str, ...] = ()
    """Other columns, which ``PointBatch.extra`` holds, by ``plain_name``."""

    track: int | None = None
    """Relative orbit."""

    first_year: int | None = None
    last_year: int | None = None
    """The nominal years of the release, which its dates need not fill; of the file's name."""

    version: int | None = None
    """Of the release, of the file's name: 2 replaces 1."""

    facility: str | None = None
    """Who processed it, by name."""

    metadata: dict[str, Any] = field(default_factory=dict)
    """What else the file or the XML beside it says: names to text, numbers or lists of text; plain JSON."""

    count: int | None = None
    """How many points there are, where that is known beforehand."""


@dataclass
class PointBatch:
    """Points that follow each other in a file: arrays over points."""

    lon: np.ndarray
    lat: np.ndarray
    """float64, degrees, WGS84, longitude from -180 to 180."""

    pid: np.ndarray
    """Bytes ('S'), at most ``LONGEST_PID``: the point's name in its delivery, unique in the file."""

    attributes: dict[str, np.ndarray]
    """By canonical name, of the types that ``ATTRIBUTES`` says; where nothing is given: NaN, or ``NO_NUMBER``."""

    displacement: np.ndarray
    """(point, date), tenths of a millimetre, ``NODATA`` where there is none; int16, or int32 in a wide delivery.

    Positive is towards the satellite, eastward, or up."""

    extra: dict[str, np.ndarray] = field(default_factory=dict)
    """float32 where all are numbers, else bytes ('S') of UTF-8, at most ``LONGEST_TEXT``."""

    first_line: int = 0
    """Where the batch begins in the file: line of a CSV from 1 on; row of an array from 0 on."""

    def __len__(self) -> int:
        return int(self.lon.size)


class Delivery(Protocol):
    """One opened file. Use it as a context manager; threads must not share it."""

    @property
    def facts(self) -> PartFacts: ...

    @property
    def rounded(self) -> int:
        """Displacements read so far that had more decimals than tenths of a millimetre keep."""
        ...

    @property
    def share_read(self) -> float:
        """How much of the file was read so far, 0 to 1, for showing progress."""
        ...

    def batches(self, size: int = 50_000) -> Iterator[PointBatch]:
        """All points, in the file's order, ``size`` at a time; can be called again, and then begins anew.

        Raises BadDelivery as soon as something is wrong, for what concerns the whole file (a point that comes twice,
        a checksum) after the last batch: nothing of it may be kept then. Raises WideSeries.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
