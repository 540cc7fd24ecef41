"""Which cells of a raster lie under the pixels of a block: windows, merged cells, nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processing.grid import Grid, transformer


@dataclass(frozen=True)
class CellGrid:
    """The cells of one raster as a block sees them: its pixels, or means of ``merged`` x ``merged`` of them."""

    epsg: int
    left_m: float
    top_m: float
    size_m: float
    merged: int
    width: int
    height: int

    def for_pixels_of(self, resolution_m: int) -> CellGrid:
        """Cells as large as the pixels of a coarser mosaic, where whole pixels make one; otherwise the raster's own.

        The last ones may reach beyond the raster.
        """
        times = resolution_m / self.size_m
        if times <= 1 or times != int(times):
            return self
        merged = int(times)
        width, height = -(-self.width // merged), -(-self.height // merged)
        return CellGrid(self.epsg, self.left_m, self.top_m, float(resolution_m), merged, width, height)

    def covers_as(self, other: CellGrid) -> bool:
        """Whether both cover the same ground, but for less than one of the larger cells."""
        if self.epsg != other.epsg:
            return False
        apart = (
            self.left_m - other.left_m,
            self.top_m - other.top_m,
            self.left_m + self.width * self.size_m - other.left_m - other.width * other.size_m,
            self.top_m - self.height * self.size_m - other.top_m + other.height * other.size_m,
        )
        return max(map(abs, apart)) < max(self.size_m, other.size_m)

    def same_lattice(self, other: CellGrid) -> bool:
        """Whether the cells of both, laid over each other, coincide."""
        if (self.epsg, self.size_m) != (other.epsg, other.size_m):
            return False
        return (self.left_m - other.left_m) % self.size_m == 0 and (self.top_m - other.top_m) % self.size_m == 0


@dataclass(frozen=True)
class CellWindow:
    """A rectangle of cells, counted from a raster's upper left corner; it may reach beyond the raster."""

    row: int
    column: int
    height: int
    width: int

    @classmethod
    def around(cls, rows: np.ndarray, columns: np.ndarray) -> CellWindow:
        """The smallest window that holds all of ``rows`` and ``columns``."""
        row, column = int(rows.min()), int(columns.min())
        return cls(row, column, int(rows.max()) - row + 1, int(columns.max()) - column + 1)

    def shifted(self, here: CellGrid, there: CellGrid) -> CellWindow:
        """The same ground, counted from the upper left corner of another raster on the same lattice."""
        down = round((there.top_m - here.top_m) / here.size_m)
        right = round((here.left_m - there.left_m) / here.size_m)
        return CellWindow(self.row + down, self.column + right, self.height, self.width)

    def within(self, grid: CellGrid) -> CellWindow | None:
        """The part of the window that lies in the raster, or None."""
        row, column = max(0, self.row), max(0, self.column)
        height = min(grid.height, self.row + self.height) - row
        width = min(grid.width, self.column + self.width) - column
        return CellWindow(row, column, height, width) if height > 0 and width > 0 else None


class BlockView:
    """The pixels of one block as rasters of any UTM zone see them. What it works out it keeps for the next raster."""

    def __init__(self, part: Grid) -> None:
        self.part = part
        self._coordinates: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._cells: dict[CellGrid, tuple[np.ndarray, np.ndarray]] = {}

    def coordinates(self, epsg: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the pixel centres in ``epsg``, float64.

        (1, width) and (height, 1) in the block's own CRS, both (height, width) in another.
        """
        known = self._coordinates.get(epsg)
        if known is None:
            x, y = self.part.pixel_centres()
            if epsg == self.part.epsg:
                known = x[np.newaxis, :], y[:, np.newaxis]
            else:
                known = transformer(self.part.epsg, epsg).transform(*np.meshgrid(x, y))
            self._coordinates[epsg] = known
        return known

    def cells(self, grid: CellGrid) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of the cell under every pixel's centre (nearest neighbour), int32, shaped as the coordinates.

        They may lie outside the raster.
        """
        known = self._cells.get(grid)
        if known is None:
            x, y = self.coordinates(grid.epsg)
            rows = np.floor((grid.top_m - y) / grid.size_m).astype(np.int32)
            columns = np.floor((x - grid.left_m) / grid.size_m).astype(np.int32)
            known = self._cells[grid] = rows, columns
        return known


def look_up(cells: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """``cells`` at every pixel's row and column: (height, 1) and (1, width), or both (height, width)."""
    if rows.shape[1] == 1 and columns.shape[0] == 1:
        return np.take(np.take(cells, rows[:, 0], axis=0), columns[0], axis=1)
    return cells[rows, columns]
