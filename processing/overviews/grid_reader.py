"""Bands of many granules on one coarse grid: what the pixels of a mosaic of that size would be made of."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from processing.cells import CellWindow
from processing.granule import Granule
from processing.grid import Block
from processing.overviews.grid import CoarseGrid, Lattice
from processing.overviews.reading import Copies, OverviewReader
from processing.reading import merged_cells

# Percentages: 0 is a value.
_ZERO_COUNTS = frozenset({"CLD", "SNW"})
# What would take more than this to be averaged, 32 MB of reflectances, is thinned out instead.
_MOST_AVERAGED_PX = 16 * 2**20
_TOLERANCE = 1.01


@dataclass(frozen=True)
class _Places:
    """Which cells lie under which pixels of the grid."""

    block: Block
    """The pixels that may lie over the raster."""

    inside: np.ndarray
    """bool (y, x) of the block: whether there is a cell under the pixel."""

    window: CellWindow
    """The cells that are needed."""

    cell: np.ndarray
    """int32, for each pixel inside: its cell in the window, counted row by row."""


class GridReader:
    """Looks bands up under every pixel of ``grid``; safe to share between threads.

    As the engine does for a mosaic of the grid's pixel size: reflectances that come finer are averaged, of
    classes the middle one counts. Where rasters have smaller copies, the averages are those of the copies.
    """

    def __init__(self, reader: OverviewReader, grid: CoarseGrid) -> None:
        self._reader = reader
        self._grid = grid
        self._places: dict[Lattice, _Places | None] = {}
        self._coordinates: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._working_out = threading.Lock()

    def read(self, granule: Granule, band: str) -> tuple[Block, np.ndarray] | None:
        """Part of the grid and the digital numbers on it (y, x), 0 beyond the granule; None where none lie on it.

        Raises as ``OverviewReader`` does.
        """
        metres = self._grid.metres
        with self._reader.copies(granule, band, metres=metres) as copies:
            # A wavelet's coarser classes are means of classes.
            number = 0 if copies.is_wavelet and band == "SCL" else copies.fine_enough(metres)
            lattice = copies.lattices[number]
            times = max(1, int(metres * _TOLERANCE / lattice.cell))
            places = self._under_pixels(_merged(lattice, times))
            if places is not None and places.window.height * places.window.width * times**2 > _MOST_AVERAGED_PX:
                return Block(0, 0, self._grid.width, self._grid.height), copies.look_up(number, self._grid)
            if places is None:
                return None
            cells = _read(copies, number, places.window, times, band)
        values = np.zeros((places.block.height, places.block.width), cells.dtype)
        values[places.inside] = cells.ravel()[places.cell]
        return places.block, values

    def coordinates(self, epsg: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the grid's pixel centres in another CRS, float64 (y, x)."""
        with self._working_out:
            known = self._coordinates.get(epsg)
            if known is None:
                known = self._coordinates[epsg] = self._grid.coordinates(epsg)
        return known

    def _under_pixels(self, lattice: Lattice) -> _Places | None:
        """Worked out once for all granules of a tile: it takes longer than the reading."""
        with self._working_out:
            if lattice not in self._places:
                self._places[lattice] = _places(lattice, self._grid)
            return self._places[lattice]


def _places(lattice: Lattice, grid: CoarseGrid) -> _Places | None:
    block = lattice.under(grid)
    if block is None:
        return None
    rows, columns = lattice.cells_under(grid.part(block))
    inside = rows >= 0
    if not inside.any():
        return None
    window = CellWindow.around(rows[inside], columns[inside])
    cell = (rows[inside] - window.row) * window.width + columns[inside] - window.column
    return _Places(block, inside, window, cell.astype(np.int32))


def _merged(lattice: Lattice, times: int) -> Lattice:
    """Cells ``times`` as large from the same corner on; the last ones may reach beyond the raster."""
    if times == 1:
        return lattice
    wide, high = (lattice.right - lattice.left) / lattice.width, (lattice.top - lattice.bottom) / lattice.height
    width, height = -(-lattice.width // times), -(-lattice.height // times)
    right, bottom = lattice.left + width * times * wide, lattice.top - height * times * high
    return Lattice(lattice.epsg, lattice.left, lattice.top, right, bottom, width, height)


def _read(copies: Copies, number: int, window: CellWindow, times: int, band: str) -> np.ndarray:
    """Cells of a window of the merged lattice, of ``times`` x ``times`` pixels: their mean, of classes the middle."""
    if times == 1:
        return copies.read(number, window)
    lattice = copies.lattices[number]
    row, column = window.row * times, window.column * times
    height = min(window.height * times, lattice.height - row)
    width = min(window.width * times, lattice.width - column)
    pixels = copies.read(number, CellWindow(row, column, height, width))
    if band != "SCL":
        return merged_cells(pixels, times, zero_counts=band in _ZERO_COUNTS)
    # Of cells that are cut short by the raster's edge the middle may lie beyond it.
    rows = np.minimum(np.arange(window.height) * times + times // 2, height - 1)
    columns = np.minimum(np.arange(window.width) * times + times // 2, width - 1)
    return pixels[np.ix_(rows, columns)]
