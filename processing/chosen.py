"""What the chosen observations of a block say: reflectances and the other layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Protocol

import numpy as np

from processing.angles import Angles
from processing.cells import BlockView, CellGrid, CellWindow
from processing.clock import Clock
from processing.granule import Granule
from processing.kernels.gathering import count_valid, gather, pick, take
from processing.layers import LAYERS, OutputLayer
from processing.methods.base import Choice
from processing.sentinel2 import BANDS, REFLECTANCE_NODATA
from processing.stack import Stack

MOST_VALID_OBS = 254
"""valid_obs is uint8 and 255 is no data."""

_ANGLES = ("sun_zenith", "sun_azimuth", "view_zenith_mean", "view_azimuth_mean")


class Cells(Protocol):
    """Where the numbers come from: a ``Reader``, or what was read for a whole block."""

    def grid(self, number: int, band: str, /) -> CellGrid: ...

    def read(self, number: int, band: str, window: CellWindow, grid: CellGrid, /) -> np.ndarray: ...


class Chosen:
    """The chosen observations of one block; reads of each granule only what was chosen of it."""

    def __init__(
        self,
        choice: Choice,
        stack: Stack,
        view: BlockView,
        *,
        granules: Sequence[Granule],
        reader: Cells,
        clock: Clock,
        angles: Mapping[int, Angles],
    ) -> None:
        """``granules`` newest first, ``angles`` by their numbers."""
        self._choice = choice
        self._stack = stack
        self._view = view
        self._granules = granules
        self._reader = reader
        self._clock = clock
        self._angles = angles

    def reflectance(self, band: str) -> np.ndarray:
        """Reflectance x 10000 (y, x), uint16."""
        if band not in self._stack.bands:
            return self._read_reflectance(band)
        with self._clock.measuring("gather"):
            return gather_band(self._stack, band, self._choice.observation)

    def layer(self, name: str, *, first_day: date) -> np.ndarray:
        """A layer of one raster (y, x) in its product data type; days are counted from ``first_day``."""
        (raster,) = LAYERS[name].rasters
        if name in _ANGLES:
            return self._angle(raster)
        source = LAYERS[name].read_from
        if source is not None:
            return self._read_layer(raster, source)
        with self._clock.measuring("gather"):
            return self._known(first_day)[name]()

    def _known(self, first_day: date) -> dict[str, Callable[[], np.ndarray]]:
        """How to make the layers that need no further reading."""
        return {
            "valid_obs": self._valid_obs,
            "medoid_mos": lambda: self._choice.spread,
            "method": lambda: self._choice.decision,
            "scene_classification": self._scene_class,
            "source_index": lambda: self._per_observation("source_index", self._oldest_first),
            "observation_date": lambda: self._per_observation(
                "observation_date", lambda number: (self._granules[number].sensed_at.date() - first_day).days
            ),
        }

    def _oldest_first(self, number: int) -> int:
        return len(self._granules) - 1 - number

    def _valid_obs(self) -> np.ndarray:
        return count_valid(self._stack.valid, MOST_VALID_OBS)

    def _scene_class(self) -> np.ndarray:
        (raster,) = LAYERS["scene_classification"].rasters
        return pick(self._stack.scene_class, self._choice.observation, raster.nodata)

    def _per_observation(self, name: str, value_of: Callable[[int], int]) -> np.ndarray:
        """A layer that has one value per granule."""
        (raster,) = LAYERS[name].rasters
        # Position -1, nothing chosen, looks up the last entry.
        values = [*(value_of(number) for number in self._stack.observations), raster.nodata]
        return np.array(values, raster.dtype)[self._choice.observation]

    def _angle(self, raster: OutputLayer) -> np.ndarray:
        chosen = self._choice.observation
        out = np.full(chosen.shape, raster.nodata, raster.dtype)
        for position, number in self._taken:
            angles = self._angles.get(number)
            if angles is not None:
                coordinates = self._view.coordinates(self._reader.grid(number, "SCL").epsg)
                with self._clock.measuring("gather"):
                    getattr(angles, raster.name).take(*coordinates, chosen, position, out)
        return out

    def _read_layer(self, raster: OutputLayer, source: str) -> np.ndarray:
        """A layer that the granules hold as a raster: aerosol thickness, cloud and snow probability."""
        out = np.full(self._choice.observation.shape, raster.nodata, raster.dtype)
        self._take(source, out, largest=raster.valid_range[1], has_zero=raster.dtype != "uint16")
        return out

    def _read_reflectance(self, band: str) -> np.ndarray:
        """A band that was not compared, read from the chosen observations alone."""
        out = np.full(self._choice.observation.shape, REFLECTANCE_NODATA, np.uint16)
        self._take(band, out, largest=REFLECTANCE_NODATA - 1, has_zero=False)
        return out

    def _take(self, band: str, out: np.ndarray, *, largest: int, has_zero: bool) -> None:
        """Write what the granules' ``band`` says into ``out`` (y, x), each granule where it was chosen.

        Sums of number and offset are held within 0..``largest``; ``has_zero``: whether 0 is a number and not no data.
        """
        for position, number in self._taken:
            file = self._granules[number].files.get(band)
            if file is None:
                continue
            grid = self._reader.grid(number, band).for_pixels_of(self._view.part.resolution_m)
            rows, columns = self._view.cells(grid)
            window = CellWindow.around(rows, columns)
            # A window of a larger array is copied: the kernel is compiled for rows that follow each other.
            cells = np.ascontiguousarray(self._reader.read(number, band, window, grid))
            offset = file.offset if band in BANDS else 0
            with self._clock.measuring("gather"):
                take(
                    cells, rows, columns, window.row, window.column,
                    self._choice.observation, position, offset, has_zero, largest, out,
                )  # fmt: skip

    @cached_property
    def _taken(self) -> list[tuple[int, int]]:
        """Position in the stack and number of each observation that was chosen anywhere in the block."""
        chosen = self._choice.observation
        counts = np.bincount(chosen.ravel() + 1, minlength=1)[1:]
        return [(int(position), self._stack.observations[position]) for position in np.flatnonzero(counts)]


def gather_band(stack: Stack, band: str, chosen: np.ndarray) -> np.ndarray:
    """Reflectance x 10000 (y, x) of a band that the stack holds, from the chosen observations."""
    cells, start, plane, width, cell_row, cell_column = stack.cells()
    b = stack.positions([band])[0]
    offset = stack.offset[:, b].copy()
    return gather(cells, start[b], plane[b], width[b], cell_row[b], cell_column[b], offset, chosen, REFLECTANCE_NODATA)
