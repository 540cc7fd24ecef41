"""Compositing one block: which observations there are, which is chosen, what it says.

Reads no more than it must: scene classes first; the compared bands only of granules that have a pixel
that can count; any other ordered band only from observations that were chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from processing.angles import AngleGrid
from processing.cells import BlockView, CellGrid, CellWindow, look_up
from processing.clock import Clock
from processing.granule import Granule
from processing.grid import Grid
from processing.kernels.composite import gather
from processing.masks.base import Mask
from processing.methods.base import Method
from processing.reading import Reader
from processing.sentinel2 import LAYERS, REFLECTANCE_NODATA
from processing.stack import BandCells, Stack

MOST_VALID_OBS = 254
"""valid_obs is uint8 and 255 is no data."""


@dataclass(frozen=True)
class Observed:
    """What of one granule may count in a block, by scene class and view angle."""

    number: int
    scene_class: np.ndarray
    valid: np.ndarray


class Compositor:
    """Makes composites of blocks from a product's granules; safe to share between threads."""

    def __init__(
        self,
        granules: Sequence[Granule],
        *,
        reader: Reader,
        clock: Clock,
        method: Method,
        mask: Mask,
        compared: Sequence[str],
        view_zenith: Mapping[int, AngleGrid],
    ) -> None:
        """``granules`` newest first; ``compared``: the bands that all of them have, in the mask's and method's order.

        ``view_zenith``: by the granule's number; a granule that is not in it is not judged by its angle.
        """
        self._granules = tuple(granules)
        self._reader = reader
        self._clock = clock
        self._method = method
        self._mask = mask
        self._compared = tuple(compared)
        self._view_zenith = view_zenith
        passes = Counter(granule.datatake for granule in granules)
        self._shared_datatakes = {datatake for datatake, count in passes.items() if count > 1}

    def compose(self, part: Grid, *, bands: Sequence[str], layers: Sequence[str]) -> dict[str, np.ndarray]:
        """The ordered bands and layers of a block, each (y, x) in its product data type.

        ``source_index`` numbers the granules oldest first.
        """
        view = BlockView(part)
        observed = list(self._observe(view))
        stack = self._stack(observed, view)
        with self._clock.measuring("computing"):
            if self._compared:
                self._mask.refine(stack)
            chosen = self._method.choose(stack)
            made = {name: self._layer(name, stack, chosen) for name in layers}
        for band in bands:
            made[band] = self._reflectance(band, stack, chosen, view)
        return made

    def _observe(self, view: BlockView) -> Iterator[Observed]:
        """The granules with a pixel in the block that may count, newest first.

        One sample per datatake: where granules of one overpass overlap, the first that saw anything counts
        (S2GM's script, evaluated per orbit).
        """
        seen: dict[str, np.ndarray] = {}
        for number, granule in enumerate(self._granules):
            scene_class = self._scene_class(number, view)
            if scene_class is None:
                continue
            with self._clock.measuring("computing"):
                valid = self._mask.observed(scene_class)
                if granule.datatake in self._shared_datatakes:
                    before = seen.get(granule.datatake)
                    if before is not None:
                        valid &= ~before
                    seen[granule.datatake] = scene_class > 0 if before is None else before | (scene_class > 0)
                if valid.any():
                    self._drop_oblique(number, view, valid)
                counts = valid.any()
            if counts:
                yield Observed(number, scene_class, valid)

    def _scene_class(self, number: int, view: BlockView) -> np.ndarray | None:
        """Scene class (y, x) of a granule, or None where it lies elsewhere."""
        grid = self._reader.grid(number, "SCL")
        rows, columns = view.cells(grid)
        window = CellWindow.around(rows, columns)
        if window.within(grid) is None:
            return None
        return look_up(self._reader.read(number, "SCL", window, grid), rows - window.row, columns - window.column)

    def _drop_oblique(self, number: int, view: BlockView, valid: np.ndarray) -> None:
        """Clear ``valid`` where the granule was seen too obliquely: swath edges are often wrong."""
        limit, angles = self._mask.most_view_zenith_deg, self._view_zenith.get(number)
        if limit is None or angles is None or angles.stays_below(limit):
            return
        x, y = view.coordinates(self._reader.grid(number, "SCL").epsg)
        valid &= angles.at(x, y) < limit

    def _stack(self, observed: Sequence[Observed], view: BlockView) -> Stack:
        numbers = [observation.number for observation in observed]
        shape = (len(observed), view.part.height, view.part.width)
        scene_class = np.array([observation.scene_class for observation in observed], np.uint8).reshape(shape)
        valid = np.array([observation.valid for observation in observed], bool).reshape(shape)
        windows = {band: self._band_windows(band, numbers, view) for band in self._compared} if numbers else {}
        buffer = np.empty(sum(windows[band].cell_count for band in windows), np.uint16)
        bands, begin = {}, 0
        for band, plan in windows.items():
            end = begin + plan.cell_count
            bands[band] = self._read_band(band, numbers, plan, buffer[begin:end])
            begin = end
        return Stack(observations=numbers, scene_class=scene_class, valid=valid, bands=bands, buffer=buffer)

    def _band_windows(self, band: str, numbers: Sequence[int], view: BlockView) -> BandWindows:
        """Which cells of a band each observation contributes.

        Where all granules share one lattice in the block's own CRS, cells are kept as they are and the kernels look
        them up; otherwise every observation is looked up here, by nearest neighbour.
        """
        part = view.part
        grids = [self._reader.grid(number, band).for_pixels_of(part.resolution_m) for number in numbers]
        first = grids[0]
        if first.epsg == part.epsg and all(first.same_lattice(grid) for grid in grids):
            rows, columns = view.cells(first)
            window = CellWindow.around(rows, columns)
            windows = [window.shifted(first, grid) for grid in grids]
            return BandWindows(grids, windows, rows.ravel() - window.row, columns.ravel() - window.column, None)
        under = [view.cells(grid) for grid in grids]
        return BandWindows(
            grids,
            [CellWindow.around(rows, columns) for rows, columns in under],
            np.arange(part.height),
            np.arange(part.width),
            under,
        )

    def _read_band(self, band: str, numbers: Sequence[int], plan: BandWindows, room: np.ndarray) -> BandCells:
        values = room.reshape(len(numbers), *plan.shape)
        for position, number in enumerate(numbers):
            window = plan.windows[position]
            cells = self._reader.read(number, band, window, plan.grids[position])
            if plan.under is not None:
                rows, columns = plan.under[position]
                cells = look_up(cells, rows - window.row, columns - window.column)
            values[position] = cells
        offset = np.array([self._granules[number].files[band].offset for number in numbers], np.int32)
        return BandCells(values, plan.cell_row.astype(np.int32), plan.cell_column.astype(np.int32), offset)

    def _layer(self, name: str, stack: Stack, chosen: np.ndarray) -> np.ndarray:
        layer = LAYERS[name]
        if name == "valid_obs":
            return np.minimum(stack.valid.sum(axis=0, dtype=np.uint16), MOST_VALID_OBS).astype(np.uint8)
        if not stack.observations:
            return np.full(chosen.shape, layer.nodata, layer.dtype)
        if name == "source_index":
            oldest_first = len(self._granules) - 1 - np.array(stack.observations)
            return np.where(chosen >= 0, oldest_first[chosen], layer.nodata).astype(layer.dtype)
        taken = np.take_along_axis(stack.scene_class, np.maximum(chosen, 0)[np.newaxis].astype(np.intp), axis=0)[0]
        return np.where(chosen >= 0, taken, layer.nodata).astype(layer.dtype)

    def _reflectance(self, band: str, stack: Stack, chosen: np.ndarray, view: BlockView) -> np.ndarray:
        if band not in stack.bands:
            return self._read_chosen(band, stack, chosen, view)
        with self._clock.measuring("computing"):
            return self.gather_band(stack, band, chosen)

    @staticmethod
    def gather_band(stack: Stack, band: str, chosen: np.ndarray) -> np.ndarray:
        """Reflectance x 10000 (y, x) of a band that the stack holds, from the chosen observations."""
        cells, start, plane, width, cell_row, cell_column = stack.cells()
        b = stack.positions([band])[0]
        offset = stack.offset[:, b].copy()
        return gather(
            cells, start[b], plane[b], width[b], cell_row[b], cell_column[b], offset, chosen, REFLECTANCE_NODATA
        )

    def _read_chosen(self, band: str, stack: Stack, chosen: np.ndarray, view: BlockView) -> np.ndarray:
        """A band that was not compared, read from the chosen observations alone."""
        out = np.full(chosen.shape, REFLECTANCE_NODATA, np.uint16)
        for position in np.unique(chosen[chosen >= 0]):
            number = stack.observations[position]
            if band not in self._granules[number].files:
                continue
            grid = self._reader.grid(number, band).for_pixels_of(view.part.resolution_m)
            rows, columns = view.cells(grid)
            window = CellWindow.around(rows, columns)
            cells = self._reader.read(number, band, window, grid)
            with self._clock.measuring("computing"):
                numbers = look_up(cells, rows - window.row, columns - window.column)
                takes = (chosen == position) & (numbers != 0)
                reflectance = numbers.astype(np.int32) + self._granules[number].files[band].offset
                out[takes] = np.clip(reflectance, 0, REFLECTANCE_NODATA - 1)[takes]
        return out


@dataclass(frozen=True)
class BandWindows:
    """Where the cells of one band lie in the rasters of all observations of a block."""

    grids: list[CellGrid]
    windows: list[CellWindow]
    cell_row: np.ndarray
    cell_column: np.ndarray
    under: list[tuple[np.ndarray, np.ndarray]] | None
    """Cell of every pixel, per observation, where they share no lattice with the block."""

    @property
    def shape(self) -> tuple[int, int]:
        """Cells that one observation takes in the stack."""
        if self.under is not None:
            return len(self.cell_row), len(self.cell_column)
        return self.windows[0].height, self.windows[0].width

    @property
    def cell_count(self) -> int:
        return len(self.windows) * self.shape[0] * self.shape[1]
