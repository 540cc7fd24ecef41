"""Outlines with fewer corners, and by how many metres they differ from what they were."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = 111_320
"""Of latitude everywhere, of longitude on the equator."""

_MOST_CROSSINGS = 10_000
_MOST_NEIGHBOURS = 3_000_000
_PAIRS_AT_ONCE = 2_000_000
# A coastline of 100,000 corners takes two million looks; a comb, cut tooth by tooth, a thousand million.
_MOST_LOOKED_AT = 50_000_000


def simplified(geometry: BaseGeometry, *, most_corners: int) -> tuple[BaseGeometry, float]:
    """``geometry`` (EPSG:4326) with at most ``most_corners``, and by how many metres it differs at most.

    Douglas and Peucker's way, the greatest deviation first, through all rings at once. Rings that come out
    narrower than the tolerance are left out. Raises ValueError where nothing is left, or only a tangle.
    """
    if corners(geometry) <= most_corners:
        return geometry, 0.0
    parts = polygons(geometry)
    # Degrees of longitude are longest at the latitude nearest to the equator: nowhere is it more metres.
    stretch = math.cos(math.radians(_latitude_nearest_to_equator(geometry)))
    rings = [shapely.get_coordinates(ring) for part in parts for ring in (part.exterior, *part.interiors)]
    kept, tolerance = _most_telling([ring[:-1] * (stretch, 1) for ring in rings], most_corners)
    remaining = iter(zip(rings, kept, strict=True))
    made = []
    for part in parts:
        thin = [_picked(*next(remaining)) for _ in range(1 + len(part.interiors))]
        if thin[0] is not None:
            made.append(shapely.Polygon(thin[0], [ring for ring in thin[1:] if ring is not None]))
    whole = shapely.MultiPolygon(made)
    if not whole.is_valid:
        check_crossings(made)
        # Parts that lay side by side may touch or overlap now.
        whole = shapely.union_all(shapely.make_valid(made, method="structure", keep_collapsed=False))
    if whole.is_empty:
        raise ValueError(f"cannot be drawn with {most_corners} corners")
    return shapely.multipolygons(polygons(whole)), tolerance * METRES_PER_DEGREE


def check_crossings(parts: Sequence[BaseGeometry]) -> None:
    """Raise ValueError where the edges of these polygons cross so often that mending would take minutes."""
    edges = _edges(parts)
    tree = shapely.STRtree(shapely.linestrings(edges))
    neighbours = crossings = 0
    step = max(1, _PAIRS_AT_ONCE // len(edges))
    for start in range(0, len(edges), step):
        left, right = tree.query(tree.geometries[start : start + step])
        left = left + start
        later = right > left
        neighbours += len(left)
        crossings += _crossings(edges[left[later]], edges[right[later]])
        if neighbours > _MOST_NEIGHBOURS + 20 * len(edges) or crossings > _MOST_CROSSINGS:
            raise ValueError("crosses itself at thousands of places")


def corners(geometry: BaseGeometry) -> int:
    """How many points its rings hold, the closing ones included."""
    return int(shapely.get_num_coordinates(geometry))


def polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The polygons in ``geometry``, whatever else it holds."""
    if geometry.is_empty:
        return []
    if geometry.geom_type == "Polygon":
        return [geometry]
    return [part for whole in getattr(geometry, "geoms", ()) for part in polygons(whole)]


def areas_m2(parts: Sequence[BaseGeometry]) -> np.ndarray:
    """About how large each polygon is, in square metres; right within a percent for what is small."""
    middles = np.array([(part.bounds[1] + part.bounds[3]) / 2 for part in parts])
    return shapely.area(parts) * METRES_PER_DEGREE**2 * np.cos(np.radians(middles))


def without_specks(part: BaseGeometry, least_m2: float) -> BaseGeometry:
    """The polygon without its holes of less than ``least_m2``."""
    holes = [shapely.Polygon(ring) for ring in part.interiors]
    if not holes:
        return part
    kept = [hole.exterior for hole, area in zip(holes, areas_m2(holes), strict=True) if area >= least_m2]
    return part if len(kept) == len(holes) else shapely.Polygon(part.exterior, kept)


def _edges(parts: Sequence[BaseGeometry]) -> np.ndarray:
    """Every edge of every ring (edge, end, 2)."""
    rings = [shapely.get_coordinates(ring) for part in parts for ring in (part.exterior, *part.interiors)]
    return np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])


def _crossings(one: np.ndarray, other: np.ndarray) -> int:
    """How many of these pairs of edges cross between their ends."""

    def sides(line: np.ndarray, points: np.ndarray) -> np.ndarray:
        way, aside = line[:, 1] - line[:, 0], points - line[:, :1]
        return np.sign(way[:, :1] * aside[:, :, 1] - way[:, 1:] * aside[:, :, 0])

    return int(((sides(one, other).prod(axis=1) < 0) & (sides(other, one).prod(axis=1) < 0)).sum())


def _latitude_nearest_to_equator(geometry: BaseGeometry) -> float:
    _, south, _, north = geometry.bounds
    return 0.0 if south <= 0 <= north else min(abs(south), abs(north))


def _most_telling(rings: Sequence[np.ndarray], most_corners: int) -> tuple[list[list[int]], float]:
    """The points to keep of each open ring (point, 2), and how far off the others are at most, in its units."""
    kept: list[list[int]] = [[] for _ in rings]
    waiting: list[tuple[float, int, int, int, int]] = []
    for number, ring in enumerate(rings):
        # From any point to the farthest from it and back: two stretches to begin with.
        farthest = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
        kept[number] = [0, farthest]
        for first, last in ((0, farthest), (farthest, len(ring))):
            _put(waiting, ring, number, first, last)
    total = looked_at = 0
    while waiting:
        number = waiting[0][1]
        # A ring of two points is none: its third makes it one of four, the first repeated.
        cost = 4 if len(kept[number]) == 2 else 1
        if total + cost > most_corners:
            break
        _, number, first, last, between = heapq.heappop(waiting)
        looked_at += last - first
        if looked_at > _MOST_LOOKED_AT:
            raise ValueError("is a comb: every corner is as telling as the next")
        kept[number].append(between)
        total += cost
        for stretch in ((first, between), (between, last)):
            _put(waiting, rings[number], number, *stretch)
    return [sorted(indices) for indices in kept], -waiting[0][0] if waiting else 0.0


def _put(waiting: list[Any], ring: np.ndarray, number: int, first: int, last: int) -> None:
    """Add a stretch of a ring with the point that is farthest from the straight line between its ends."""
    if last - first < 2:
        return
    start, way = ring[first], ring[last % len(ring)] - ring[first]
    points = ring[first + 1 : last] - start
    squared = float(way @ way)
    along = np.clip(points @ way / squared, 0, 1) if squared else np.zeros(len(points))
    distances = np.hypot(*(points - along[:, None] * way).T)
    between = int(np.argmax(distances))
    heapq.heappush(waiting, (-float(distances[between]), number, first, last, first + 1 + between))


def _picked(ring: np.ndarray, indices: list[int]) -> np.ndarray | None:
    """The closed ring of those points; None where they are too few."""
    return ring[[*indices, indices[0]]] if len(indices) >= 3 else None
