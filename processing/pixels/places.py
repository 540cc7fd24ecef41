"""Places: the pixel of a mosaic that holds a point, and the pixels around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from processing.areas import NORTHERNMOST, SOUTHERNMOST
from processing.errors import FieldProblem, InvalidOrder
from processing.grid import DEGREES_PER_10_M, WGS84_EPSG, Grid, lattice_origin_y, transformer
from processing.tiles import utm_epsg

SIDES = (1, 3)
"""Pixels along the edge of what can be asked for: one pixel, or it and its eight neighbours."""

# Half a zone of Svalbard's 12 degrees, and half a product that reaches out of it at 84 degrees north.
_FARTHEST_FROM_MERIDIAN_DEGREES = 12.0


@dataclass(frozen=True)
class PixelPlace:
    """Where a pixel lies: its centre."""

    lon: float
    lat: float
    x: float
    y: float
    epsg: int
    """Of x and y."""


def pixel_grid(
    lon: float,
    lat: float,
    *,
    resolution_m: int,
    crs: Literal["utm", "wgs84"] = "utm",
    epsg: int | None = None,
    side: int = 1,
) -> Grid:
    """The grid of ``side`` x ``side`` pixels around the pixel that holds a point, on the lattice of mosaics.

    ``lon``, ``lat`` in degrees. ``epsg``: the zone of a product that has the point (or 4326); by default the
    point's own zone, or degrees for ``crs`` "wgs84". Raises InvalidOrder that names ``lon``, ``lat``, ``epsg``,
    ``pixels``.
    """
    problems = [*_problems_of_point(lon, lat), *_problems_of_side(side)]
    if problems:
        raise InvalidOrder(problems)
    zone = epsg if epsg is not None else WGS84_EPSG if crs == "wgs84" else utm_epsg(lon, lat)
    _check_zone(zone, lon)
    column, row = _pixel_at(lon, lat, epsg=zone, resolution_m=resolution_m)
    margin = side // 2
    return Grid(zone, column - margin, row - margin, side, side, resolution_m)


def centres(grid: Grid) -> list[tuple[float, float]]:
    """Longitude and latitude of the grid's pixel centres, row by row."""
    x, y = np.meshgrid(*grid.pixel_centres())
    if grid.is_utm:
        x, y = transformer(grid.epsg, WGS84_EPSG).transform(x, y)
    return list(zip(np.ravel(x).tolist(), np.ravel(y).tolist(), strict=True))


def pixel_place(grid: Grid) -> PixelPlace:
    """The centre of the grid's middle pixel."""
    x, y = grid.pixel_centres()
    middle = grid.height // 2 * grid.width + grid.width // 2
    lon, lat = centres(grid)[middle]
    return PixelPlace(lon, lat, float(x[grid.width // 2]), float(y[grid.height // 2]), grid.epsg)


def _problems_of_point(lon: float, lat: float) -> list[FieldProblem]:
    problems = []
    if not (_is_number(lon) and -180 <= lon <= 180):
        problems.append(FieldProblem("lon", "must be a longitude, a number from -180 to 180 degrees"))
    if not (_is_number(lat) and SOUTHERNMOST <= lat <= NORTHERNMOST):
        problems.append(FieldProblem("lat", "must be a latitude, a number from -80 to 84 degrees"))
    return problems


def _problems_of_side(side: int) -> list[FieldProblem]:
    if isinstance(side, bool) or side not in SIDES:
        return [FieldProblem("pixels", "must be 1 for one pixel, or 3 for 3 x 3 of them")]
    return []


def _is_number(value: float) -> bool:
    # A Python integer may be too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6 and math.isfinite(value)


def _check_zone(epsg: int, lon: float) -> None:
    """Raise InvalidOrder for a CRS that no mosaic has, or one in which the point cannot be told."""
    if epsg == WGS84_EPSG:
        return
    if not isinstance(epsg, int) or not (32601 <= epsg <= 32660 or 32701 <= epsg <= 32760):
        message = "must be 4326 or a UTM zone: 32601 to 32660 in the north, 32701 to 32760 in the south"
        raise InvalidOrder([FieldProblem("epsg", message)])
    meridian = 6 * (epsg % 100) - 183
    away = abs((lon - meridian + 180) % 360 - 180)
    if away > _FARTHEST_FROM_MERIDIAN_DEGREES:
        message = f"lies {away:.0f} degrees from the middle of UTM zone {epsg % 100}, too far to be in a mosaic of it"
        raise InvalidOrder([FieldProblem("lon", message)])


def _pixel_at(lon: float, lat: float, *, epsg: int, resolution_m: int) -> tuple[int, int]:
    """Column and row, on the lattice of a CRS, of the pixel that holds a point."""
    if epsg == WGS84_EPSG:
        size = DEGREES_PER_10_M * resolution_m / 10
        return math.floor(lon / size), math.floor(-lat / size)
    x, y = transformer(WGS84_EPSG, epsg).transform(lon, lat)
    return math.floor(x / resolution_m), math.floor((lattice_origin_y(epsg) - y) / resolution_m)
