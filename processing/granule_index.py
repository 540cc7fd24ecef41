"""The granules of an archive that is known whole, found by place and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shapely import STRtree, total_bounds
from shapely.geometry.base import BaseGeometry

from processing.granule import Granule
from processing.sources.base import Extent, selected


class GranuleIndex:
    """Granules, at least one, held in memory."""

    def __init__(self, granules: Sequence[Granule]) -> None:
        self._granules = granules
        self._tree = STRtree([granule.footprint for granule in granules])

    def search(self, area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
        """See ``Source.search``."""
        near = (self._granules[number] for number in self._tree.query(area))
        return selected(near, area, first_day, last_day)

    def extent(self) -> Extent:
        """The box around all footprints, and the days of the first and last datatake."""
        bounds = total_bounds([granule.footprint for granule in self._granules])
        west, south, east, north = map(float, bounds)
        days = [granule.sensed_at.date() for granule in self._granules]
        return Extent((west, south, east, north), min(days), max(days), frozenset(days))
