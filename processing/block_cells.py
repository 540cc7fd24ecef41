"""The cells that granules show of one block: read by many threads at once, handed out in parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from processing.cells import BlockView, CellGrid, CellWindow, look_up
from processing.grid import Grid
from processing.reading import UINT8, Reader

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

# Rows of warped windows that the next window may begin with beyond those reckoned.
_WARPED_ROWS = 4


class Crew:
    """Threads that share the work on one block after the other. A context manager."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="block")

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def each(self, work: Callable[[_Given], _Made], given: Iterable[_Given]) -> list[_Made]:
        """What ``work`` makes of each, in their order; the first error ends it."""
        given = list(given)
        if len(given) == 1:
            return [work(given[0])]
        futures = [self._pool.submit(work, one) for one in given]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


class BlockCells:
    """Reads each raster of a block once, and serves the ``views`` of its parts as a ``Reader`` would."""

    def __init__(self, reader: Reader, crew: Crew, views: Sequence[BlockView], below: Grid | None) -> None:
        """``views``: of the block's parts, from top to bottom. ``below``: what is left of its column."""
        self._reader = reader
        self._crew = crew
        self._views = views
        self._below = BlockView(below) if below else None
        self._windows: dict[CellGrid, CellWindow] = {}
        self._read: dict[tuple[int, str], tuple[CellWindow, np.ndarray]] = {}

    def grid(self, number: int, band: str) -> CellGrid:
        """See ``Reader``: cells as large as the block's pixels where whole pixels make one; classes have no mean."""
        grid = self._reader.grid(number, band)
        return grid if band == "SCL" else grid.for_pixels_of(self._views[0].part.resolution_m)

    def window(self, grid: CellGrid) -> CellWindow:
        """The cells under the whole block."""
        known = self._windows.get(grid)
        if known is None:
            known = self._windows[grid] = self._around(grid)
        return known

    def _around(self, grid: CellGrid) -> CellWindow:
        windows = [CellWindow.around(*view.cells(grid)) for view in self._views]
        top, left = min(window.row for window in windows), min(window.column for window in windows)
        bottom = max(window.row + window.height for window in windows)
        right = max(window.column + window.width for window in windows)
        return CellWindow(top, left, bottom - top, right - left)

    def open(self, wanted: Iterable[tuple[int, str]]) -> None:
        """Open rasters on servers side by side; those on disks open when they are needed."""
        self._reader.open_remote(wanted)

    def covering(self, numbers: Iterable[int], band: str) -> list[int]:
        """Those of the granules whose raster lies under the block."""
        numbers = list(numbers)
        self.open([(number, band) for number in numbers])
        grids = {number: self.grid(number, band) for number in numbers}
        return [number for number, grid in grids.items() if self.window(grid).within(grid)]

    def load(self, wanted: Sequence[tuple[int, str]], *, into: Sequence[np.ndarray] = ()) -> None:
        """Read the bands of granules, by number and name; ``into`` arrays of their windows' shapes, if given."""
        self.open(wanted)
        windows = {key: self.window(self.grid(*key)) for key in wanted}
        # What this block needs goes first, then what lies below it.
        for ahead in (False, True):
            for key, window in windows.items():
                grid = self.grid(*key)
                self._reader.prefetch(*key, window, grid, last_row=self._last_row(grid) if ahead else 0)

        def read(place: int) -> np.ndarray:
            number, band = wanted[place]
            window, grid = windows[number, band], self.grid(number, band)
            kept_rows = self._kept_rows(grid, window)
            if not into:
                return self._reader.read(number, band, window, grid, keep_rows=kept_rows)
            if band not in UINT8:
                return self._reader.read(number, band, window, grid, out=into[place], keep_rows=kept_rows)
            # Differences of neighbours add up in the raster's own type only.
            into[place][:] = self._reader.read(number, band, window, grid, keep_rows=kept_rows)
            return into[place]

        for key, cells in zip(wanted, self._crew.each(read, range(len(wanted))), strict=True):
            self._read[key] = windows[key], cells

    def read(self, number: int, band: str, window: CellWindow, grid: CellGrid) -> np.ndarray:
        """Cells of a window within what was loaded; see ``Reader``."""
        whole, cells = self._read[number, band]
        row, column = window.row - whole.row, window.column - whole.column
        return cells[row : row + window.height, column : column + window.width]

    def look_up(self, number: int, band: str, view: BlockView) -> np.ndarray:
        """The cells under every pixel (y, x) of one of the parts, out of what was loaded."""
        grid = self.grid(number, band)
        rows, columns = view.cells(grid)
        window = CellWindow.around(rows, columns)
        return look_up(self.read(number, band, window, grid), rows - window.row, columns - window.column)

    def forget(self, band: str) -> None:
        """Let go of what was loaded of a band."""
        for key in [key for key in self._read if key[1] == band]:
            del self._read[key]

    def _kept_rows(self, grid: CellGrid, window: CellWindow) -> int:
        """How many of a window's last rows the block below begins with."""
        if self._below is None:
            return 0
        last = self._views[-1].part
        if grid.epsg == last.epsg:
            next_y = last.bounds[1] - last.pixel_size / 2
            next_row = math.floor((grid.top_m - next_y) / grid.size_m)
            return max(0, window.row + window.height - next_row)
        height = sum(view.part.height for view in self._views)
        return max(0, window.height - math.floor(height * last.resolution_m / grid.size_m)) + _WARPED_ROWS

    def _last_row(self, grid: CellGrid) -> int:
        """The last row of cells that the rest of the column needs, or this block alone where that takes warping."""
        if self._below is None or grid.epsg != self._below.part.epsg:
            return 0
        return int(self._below.cells(grid)[0].max())
