"""A raster that waits on the disk, uncompressed, in the very tiles that files are made of."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from processing.grid import Block
from processing.storage import scratch_tile, write_at


@dataclass(frozen=True)
class _Piece:
    """What a block and a tile share: where it lies in each of them."""

    row: int
    """Of the tile, counted in tiles."""

    column: int
    in_tile: tuple[slice, slice]
    in_block: tuple[slice, slice]


class ScratchRaster:
    """A raster (y, x) in a file without a name, tile after tile, row by row; a context manager.

    Written by one thread, then read by any number. Raises OSError where the disk is full.
    """

    def __init__(self, folder: Path, *, width: int, height: int, dtype: str, fill: int) -> None:
        """``fill`` is what tiles hold beyond the raster."""
        self.width, self.height = width, height
        self.dtype = np.dtype(dtype)
        self.fill = fill
        self.tile_width, self.tile_height = scratch_tile(width, height)
        self.tiles_across = -(-width // self.tile_width)
        self.tiles_down = -(-height // self.tile_height)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (closed by ``close``)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, and with it of all pixels."""
        self._file.close()

    @property
    def file_bytes(self) -> int:
        """What it takes on the disk so far."""
        return os.fstat(self._file.fileno()).st_size

    def write(self, block: Block, values: np.ndarray) -> None:
        """Take the pixels (y, x) of a block."""
        for piece in self._pieces(block):
            rows, columns = piece.in_tile
            if columns == slice(0, self._columns_in(piece.column)):
                # Nobody has yet seen what lies beyond the raster: ``tile`` fills it.
                band = np.zeros((rows.stop - rows.start, self.tile_width), self.dtype)
            else:
                band = self._read_rows(piece.row, piece.column, rows)
            band[:, columns] = values[piece.in_block]
            write_at(self._file.fileno(), band, self._offset(piece.row, piece.column, rows.start))

    def read(self, block: Block) -> np.ndarray:
        """The pixels (y, x) of a block."""
        values = np.empty((block.height, block.width), self.dtype)
        for piece in self._pieces(block):
            rows, columns = piece.in_tile
            values[piece.in_block] = self._read_rows(piece.row, piece.column, rows)[:, columns]
        return values

    def tile(self, row: int, column: int) -> np.ndarray:
        """A whole tile (y, x), by its place among the tiles."""
        values = self._read_rows(row, column, slice(0, self.tile_height))
        values[self.height - row * self.tile_height :] = self.fill
        values[:, self._columns_in(column) :] = self.fill
        return values

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Row and column of all tiles, row by row."""
        return ((row, column) for row in range(self.tiles_down) for column in range(self.tiles_across))

    def _columns_in(self, column: int) -> int:
        """Columns of the raster that lie in tiles of this column."""
        return min(self.tile_width, self.width - column * self.tile_width)

    def _pieces(self, block: Block) -> Iterator[_Piece]:
        for row, y, in_rows in _cuts(block.row, block.height, self.tile_height):
            for column, x, in_columns in _cuts(block.column, block.width, self.tile_width):
                yield _Piece(row, column, (y, x), (in_rows, in_columns))

    def _read_rows(self, row: int, column: int, rows: slice) -> np.ndarray:
        """Some rows (y, x) of a tile; 0 where nothing was written."""
        values: np.ndarray[Any, Any] = np.empty((rows.stop - rows.start, self.tile_width), self.dtype)
        read = os.preadv(self._file.fileno(), [values.data], self._offset(row, column, rows.start))
        values.reshape(-1).view(np.uint8)[read:] = 0
        return values

    def _offset(self, row: int, column: int, row_in_tile: int) -> int:
        lines = (row * self.tiles_across + column) * self.tile_height + row_in_tile
        return lines * self.tile_width * self.dtype.itemsize


def _cuts(begin: int, length: int, size: int) -> Iterator[tuple[int, slice, slice]]:
    """Where ``begin`` to ``begin + length`` is cut by tiles of ``size``: tile, part of the tile, part of the whole."""
    end = begin + length
    for number in range(begin // size, -(-end // size)):
        low, high = max(begin, number * size), min(end, (number + 1) * size)
        yield number, slice(low - number * size, high - number * size), slice(low - begin, high - begin)
