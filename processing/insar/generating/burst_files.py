"""L2a and L2b: the points of a burst along the line of sight."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import numpy as np

from processing.insar.egms.pids import encode_l2_many
from processing.insar.generating.delivered import Made, Truth, lon_lat, tenths
from processing.insar.generating.noise import chance
from processing.insar.generating.passes import Burst
from processing.insar.generating.points import Points, Release, middle_year, series, strip_points, strips
from processing.insar.generating.scenery import Scenery
from processing.insar.generating.writing import MadeDelivery, burst_xml
from processing.insar.motion import fields, temporal_coherence
from processing.insar.regression import DAYS_PER_YEAR

_COLUMNS = (
    "mp_type", "latitude", "longitude", "easting", "northing", "height", "height_wgs84", "line", "pixel", "rmse",
    "temporal_coherence", "amplitude_dispersion", "incidence_angle", "track_angle", "los_east", "los_north", "los_up",
    "mean_velocity", "mean_velocity_std", "acceleration", "acceleration_std", "seasonality", "seasonality_std",
)  # fmt: skip
# Points whose series are in memory together: 5 MB at 300 dates.
_AT_ONCE = 4096
# The ellipsoid under the sea's level around Dax.
_GEOID_M = 48.6
_LARGEST_CONSTANT, _LARGEST_RAMP = 2.0, 1.5


def make_burst(
    folder: Path, burst: Burst, scenery: Scenery, release: Release, levels: Sequence[str], made: date
) -> list[Made]:
    """The files of the burst, one of each level ("L2a", "L2b"), of the same points; none where there are no points."""
    dates = burst.track.dates(release.first_year, release.last_year, release.step_days)
    years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
    truth = Truth()
    with ExitStack() as stack:
        paths = {level: folder / _name(level, burst, release) for level in levels}
        files = {
            level: stack.enter_context(MadeDelivery(path, _columns(level), dates, whole_places=False))
            for level, path in paths.items()
        }
        for strip in strips(burst, release):
            points = strip_points(burst, strip, scenery, release)
            for rows, moved in series(points, dates, burst, strip, release, at_once=_AT_ONCE):
                some = points.some(rows)
                pids, told, ramp = _pids(burst, some, release), _told(burst, some, scenery), _ramp(burst, some, release)
                for level, file in files.items():
                    own = moved - np.outer(ramp, years).astype(np.float32) if level == "L2a" else moved
                    kept = tenths(own)
                    told["temporal_coherence"] = temporal_coherence(kept, years)
                    file.write(pids, told | fields(kept, years).as_dict(), kept)
                truth.add(burst.identity, burst.track.direction, pids, _true(some, release, ramp))
        for level, file in files.items():
            file.finish(burst_xml(level, burst.identity, release.facility, made, dates))
        return [
            Made(path, level, burst.track.direction, burst.identity, files[level].count, truth)
            for level, path in paths.items()
            if files[level].count
        ]


def _name(level: str, burst: Burst, release: Release) -> str:
    return f"EGMS_{level}_{burst.identity}_{release.first_year}_{release.last_year}_{release.version}.zip"


def _columns(level: str) -> tuple[str, ...]:
    return ("cluster_label", *_COLUMNS) if level == "L2a" else _COLUMNS


def _pids(burst: Burst, points: Points, release: Release) -> np.ndarray:
    return encode_l2_many(
        release.facility, burst.track.number, burst.number, burst.swath, "VV", points.line, points.pixel
    )


def _told(burst: Burst, points: Points, scenery: Scenery) -> dict[str, np.ndarray]:
    """What is known of points beside their motion."""
    lon, lat = lon_lat(points.x, points.y)
    height = scenery.height(points.x, points.y)
    return {
        "cluster_label": np.zeros(len(points)),
        "mp_type": points.area_m2,
        "latitude": lat,
        "longitude": lon,
        "easting": points.x,
        "northing": points.y,
        "height": height,
        "height_wgs84": height + _GEOID_M,
        "line": points.line,
        "pixel": points.pixel,
        "amplitude_dispersion": points.dispersion,
        "incidence_angle": burst.incidence(points.x, points.y),
        "track_angle": np.full(len(points), burst.track.heading),
        "los_east": points.los[0],
        "los_north": points.los[1],
        "los_up": points.los[2],
    }


def _ramp(burst: Burst, points: Points, release: Release) -> np.ndarray:
    """mm/yr that L2a lacks: a plane over the burst and a constant, as its reference is its own."""
    west, south, east, north = burst.bounds()
    of_track = burst.track.number * 8 + burst.swath
    constant, eastward, northward = (
        2 * float(chance(of_track, burst.number, seed=release.seed, salt=salt)) - 1 for salt in (30, 31, 32)
    )
    across, up = (points.x - west) / (east - west) - 0.5, (points.y - south) / (north - south) - 0.5
    return _LARGEST_CONSTANT * constant + _LARGEST_RAMP * (eastward * across + northward * up)


def _true(points: Points, release: Release, ramp: np.ndarray) -> dict[str, np.ndarray]:
    velocity, acceleration, seasonality = points.rates()
    years = middle_year(release)
    return {
        "east": points.motion.east,
        "north": points.motion.north,
        "up": points.motion.up + points.motion.acceleration * years,
        "velocity": velocity + acceleration * years,
        "acceleration": acceleration,
        "seasonality": seasonality,
        "noise": points.noise_mm,
        "ramp": ramp,
    }
