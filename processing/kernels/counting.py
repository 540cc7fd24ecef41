"""What there is in a raster, in one pass."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def count_data(values, nodata):
    """Pixels of ``values`` (y, x) with data, their smallest, largest and summed number; all 0 where there are none."""
    count, total = 0, 0
    smallest, largest = 0, 0
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            value = int(values[y, x])
            if value == nodata:
                continue
            if count == 0 or value < smallest:
                smallest = value
            if count == 0 or value > largest:
                largest = value
            count += 1
            total += value
    return count, smallest, largest, total


@njit(cache=True, nogil=True)
def count_beyond(values, nodata, limit):
    """Pixels of ``values`` (y, x) that hold 0, and such that hold more than ``limit``; no data is neither."""
    zeros, beyond = 0, 0
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            value = int(values[y, x])
            if value == nodata:
                continue
            zeros += value == 0
            beyond += value > limit
    return zeros, beyond
