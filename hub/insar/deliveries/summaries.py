"""What a part's rows say about the whole, gathered while they are staged."""

from __future__ import annotations

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

from hub.insar.models.words import MAP_SRID

# Of the square degree of the web map in metres; beyond these latitudes it has no place for a point.
EARTH_RADIUS_M = 6_378_137.0
LARGEST_LATITUDE = 85.05
# The outline is told to those who may not see points: it follows squares of this size.
_OUTLINE_SQUARE_M = 2000.0
_VELOCITIES_KEPT = 200_000


def on_map(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees in EPSG:3857, float64 metres."""
    x = np.radians(lon) * EARTH_RADIUS_M
    y = np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) * EARTH_RADIUS_M
    return x, y


class Summary:
    """Box, outline and velocities of the points seen so far; its memory does not grow with them."""

    def __init__(self) -> None:
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)
        self._squares: set[int] = set()
        self._velocities: list[np.ndarray] = []
        self._room = _VELOCITIES_KEPT

    def add(self, x: np.ndarray, y: np.ndarray, velocity: np.ndarray | None) -> None:
        self._low = np.minimum(self._low, (x.min(), y.min()))
        self._high = np.maximum(self._high, (x.max(), y.max()))
        column, row = (np.floor(each / _OUTLINE_SQUARE_M).astype(np.int64) for each in (x, y))
        self._squares.update(np.unique((column << 32) + row).tolist())
        if velocity is not None and self._room > 0:
            some = velocity[:: max(1, velocity.size // 5000)]
            self._velocities.append(some[~np.isnan(some)])
            self._room -= some.size

    @property
    def box(self) -> tuple[float, float, float, float]:
        return (*self._low.tolist(), *self._high.tolist())

    @property
    def velocity_range(self) -> tuple[float, float] | None:
        """The 2nd and 98th percentile of a sample; None where nothing has a velocity."""
        known = np.concatenate([*self._velocities, np.empty(0)])
        return tuple(np.percentile(known, (2, 98)).tolist()) if known.size else None

    @property
    def outline(self) -> MultiPolygon:
        """The hull of the squares that have points."""
        squares = np.array(sorted(self._squares), np.int64)
        row = squares & 0xFFFFFFFF
        row = np.where(row >= 1 << 31, row - (1 << 32), row)
        column = (squares - row) >> 32
        west, south = column * _OUTLINE_SQUARE_M, row * _OUTLINE_SQUARE_M
        sides = ((0, 0), (1, 0), (0, 1), (1, 1))
        corners = np.concatenate([np.stack([west, south], axis=1) + np.multiply(_OUTLINE_SQUARE_M, s) for s in sides])
        hull = shapely.convex_hull(shapely.multipoints(corners))
        return MultiPolygon(GEOSGeometry(memoryview(hull.wkb), srid=MAP_SRID), srid=MAP_SRID)
