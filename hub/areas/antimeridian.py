"""Areas that cross the 180° meridian."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from hub.areas.simplifying import polygons


def brought_back(geometry: BaseGeometry) -> BaseGeometry:
    """``geometry`` with what lies beyond longitude -180 or 180 a turn further back, cut there."""
    west, _, east, _ = geometry.bounds
    pieces = []
    for turn in range(math.floor((west + 180) / 360), math.ceil((east - 180) / 360) + 1):
        world = shapely.box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        piece = shapely.intersection(geometry, world)
        pieces.extend(polygons(shapely.transform(piece, lambda points, turn=turn: points - (360 * turn, 0))))
    return shapely.union_all(pieces)


def unrolled(ring: np.ndarray) -> np.ndarray:
    """A ring of longitudes and latitudes whose longitudes go on where they jumped from 180 to -180.

    A ring around a pole is closed by way of that pole.
    """
    longitudes = np.unwrap(ring[:, 0], period=360)
    points = np.column_stack([longitudes, ring[:, 1]])
    if abs(longitudes[-1] - longitudes[0]) < 180:
        return points
    pole = math.copysign(90, ring[:, 1].mean())
    return np.vstack([points, [longitudes[-1], pole], [longitudes[0], pole], points[:1]])
