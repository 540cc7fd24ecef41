"""Loops over the pixels of a block that choose an observation."""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel
from processing.kernels.medoid import LANES, allocate_room, allocate_vectors, find_medoids
from processing.kernels.pairwise import pairwise
from processing.kernels.stc import NO_DATA, greenest, short_term
from processing.kernels.strips import RUN, allocate_run, count_rows, list_present, pack, read_run, weigh

SINGLE, SHORT_TERM, MEDOID = 1, 2, 3
"""Values of the layer ``method``."""

NO_SPREAD = 65535

FIRST, GREENEST, BY_INDICES, BY_PAIRS = 0, 1, 2, 3
"""Short-term trees: the first observation, the greatest NDVI, the tree of V1.1.0, that of V1.0."""


@kernel
def _by_tree(stack, scene_class, valid, y, x, bands, tree, room):
    """Observation that a short-term tree takes of a pixel's valid ones, or -1. ``room``: scratch."""
    cells, start, plane, width, cell_row, cell_column, offset = stack
    candidates, classes, spectra = room
    count = 0
    for o in range(valid.shape[0]):
        if valid[o, y, x]:
            candidates[count] = o
            classes[count] = scene_class[o, y, x]
            count += 1
    if count == 1 or tree == FIRST:
        return candidates[0]
    for k in range(bands.shape[0]):
        b = bands[k]
        if b < 0:
            continue
        cell = start[b] + cell_row[b, y] * width[b] + cell_column[b, x]
        for i in range(count):
            o = candidates[i]
            spectra[i, k] = np.int64(cells[cell + o * plane[b]]) + offset[o, b]
    if tree == GREENEST:
        taken = greenest(spectra, 2, 3, count)
    elif tree == BY_PAIRS:
        taken = pairwise(spectra, classes, count)
    else:
        taken = short_term(spectra, classes, count)
    return candidates[taken] if taken >= 0 else NO_DATA


@kernel
def _write_strip(
    counted, threshold, nearest, least, stack, scene_class, valid, y, x, tree_bands, tree, tree_room, made,
):  # fmt: skip
    """Write what is chosen of every pixel of a strip from (y, x) on; ``nearest``: the observations that are medoids."""
    chosen, decision, spread = made
    for p in range(min(LANES, valid.shape[2] - x)):
        if counted[p] == 0:
            continue
        if counted[p] > 1 and counted[p] >= threshold:
            chosen[y, x + p] = nearest[p]
            decision[y, x + p] = MEDOID
            spread[y, x + p] = min(np.int64(least[p] / counted[p] + 0.5), NO_SPREAD - 1)
            continue
        taken = _by_tree(stack, scene_class, valid, y, x + p, tree_bands, tree, tree_room)
        if taken >= 0:
            chosen[y, x + p] = taken
            decision[y, x + p] = SINGLE if counted[p] == 1 else SHORT_TERM


def choose_s2gm(stack, scene_class, valid, medoid_bands, tree_bands, threshold, tree):
    """What S2GM chooses: observation (int16, -1 none), decision (uint8), spread (uint16), each (y, x).

    0 valid: none; 1: it; fewer than ``threshold``: a short-term tree; else the medoid. ``stack``: cells, start,
    plane, width, cell_row, cell_column, offset. ``medoid_bands``: positions of the bands it compares, at most seven.
    ``tree_bands``: positions of B02 B03 B04 B08 B8A B11 B12 and the cloud probability; of those that are missing, -1,
    the tree must have no need, but for the cloud probability, which then counts as 0.
    ``spread``: mean distance from the medoid to all observations, itself included, reflectance x 10000.
    """
    shape = valid.shape[1:]
    made = (np.full(shape, NO_DATA, np.int16), np.zeros(shape, np.uint8), np.full(shape, NO_SPREAD, np.uint16))
    room = _allocate(valid.shape[0], tree_bands.shape[0])
    _choose_s2gm(stack, scene_class, valid, medoid_bands, tree_bands, threshold, tree, room, made)
    return made


def _allocate(observations, bands):
    """Room for ``_choose_s2gm``."""
    return (
        (
            np.empty(observations, np.int64),
            np.empty(observations, np.uint8),
            np.zeros((observations, bands), np.float64),
        ),
        allocate_run(observations),
        allocate_room(observations),
        (allocate_vectors(observations, LANES), np.empty(LANES, np.int32)),
        (np.empty(LANES, np.int32), np.empty(LANES, np.float64)),
        (np.arange(observations), np.empty(observations, np.int64), np.empty(observations, np.int64)),
    )


@kernel
def _choose_s2gm(stack, scene_class, valid, medoid_bands, tree_bands, threshold, tree, room, made):
    """``made``: what is chosen, how, and the spread, as yet those of no observation."""
    tree_room, run_room, medoid_room, (weight, counted), (nearest, least), lists = room
    everything, seen_room, present_room = lists
    _, height, columns = valid.shape
    top = 0
    while top < height:
        rows = count_rows(stack[4], medoid_bands, top)
        for begin in range(0, columns, RUN):
            pixels = min(RUN, columns - begin)
            seen = list_present(valid, top, rows, begin, pixels, everything, seen_room)
            above = -1
            for y in range(top, top + rows):
                is_read = False
                for x in range(begin, begin + pixels, LANES):
                    lanes = min(LANES, columns - x)
                    present = list_present(valid, y, 1, x, lanes, seen, present_room)
                    most = weigh(valid, y, x, lanes, seen, present, weight, counted)
                    if most > 1 and most >= threshold:
                        if not is_read:
                            read_run(stack, y, above, begin, pixels, medoid_bands, seen, run_room)
                            above, is_read = y, True
                        spectra = pack((x - begin) // LANES, present, run_room)
                        find_medoids(spectra, weight, present.shape[0], medoid_room, nearest, least)
                        for p in range(lanes):
                            nearest[p] = seen[present[nearest[p]]]
                    _write_strip(
                        counted, threshold, nearest, least,
                        stack, scene_class, valid, y, x, tree_bands, tree, tree_room, made,
                    )  # fmt: skip
        top += rows


def choose_first(valid):
    """Chosen observation (y, x) as int16: the first valid one, -1 for none."""
    chosen = np.full(valid.shape[1:], NO_DATA, np.int16)
    _choose_first(valid, chosen)
    return chosen


@kernel
def _choose_first(valid, chosen):
    observations, height, columns = valid.shape
    for y in range(height):
        for o in range(observations - 1, -1, -1):
            for x in range(columns):
                chosen[y, x] = o if valid[o, y, x] else chosen[y, x]
