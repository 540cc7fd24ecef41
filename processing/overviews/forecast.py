"""How often each place of an area was seen: the engine's ``valid_obs`` before there is a mosaic.

By the engine's own rules (``processing.compositing``): newest first, one observation per overpass, of overlapping
granules the first that saw anything; then the mask's classes and its view angle. What the engine finds in the bands
themselves cannot be known: pixels without data in one of them, and snow that is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from affine import Affine
from shapely.geometry.base import BaseGeometry

from processing.grid import WGS84_EPSG, Block, reproject
from processing.masks.base import Mask
from processing.methods.base import Method
from processing.overviews.grid import WEB_MERCATOR_EPSG, CoarseGrid, Lattice, grid_over, mercator_latitude
from processing.overviews.masks import CLOUDS, Sighting, classes_of, counting

MOST_CELLS = 1_000_000
LEAST_CELLS = 20_000
# Together with how often each cell is looked at this bounds the time: half a second or so.
_MOST_LOOKS = 25_000_000
FINEST_CELL_M = 30
_SMOOTH_DEGREES = 0.05

SECTORS = ("nw", "n", "ne", "w", "c", "e", "sw", "s", "se")
"""The nine parts of an area's bounding rectangle, row by row."""


@dataclass(frozen=True)
class Seen:
    """What one scene contributes within the area."""

    seen_share: float
    """Share of the area that it saw at all."""

    cloud_share: float
    """Clouds and cirrus in what it saw; 0 where it saw nothing."""

    valid_share: float
    """Share of the area in which it counts."""


