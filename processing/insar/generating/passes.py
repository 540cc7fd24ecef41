"""How a satellite sees the landscape: tracks, swaths, bursts, and where a line and a pixel of a burst lie.

Distances on the ground are as if it were flat: along the flight and across it, in EPSG:3035.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

SECOND_SATELLITE = date(2016, 10, 1)
"""Until then every second pass is missing."""

_BURST_M, _BURST_EVERY_M = 20_200, 19_000
_LINE_M = 14.1
_SLANT_PIXEL_M = 2.33
PIXEL_KM2 = 52e-6
"""On the ground, of the middle swath."""
# From the near edge of the swath, which overlap.
_SWATHS_M = {1: (0, 88_000), 2: (85_500, 172_000), 3: (169_000, 252_000)}
_NEAREST_DEG, _FARTHEST_DEG, _FARTHEST_M = 30.6, 46.0, 252_000
# Tracks beside each other, at 44 degrees north; their numbers differ by 102 of 175.
_NEXT_TRACK_M, _NEXT_TRACK, _TRACKS = 165_000, 102, 175
_HEADING = {"ascending": 349.0, "descending": 191.0}
# The track that passes at Dax, where it lies in its swath, and its burst at that latitude.
_FIRST = {"ascending": (30, 215_000, 261), "descending": (8, 130_000, 812)}
_TRACKS_EACH_SIDE = 3


@dataclass(frozen=True)
class Track:
    """One relative orbit over the landscape."""

    number: int
    direction: str
    centre: tuple[float, float]
    north_deg: float
    """Where true north lies in EPSG:3035 at the centre, clockwise from its own."""
    centre_m: float
    """How far the centre lies from the near edge of the swath."""
    first_burst: int

    @property
    def heading(self) -> float:
        """True, degrees clockwise from north."""
        return _HEADING[self.direction]

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors along the flight and in the direction of view."""
        along, across = (np.radians(self.heading + self.north_deg + turned) for turned in (0, 90))
        return np.array([np.sin(along), np.cos(along)]), np.array([np.sin(across), np.cos(across)])

    def from_ground(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metres along the flight from the centre, and across it from the swath's near edge."""
        along, across = self._axes
        east, north = x - self.centre[0], y - self.centre[1]
        return along[0] * east + along[1] * north, across[0] * east + across[1] * north + self.centre_m

    def to_ground(self, along_m: np.ndarray, across_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """EPSG:3035."""
        along, across = self._axes
        away = across_m - self.centre_m
        return (
            self.centre[0] + along[0] * along_m + across[0] * away,
            self.centre[1] + along[1] * along_m + across[1] * away,
        )

    def dates(self, first_year: int, last_year: int, step_days: int) -> tuple[date, ...]:
        """Every ``step_days`` days, twice as rarely before the second satellite; the track's own days."""
        day = date(first_year, 1, 1) + timedelta(self.number % step_days)
        found = []
        while day.year <= last_year:
            found.append(day)
            day += timedelta(step_days if day >= SECOND_SATELLITE or step_days > 6 else 2 * step_days)
        return tuple(found)


@dataclass(frozen=True)
class Burst:
    """A piece of one swath of a track; what EGMS delivers as one file."""

    track: Track
    swath: int
    step: int
    """Pieces from the one that begins at the centre."""

    @property
    def number(self) -> int:
        return self.track.first_burst + self.step

    @property
    def identity(self) -> str:
        return f"{self.track.number:03d}_{self.number:04d}_IW{self.swath}_VV"

    @property
    def pixel_m(self) -> float:
        near, far = _SWATHS_M[self.swath]
        return float(_SLANT_PIXEL_M / np.sin(np.radians(incidence((near + far) / 2))))

    @property
    def _start(self) -> tuple[float, float]:
        return self.step * _BURST_EVERY_M - (_BURST_M - _BURST_EVERY_M) / 2, _SWATHS_M[self.swath][0]

    def line_and_pixel(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those nearest to places in EPSG:3035; may lie outside of the burst."""
        along, across = self.track.from_ground(x, y)
        start, near = self._start
        line, pixel = np.rint((along - start) / _LINE_M), np.rint((across - near) / self.pixel_m)
        return line.astype(np.int64), pixel.astype(np.int64)

    def place(self, line: np.ndarray, pixel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """EPSG:3035 of lines and pixels."""
        start, near = self._start
        return self.track.to_ground(start + line * _LINE_M, near + pixel * self.pixel_m)

    def holds(self, line: np.ndarray, pixel: np.ndarray) -> np.ndarray:
        near, far = _SWATHS_M[self.swath]
        lines, pixels = int(_BURST_M / _LINE_M), int((far - near) / self.pixel_m)
        return (line >= 0) & (line <= lines) & (pixel >= 0) & (pixel <= pixels)

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in EPSG:3035."""
        start, _ = self._start
        near, far = _SWATHS_M[self.swath]
        x, y = self.track.to_ground(
            np.array([start, start, start + _BURST_M, start + _BURST_M]), np.array([near, far, near, far], float)
        )
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def incidence(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Degrees from the vertical."""
        return incidence(self.track.from_ground(x, y)[1])

    def towards_satellite(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """East, north, up of the unit vector from the ground; the satellite looks to its right."""
        slant, heading = np.radians(self.incidence(x, y)), np.radians(self.track.heading)
        return -np.sin(slant) * np.cos(heading), np.sin(slant) * np.sin(heading), np.cos(slant)


def incidence(across_m: np.ndarray | float) -> np.ndarray:
    """Incidence angle in degrees by the distance from the swath's near edge."""
    return _NEAREST_DEG + (_FARTHEST_DEG - _NEAREST_DEG) * np.asarray(across_m) / _FARTHEST_M


def tracks(direction: str, centre: tuple[float, float], north_deg: float) -> list[Track]:
    """The tracks around the centre that fly in a direction; the first passes it."""
    number, centre_m, burst = _FIRST[direction]
    steps = sorted(range(-_TRACKS_EACH_SIDE, _TRACKS_EACH_SIDE + 1), key=abs)
    return [
        Track(
            (number + _NEXT_TRACK * step - 1) % _TRACKS + 1, direction, centre, north_deg,
            centre_m - _NEXT_TRACK_M * step, burst,
        )
        for step in steps
    ]  # fmt: skip


def bursts(track: Track, west: float, south: float, east: float, north: float) -> Iterator[Burst]:
    """Those that a box may reach into."""
    corners_x, corners_y = np.array([west, west, east, east]), np.array([south, north, south, north])
    along, across = track.from_ground(corners_x, corners_y)
    first = int(np.floor((along.min() - _BURST_M) / _BURST_EVERY_M))
    for step in range(first, int(np.ceil(along.max() / _BURST_EVERY_M)) + 1):
        for swath, (near, far) in _SWATHS_M.items():
            if across.max() >= near and across.min() <= far:
                yield Burst(track, swath, step)


def looks(track: Track, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """In how many bursts of the track places lie."""
    along, across = track.from_ground(x, y)
    swaths = sum(((across >= near) & (across <= far)).astype(np.int64) for near, far in _SWATHS_M.values())
    into = (along + (_BURST_M - _BURST_EVERY_M) / 2) % _BURST_EVERY_M
    return swaths * np.where(into <= _BURST_M - _BURST_EVERY_M, 2, 1)
