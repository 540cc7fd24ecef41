"""A landscape that never was: towns, villages, fields and woods around a place, and how the ground under them moves.

Everything is a function of the place (metres, EPSG:3035) and the seed, so that any piece can be made on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from processing.insar.generating.noise import chance, smooth
from processing.insar.generating.reference_frame import ReferenceFrame

# Measurement points per km2 and direction. EGMS's specification: 5,000 in dense towns, 1,000 in others, 100 on bare
# ground; in woods there are a few, on a roof or a road.
_DENSITY = {"town": 5000.0, "suburb": 1000.0, "field": 100.0, "wood": 6.0}
_CORE = 0.5
_PLACE_EVERY_M = 9_000
_REACH = 4.0


class Place(NamedTuple):
    """A town or a village."""

    x: float
    y: float
    radius_m: float


@dataclass(frozen=True)
class Feature:
    """Ground that moves, most in its middle: rates in mm/yr, falling off as a Gaussian of ``radius_m``."""

    kind: str
    x: float
    y: float
    radius_m: float
    east: float = 0.0
    up: float = 0.0
    acceleration: float = 0.0
    """Upward, mm/yr^2."""
    seasonality: float = 0.0
    """Amplitude of up and down, mm."""


class Motion(NamedTuple):
    """How places move: arrays over places."""

    east: np.ndarray
    north: np.ndarray
    up: np.ndarray
    """mm/yr on 1 January 2018."""
    acceleration: np.ndarray
    """Upward, mm/yr^2."""
    seasonality: np.ndarray
    """Amplitude of up and down, mm; highest at the end of winter."""


def _main_features(x: float, y: float) -> tuple[Feature, ...]:
    """What is to be seen around the centre, whatever the seed."""
    return (
        Feature("bowl", x + 1200, y + 900, 800, up=-25),
        Feature("landslide", x - 4000, y - 3000, 450, east=-12, up=-8),
        Feature("uplift", x + 4500, y - 3500, 1000, up=9),
        Feature("clay", x - 3500, y + 4000, 1500, seasonality=8),
        Feature("accelerating", x + 3500, y + 5000, 500, up=-3, acceleration=-4),
    )


class Scenery:
    """The landscape around a centre (EPSG:3035)."""

    def __init__(self, x: float, y: float, *, seed: int, gnss: Path | None = None) -> None:
        self.x, self.y, self._seed = x, y, seed
        self._frame = ReferenceFrame(gnss)

    @cached_property
    def main_features(self) -> tuple[Feature, ...]:
        return _main_features(self.x, self.y)

    def density(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Points per km2 that a satellite sees in one direction."""
        nearness = self._nearness(x, y)
        wooded = smooth(x, y, scale_m=4000, seed=self._seed, salt=1) + 0.3 * self._rough(x, y, 2)
        land = np.where(wooded > 0.55, _DENSITY["wood"], _DENSITY["field"])
        built = np.where(nearness < _CORE, _DENSITY["town"], _DENSITY["suburb"])
        # No two streets are alike.
        return np.where(nearness < 1, built, land) * (0.6 + 0.8 * self._rough(x, y, 3))

    def coherence(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Mean temporal coherence of points there, were they still: 0.6 in woods to 0.88 in towns."""
        nearness = self._nearness(x, y)
        return np.select([nearness < _CORE, nearness < 1], [0.88, 0.83], 0.6 + 0.12 * self._rough(x, y, 4))

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Metres above the sea."""
        hills = smooth(x, y, scale_m=15_000, seed=self._seed, salt=5)
        return 8 + 90 * hills**2 + 10 * smooth(x, y, scale_m=1200, seed=self._seed, salt=6)

    def frame_velocity(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """East, north, up of the GNSS model, mm/yr."""
        return self._frame.velocity(x, y)

    def motion(self, x: np.ndarray, y: np.ndarray) -> Motion:
        """How the ground moves there."""
        east, north, up = (each.copy() for each in self._frame.velocity(x, y))
        acceleration = np.zeros(x.size)
        clay = np.clip(smooth(x, y, scale_m=6000, seed=self._seed, salt=7) - 0.55, 0, None)
        seasonality = 0.2 + 8 * clay
        for feature in self.features(*_box(x, y)):
            weight = _gaussian(x - feature.x, y - feature.y, feature.radius_m)
            east += feature.east * weight
            up += feature.up * weight
            acceleration += feature.acceleration * weight
            seasonality = np.maximum(seasonality, feature.seasonality * weight)
        return Motion(east, north, up, acceleration, seasonality)

    def features(self, west: float, south: float, east: float, north: float) -> list[Feature]:
        """What moves in or near a box, and the main ones wherever: one in every third town or village."""
        found = list(self.main_features)
        for column, row, place in self._lattice(west, south, east, north):
            kind = float(chance(column, row, seed=self._seed, salt=20))
            strength = float(chance(column, row, seed=self._seed, salt=21))
            radius = 0.4 * place.radius_m + 200
            if kind < 0.15:
                found.append(Feature("bowl", place.x, place.y, radius, up=-4 - 16 * strength))
            elif kind < 0.22:
                found.append(Feature("uplift", place.x, place.y, radius, up=3 + 6 * strength))
            elif kind < 0.32:
                found.append(Feature("clay", place.x, place.y, radius * 2, seasonality=3 + 5 * strength))
        return found

    def places(self, west: float, south: float, east: float, north: float) -> list[Place]:
        """Towns and villages that reach into a box."""
        found = [Place(self.x, self.y, 3000.0), *(Place(each.x, each.y, 600.0) for each in self.main_features)]
        return found + [place for _, _, place in self._lattice(west, south, east, north)]

    def _lattice(self, west: float, south: float, east: float, north: float) -> list[tuple[int, int, Place]]:
        """Places that no one asked for: one in two thirds of the squares of 9 km, none near the centre."""
        found = []
        for row in range(_square(south) - 1, _square(north) + 2):
            for column in range(_square(west) - 1, _square(east) + 2):
                there, aside, upward, size = (
                    float(chance(column, row, seed=self._seed, salt=salt)) for salt in (10, 11, 12, 13)
                )
                place = Place(
                    (column + 0.2 + 0.6 * aside) * _PLACE_EVERY_M, (row + 0.2 + 0.6 * upward) * _PLACE_EVERY_M,
                    1200 + 15_000 * (size - 0.94) if size > 0.94 else 250 + 600 * size,
                )  # fmt: skip
                if there < 0.67 and np.hypot(place.x - self.x, place.y - self.y) > 9000:
                    found.append((column, row, place))
        return found

    def _nearness(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Distance from the nearest town or village as a share of its radius: under 1 is within it."""
        nearest = np.full(x.shape, np.inf)
        for place in self.places(*_box(x, y)):
            # Towns are not round.
            np.minimum(nearest, np.hypot(x - place.x, y - place.y) / place.radius_m, out=nearest)
        return nearest * (0.75 + 0.5 * self._rough(x, y, 8))

    def _rough(self, x: np.ndarray, y: np.ndarray, salt: int) -> np.ndarray:
        return smooth(x, y, scale_m=700, seed=self._seed, salt=salt)


def _square(coordinate: float) -> int:
    return int(np.floor(coordinate / _PLACE_EVERY_M))


def _box(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float]:
    if x.size == 0:
        return 0.0, 0.0, 0.0, 0.0
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _gaussian(across: np.ndarray, up: np.ndarray, radius_m: float) -> np.ndarray:
    squares = (across**2 + up**2) / radius_m**2
    return np.where(squares < _REACH**2, np.exp(-0.5 * squares), 0.0)
