"""Loops over the pixels of a block: choose an observation, gather its values."""

from __future__ import annotations

import numpy as np
from numba import njit

from processing.kernels.medoid import medoid
from processing.kernels.pairwise import pairwise
from processing.kernels.stc import NO_DATA, greenest, short_term

SINGLE, SHORT_TERM, MEDOID = 1, 2, 3
"""Values of the layer ``method``."""

NO_SPREAD = 65535


@njit(cache=True, nogil=True)
def _list_valid(valid, y, x, candidates):
    """Write the valid observations of a pixel into ``candidates``; return how many they are."""
    count = 0
    for o in range(valid.shape[0]):
        if valid[o, y, x]:
            candidates[count] = o
            count += 1
    return count


@njit(cache=True, nogil=True)
def _read_spectra(cells, start, plane, width, cell_row, cell_column, offset, y, x, bands, candidates, count, spectra):
    """Write reflectance x 10000 of the candidates into ``spectra``; missing bands (-1) are left out."""
    for k in range(bands.shape[0]):
        b = bands[k]
        if b < 0:
            continue
        cell = start[b] + cell_row[b, y] * width[b] + cell_column[b, x]
        for i in range(count):
            o = candidates[i]
            spectra[i, k] = np.int64(cells[cell + o * plane[b]]) + offset[o, b]


@njit(cache=True, nogil=True)
def _by_tree(spectra, classes, tree_bands, count, by_pairs):
    """One of the short-term trees, or what is left of it without some of its bands."""
    if by_pairs:
        if np.all(tree_bands[:4] >= 0) and np.all(tree_bands[5:7] >= 0):
            return pairwise(spectra, classes, count)
        return 0
    if np.all(tree_bands[:7] >= 0):
        return short_term(spectra, classes, count)
    if tree_bands[2] >= 0 and tree_bands[3] >= 0:
        return greenest(spectra, 2, 3, count)
    return 0


@njit(cache=True, nogil=True)
def choose_s2gm(
    cells, start, plane, width, cell_row, cell_column, offset,
    scene_class, valid, medoid_bands, tree_bands, threshold, by_pairs,
):  # fmt: skip
    """What S2GM chooses: observation (int16, -1 none), decision (uint8), spread (uint16), each (y, x).

    0 valid: none; 1: it; fewer than ``threshold``: a short-term tree; else the medoid.
    ``medoid_bands``: positions of the bands it compares. ``tree_bands``: positions of B02 B03 B04 B08
    B8A B11 B12 and the cloud probability. ``by_pairs``: the tree of V1.0 instead of that of V1.1.0. Where
    bands are missing (-1) the tree of V1.1.0 shrinks to the greatest NDVI, and without B04 or B08, as that
    of V1.0 does at once, to the first observation; a missing cloud probability counts as 0.
    ``spread``: mean distance from the medoid to all observations, itself included, reflectance x 10000.
    """
    observations, height, columns = valid.shape
    chosen = np.full((height, columns), NO_DATA, np.int16)
    decision = np.zeros((height, columns), np.uint8)
    spread = np.full((height, columns), NO_SPREAD, np.uint16)
    candidates = np.empty(observations, np.int64)
    classes = np.empty(observations, np.uint8)
    sums = np.empty(observations, np.float64)
    compared = medoid_bands.shape[0]
    spectra = np.zeros((observations, max(compared, tree_bands.shape[0])), np.float64)
    for y in range(height):
        for x in range(columns):
            count = _list_valid(valid, y, x, candidates)
            if count == 0:
                continue
            best = 0
            decided = SINGLE
            if count > 1 and count >= threshold:
                _read_spectra(
                    cells, start, plane, width, cell_row, cell_column, offset,
                    y, x, medoid_bands, candidates, count, spectra,
                )  # fmt: skip
                best = medoid(spectra, count, compared, sums)
                decided = MEDOID
                spread[y, x] = min(np.int64(sums[best] / count + 0.5), NO_SPREAD - 1)
            elif count > 1:
                _read_spectra(
                    cells, start, plane, width, cell_row, cell_column, offset,
                    y, x, tree_bands, candidates, count, spectra,
                )  # fmt: skip
                for i in range(count):
                    classes[i] = scene_class[candidates[i], y, x]
                best = _by_tree(spectra, classes, tree_bands, count, by_pairs)
                decided = SHORT_TERM
            if best >= 0:
                chosen[y, x] = candidates[best]
                decision[y, x] = decided
    return chosen, decision, spread


@njit(cache=True, nogil=True)
def choose_first(valid):
    """Chosen observation (y, x) as int16: the first valid one, -1 for none."""
    observations, height, columns = valid.shape
    chosen = np.full((height, columns), NO_DATA, np.int16)
    for o in range(observations - 1, -1, -1):
        for y in range(height):
            for x in range(columns):
                if valid[o, y, x]:
                    chosen[y, x] = o
    return chosen


@njit(cache=True, nogil=True)
def gather(cells, start, plane, width, cell_row, cell_column, offset, chosen, nodata):
    """Reflectance x 10000 (y, x) as uint16 of one band from the chosen observations.

    ``start``, ``plane``, ``width``: of this band; ``cell_row`` (y,), ``cell_column`` (x,), ``offset``
    (observation,) likewise. Negative reflectance is stored as 0: no data is ``nodata``, so that 0 is a value.
    """
    height, columns = chosen.shape
    out = np.full((height, columns), nodata, np.uint16)
    for y in range(height):
        row = start + cell_row[y] * width
        for x in range(columns):
            o = chosen[y, x]
            if o < 0:
                continue
            number = cells[row + o * plane + cell_column[x]]
            if number != 0:
                out[y, x] = min(max(np.int64(number) + offset[o], 0), nodata - 1)
    return out
