"""L3: eastward and upward motion of cells of 100 m, from the two directions of L2b."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from processing.insar.egms.pids import encode_l3_many
from processing.insar.generating.delivered import Made, Truth, tenths
from processing.insar.generating.passes import Burst, Track
from processing.insar.generating.points import (
    CELL_M,
    STRIP_M,
    Points,
    Release,
    middle_year,
    series,
    strip_points,
    strips,
)
from processing.insar.generating.scenery import Scenery
from processing.insar.generating.writing import MadeDelivery, tile_xml
from processing.insar.motion import fields
from processing.insar.regression import DAYS_PER_YEAR

TILE_M = 100_000
ORIGIN = date(2014, 4, 3)
"""The regular dates are every sixth day from it."""

_EVERY_DAYS = 6
_COLUMNS = (
    "easting", "northing", "height", "rmse", "mean_velocity", "mean_velocity_std", "acceleration", "acceleration_std",
    "seasonality", "seasonality_std",
)  # fmt: skip
_COMPONENTS = {"U": "up", "E": "east"}
_CELLS_ACROSS, _CELLS_UP = TILE_M // CELL_M, STRIP_M // CELL_M
_AT_ONCE = 4096
# Of the sums over the points of a cell: towards the satellite (3), height, east, up, acceleration, seasonality.
_TOLD = 8


@dataclass
class _Look:
    """Sums over the points that one track sees in the cells of a strip."""

    track: Track
    dates: tuple[date, ...]
    cells: int
    series: np.ndarray = field(init=False)
    told: np.ndarray = field(init=False)
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.series = np.zeros((self.cells, len(self.dates)), np.float32)
        self.told = np.zeros((self.cells, _TOLD))
        self.counts = np.zeros(self.cells, np.int64)

    def add(self, cell: np.ndarray, moved: np.ndarray, told: np.ndarray) -> None:
        order = np.argsort(cell, kind="stable")
        found, first = np.unique(cell[order], return_index=True)
        self.series[found] += np.add.reduceat(moved[order], first, axis=0)
        self.told[found] += np.add.reduceat(told[order], first, axis=0)
        self.counts += np.bincount(cell, minlength=self.cells)


def make_tile(
    folder: Path, corner: tuple[int, int], bursts: Sequence[Burst], scenery: Scenery, release: Release, made: date
) -> list[Made]:
    """Up and east of the tile whose south-west corner (in tiles) is given; none where it has no cells."""
    dates = _regular_dates(bursts, release)
    truths = {component: Truth() for component in _COMPONENTS}
    with ExitStack() as stack:
        names = {component: _identity(corner, component) for component in _COMPONENTS}
        paths = {component: folder / _name(corner, component, release) for component in _COMPONENTS}
        files = {
            component: stack.enter_context(MadeDelivery(path, _COLUMNS, dates, whole_places=True))
            for component, path in paths.items()
        }
        south = corner[1] * TILE_M // STRIP_M
        for strip in range(south, south + TILE_M // STRIP_M):
            looks = _looks(corner, strip, bursts, scenery, release)
            if {look.track.direction for look in looks} == {"ascending", "descending"}:
                _write_strip(corner, strip, looks, dates, scenery, release, files, truths)
        for file in files.values():
            file.finish(tile_xml(release.facility, made))
        return [
            Made(paths[each], "L3", _COMPONENTS[each], names[each], files[each].count, truths[each])
            for each in _COMPONENTS
            if files[each].count
        ]


def _identity(corner: tuple[int, int], component: str) -> str:
    return f"E{corner[0]:02d}N{corner[1]:02d}_{component}"


def _name(corner: tuple[int, int], component: str, release: Release) -> str:
    years = f"{release.first_year}_{release.last_year}_{release.version}"
    return f"EGMS_L3_E{corner[0]:02d}N{corner[1]:02d}_100km_{component}_{years}.zip"


def _regular_dates(bursts: Sequence[Burst], release: Release) -> tuple[date, ...]:
    """Every sixth day that all tracks have dates around: nothing is extrapolated."""
    own = [
        track.dates(release.first_year, release.last_year, release.step_days)
        for track in {burst.track for burst in bursts}
    ]
    first, last = max(dates[0] for dates in own), min(dates[-1] for dates in own)
    step = max(_EVERY_DAYS, release.step_days // _EVERY_DAYS * _EVERY_DAYS)
    day = ORIGIN + timedelta(-(-(first - ORIGIN).days // step) * step)
    return tuple(day + timedelta(passed) for passed in range(0, (last - day).days + 1, step))


def _looks(
    corner: tuple[int, int], strip: int, bursts: Sequence[Burst], scenery: Scenery, release: Release
) -> list[_Look]:
    """What each track sees in a strip of the tile."""
    found: dict[int, _Look] = {}
    for burst in bursts:
        if strip not in strips(burst, release):
            continue
        points = strip_points(burst, strip, scenery, release)
        if not len(points):
            continue
        track = burst.track
        if track.number not in found:
            dates = track.dates(release.first_year, release.last_year, release.step_days)
            found[track.number] = _Look(track, dates, _CELLS_ACROSS * _CELLS_UP)
        look = found[track.number]
        for rows, moved in series(points, look.dates, burst, strip, release, at_once=_AT_ONCE):
            some = points.some(rows)
            cell, inside = _cells(corner, strip, some)
            if inside.any():
                look.add(cell[inside], moved[inside], _told(some, scenery)[inside])
    return list(found.values())


def _cells(corner: tuple[int, int], strip: int, points: Points) -> tuple[np.ndarray, np.ndarray]:
    column = np.floor((points.x - corner[0] * TILE_M) / CELL_M).astype(np.int64)
    row = np.floor((points.y - strip * STRIP_M) / CELL_M).astype(np.int64)
    return row * _CELLS_ACROSS + column, (column >= 0) & (column < _CELLS_ACROSS)


def _told(points: Points, scenery: Scenery) -> np.ndarray:
    motion = points.motion
    height = scenery.height(points.x, points.y)
    return np.stack([*points.los, height, motion.east, motion.up, motion.acceleration, motion.seasonality], axis=1)


def _write_strip(
    corner: tuple[int, int], strip: int, looks: Sequence[_Look], dates: tuple[date, ...], scenery: Scenery,
    release: Release, files: dict[str, MadeDelivery], truths: dict[str, Truth],
) -> None:  # fmt: skip
    """Solve and write the cells of the strip that are seen from both sides."""
    seen = {
        direction: sum(look.counts for look in looks if look.track.direction == direction)
        for direction in ("ascending", "descending")
    }
    cells = np.flatnonzero((seen["ascending"] > 0) & (seen["descending"] > 0))
    years = np.array([(day - dates[0]).days for day in dates]) / DAYS_PER_YEAR
    x = corner[0] * TILE_M + (cells % _CELLS_ACROSS + 0.5) * CELL_M
    y = strip * STRIP_M + (cells // _CELLS_ACROSS + 0.5) * CELL_M
    pids = encode_l3_many(release.facility, x, y)
    for start in range(0, cells.size, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        north = scenery.frame_velocity(x[some], y[some])[1]
        solved, told = _solved(cells[some], looks, dates, np.outer(north, years))
        for component, file in files.items():
            kept = tenths(solved[component])
            place = {"easting": x[some], "northing": y[some], "height": told[:, 3]}
            file.write(pids[some], place | fields(kept, years).as_dict(), kept)
            identity = _identity(corner, component)
            truths[component].add(identity, _COMPONENTS[component], pids[some], _true(component, told, release))


def _solved(
    cells: np.ndarray, looks: Sequence[_Look], dates: tuple[date, ...], north: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Series (cell, date) of east and up, mm, and the mean of what is told of both directions' points.

    Two looks, closed form: y = e E + u U for each, once the north motion of the GNSS model is taken off.
    """
    seen: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for direction in ("ascending", "descending"):
        total, told, counts = np.zeros(north.shape), np.zeros((cells.size, _TOLD)), np.zeros(cells.size)
        for look in looks:
            if look.track.direction == direction:
                total += look.series[cells] @ _interpolation(look.dates, dates)
                told += look.told[cells]
                counts += look.counts[cells]
        told /= counts[:, np.newaxis]
        seen[direction] = total / counts[:, np.newaxis] - told[:, 1, np.newaxis] * north, told
    (ascending, a), (descending, d) = seen["ascending"], seen["descending"]
    a_east, a_up, d_east, d_up = (each[:, np.newaxis] for each in (a[:, 0], a[:, 2], d[:, 0], d[:, 2]))
    determinant = a_east * d_up - a_up * d_east
    east = (d_up * ascending - a_up * descending) / determinant
    up = (a_east * descending - d_east * ascending) / determinant
    return {"E": east, "U": up}, (a + d) / 2


def _interpolation(own: tuple[date, ...], regular: tuple[date, ...]) -> np.ndarray:
    """Weights (own date, regular date) of linear interpolation in time, float32."""
    at = np.array([(day - ORIGIN).days for day in own], float)
    wanted = np.array([(day - ORIGIN).days for day in regular], float)
    after = np.clip(np.searchsorted(at, wanted), 1, at.size - 1)
    share = (wanted - at[after - 1]) / (at[after] - at[after - 1])
    weights = np.zeros((at.size, wanted.size), np.float32)
    columns = np.arange(wanted.size)
    weights[after - 1, columns] = 1 - share
    weights[after, columns] += share.astype(np.float32)
    return weights


def _true(component: str, told: np.ndarray, release: Release) -> dict[str, np.ndarray]:
    years = middle_year(release)
    east, up = told[:, 4], told[:, 5] + told[:, 6] * years
    still = np.zeros(len(told))
    if component == "E":
        return {"east": east, "up": up, "velocity": east, "acceleration": still, "seasonality": still}
    return {"east": east, "up": up, "velocity": up, "acceleration": told[:, 6], "seasonality": told[:, 7]}
