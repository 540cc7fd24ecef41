"""How ``regions.zip`` holds an outline: whole numbers of steps, each point as the way from the one before.

Steps are small numbers, which deflate to a third of what coordinates do.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

# The atlas itself has steps of 0.0036 degrees.
STEP_DEGREES = 1e-4
_NUMBER = np.dtype("<i4")


def packed(outline: BaseGeometry) -> bytes:
    """The MultiPolygon ``outline``: number of rings, for each ring its polygon and its points, then all ways."""
    polygon_of, lengths, ways = [], [], []
    for number, part in enumerate(outline.geoms):
        for ring in (part.exterior, *part.interiors):
            steps = np.round(shapely.get_coordinates(ring) / STEP_DEGREES).astype(_NUMBER)
            polygon_of.append(number)
            lengths.append(len(steps))
            ways.append(np.diff(steps, axis=0, prepend=[[0, 0]]))
    # All longitudes first: alike numbers stand together.
    numbers = [[len(lengths)], polygon_of, lengths, np.concatenate(ways).T.ravel()]
    return np.concatenate([np.asarray(part, _NUMBER) for part in numbers]).tobytes()


def unpacked(data: bytes) -> BaseGeometry:
    """The MultiPolygon that was packed."""
    numbers = np.frombuffer(data, _NUMBER)
    count = int(numbers[0])
    polygon_of, lengths = numbers[1 : 1 + count], numbers[1 + count : 1 + 2 * count]
    ways = numbers[1 + 2 * count :].reshape(2, -1).T
    rings = [
        shapely.linearrings(np.round(np.cumsum(ring, axis=0) * STEP_DEGREES, 4))
        for ring in np.split(ways, np.cumsum(lengths)[:-1])
    ]
    parts: list[list[BaseGeometry]] = [[] for _ in range(int(polygon_of[-1]) + 1)]
    for number, ring in zip(polygon_of, rings, strict=True):
        parts[number].append(ring)
    return shapely.multipolygons([shapely.polygons(part[0], part[1:] or None) for part in parts])
