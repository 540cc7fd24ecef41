"""Places along Hilbert's curve, point by point: no arrays between one level and the next."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel


@kernel
def follow_curve(x, y, levels, places):
    """Write how far along the curve through 2^levels by 2^levels places (x, y) lies, int64, for each of them.

    Source of the step from level to level: Hamilton, "Compact Hilbert indices", Dalhousie University CS-2006-07; in
    the plane it is the familiar swap and mirror of quadrants.
    """
    for point in range(places.size):
        column, row, place = x[point], y[point], np.int64(0)
        for step in range(levels):
            level = levels - 1 - step
            right, upper = (column >> level) & 1, (row >> level) & 1
            place = (place << 2) | ((3 * right) ^ upper)
            # The lower quadrants are entered turned: the right one mirrored as well.
            mirrored, below = -(right & (1 - upper)), (np.int64(1) << level) - 1
            column, row = (column ^ mirrored) & below, (row ^ mirrored) & below
            swapped = (column ^ row) & (upper - 1)
            column, row = column ^ swapped, row ^ swapped
        places[point] = place
