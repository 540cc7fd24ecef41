"""Counting the observations of an area from what is kept of its scenes, once for the same question."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from isal import isal_zlib
from shapely.geometry.base import BaseGeometry

from hub.forecast.models import LEVELS, SceneMask, lattice_of, sighting_of
from processing import registry
from processing.grid import WGS84_EPSG, reproject
from processing.overviews.forecast import (
    FINEST_CELL_M,
    MOST_CELLS,
    Counts,
    Seen,
    cells_inside,
    count_valid,
    map_grid,
    mean_looks,
)
from processing.overviews.grid import CoarseGrid, Lattice
from processing.overviews.masks import Sighting

COMPARED_CELLS = 30_000
"""Enough to tell periods from each other: shares are within a third of a per cent."""

REMEMBERED_SECONDS = 3600
OUTSIDE = 255
_MOST_COUNTED = 200
# Cells of all scenes that are unpacked for one answer: a quarter of a second.
_MOST_UNPACKED = 400_000_000


@dataclass(frozen=True)
class Scene:
    """A kept granule."""

    key: str
    datatake: str
    footprint: BaseGeometry
    lattice: list
    """As its row holds it."""


@dataclass(frozen=True)
class Counted:
    """What was counted, without the map."""

    key: str
    """Of the map, which is kept for an hour; cannot be guessed."""

    histogram: tuple[float, ...]
    """Share of the area by number of valid observations."""

    gap_sectors: tuple[tuple[str, float], ...]
    seen: tuple[Seen, ...]
    bounds: tuple[float, float, float, float]
    """West, south, east, north of the map in degrees."""

    cell_m: float

    def share(self, at_least: int, below: int | None = None) -> float:
        """Share of the area with so many valid observations."""
        return float(sum(self.histogram[at_least:below]))


@dataclass(frozen=True)
class CountMap:
    """Counts as they are kept for the map."""

    grid: CoarseGrid
    packed: bytes
    """uint8 (y, x), compressed: up to 254 observations; 255 is outside the area."""

    @property
    def count(self) -> np.ndarray:
        return np.frombuffer(isal_zlib.decompress(self.packed), np.uint8).reshape(self.grid.height, self.grid.width)


def count(area: BaseGeometry, scenes: Sequence[Scene], mask: str, *, most_cells: int = MOST_CELLS) -> Counted:
    """Count the valid observations of ``area`` (EPSG:4326) in ``scenes``, newest first. ``mask``: a plug-in's name."""
    key = _key(area, scenes, mask, most_cells)
    known = cache.get(f"forecast-1:{key}")
    if known is not None:
        return known
    counts = _count(area, scenes, mask, most_cells)
    counted = Counted(
        key,
        tuple(counts.histogram(_MOST_COUNTED)),
        tuple(counts.gap_sectors()),
        counts.scenes,
        _degrees(counts.grid),
        counts.grid.metres,
    )
    if most_cells == MOST_CELLS:
        cache.set(f"forecast-map-1:{key}", _as_map(counts), REMEMBERED_SECONDS)
    # A little shorter than its map, so that what is remembered has one.
    cache.set(f"forecast-1:{key}", counted, REMEMBERED_SECONDS - 600)
    return counted


def map_of(key: str) -> CountMap | None:
    """The map of what was counted under this key within the last hour."""
    return cache.get(f"forecast-map-1:{key}")


def _key(area: BaseGeometry, scenes: Sequence[Scene], mask: str, most_cells: int) -> str:
    parts = [area.wkb_hex, mask, str(most_cells), *(scene.key for scene in scenes)]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return salted_hmac("hub.forecast", digest, algorithm="sha256").hexdigest()[:40]


def _count(area: BaseGeometry, scenes: Sequence[Scene], mask: str, most_cells: int) -> Counts:
    level, least_m = _fit(scenes)
    looks = mean_looks([scene.footprint for scene in scenes], area)
    grid = map_grid(area, looks=looks, least_m=least_m, most_cells=most_cells)
    while level + 1 < len(LEVELS) and scenes and grid.metres >= _cell_m(scenes, level + 1):
        level += 1
    inside = cells_inside(area, grid)
    return count_valid(_sightings(scenes, level), grid, registry.masks()[mask], inside)


def _fit(scenes: Sequence[Scene]) -> tuple[int, float]:
    """The finest level of cells that can be unpacked in time, and the smallest cells of a map that it serves."""
    level = 0
    while level + 1 < len(LEVELS) and _cells(scenes, level) > _MOST_UNPACKED:
        level += 1
    if not scenes:
        return level, FINEST_CELL_M
    # Half a cell: the edge of the area is sharper than the classes are.
    return level, max(FINEST_CELL_M, _cell_m(scenes, level) / 2)


def _cells(scenes: Sequence[Scene], level: int) -> int:
    return sum(lattice.width * lattice.height for lattice in (lattice_of(scene.lattice, level) for scene in scenes))


def _cell_m(scenes: Sequence[Scene], level: int) -> float:
    return max(lattice_of(scene.lattice, level).cell for scene in scenes)


def _sightings(scenes: Sequence[Scene], level: int) -> Iterator[tuple[str, partial[Sighting], Lattice]]:
    packed = dict(SceneMask.objects.filter(key__in=[scene.key for scene in scenes]).values_list("key", LEVELS[level]))
    for scene in scenes:
        if scene.key not in packed:  # removed since
            continue
        lattice = lattice_of(scene.lattice, level)
        yield scene.datatake, partial(sighting_of, packed[scene.key], lattice), lattice


def _as_map(counts: Counts) -> CountMap:
    shown = np.where(counts.inside, np.minimum(counts.count, OUTSIDE - 1), OUTSIDE).astype(np.uint8)
    return CountMap(counts.grid, isal_zlib.compress(shown, 1))


def _degrees(grid: CoarseGrid) -> tuple[float, float, float, float]:
    return reproject(shapely.box(*grid.bounds), grid.epsg, WGS84_EPSG).bounds
