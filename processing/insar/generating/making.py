"""Whole releases: where they lie, which files they have, and making these side by side."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer

from processing.insar.generating.burst_files import make_burst
from processing.insar.generating.delivered import TRUE_COLUMNS, Made
from processing.insar.generating.passes import PIXEL_KM2, Burst, Track, bursts, looks, tracks
from processing.insar.generating.points import PRESENT, Release
from processing.insar.generating.scenery import Scenery
from processing.insar.generating.tile_files import TILE_M, make_tile

DAX = (-1.05, 43.71)
LEVELS = ("L2a", "L2b", "L3")
# Wide enough for all that moves around the centre; with fewer points than it has they are thinned out.
_LEAST_HALF_M, _LARGEST_HALF_M = 8_000, 450_000
_GROWTH = 1.1
_MOST_POINTS = 100_000_000
_SAMPLE_M, _SQUARE_M = 250, 20_000


@dataclass(frozen=True)
class Generated:
    """What ``generate`` made."""

    files: tuple[Path, ...]
    truth: Path
    """Parquet: part, direction, pid, and ``TRUE_COLUMNS``; a burst's points once, whatever its levels."""

    counts: dict[str, int]
    """Points by level."""


def generate(folder: Path, *, points: int = 10_000, **options: Any) -> Generated:
    """A release in EGMS's format in ``folder``, and what is true of it in truth.parquet; options as ``deliveries``."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    kinds = [(name, pa.string()) for name in ("part", "direction", "pid")]
    schema = pa.schema(kinds + [(name, pa.float32()) for name in TRUE_COLUMNS])
    files: list[Path] = []
    counts: dict[str, int] = {}
    told: set[tuple[str, str]] = set()
    folder.mkdir(parents=True, exist_ok=True)
    truth = folder / "truth.parquet"
    with pq.ParquetWriter(truth, schema, compression="zstd") as writer:
        for made in deliveries(folder, points=points, **options):
            files.append(made.path)
            counts[made.level] = counts.get(made.level, 0) + made.count
            if (made.identity, made.direction) not in told:
                told.add((made.identity, made.direction))
                writer.write_table(pa.table(made.truth.columns(), schema=schema))
    return Generated(tuple(files), truth, counts)


def deliveries(
    folder: Path, *, points: int = 10_000, levels: Sequence[str] = LEVELS, first_year: int = 2018,
    last_year: int = 2022, centre: tuple[float, float] = DAX, step_days: int = 6, seed: int = 1, version: int = 1,
    gnss: Path | None = None, threads: int | None = None,
) -> Iterator[Made]:  # fmt: skip
    """The files of a release, one after the other; each may be taken away before the next is asked for.

    ``points`` is about how many an L2 level has, both directions together; L3 has what comes of them. From some
    300,000 on densities are those of EGMS and the area grows; fewer lie thinly in 16 by 16 km. ``centre`` is lon, lat.
    ``gnss`` is a file of EGMS's GNSS model. A later release of the same seed has nine in ten points of the one before.
    Memory does not grow with the points. Raises ValueError for what makes no sense.
    """
    _check(points, levels, first_year, last_year, step_days)
    middle = _centre(centre)
    scenery = Scenery(*middle, seed=seed, gnss=gnss)
    seen = [track for direction in ("ascending", "descending") for track in tracks(direction, middle, _north(centre))]
    half, share = _extent(points, scenery, seen)
    bounds = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
    release = Release(first_year, last_year, version, step_days, seed, share, bounds)
    pieces = [burst for track in seen for burst in bursts(track, *bounds)]
    made = date(last_year + 1, 9, 1)
    folder.mkdir(parents=True, exist_ok=True)
    jobs: list[Callable[[], list[Made]]] = []
    if wanted := [level for level in ("L2a", "L2b") if level in levels]:
        jobs += [partial(make_burst, folder, burst, scenery, release, wanted, made) for burst in pieces]
    if "L3" in levels:
        jobs += [
            partial(make_tile, folder, corner, _within(pieces, corner), scenery, release, made)
            for corner in _tiles(bounds)
        ]
    yield from _side_by_side(jobs, threads or os.cpu_count() or 1)


def _check(points: int, levels: Sequence[str], first_year: int, last_year: int, step_days: int) -> None:
    if not 1 <= points <= _MOST_POINTS:
        raise ValueError(f"points are 1 to {_MOST_POINTS}")
    if not levels or set(levels) - set(LEVELS):
        raise ValueError(f"levels are {', '.join(LEVELS)}")
    if not 2015 <= first_year <= last_year <= 2100:
        raise ValueError("years are 2015 to 2100, the first not after the last")
    if not 1 <= step_days <= 60:
        raise ValueError("dates are 1 to 60 days apart")


def _centre(lon_lat: tuple[float, float]) -> tuple[float, float]:
    """EPSG:3035, in whole cells of 100 m."""
    x, y = Transformer.from_crs(4326, 3035, always_xy=True).transform(*lon_lat)
    if not (0 < x < 8e6 and 0 < y < 6e6):
        raise ValueError("the centre must lie in Europe, where EPSG:3035 reaches")
    return round(x, -2), round(y, -2)


def _north(lon_lat: tuple[float, float]) -> float:
    """Where true north lies in EPSG:3035 there, degrees clockwise."""
    to_plane = Transformer.from_crs(4326, 3035, always_xy=True)
    (west, east), (south, north) = to_plane.transform([lon_lat[0]] * 2, [lon_lat[1], lon_lat[1] + 0.01])
    return math.degrees(math.atan2(east - west, north - south))


def _extent(points: int, scenery: Scenery, seen: Sequence[Track]) -> tuple[float, float]:
    """Half the edge of the area, m, and the share of the landscape's points there that makes ``points`` of them."""
    half = float(_LEAST_HALF_M)
    while _expected(1.0, landscape := _landscape(half, scenery, seen)) < points:
        half = round(half * _GROWTH, -2)
        if half > _LARGEST_HALF_M:
            raise ValueError("there are not so many points in the landscape")
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _expected(middle, landscape) < points else (low, middle)
    return half, high


