"""Compositing one block: which observations there are, which is chosen.

Reads no more than it must: scene classes first; the compared bands only of granules that have a pixel
that can count; what else is ordered only from observations that were chosen (processing.chosen).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from processing.angles import Angles
from processing.cells import BlockView, CellGrid, CellWindow, look_up
from processing.chosen import Chosen
from processing.clock import Clock
from processing.granule import Granule
from processing.grid import Grid
from processing.kernels.masks import drop_unmeasured
from processing.layers import Reason
from processing.masks.base import Mask
from processing.methods.base import Choice, Method
from processing.reading import Reader
from processing.rejections import Rejections
from processing.stack import BandCells, Stack


@dataclass(frozen=True)
class Observed:
    """What of one granule may count in a block, by scene class and view angle."""

    number: int
    scene_class: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Composite:
    """What was made of one block."""

    rasters: dict[str, np.ndarray]
    """(y, x) by raster name, each in its product data type."""

    taken: np.ndarray
    """int64 (granule,): how many pixels come from each granule, newest first."""


class Compositor:
    """Makes composites of blocks from a product's granules; safe to share between threads."""

    def __init__(
        self,
        granules: Sequence[Granule],
        *,
        reader: Reader,
        clock: Clock,
        method: Method,
        options: Mapping[str, int],
        mask: Mask,
        compared: Sequence[str],
        angles: Mapping[int, Angles],
        first_day: date,
    ) -> None:
        """``granules`` newest first; ``compared``: the bands that all of them have, in the mask's and method's order.

        ``angles``: by the granule's number; a granule that is not in it is not judged by its view angle.
        ``options``: a value for each of the method's. ``first_day``: of the period.
        """
        self._granules = tuple(granules)
        self._reader = reader
        self._clock = clock
        self._method = method
        self._options = dict(options)
        self._mask = mask
        self._compared = tuple(compared)
        self._angles = angles
        self._first_day = first_day
        self._overpasses = Counter(granule.datatake for granule in granules)

    def compose(self, part: Grid, *, bands: Sequence[str], layers: Sequence[str]) -> Composite:
        """The rasters of the ordered bands and layers of a block."""
        view = BlockView(part)
        rejections = Rejections((part.height, part.width)) if "rejected_obs" in layers else None
        observed = list(self._observe(view, rejections))
        stack = self._stack(observed, view)
        with self._clock.measuring("computing"):
            self._drop_by_bands(stack, rejections)
            choice = self._method.choose(stack, self._options)
        chosen = Chosen(
            choice, stack, view,
            granules=self._granules, reader=self._reader, clock=self._clock, angles=self._angles,
        )  # fmt: skip
        made = {band: chosen.reflectance(band) for band in bands}
        for layer in layers:
            if layer != "rejected_obs":
                made[layer] = chosen.layer(layer, first_day=self._first_day)
        if rejections:
            made |= rejections.rasters()
        return Composite(made, self._taken(stack, choice))

    def _taken(self, stack: Stack, choice: Choice) -> np.ndarray:
        taken = np.zeros(len(self._granules), np.int64)
        positions = choice.observation[choice.observation >= 0]
        taken[list(stack.observations)] = np.bincount(positions, minlength=len(stack.observations))
        return taken

    def _observe(self, view: BlockView, rejections: Rejections | None) -> Iterator[Observed]:
        """The granules with a pixel in the block that may count, newest first.

        One sample per datatake: where granules of one overpass overlap, the first that saw anything counts
        (S2GM's script, evaluated per orbit).
        """
        seen: dict[str, np.ndarray] = {}
        covered: dict[str, np.ndarray] = {}
        for number, granule in enumerate(self._granules):
            scene_class = self._scene_class(number, view)
            if scene_class is None:
                continue
            with self._clock.measuring("computing"):
                sampled = scene_class > 0
                before = seen.get(granule.datatake)
                if self._overpasses[granule.datatake] > 1:
                    seen[granule.datatake] = sampled if before is None else before | sampled
                if before is not None:
                    sampled = sampled & ~before
                if rejections:
                    rejections.add_by_class(scene_class, sampled, self._mask.reasons)
                    inside = self._inside(number, view)
                    known = covered.get(granule.datatake)
                    covered[granule.datatake] = inside if known is None else known | inside
                    seen.setdefault(granule.datatake, sampled)
                valid = sampled & (self._mask.reasons[scene_class] == 0)
                self._drop_oblique(number, view, valid, rejections)
                counts = valid.any()
            if counts:
                yield Observed(number, scene_class, valid)
        if rejections:
            for datatake, inside in covered.items():
                rejections.add(Reason.NO_DATA, inside & ~seen[datatake])

    def _scene_class(self, number: int, view: BlockView) -> np.ndarray | None:
        """Scene class (y, x) of a granule, or None where it lies elsewhere."""
        grid = self._reader.grid(number, "SCL")
        rows, columns = view.cells(grid)
        window = CellWindow.around(rows, columns)
        if window.within(grid) is None:
            return None
        return look_up(self._reader.read(number, "SCL", window, grid), rows - window.row, columns - window.column)

    def _inside(self, number: int, view: BlockView) -> np.ndarray:
        """bool (y, x): whether the granule's raster covers the pixel, measured or not."""
        grid = self._reader.grid(number, "SCL")
        rows, columns = view.cells(grid)
        return (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)

    def _drop_oblique(self, number: int, view: BlockView, valid: np.ndarray, rejections: Rejections | None) -> None:
        """Clear ``valid`` where the granule was seen too obliquely: swath edges are often wrong."""
        limit, angles = self._mask.most_view_zenith_deg, self._angles.get(number)
        if limit is None or angles is None or angles.view_zenith_mean.stays_below(limit) or not valid.any():
            return
        before = valid.copy()
        angles.view_zenith_mean.drop_from(limit, *view.coordinates(self._reader.grid(number, "SCL").epsg), valid)
        if rejections:
            rejections.add(Reason.EDGE, before & ~valid)

    def _drop_by_bands(self, stack: Stack, rejections: Rejections | None) -> None:
        """Clear what was not measured in every band of the spectrum, then what the mask refines away."""
        if not self._compared:
            return
        spectrum = stack.positions(self._mask.measures)
        steps = (
            (Reason.NO_DATA, lambda: drop_unmeasured(*stack.cells(), spectrum[spectrum >= 0], stack.valid)),
            (self._mask.refines_as, lambda: self._mask.refine(stack)),
        )
        for reason, step in steps:
            before = stack.valid.copy() if rejections else None
            step()
            if rejections and before is not None:
                # What was and no longer is, without another array of the stack's size.
                rejections.add(reason, np.greater(before, stack.valid, out=before))

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
