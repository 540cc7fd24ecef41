"""The medoid: the observation nearest to all others."""

from __future__ import annotations

import math

from numba import njit

# Sums of the same distances in another order differ in their last bits: that is a tie, not a difference.
TIE = 1.0 - 1e-12


@njit(cache=True, nogil=True)
def medoid(spectra, count, bands, sums):
    """Position (0..count-1) of the medoid of ``spectra[:count, :bands]`` (float64).

    The smallest sum of Euclidean distances to the others; of equal ones the first.
    ``sums`` is scratch of at least ``count`` float64. Source: S2GM ATBD v1.3.3, 2.4.2; ties as in the
    service's own script.
    """
    for i in range(count):
        sums[i] = 0.0
    for i in range(count):
        for j in range(i):
            square = 0.0
            for b in range(bands):
                difference = spectra[i, b] - spectra[j, b]
                square += difference * difference
            distance = math.sqrt(square)
            sums[i] += distance
            sums[j] += distance
    best = 0
    for i in range(1, count):
        if sums[i] < sums[best] * TIE:
            best = i
    return best
