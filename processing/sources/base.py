"""What a source of granules is.

A module of this package is a plug-in: ``accepts(where)`` tells whether it can read what ``where`` names,
``connect(where)`` gives the Source. Dropping a new module into the folder is all it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from shapely.geometry.base import BaseGeometry

from processing.granule import Granule, newest_first, without_duplicates


@dataclass(frozen=True)
class Extent:
    """What a source covers, as far as it says."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""

    first_day: date | None
    last_day: date | None
    days: frozenset[date] | None = None
    """The days on which its datatakes began; None where the source does not say."""


class Source(Protocol):
    """An archive of Sentinel-2 Level-2A granules."""

    name: str
    """The plug-in's name."""

    title: str
    """For people and for provenance; never holds a secret."""

    @property
    def rejected(self) -> tuple[str, ...]:
        """One sentence for each item that was left out of the file, or of the latest search of an API."""
        ...

    def search(self, area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
        """Granules that touch ``area`` (EPSG:4326), of datatakes begun on these days, in UTC, both included.

        Newest first, and without those that a later processing replaces. Areas and footprints are plain
        polygons in longitude and latitude: an area that crosses the antimeridian has to come as two.
        Raises SourceUnreachable or CorruptInput.
        """
        ...

    def extent(self) -> Extent:
        """What the source covers. Raises SourceUnreachable or CorruptInput."""
        ...


def host_of(url: str) -> str:
    """Host and port of a URL, however odd it is, and never the name and password before them."""
    return re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2].lower()


def selected(granules: Iterable[Granule], area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
    """Those of ``granules`` that ``Source.search`` has to give, in its order.

    A datatake belongs to the day on which it began, so that one which crosses midnight stays whole.
    """
    found = [
        granule
        for granule in granules
        if first_day <= granule.sensed_at.date() <= last_day and granule.footprint.intersects(area)
    ]
    return newest_first(without_duplicates(found))
