"""The points that a satellite sees in a strip of a burst, and their series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from processing.insar.generating.passes import Burst
from processing.insar.generating.scenery import Motion, Scenery
from processing.insar.motion import WAVELENGTH_MM
from processing.insar.regression import DAYS_PER_YEAR, product

EPOCH = date(2018, 1, 1)
"""The scenery's rates are those of this day; time counts in years of 365 days from it."""

CELL_M = 100
STRIP_M = 2000
"""Points are made strip by strip, from south to north; a strip is the same whichever level is made of it."""

# Of the points of the landscape, those that a release has; each next year another tenth is missing.
PRESENT = 0.9
_ANOTHER_MISSING = 0.1
# When the ground is highest: the end of winter.
_HIGHEST_YEAR = 0.17


@dataclass(frozen=True)
class Release:
    """What one release has in common."""

    first_year: int
    last_year: int
    version: int
    step_days: int
    seed: int
    density_share: float
    """How many of the points of the landscape there are."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north of its area in EPSG:3035."""

    facility: int = 2


@dataclass(frozen=True)
class Points:
    """Points of a burst: arrays over points."""

    line: np.ndarray
    pixel: np.ndarray
    x: np.ndarray
    y: np.ndarray
    coherence: np.ndarray
    """Temporal coherence that its noise leads to."""
    area_m2: np.ndarray
    """0 for a point scatterer."""
    dispersion: np.ndarray
    motion: Motion
    los: np.ndarray
    """(3, point): east, north, up towards the satellite."""

    def __len__(self) -> int:
        return int(self.x.size)

    def some(self, chosen: slice | np.ndarray) -> Points:
        arrays = {name: getattr(self, name)[chosen] for name in ("line", "pixel", "x", "y", "coherence", "area_m2")}
        motion = Motion(*(each[chosen] for each in self.motion))
        return replace(self, **arrays, dispersion=self.dispersion[chosen], motion=motion, los=self.los[:, chosen])

    @property
    def noise_mm(self) -> np.ndarray:
        """Standard deviation of a displacement: white phase noise of this size has this coherence."""
        return WAVELENGTH_MM / (4 * np.pi) * np.sqrt(-2 * np.log(self.coherence))

    def rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Velocity (on EPOCH), acceleration and annual amplitude along the line of sight."""
        east, north, up = self.los
        moved = self.motion
        velocity = east * moved.east + north * moved.north + up * moved.up
        return velocity, up * moved.acceleration, up * moved.seasonality


def strips(burst: Burst, release: Release) -> range:
    """Numbers of the strips that the burst may have points in."""
    _, south, _, north = _clipped(burst, release)
    return range(int(south // STRIP_M), int(np.ceil(north / STRIP_M)))


def strip_points(burst: Burst, strip: int, scenery: Scenery, release: Release) -> Points:
    """The points of the burst with ``strip`` x STRIP_M <= y < (``strip`` + 1) x STRIP_M."""
    rng = _generator(burst, strip, release, 0)
    line, pixel = _scattered(burst, strip, scenery, release, rng)
    x, y = burst.place(line, pixel)
    mean = scenery.coherence(x, y)
    coherence = np.clip(mean + 0.06 * rng.standard_normal(x.size), 0.45, 0.97)
    # Bright corners are points, fields are areas.
    area = np.where(rng.random(x.size) < mean - 0.2, 0, np.rint(rng.uniform(400, 6000, x.size))).astype(np.int64)
    dispersion = np.clip(0.75 - 0.62 * coherence + 0.04 * rng.standard_normal(x.size), 0.05, 0.6)
    present = (rng.random(x.size) - _ANOTHER_MISSING * (release.first_year - EPOCH.year)) % 1 < PRESENT
    points = Points(
        line, pixel, x, y, coherence, area, dispersion, scenery.motion(x, y), np.stack(burst.towards_satellite(x, y))
    )
    return points.some(present)


def series(
    points: Points, dates: tuple[date, ...], burst: Burst, strip: int, release: Release, *, at_once: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Displacements towards the satellite: (rows, float32 (point, date) in mm), ``at_once`` points at a time.

    The first date's true displacement is 0; noise is white.
    """
    rng = _generator(burst, strip, release, 1)
    t = np.array([(day - EPOCH).days for day in dates]) / DAYS_PER_YEAR
    velocity, acceleration, amplitude = (each.astype(np.float32) for each in points.rates())
    noise = points.noise_mm.astype(np.float32)
    columns = (t - t[0], 0.5 * (t**2 - t[0] ** 2), np.cos(2 * np.pi * (t - _HIGHEST_YEAR)))
    trend, curve, season = (each.astype(np.float32) for each in columns)
    season -= season[0]
    for start in range(0, len(points), at_once):
        rows = slice(start, min(start + at_once, len(points)))
        moved = rng.standard_normal((rows.stop - start, t.size), dtype=np.float32)
        moved *= noise[rows, np.newaxis]
        rates = np.stack([velocity[rows], acceleration[rows], amplitude[rows]], axis=1)
        moved += product(rates, np.stack([trend, curve, season]))
        yield rows, moved


def middle_year(release: Release) -> float:
    """Years from EPOCH to the middle of the release, where a quadratic's slope is its mean velocity."""
    first, last = date(release.first_year, 1, 1), date(release.last_year, 12, 31)
    return ((first - EPOCH).days + (last - EPOCH).days) / 2 / DAYS_PER_YEAR


def _scattered(
    burst: Burst, strip: int, scenery: Scenery, release: Release, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Lines and pixels, at most one point on each, of points scattered over cells by density."""
    west, south, east, north = _clipped(burst, release)
    columns = np.arange(np.floor(west / CELL_M), np.ceil(east / CELL_M)) * CELL_M
    rows = strip * STRIP_M + np.arange(0, STRIP_M, CELL_M)
    rows = rows[(rows > south - CELL_M) & (rows < north)]
    if columns.size == 0 or rows.size == 0:
        return np.empty((2, 0), np.int64)[0], np.empty(0, np.int64)
    left, bottom = (each.ravel() for each in np.meshgrid(columns, rows))
    expected = scenery.density(left + CELL_M / 2, bottom + CELL_M / 2) * (CELL_M / 1000) ** 2
    owner = np.repeat(np.arange(left.size), rng.poisson(expected * release.density_share))
    x = left[owner] + CELL_M * rng.random(owner.size)
    y = bottom[owner] + CELL_M * rng.random(owner.size)
    line, pixel = burst.line_and_pixel(x, y)
    inside = burst.holds(line, pixel)
    line, pixel = np.divmod(np.unique(line[inside] << 16 | pixel[inside]), 1 << 16)
    # A pixel's middle may lie in the next strip, which has it already then, or outside of the area.
    x, y = burst.place(line, pixel)
    inside = (np.floor(y / STRIP_M) == strip) & (x >= west) & (x < east) & (y >= south) & (y < north)
    return line[inside], pixel[inside]


def _clipped(burst: Burst, release: Release) -> tuple[float, float, float, float]:
    """West, south, east, north of the burst in the release's area; empty where they do not meet."""
    own, area = burst.bounds(), release.bounds
    west, south = max(own[0], area[0]), max(own[1], area[1])
    return west, south, max(west, min(own[2], area[2])), max(south, min(own[3], area[3]))


def _generator(burst: Burst, strip: int, release: Release, purpose: int) -> np.random.Generator:
    """Places are those of the landscape; noise is each release's own."""
    own = (release.first_year, release.last_year, release.version) if purpose else ()
    track = burst.track
    return np.random.default_rng([abs(release.seed), track.number, burst.number, burst.swath, strip, purpose, *own])
