"""Figures of square cells of points, from small to large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Points:
    """What cells are made of, over the points of a layer."""

    column: np.ndarray
    row: np.ndarray
    """int32: of the smallest cells, on the grid of EPSG:3035."""

    velocity: np.ndarray
    coherence: np.ndarray
    std: np.ndarray
    """float32, NaN where there is none; ``velocity`` has no NaN."""

    coarsened: np.ndarray
    """bool: of a coarsened site."""

    def chosen(self, which: np.ndarray) -> Points:
        arrays = (self.column, self.row, self.velocity, self.coherence, self.std, self.coarsened)
        return Points(*(each[which] for each in arrays))


@dataclass
class Cells:
    """The cells of one size that have points; arrays over cells."""

    column: np.ndarray
    row: np.ndarray
    count: np.ndarray
    figures: dict[str, np.ndarray]
    """mean, spread, median, p05, p95, low, high, coherence, std; the last two NaN where no point has one."""

    number: np.ndarray
    """(point,): which cell each of the points lies in."""


def cells_of(points: Points, factor: int) -> Cells:
    """Cells whose sides are ``factor`` times those of the smallest ones."""
    keys = _keys(points.column // factor, points.row // factor)
    found, number = np.unique(keys, return_inverse=True)
    count = np.bincount(number, minlength=found.size)
    figures = _ordered_figures(number, points.velocity, count)
    for name, values in (("coherence", points.coherence), ("std", points.std)):
        figures[name] = _known_means(number, values, found.size)
    column, row = _places(found)
    return Cells(column, row, count, figures, number)


def parents_of(cells: Cells, larger: Cells, ratio: int) -> np.ndarray:
    """(cell,): the number of the larger cell around each of ``cells``; every one must be there."""
    keys = _keys(cells.column // ratio, cells.row // ratio)
    return np.searchsorted(_keys(larger.column, larger.row), keys)


def _keys(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """int64, ordered by column and row."""
    return (column.astype(np.int64) << 32) + row


def _places(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    row = keys.astype(np.int32)  # the lower half, with its sign
    return ((keys - row) >> 32).astype(np.int32), row


def _ordered_figures(number: np.ndarray, velocity: np.ndarray, count: np.ndarray) -> dict[str, np.ndarray]:
    """What the velocities of each cell, in order, say."""
    ordered = _sorted_in_groups(number, velocity)
    first = np.cumsum(count) - count
    mean = np.add.reduceat(ordered, first) / count
    deviation = ordered - np.repeat(mean, count)
    figures = {"mean": mean, "spread": np.sqrt(np.add.reduceat(deviation**2, first) / count)}
    for name, share in (("median", 0.5), ("p05", 0.05), ("p95", 0.95), ("low", 0.0), ("high", 1.0)):
        figures[name] = _quantile(ordered, first, count, share)
    return figures


def _sorted_in_groups(number: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """The velocities, group by group, rising in each; float64.

    Group and velocity share a word, so that one sort without an index does both: the bits of positive floats rise with
    them, those of negative ones fall.
    """
    bits = velocity.astype(np.float32).view(np.uint32)
    negative = bits >> 31 != 0
    rising = np.where(negative, ~bits, bits | np.uint32(1 << 31))
    words = (number.astype(np.uint64) << np.uint64(32)) | rising
    words.sort()
    rising = words.astype(np.uint32)
    bits = np.where(rising >> 31 != 0, rising & np.uint32(0x7FFFFFFF), ~rising)
    return bits.view(np.float32).astype(np.float64)


def _quantile(ordered: np.ndarray, first: np.ndarray, count: np.ndarray, share: float) -> np.ndarray:
    """Of each group, linear between neighbours, as numpy's."""
    place = (count - 1) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    low, high = ordered[first + below], ordered[first + above]
    return low + (high - low) * (place - below)


def _known_means(number: np.ndarray, values: np.ndarray, cells: int) -> np.ndarray:
    known = ~np.isnan(values)
    count = np.bincount(number[known], minlength=cells)
    total = np.bincount(number[known], values[known].astype(np.float64), minlength=cells)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / count, np.nan)
