"""Grids of any pixel size and CRS, for what is looked at and not delivered; and where rasters lie under them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from processing.grid import WGS84_EPSG, Block, reproject, transformer

WEB_MERCATOR_EPSG = 3857
METRES_PER_DEGREE = 111_319.49

# Coordinates are worked out at every 32nd pixel and interpolated between: off by a fiftieth of a pixel of 1 km,
# and thirty times as quick.
_NODE_STEP_PX = 32


@dataclass(frozen=True)
class CoarseGrid:
    """A north-up grid of square pixels anywhere in a CRS; ``processing.grid.Grid`` keeps to the Sentinel-2 lattice."""

    epsg: int
    left: float
    """West edge, in units of the CRS."""

    top: float
    """North edge, in units of the CRS."""

    pixel: float
    """In units of the CRS."""

    width: int
    height: int

    @property
    def transform(self) -> Affine:
        return Affine(self.pixel, 0, self.left, 0, -self.pixel, self.top)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in units of the CRS."""
        return self.left, self.top - self.height * self.pixel, self.left + self.width * self.pixel, self.top

    @cached_property
    def footprint(self) -> BaseGeometry:
        """The outline in EPSG:4326."""
        west, south, east, north = self.bounds
        outline = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south) / 8)
        return reproject(outline, self.epsg, WGS84_EPSG)

    @cached_property
    def metres(self) -> float:
        """Size of a pixel on the ground, in its middle."""
        west, south, east, north = self.bounds
        if self.epsg == WEB_MERCATOR_EPSG:
            return self.pixel * math.cos(mercator_latitude((south + north) / 2))
        if CRS.from_epsg(self.epsg).is_geographic:
            return self.pixel * METRES_PER_DEGREE
        return self.pixel

    def part(self, block: Block) -> CoarseGrid:
        """The block as a grid of its own."""
        left, top = self.left + block.column * self.pixel, self.top - block.row * self.pixel
        return CoarseGrid(self.epsg, left, top, self.pixel, block.width, block.height)

    def pixel_centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the pixel centres: x of every column, y of every row (float64)."""
        x = self.left + (np.arange(self.width) + 0.5) * self.pixel
        y = self.top - (np.arange(self.height) + 0.5) * self.pixel
        return x, y

    def coordinates(self, epsg: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the pixel centres in ``epsg``, float64.

        (1, width) and (height, 1) in the grid's own CRS; both (height, width) in another, interpolated.
        """
        x, y = self.pixel_centres()
        if epsg == self.epsg:
            return x[np.newaxis, :], y[:, np.newaxis]
        columns, rows = _nodes(self.width), _nodes(self.height)
        node_x = self.left + (columns + 0.5) * self.pixel
        node_y = self.top - (rows + 0.5) * self.pixel
        there = transformer(self.epsg, epsg).transform(*np.meshgrid(node_x, node_y))
        return _between(there[0], rows, columns, self), _between(there[1], rows, columns, self)


def mercator_latitude(y: float) -> float:
    """Latitude, in radians, of a northing of EPSG:3857."""
    return math.atan(math.sinh(y / 6_378_137.0))


def grid_over(bounds: tuple[float, float, float, float], *, epsg: int, pixel: float) -> CoarseGrid:
    """The grid from the north-west corner of ``bounds`` (west, south, east, north in ``epsg``) that covers them."""
    west, south, east, north = bounds
    width, height = math.ceil((east - west) / pixel - 1e-6), math.ceil((north - south) / pixel - 1e-6)
    return CoarseGrid(epsg, west, north, pixel, max(1, width), max(1, height))


def _nodes(length: int) -> np.ndarray:
    """Every 32nd pixel and the last, as float64; at least two, so that there is something between them."""
    return np.append(np.arange(0, max(1, length - 1), _NODE_STEP_PX, dtype=np.float64), max(1.0, length - 1.0))


def _between(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, grid: CoarseGrid) -> np.ndarray:
    """``values`` at the nodes as (height, width) of the grid, bilinear."""
    at_columns, share = _places(columns, grid.width)
    across = values[:, at_columns] * (1 - share) + values[:, at_columns + 1] * share
    at_rows, share = _places(rows, grid.height)
    share = share[:, np.newaxis]
    return across[at_rows] * (1 - share) + across[at_rows + 1] * share


def _places(nodes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel the node before it, and how far on to the next."""
    pixels = np.arange(length)
    before = np.minimum(pixels // _NODE_STEP_PX, len(nodes) - 2)
    return before, (pixels - nodes[before]) / (nodes[before + 1] - nodes[before])


@dataclass(frozen=True)
class Lattice:
    """The cells of a raster or of one of its copies: their outer edges and their numbers."""

    epsg: int
    left: float
    top: float
    right: float
    bottom: float
    width: int
    height: int

    @property
    def cell(self) -> float:
        """Size of the larger side of a cell, in units of the CRS."""
        return max((self.right - self.left) / self.width, (self.top - self.bottom) / self.height)

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """x of every column and y of every row of cells (float64)."""
        x = self.left + (np.arange(self.width) + 0.5) * (self.right - self.left) / self.width
        y = self.top - (np.arange(self.height) + 0.5) * (self.top - self.bottom) / self.height
        return x, y

    def thinned(self, width: int, height: int) -> Lattice:
        """The same ground in fewer cells."""
        return Lattice(self.epsg, self.left, self.top, self.right, self.bottom, width, height)

    def under(self, grid: CoarseGrid) -> Block | None:
        """The part of ``grid`` in which its pixels can lie over cells, or None."""
        ground = shapely.box(self.left, self.bottom, self.right, self.top)
        outline = shapely.segmentize(ground, max(self.right - self.left, self.top - self.bottom) / 8)
        west, south, east, north = reproject(outline, self.epsg, grid.epsg).bounds
        # One pixel more than the corners say: edges are bent in another CRS.
        column, row = math.floor((west - grid.left) / grid.pixel) - 1, math.floor((grid.top - north) / grid.pixel) - 1
        end_column, end_row = math.ceil((east - grid.left) / grid.pixel), math.ceil((grid.top - south) / grid.pixel)
        column, row = max(0, column), max(0, row)
        width, height = min(grid.width, end_column + 1) - column, min(grid.height, end_row + 1) - row
        return Block(column, row, width, height) if width > 0 and height > 0 else None

    def cells_under(self, grid: CoarseGrid) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of the cell under every pixel's centre, int32 (height, width); -1 where there is none.

        Nearest neighbour, as the engine looks its rasters up (``processing.cells``).
        """
        x, y = grid.coordinates(self.epsg)
        rows = np.floor((self.top - y) * (self.height / (self.top - self.bottom)))
        columns = np.floor((x - self.left) * (self.width / (self.right - self.left)))
        outside = ~((rows >= 0) & (rows < self.height) & (columns >= 0) & (columns < self.width))
        shape = outside.shape
        row = np.array(np.broadcast_to(rows, shape).astype(np.int32))
        column = np.array(np.broadcast_to(columns, shape).astype(np.int32))
        row[outside] = -1
        column[outside] = -1
        return row, column