def _expected(share: float, landscape: tuple[np.ndarray, np.ndarray]) -> float:
    """How many points there will be; of those that fall on one pixel only one is seen."""
    density, times = landscape
    seen = -np.expm1(-share * density * PIXEL_KM2) / PIXEL_KM2
    return float((seen * times).sum() * (_SAMPLE_M / 1000) ** 2 * PRESENT)


def _landscape(half: float, scenery: Scenery, seen: Sequence[Track]) -> tuple[np.ndarray, np.ndarray]:
    """Density of points, and in how many bursts they are seen, at samples all over the area."""
    found = []
    edges = np.arange(-half, half, _SQUARE_M)
    for left in edges:
        for bottom in edges:
            across = np.arange(left, min(left + _SQUARE_M, half), _SAMPLE_M) + _SAMPLE_M / 2
            up = np.arange(bottom, min(bottom + _SQUARE_M, half), _SAMPLE_M) + _SAMPLE_M / 2
            x, y = (each.ravel() for each in np.meshgrid(scenery.x + across, scenery.y + up))
            found.append((scenery.density(x, y), np.sum([looks(track, x, y) for track in seen], axis=0)))
    return np.concatenate([density for density, _ in found]), np.concatenate([times for _, times in found])


def _tiles(bounds: tuple[float, float, float, float]) -> list[tuple[int, int]]:
    first_column, first_row, last_column, last_row = (int(each // TILE_M) for each in bounds)
    return [(column, row) for column in range(first_column, last_column + 1) for row in range(first_row, last_row + 1)]


def _within(pieces: Sequence[Burst], corner: tuple[int, int]) -> list[Burst]:
    """The bursts that reach into a tile."""
    west, south = corner[0] * TILE_M, corner[1] * TILE_M
    found = []
    for burst in pieces:
        left, bottom, right, top = burst.bounds()
        if left < west + TILE_M and right > west and bottom < south + TILE_M and top > south:
            found.append(burst)
    return found


def _side_by_side(jobs: Sequence[Callable[[], list[Made]]], threads: int) -> Iterator[Made]:
    """The jobs' files in order; only as many jobs as there are threads are ahead of who takes the files."""
    remaining = iter(jobs)
    with ThreadPoolExecutor(threads) as pool:
        running: list[Future[list[Made]]] = [pool.submit(job) for job in islice(remaining, threads)]
        try:
            while running:
                found = running.pop(0).result()
                running += [pool.submit(job) for job in islice(remaining, 1)]
                yield from found
        finally:
            for each in running:
                each.cancel()
