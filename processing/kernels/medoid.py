"""The medoid: the observation nearest to all others.

A strip of neighbouring pixels is worked on together, so that one instruction computes 4 to 16 distances. All sums
of distances are taken in float32 first. That leaves, nearly always, one observation that can be the medoid, and
sometimes a few; these alone are measured in float64. What is chosen is what float64 alone would choose: see
``_limit_sums``.

Million pixels per second on one core of an AMD EPYC (AVX-512), block of 512 x 512 px, four bands at 10 m and
three at 20 m, method s2gm with all it does (tests/benchmarks/bench_kernels.py, 2026-11-21, quiet machine):

    observations             4      8     12     24     48
    all valid             33.9   22.0   15.7    7.6    2.3
    one of n missing       8.1   20.9   15.9    7.7    2.4
    half in clouds         5.6    7.9   12.1    7.6    2.5
    pixel by pixel         8.3    4.4    2.4    0.8    0.2    all valid, float64: what it was before

Also tried, and slower: float64 throughout in vectors (a third to a half of this), dot products instead of differences,
two partners in one pass, rows of distances kept.

Loops over constants, ``LANES``, are for the long bodies alone: the compiler unrolls short ones and then makes
no vectors of them.
"""

from __future__ import annotations

import math

import numpy as np

from processing.kernels.compiled import kernel

# Sums of the same distances in another order differ in their last bits: that is a tie, not a difference.
TIE = 1.0 - 1e-12

LANES = 64
"""Pixels of a strip."""

BANDS = 7
"""Bands of a strip's spectra; where fewer are compared the others hold 0."""

# Half of the distance between 1 and the next float32.
_ROUNDING = 2.0**-24
_CACHE_LINE_BYTES = 64


def allocate_vectors(rows, columns):
    """Zeros, float32 (row, column), that begin at a cache line: vectors that lie across two are read at half speed."""
    room = np.zeros(rows * columns + _CACHE_LINE_BYTES // 4, np.float32)
    begin = -room.ctypes.data % _CACHE_LINE_BYTES // 4
    return room[begin : begin + rows * columns].reshape(rows, columns)


# Contraction, a product and a sum in one instruction, changes no result in float64 here: squares of
# whole numbers and their sums are exact, and so is a product with a weight of 0 or 1.
@kernel(fastmath={"contract"}, error_model="numpy")
def _measure_roughly(spectra, weight, count, sums):
    """Sums of the distances of every observation to all others that count, float32 (observation, pixel)."""
    for i in range(count):
        here, weight_here, sum_here = spectra[i], weight[i], sums[i]
        sum_here[:] = 0
        for j in range(i):
            there, weight_there, sum_there = spectra[j], weight[j], sums[j]
            for p in range(LANES):
                square = np.float32(0)
                for b in range(BANDS):
                    difference = here[b * LANES + p] - there[b * LANES + p]
                    square += difference * difference
                distance = math.sqrt(square)
                sum_here[p] += distance * weight_there[p]
                sum_there[p] += distance * weight_here[p]


@kernel(fastmath={"contract"}, error_model="numpy")
def _measure_exactly(spectra, weight, count, candidate, own, total):
    """Sum of the distances from each pixel's ``candidate`` to all others that count, float64 (pixel,), oldest last."""
    for p in range(LANES):
        candidates = spectra[candidate[p]]
        for b in range(BANDS):
            own[b * LANES + p] = candidates[b * LANES + p]
    total[:] = 0
    for o in range(count):
        other, counts = spectra[o], weight[o]
        for p in range(LANES):
            square = 0.0
            for b in range(BANDS):
                difference = np.float64(own[b * LANES + p] - other[b * LANES + p])
                square += difference * difference
            total[p] += math.sqrt(square) * counts[p]


@kernel
def _limit_sums(sums, weight, count, limit):
    """Sum up to which an observation can be the medoid, by pixel; sums of observations that do not count become inf.

    Differences of spectra are whole numbers below 2**24 and exact in float32. Squaring and adding seven of them,
    the root and adding n distances err by no more than n + 6 roundings, for the least sum and for
    its rival. The rest is far more than all ties together, so that what is left out could not have changed which of
    the others wins.
    """
    tolerance = np.float32(1.0 + 4 * (count + 8) * _ROUNDING)
    limit[:] = np.inf
    for o in range(count):
        near, counts = sums[o], weight[o]
        for p in range(limit.shape[0]):
            near[p] = near[p] if counts[p] > 0 else np.float32(np.inf)
            limit[p] = min(limit[p], near[p])
    for p in range(limit.shape[0]):
        limit[p] = limit[p] * tolerance if limit[p] < np.inf else np.float32(-1)


@kernel
def _find_candidates(sums, limit, count, candidate, following):
    """Put the next observation within the limit into ``candidate``, where there is one; whether there was any.

    ``following`` is scratch. Before the first call ``candidate`` is -1.
    """
    none = np.int32(count)
    following[:] = none
    for o in range(count):
        near, this = sums[o], np.int32(o)
        for p in range(following.shape[0]):
            beyond, done = near[p] > limit[p], this <= candidate[p]
            following[p] = min(following[p], none if beyond | done else this)
    for p in range(following.shape[0]):
        candidate[p] = following[p] if following[p] < none else max(candidate[p], np.int32(0))
    found = False
    for p in range(following.shape[0]):
        found |= following[p] < none
    return found


def allocate_room(observations):
    """Scratch for ``find_medoids``: sums, limits, candidates, those that follow, their spectra and sums."""
    return (
        allocate_vectors(observations, LANES),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.int32),
        np.empty(LANES, np.int32),
        allocate_vectors(1, BANDS * LANES)[0],
        np.empty(LANES, np.float64),
    )


@kernel
def find_medoids(spectra, weight, count, room, best, least):
    """Write the medoid of each pixel (position in ``spectra``) to ``best``, its sum of distances to ``least``.

    ``spectra`` float32 (observation, band x pixel), whole numbers; ``weight`` float32 (observation, pixel), 1 where
    an observation counts, else 0; ``count``: observations there are. ``best`` int32, ``least`` float64 (pixel,).
    The medoid has the smallest sum of Euclidean distances to the others; of equal ones it is the first. Pixels where
    nothing counts get anything. Source: S2GM ATBD v1.3.3, 2.4.2; ties as in the service's own script.
    """
    sums, limit, candidate, following, own, total = room
    _measure_roughly(spectra, weight, count, sums)
    _limit_sums(sums, weight, count, limit)
    candidate[:] = -1
    best[:] = 0
    least[:] = np.inf
    while _find_candidates(sums, limit, count, candidate, following):
        _measure_exactly(spectra, weight, count, candidate, own, total)
        for p in range(best.shape[0]):
            nearer = total[p] < least[p] * TIE
            best[p] = candidate[p] if nearer else best[p]
            least[p] = total[p] if nearer else least[p]


def medoid(spectra, count, bands, sums):
    """Position of the medoid of one pixel's ``spectra[:count, :bands]`` (whole numbers).

    Its sum of distances is written to its place in ``sums``.
    """
    vectors, weight = allocate_vectors(count, BANDS * LANES), allocate_vectors(count, LANES)
    for o in range(count):
        weight[o, 0] = 1
        for b in range(bands):
            vectors[o, b * LANES] = spectra[o, b]
    best, least = np.empty(LANES, np.int32), np.empty(LANES, np.float64)
    find_medoids(vectors, weight, count, allocate_room(count), best, least)
    sums[best[0]] = least[0]
    return best[0]
