"""What a raster of the archive is to the engine, and how its tiles make a window."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from processing.cells import CellWindow


class Damaged(Exception):
    """The file is not what it should be: cut short, overwritten, no raster at all."""


@dataclass(frozen=True)
class RasterShape:
    """Where a raster lies, how large it is, and in which tiles it comes."""

    epsg: int | None
    """None: no CRS, or one without an EPSG code."""

    left_m: float
    top_m: float
    pixel_m: float | None
    """None: pixels that are not square and north up."""

    width: int
    height: int
    dtype: str
    tile_width: int
    tile_height: int


class Tile(Protocol):
    """One tile of a raster, of which rows are taken from the top to the bottom."""

    def take(self, rows: slice, columns: slice, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """Write the pixels of ``rows`` and ``columns`` into ``out`` (y, x) from ``row``, ``column`` on.

        Rows before the last ``keep_rows`` of those taken are not asked for again, or slowly. Raises Damaged, OSError.
        """
        ...

    def close(self) -> None:
        """Let go of what the tile holds."""
        ...


class Raster(Protocol):
    """One band of a granule; safe to share between threads."""

    shape: RasterShape

    def read(self, window: CellWindow, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """Write the pixels of a window within the raster into ``out`` (y, x) from ``row``, ``column`` on.

        Raises Damaged, OSError.
        """
        ...

    def prefetch(self, rows: tuple[int, int], columns: tuple[int, int], *, last_row: int) -> None:
        """Begin to fetch the pixels from the first row and column to before the second, and those below them.

        Nothing beyond ``last_row`` will be asked for. Returns at once; what is at hand needs no fetching.
        """
        ...

    def sample(self, side: int) -> np.ndarray:
        """The whole raster thinned out to ``side`` x ``side``, nearest neighbour. Raises Damaged, OSError."""
        ...

    def release(self) -> None:
        """Let go of what was decoded: the next window lies elsewhere."""
        ...


class TiledRaster(ABC):
    """Windows out of tiles. Tiles that reach below a window are kept: blocks come from top to bottom."""

    shape: RasterShape

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], Tile] = {}
        self._lock = threading.Lock()

    @abstractmethod
    def open_tile(self, tile_row: int, tile_column: int) -> Tile:
        """Begin to decode a tile, counted from the upper left. Raises Damaged, OSError."""

    def read(self, window: CellWindow, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """See ``Raster``."""
        with self._lock:
            self._close_all_but(set(self._tiles_of(window)))
            for tile_row, tile_column in self._tiles_of(window):
                rows, columns = self._part_of(tile_row, tile_column, window)
                down = row + tile_row * self.shape.tile_height + rows.start - window.row
                right = column + tile_column * self.shape.tile_width + columns.start - window.column
                self._tile(tile_row, tile_column).take(rows, columns, out, down, right, keep_rows=keep_rows)
            bottom = window.row + window.height - keep_rows
            self._close_all_but({key for key in self._tiles if self._bottom(key[0]) > bottom})

    def prefetch(self, rows: tuple[int, int], columns: tuple[int, int], *, last_row: int) -> None:  # noqa: B027  what is at hand needs none
        """See ``Raster``."""

    def release(self) -> None:
        """See ``Raster``."""
        with self._lock:
            self._close_all_but(set())

    def _bottom(self, tile_row: int) -> int:
        return min((tile_row + 1) * self.shape.tile_height, self.shape.height)

    def _tiles_of(self, window: CellWindow) -> Iterator[tuple[int, int]]:
        for tile_row in _covered(window.row, window.height, self.shape.tile_height):
            for tile_column in _covered(window.column, window.width, self.shape.tile_width):
                yield tile_row, tile_column

    def _part_of(self, tile_row: int, tile_column: int, window: CellWindow) -> tuple[slice, slice]:
        """The rows and columns of a tile that lie in the window."""
        top, left = tile_row * self.shape.tile_height, tile_column * self.shape.tile_width
        rows = slice(max(window.row - top, 0), min(window.row + window.height - top, self.shape.tile_height))
        columns = slice(max(window.column - left, 0), min(window.column + window.width - left, self.shape.tile_width))
        return rows, columns

    def _tile(self, tile_row: int, tile_column: int) -> Tile:
        tile = self._tiles.get((tile_row, tile_column))
        if tile is None:
            tile = self._tiles[tile_row, tile_column] = self.open_tile(tile_row, tile_column)
        return tile

    def _close_all_but(self, wanted: set[tuple[int, int]]) -> None:
        for key in self._tiles.keys() - wanted:
            self._tiles.pop(key).close()


def _covered(begin: int, length: int, size: int) -> range:
    return range(begin // size, -(-(begin + length) // size))


def thinned(length: int, side: int) -> np.ndarray:
    """Which of ``length`` pixels stand for ``side`` of them, nearest neighbour; int64."""
    return ((np.arange(side) + 0.5) * length / side).astype(np.int64)
