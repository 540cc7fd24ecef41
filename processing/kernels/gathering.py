"""Loops over the pixels of a block that take the values of the chosen observations."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel


def gather(cells, start, plane, width, cell_row, cell_column, offset, chosen, nodata):
    """Reflectance x 10000 (y, x) as uint16 of one band from the chosen observations.

    ``start``, ``plane``, ``width``: of this band; ``cell_row`` (y,), ``cell_column`` (x,), ``offset``
    (observation,) likewise. Negative reflectance is stored as 0: no data is ``nodata``, so that 0 is a value.
    """
    out = np.full(chosen.shape, nodata, np.uint16)
    _gather(cells, start, plane, width, cell_row, cell_column, offset, chosen, nodata, out)
    return out


@kernel
def _gather(cells, start, plane, width, cell_row, cell_column, offset, chosen, nodata, out):
    height, columns = chosen.shape
    for y in range(height):
        row = start + cell_row[y] * width
        for x in range(columns):
            o = chosen[y, x]
            if o < 0:
                continue
            number = cells[row + o * plane + cell_column[x]]
            if number != 0:
                out[y, x] = min(max(np.int64(number) + offset[o], 0), nodata - 1)


@kernel
def take(cells, rows, columns, first_row, first_column, chosen, observation, offset, has_zero, largest, out):
    """Write the numbers of one raster into ``out`` (uint8 or uint16; y, x) where ``chosen`` is ``observation``.

    ``cells`` (cell row, cell column) are counted from ``first_row`` and ``first_column``; ``rows`` and ``columns`` of
    the cell under each pixel are (y, 1) and (1, x), or both (y, x). ``offset`` is added; the sum is held within
    0..``largest``. Numbers that are 0 are no data, and left out, unless ``has_zero``.
    """
    height, width = chosen.shape
    last_row, last_column = columns.shape[0] - 1, rows.shape[1] - 1
    for y in range(height):
        for x in range(width):
            if chosen[y, x] != observation:
                continue
            row, column = rows[y, min(x, last_column)] - first_row, columns[min(y, last_row), x] - first_column
            number = np.int64(cells[row, column])
            if number != 0 or has_zero:
                out[y, x] = min(max(number + offset, 0), largest)


def pick(values, chosen, nodata):
    """``values`` uint8 (observation, y, x) of the chosen observations (y, x), ``nodata`` where there is none."""
    out = np.full(chosen.shape, nodata, np.uint8)
    _pick(values, chosen, out)
    return out


@kernel
def _pick(values, chosen, out):
    height, columns = chosen.shape
    for y in range(height):
        for x in range(columns):
            if chosen[y, x] >= 0:
                out[y, x] = values[chosen[y, x], y, x]


def count_valid(valid, most):
    """How many observations of ``valid`` (observation, y, x; bool) count at a pixel (y, x): uint8, at most ``most``."""
    _, height, columns = valid.shape
    out = np.empty((height, columns), np.uint8)
    _count_valid(valid, most, np.empty(columns, np.uint16), out)
    return out


@kernel
def _count_valid(valid, most, count, out):
    """``count``: room for a number for each column."""
    observations, height, columns = valid.shape
    for y in range(height):
        count[:] = 0
        for o in range(observations):
            row = valid[o, y]
            for x in range(columns):
                count[x] += np.uint16(row[x])
        for x in range(columns):
            out[y, x] = min(count[x], most)
