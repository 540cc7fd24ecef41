"""Which pixels were measured, and which snow is snow."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel

# Tasselled-cap brightness of B02 B03 B04 B8A B11 B12, S2GM ATBD v1.3.3, 2.4.1.
TCB = (0.3029, 0.2786, 0.4733, 0.5599, 0.508, 0.1872)
NDSI_OF_SNOW = 0.6
TCB_OF_SNOW = 0.36
SNOW = 11


@kernel
def drop_unmeasured(cells, start, plane, width, cell_row, cell_column, bands, valid):
    """Clear ``valid`` (observation, y, x; bool, in place) where any of the ``bands`` (positions) holds 0, no data."""
    observations, height, columns = valid.shape
    for o in range(observations):
        for y in range(height):
            counts = valid[o, y]
            if not counts.any():
                continue
            for b in bands:
                begin = start[b] + o * plane[b] + cell_row[b, y] * width[b] + cell_column[b, 0]
                under = cells[begin : begin + cell_column[b, columns - 1] - cell_column[b, 0] + 1]
                # Rarely is anything missing: a look at the cells as they lie is quicker than one at every pixel.
                if _has_zero(under):
                    for x in range(columns):
                        counts[x] &= under[cell_column[b, x] - cell_column[b, 0]] != 0


@kernel
def _has_zero(cells):
    """Whether any of ``cells`` (row of them) is 0."""
    zeros = 0
    for x in range(cells.shape[0]):
        zeros |= cells[x] == 0
    return zeros != 0


def drop_false_snow(stack, bands, scene_class, valid):
    """Clear ``valid`` where scene class 11 is not snow: NDSI <= 0.6 or brightness <= 0.36.

    ``stack``: cells, start, plane, width, cell_row, cell_column, offset. ``bands``: positions of B02 B03 B04 B8A B11
    B12. Source: S2GM ATBD v1.3.3, 2.4.1, "L2A snow refinement".
    """
    _drop_false_snow(stack, bands, scene_class, valid, np.empty(6, np.float64))


@kernel
def _drop_false_snow(stack, bands, scene_class, valid, value):
    """``value``: room for a spectrum."""
    cells, start, plane, width, cell_row, cell_column, offset = stack
    observations, height, columns = valid.shape
    for o in range(observations):
        for y in range(height):
            for x in range(columns):
                if not valid[o, y, x] or scene_class[o, y, x] != SNOW:
                    continue
                for k in range(6):
                    b = bands[k]
                    cell = cells[start[b] + o * plane[b] + cell_row[b, y] * width[b] + cell_column[b, x]]
                    value[k] = np.int64(cell) + offset[o, b]
                if not is_snow(value[0], value[1], value[2], value[3], value[4], value[5]):
                    valid[o, y, x] = False


@kernel
def is_snow(b02, b03, b04, b8a, b11, b12):
    """Whether a spectrum (reflectance x 10000) of scene class 11 is snow and not cloud."""
    brightness = (TCB[0] * b02 + TCB[1] * b03 + TCB[2] * b04 + TCB[3] * b8a + TCB[4] * b11 + TCB[5] * b12) * 1e-4
    total = b03 + b11
    ndsi = (b03 - b11) / total if total != 0.0 else 0.0
    return ndsi > NDSI_OF_SNOW and brightness > TCB_OF_SNOW
