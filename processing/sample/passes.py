"""When the two satellites pass, on which orbit, with what sun, and by which processing baseline the date was made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from shapely.geometry import Polygon

from processing.sample.grids import Window

LONGITUDE_DEG = 15.7
LATITUDE_DEG = 46.0

# Real passes over these tiles: days since the first, satellite, relative orbit. They repeat every 30 days here;
# the true pattern has twice as many.
PASSES = ((0, "A", 122), (7, "A", 79), (10, "A", 122), (12, "B", 79), (15, "B", 122), (22, "B", 79))
CYCLE_DAYS = 30

# Archives mix baselines like this after a partial reprocessing; dates and baselines need not match history.
BASELINES = ("04.00", "03.01", "05.09", "05.09")

# Absolute orbits of August 2023 from which the others are counted: 143 orbits in ten days.
KNOWN_ORBITS = {
    ("A", 79): (date(2023, 8, 15), 42547),
    ("A", 122): (date(2023, 8, 18), 42590),
    ("B", 79): (date(2023, 8, 10), 33567),
    ("B", 122): (date(2023, 8, 13), 33610),
}
DATATAKE_STARTS = {
    ("A", 79): time(9, 50, 31),
    ("A", 122): time(10, 0, 31),
    ("B", 79): time(9, 45, 49),
    ("B", 122): time(9, 55, 59),
}
SENSED_AT = {79: time(9, 58, 11), 122: time(10, 8, 8)}
"""When an orbit's satellites pass over tile 33TWL; over its northern neighbour they are 14 s earlier."""

EDGE_SLOPE = 0.25
"""Metres east per metre north of the swath's edge on a descending orbit at 46 degrees north."""

EDGE_AT = 0.62
"""Where orbit 122 ends, as a share of the window's width, on the window's middle row."""


@dataclass(frozen=True)
class Pass:
    """One datatake: a satellite over the window on one day."""

    number: int
    day: date
    satellite: str
    orbit: int
    baseline: str

    @property
    def datatake_start(self) -> datetime:
        return datetime.combine(self.day, DATATAKE_STARTS[self.satellite, self.orbit], tzinfo=UTC)

    @property
    def absolute_orbit(self) -> int:
        known_day, orbit = KNOWN_ORBITS[self.satellite, self.orbit]
        return orbit + round(143 * (self.day - known_day).days / 10)

    @property
    def dn_offset(self) -> int:
        """What the processor added to every value: 1000 from baseline 04.00 on."""
        return 1000 if self.baseline >= "04.00" else 0

    @property
    def day_of_year(self) -> int:
        return self.day.timetuple().tm_yday

    def sensed_at(self, tile: str) -> datetime:
        lead = timedelta(seconds=14 if tile == "33TWM" else 0)
        return datetime.combine(self.day, SENSED_AT[self.orbit], tzinfo=UTC) - lead

    def sun(self) -> tuple[float, float]:
        """Azimuth and elevation of the sun over the window in degrees, to two degrees: there is no equation of time."""
        azimuth, elevation = self.sun_at(np.array(LONGITUDE_DEG), np.array(LATITUDE_DEG))
        return float(azimuth), float(elevation)

    def sun_at(self, longitude_deg: np.ndarray, latitude_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Azimuths and elevations of the sun at these places, in degrees."""
        declination = np.radians(23.44 * np.sin(2 * np.pi * (284 + self.day_of_year) / 365))
        seen = self.sensed_at("33TWL")
        solar_hour = seen.hour + seen.minute / 60 + longitude_deg / 15 - 12
        hour_angle, latitude = np.radians(15 * solar_hour), np.radians(latitude_deg)
        sine = np.sin(latitude) * np.sin(declination)
        sine += np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
        elevation = np.arcsin(sine)
        azimuth = np.pi + np.arctan2(
            np.sin(hour_angle),
            np.cos(hour_angle) * np.sin(latitude) - np.tan(declination) * np.cos(latitude),
        )
        return np.degrees(azimuth), np.degrees(elevation)

    def swath(self, window: Window) -> Polygon:
        """What the pass covers of the window and beyond, in metres: all, or the part west of a slanted edge."""
        middle = window.top - window.height_m / 2
        edge = edge_east_m(window) if self.orbit == 122 else window.right + window.height_m
        reach = float(window.height_m)
        return Polygon(
            [
                (window.left - reach, middle - reach),
                (edge - EDGE_SLOPE * reach, middle - reach),
                (edge + EDGE_SLOPE * reach, middle + reach),
                (window.left - reach, middle + reach),
            ]
        )


def edge_east_m(window: Window) -> float:
    """Where orbit 122 ends on the window's middle row."""
    return window.left + EDGE_AT * window.width_m


def plan_passes(start: date, count: int) -> list[Pass]:
    """The first ``count`` passes from ``start`` on."""
    passes = []
    for number in range(count):
        cycle, turn = divmod(number, len(PASSES))
        days, satellite, orbit = PASSES[turn]
        day = start + timedelta(days=cycle * CYCLE_DAYS + days)
        passes.append(Pass(number, day, satellite, orbit, BASELINES[number % len(BASELINES)]))
    return passes