@dataclass(frozen=True)
class Counts:
    """Numbers of valid observations on a grid."""

    grid: CoarseGrid
    count: np.ndarray
    """uint16 (y, x)."""

    inside: np.ndarray
    """bool (y, x): which cells lie in the area."""

    scenes: tuple[Seen, ...]

    def share(self, at_least: int, below: int | None = None) -> float:
        """Share of the area with so many observations."""
        meant = self.count >= at_least
        if below is not None:
            meant &= self.count < below
        return self._share_of(meant)

    def histogram(self, most: int) -> list[float]:
        """Share of the area with 0, 1, ... observations; the last one is ``most`` or more."""
        weights = np.broadcast_to(self._weights[:, np.newaxis], self.count.shape)[self.inside]
        counts = np.minimum(self.count[self.inside], most)
        sums = np.bincount(counts, weights, minlength=most + 1)
        return [float(part) for part in sums / weights.sum()]

    def gap_sectors(self) -> list[tuple[str, float]]:
        """Where nothing is seen: names of ``SECTORS`` with their share of all gaps, largest first."""
        gaps = self.inside & (self.count == 0)
        total = int(gaps.sum())
        if not total:
            return []
        rows, columns = np.flatnonzero(self.inside.any(axis=1)), np.flatnonzero(self.inside.any(axis=0))
        parts = []
        for number, name in enumerate(SECTORS):
            block = gaps[_third(rows, number // 3), _third(columns, number % 3)]
            parts.append((name, float(block.sum()) / total))
        return sorted((part for part in parts if part[1] > 0), key=lambda part: -part[1])

    @property
    def _weights(self) -> np.ndarray:
        """Ground that a cell of each row stands for, in proportion."""
        _, y = self.grid.pixel_centres()
        if self.grid.epsg == WEB_MERCATOR_EPSG:
            return np.cos([mercator_latitude(northing) for northing in y]) ** 2
        return np.cos(np.radians(y)) if self.grid.epsg == WGS84_EPSG else np.ones(len(y))

    def _share_of(self, meant: np.ndarray) -> float:
        weights = self._weights
        total = float(self.inside.sum(axis=1) @ weights)
        return float((meant & self.inside).sum(axis=1) @ weights) / total if total else 0.0


def map_grid(
    area: BaseGeometry, *, looks: float, least_m: float = FINEST_CELL_M, most_cells: int = MOST_CELLS
) -> CoarseGrid:
    """The web map's grid over ``area`` (EPSG:4326), in cells of at least ``least_m`` on the ground.

    ``looks``: about how many scenes lie over each place: many make the cells larger, so that time stays bounded.
    """
    west, south, east, north = _to_mercator(area).bounds
    scale = math.cos(mercator_latitude((south + north) / 2))
    cells = min(most_cells, max(LEAST_CELLS, int(_MOST_LOOKS / max(1.0, looks))))
    # A border of a cell's width each side may come on top.
    pixel = max(least_m / scale, math.sqrt((east - west) * (north - south) / cells))
    pixel = max(pixel, (east - west) / 8000, (north - south) / 8000)
    return grid_over((west, south, east, north), epsg=WEB_MERCATOR_EPSG, pixel=pixel)


def cells_inside(area: BaseGeometry, grid: CoarseGrid) -> np.ndarray:
    """bool (y, x): the cells whose middle lies in ``area`` (EPSG:4326); those it touches where no middle does."""
    there = reproject(shapely.segmentize(area, _SMOOTH_DEGREES), WGS84_EPSG, grid.epsg)
    shape, transform = (grid.height, grid.width), Affine(*grid.transform[:6])
    inside = rasterio.features.geometry_mask([there], shape, transform, invert=True)
    if not inside.any():
        inside = rasterio.features.geometry_mask([there], shape, transform, invert=True, all_touched=True)
    return inside if inside.any() else np.ones(shape, bool)


def count_valid(
    sightings: Iterable[tuple[str, Callable[[], Sighting], Lattice]], grid: CoarseGrid, mask: Mask, inside: np.ndarray
) -> Counts:
    """Count valid observations in every cell of ``grid``.

    ``sightings``: of each granule, newest first as a source gives them, its datatake, its sighting, to be had when
    its turn comes, and that one's lattice. ``inside``: the cells that the scenes' shares are about.
    """
    count = np.zeros((grid.height, grid.width), np.uint16)
    counts, area_cells = counting(mask), max(1, int(inside.sum()))
    places: dict[Lattice, tuple[Block, np.ndarray] | None] = {}
    current, seen, scenes = "", np.zeros(count.shape, bool), []
    for datatake, sighting, lattice in sightings:
        if datatake != current:
            # The granules of one datatake follow each other: they share its time, by which they are sorted.
            current, seen = datatake, np.zeros(count.shape, bool)
        if lattice not in places:
            places[lattice] = _place(lattice, grid, inside)
        place = places[lattice]
        if place is None:
            scenes.append(Seen(0, 0, 0))
            continue
        block, cell = place
        values = np.append(sighting().cells, np.uint8(0))[cell]
        here = seen[block.rows, block.columns]
        valid = counts[values] & ~here
        here |= values > 0
        count[block.rows, block.columns] += valid
        scenes.append(_seen(values, valid, inside[block.rows, block.columns], area_cells))
    return Counts(grid, count, inside, tuple(scenes))


def threshold_of(method: Method, options: dict[str, int]) -> int | None:
    """From how many observations on the medoid decides; None for a method without one."""
    option = next((option for option in method.options if option.name == "threshold"), None)
    if option is not None:
        return options.get("threshold", option.default)
    return 2 if method.name == "medoid" else None


def mean_looks(footprints: Sequence[BaseGeometry], area: BaseGeometry) -> float:
    """How many of the scenes lie over a place of the area's rectangle, on average."""
    rectangle = shapely.box(*area.bounds)
    boxes = shapely.box(*shapely.bounds(footprints).T) if len(footprints) else []
    return float(np.sum(shapely.area(shapely.intersection(boxes, rectangle))) / max(rectangle.area, 1e-12))


def _to_mercator(area: BaseGeometry) -> BaseGeometry:
    return reproject(shapely.box(*area.bounds), WGS84_EPSG, WEB_MERCATOR_EPSG)


def _place(lattice: Lattice, grid: CoarseGrid, inside: np.ndarray) -> tuple[Block, np.ndarray] | None:
    """The part of the grid over a granule, and for each of its pixels the cell, counted row by row; last+1: none."""
    block = lattice.under(grid)
    if block is None or not inside[block.rows, block.columns].any():
        return None
    rows, columns = lattice.cells_under(grid.part(block))
    cell = np.where(rows >= 0, rows * lattice.width + columns, lattice.width * lattice.height)
    return block, cell.astype(np.int32)


def _seen(values: np.ndarray, valid: np.ndarray, inside: np.ndarray, area_cells: int) -> Seen:
    found = np.bincount(classes_of(values[inside]), minlength=16)
    saw = int(found[1:].sum())
    clouds = int(found[list(CLOUDS)].sum())
    return Seen(saw / area_cells, clouds / saw if saw else 0.0, int((valid & inside).sum()) / area_cells)


def _third(places: np.ndarray, number: int) -> slice:
    """A third of the rows or columns that the area takes up."""
    first, length = int(places[0]), int(places[-1]) + 1 - int(places[0])
    return slice(first + length * number // 3, first + length * (number + 1) // 3)
