"""Stack: the observations of one block, newest first, as the kernels take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BandCells:
    """One band of all observations of a block, in its own cell size."""

    values: np.ndarray
    """uint16 (observation, cell row, cell column), digital numbers; 0 where nothing was measured."""

    cell_row: np.ndarray
    """int32 (y,): the cell row that each pixel row of the block looks at."""

    cell_column: np.ndarray
    """int32 (x,): likewise for the columns."""

    offset: np.ndarray
    """int32 (observation,): added to a digital number it gives reflectance x 10000."""


class Stack:
    """The observations of one block: scene classes, validity, and the bands that are compared.

    A method reads it and never changes it; a mask clears ``valid``.
    """

    def __init__(
        self,
        *,
        observations: Sequence[int],
        scene_class: np.ndarray,
        valid: np.ndarray,
        bands: Mapping[str, BandCells],
        buffer: np.ndarray,
    ) -> None:
        """``buffer``: the flat uint16 array of which the bands' values are views, in their order."""
        self.observations = tuple(observations)
        """For each observation the number of its granule in the product's list."""

        self.scene_class = scene_class
        """uint8 (observation, y, x)."""

        self.valid = valid
        """bool (observation, y, x)."""

        self.bands = dict(bands)

        self.offset = _stacked([band.offset for band in bands.values()], len(self.observations)).T.copy()
        """int32 (observation, band)."""

        sizes = [band.values.size for band in bands.values()]
        height, width = valid.shape[1:]
        self._cells = (
            buffer,
            np.cumsum([0, *sizes], dtype=np.int64)[:-1],
            np.array([band.values.shape[1] * band.values.shape[2] for band in bands.values()], dtype=np.int64),
            np.array([band.values.shape[2] for band in bands.values()], dtype=np.int64),
            _stacked([band.cell_row for band in bands.values()], height),
            _stacked([band.cell_column for band in bands.values()], width),
        )

    def positions(self, names: Sequence[str]) -> np.ndarray:
        """int64: where each named band stands among the cells, -1 where the archive lacks it."""
        order = {name: position for position, name in enumerate(self.bands)}
        return np.array([order.get(name, -1) for name in names], dtype=np.int64)

    def cells(self) -> tuple[np.ndarray, ...]:
        """cells, start, plane, width, cell_row, cell_column, as the kernels take them."""
        return self._cells


def _stacked(rows: list[np.ndarray], length: int) -> np.ndarray:
    """int32 (band, ``length``), also when there is no band."""
    return np.array(rows, dtype=np.int32).reshape(len(rows), length)
