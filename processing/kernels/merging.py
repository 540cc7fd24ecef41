"""Fine pixels merged into coarse cells."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel


def merge_pixels(pixels, times, zero_counts, out):
    """Write means of ``times`` x ``times`` ``pixels`` (y, x), rounded half up, into ``out`` (cell row, cell column).

    The last cells are means of what there is. Zeros, no data, are left out of them unless ``zero_counts``.
    """
    total, count = np.empty((2, out.shape[1]), np.uint32)
    _merge_pixels(pixels, times, zero_counts, total, count, out)


@kernel
def _merge_pixels(pixels, times, zero_counts, total, count, out):
    """``total``, ``count``: room for a number for each cell of a row."""
    height, width = pixels.shape
    for row in range(out.shape[0]):
        total[:] = 0
        count[:] = 0
        for y in range(row * times, min((row + 1) * times, height)):
            line = pixels[y]
            for column in range(out.shape[1]):
                for x in range(column * times, min((column + 1) * times, width)):
                    total[column] += line[x]
                    count[column] += zero_counts or line[x] != 0
        for column in range(out.shape[1]):
            counted = max(count[column], 1)
            out[row, column] = (total[column] + counted // 2) // counted
