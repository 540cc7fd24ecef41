"""Output grids: the Sentinel-2 lattice in UTM, a lattice of degrees; blocks and the memory they take.

UTM: Sentinel-2 tiles of all zones lie on multiples of 60 m, counted from the equator (so that in the
southern zones, whose false northing of 10 000 km is not such a multiple, the northings are 40 m more
than one). WGS84: multiples of the pixel size in degrees, counted from 0, 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

DEGREES_PER_10_M = 8.983152841195215e-05
"""10 m along the equator of the WGS84 ellipsoid."""

WGS84_EPSG = 4326
_FALSE_NORTHING_SOUTH = 10_000_000
# An edge that passes a lattice line by less than this part of a pixel does not claim another row.
_SNAP_TOLERANCE_PX = 0.01


@dataclass(frozen=True)
class Block:
    """A window of the output grid, in pixels from its upper left corner: the unit of memory."""

    column: int
    row: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        return slice(self.row, self.row + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.column, self.column + self.width)


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square pixels whose corners lie on the lattice of its CRS."""

    epsg: int
    left: int
    """Column of the leftmost pixel on the CRS's lattice of this pixel size."""

    top: int
    """Row of the topmost pixel, counted from the lattice's origin southwards."""

    width: int
    height: int
    resolution_m: int

    @property
    def is_utm(self) -> bool:
        return self.epsg != WGS84_EPSG

    @property
    def pixel_size(self) -> float:
        """In units of the CRS: metres or degrees."""
        return float(self.resolution_m) if self.is_utm else DEGREES_PER_10_M * self.resolution_m / 10

    @property
    def transform(self) -> Affine:
        size = self.pixel_size
        return Affine(size, 0, self.left * size, 0, -size, lattice_origin_y(self.epsg) - self.top * size)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in units of the CRS."""
        west, north = self.transform.c, self.transform.f
        return west, north - self.height * self.pixel_size, west + self.width * self.pixel_size, north

    @cached_property
    def footprint(self) -> BaseGeometry:
        """The grid's outline in EPSG:4326."""
        west, south, east, north = self.bounds
        outline = shapely.box(west, south, east, north)
        if not self.is_utm:
            return outline
        outline = shapely.segmentize(outline, max(east - west, north - south) / 8)
        return reproject(outline, self.epsg, WGS84_EPSG)

    def blocks(self, size: int) -> Iterator[Block]:
        """The grid cut into blocks of ``size`` pixels, row by row."""
        for row in range(0, self.height, size):
            for column in range(0, self.width, size):
                yield Block(column, row, min(size, self.width - column), min(size, self.height - row))

    def part(self, block: Block) -> Grid:
        """The block as a grid of its own."""
        return Grid(
            self.epsg, self.left + block.column, self.top + block.row, block.width, block.height, self.resolution_m
        )

    def pixel_centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the pixel centres: x of every column, y of every row (float64)."""
        transform = self.transform
        x = transform.c + (np.arange(self.width) + 0.5) * self.pixel_size
        y = transform.f - (np.arange(self.height) + 0.5) * self.pixel_size
        return x, y


def lattice_origin_y(epsg: int) -> float:
    """Northing of the lattice's origin, the equator."""
    return float(_FALSE_NORTHING_SOUTH) if 32701 <= epsg <= 32760 else 0.0


def grid_around(bounds: tuple[float, float, float, float], *, epsg: int, resolution_m: int) -> Grid:
    """The smallest grid on the lattice that holds ``bounds`` (west, south, east, north in ``epsg``)."""
    size = float(resolution_m) if epsg != WGS84_EPSG else DEGREES_PER_10_M * resolution_m / 10
    origin_y = lattice_origin_y(epsg)
    west, south, east, north = bounds
    left = math.floor(west / size + _SNAP_TOLERANCE_PX)
    right = math.ceil(east / size - _SNAP_TOLERANCE_PX)
    top = math.floor((origin_y - north) / size + _SNAP_TOLERANCE_PX)
    bottom = math.ceil((origin_y - south) / size - _SNAP_TOLERANCE_PX)
    return Grid(epsg, left, top, max(1, right - left), max(1, bottom - top), resolution_m)


@cache
def transformer(from_epsg: int, to_epsg: int) -> Transformer:
    """Coordinate operation, x before y."""
    return Transformer.from_crs(CRS.from_epsg(from_epsg), CRS.from_epsg(to_epsg), always_xy=True)


def reproject(geometry: BaseGeometry, from_epsg: int, to_epsg: int) -> BaseGeometry:
    """The geometry with its vertices in another CRS; add vertices first where edges are long."""
    if from_epsg == to_epsg:
        return geometry
    operation = transformer(from_epsg, to_epsg)
    return shapely.transform(geometry, lambda xy: np.column_stack(operation.transform(xy[:, 0], xy[:, 1])))
