"""Cutting a product into blocks: columns of them, from top to bottom, as large as the memory allows.

Tiles of the archive are decoded once if a column is as wide as they are and its blocks follow each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from processing.cells import CellGrid
from processing.errors import OutOfMemoryLimit
from processing.grid import Block, Grid
from processing.rasters.inflated import STREAM_BYTES
from processing.sentinel2 import BANDS

# What a process holds before the first block: Python, NumPy, GDAL and its cache, compiled kernels.
_STANDING_MB = 320
# Of the cloud probability.
_QUALITY_RESOLUTION_M = 20
# Narrower columns would decode 20 m tiles more than once, wider ones leave less room for rows.
_COLUMN_PX = 2048
_HEIGHTS = (256, 128, 64, 32, 16)
_WIDTHS = (_COLUMN_PX, 1024, 512, 256, 128, 64)
_LEAST_HEIGHT_OF_WIDE = 64
# Scene class and validity of an observation, each once as read and once stacked, and validity once
# more as it was before the bands were looked at.
_BYTES_PER_OBSERVATION = 5
# Coordinates (float64) and cell numbers (int32) of a warped block, x and y, for a few lattices.
_BYTES_PER_PIXEL = 128


@dataclass(frozen=True)
class Lattice:
    """Where the archive's tiles begin, in pixels of the product; blocks had better begin there too."""

    column: int = 0
    row: int = 0


def bytes_per_pixel(*, observations: int, compared: Sequence[str], rasters: int, resolution_m: int) -> float:
    """Memory that one output pixel of a block takes while it is made.

    A compared band is held for every observation in its own cells: a 20 m band in a 10 m mosaic
    takes a quarter of 2 bytes. Each of the product's ``rasters`` is held twice: while a block is made
    the one before it is written.
    """
    sizes = [BANDS[band].native_resolution_m if band in BANDS else _QUALITY_RESOLUTION_M for band in compared]
    cells = sum(min(1.0, (resolution_m / size) ** 2) for size in sizes)
    return observations * (2 * cells + _BYTES_PER_OBSERVATION) + 4 * rasters + _BYTES_PER_PIXEL


@dataclass(frozen=True)
class TileSize:
    """The tiles in which one band of a granule comes, in pixels of the product."""

    width: float
    height: float

    merged: int = 1
    """Pixels of the raster, along one side, that make one of the product's."""

    def bytes_under_way(self, width: int, height: int) -> float:
        """What tiles hold between two blocks of this size; nothing where a block takes whole tiles."""
        return 0 if self.height <= height else STREAM_BYTES * (width / self.width + 1)


def block_shape(
    grid: Grid, *, pixel_bytes: float, tiles: Sequence[TileSize], memory_mb: int, threads: int
) -> tuple[int, int]:
    """Width and height of the largest blocks that fit: as wide as the archive's tiles, then as high as there is room.

    ``tiles``: of every raster that takes part. Raises OutOfMemoryLimit if not even the smallest fits.
    """
    room = max(0, memory_mb - _STANDING_MB) * 2**20
    # A thread that merges pixels holds those of a whole block.
    finest = max((tile.merged for tile in tiles), default=1)
    pixel_bytes += 2 * threads * finest**2 if finest > 1 else 0
    for least in (_LEAST_HEIGHT_OF_WIDE, _HEIGHTS[-1]):
        for width, height in product(_WIDTHS, _HEIGHTS):
            under_way = sum(tile.bytes_under_way(width, height) for tile in tiles)
            if height >= least and width * height * pixel_bytes + under_way <= room:
                return min(width, grid.width), min(height, grid.height)
    raise OutOfMemoryLimit(
        f"{memory_mb} MB of memory are too little for this order; allow more, or order a shorter period."
    )


def lattice_of(grid: Grid, raster: CellGrid, tile: TileSize) -> Lattice:
    """Where the tiles of a raster begin in the grid; anywhere where they are not parallel to its pixels."""
    if raster.epsg != grid.epsg or tile.width != int(tile.width) or tile.height != int(tile.height):
        return Lattice()
    west, _, _, north = grid.bounds
    column, row = (raster.left_m - west) / grid.resolution_m, (north - raster.top_m) / grid.resolution_m
    return Lattice(math.floor(column) % int(tile.width), math.floor(row) % int(tile.height))


def columns_of_blocks(grid: Grid, width: int, height: int, lattice: Lattice) -> list[list[Block]]:
    """The grid cut into columns of blocks, each from top to bottom; blocks begin on the lattice where they can."""
    rows = list(_cuts(grid.height, height, lattice.row))
    return [
        [Block(column, row, right - column, bottom - row) for row, bottom in rows]
        for column, right in _cuts(grid.width, width, lattice.column)
    ]


def _cuts(length: int, step: int, offset: int) -> list[tuple[int, int]]:
    first = offset % step
    edges = [0, *range(first or step, length, step), length]
    return list(zip(edges[:-1], edges[1:], strict=True))
