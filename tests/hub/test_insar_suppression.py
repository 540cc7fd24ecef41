"""No combination of the cells that are shown tells of fewer than n points."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.insar.pyramid import suppression
from hub.insar.pyramid.figures import Points, cells_of, parents_of

FACTORS = (8, 4, 2, 1)
"""Cells of eight, four, two and one step: worlds small enough to try everything."""
COARSENED_FACTOR = 4


def pyramid(points: Points) -> tuple[list, list]:
    fine = points.chosen(~points.coarsened)
    levels = [cells_of(points if factor >= COARSENED_FACTOR else fine, factor) for factor in FACTORS]
    parents = [np.empty(0, int)]
    parents += [parents_of(small, large, 2) for large, small in zip(levels, levels[1:], strict=False)]
    return levels, parents


def shown_sets(points: Points, least: int) -> list[np.ndarray]:
    """Which points (bool) lie in each shown cell."""
    levels, parents = pyramid(points)
    may = suppression.shown([level.count for level in levels], parents, least)
    sets = []
    for factor, level, shown in zip(FACTORS, levels, may, strict=True):
        own = points.coarsened if factor < COARSENED_FACTOR else np.zeros(points.column.size, bool)
        for cell in np.flatnonzero(shown):
            inside = (points.column // factor == level.column[cell]) & (points.row // factor == level.row[cell])
            sets.append(inside & ~own)
    return sets


def world(places: list[tuple[int, int]], coarsened: list[bool]) -> Points:
    column, row = (np.array([place[axis] for place in places], np.int32) for axis in (0, 1))
    zeros = np.zeros(len(places), np.float32)
    return Points(column, row, zeros, zeros, zeros, np.array(coarsened))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Points, int]:
    least = draw(st.integers(2, 6))
    side = draw(st.sampled_from([3, 8, 16]))
    places = draw(st.lists(st.tuples(st.integers(0, side - 1), st.integers(0, side - 1)), min_size=1, max_size=120))
    marks = draw(st.lists(st.booleans(), min_size=len(places), max_size=len(places)))
    points = world(places, marks)
    # As cells.py does: too few coarsened points of a cell count nowhere.
    cells = points.chosen(points.coarsened)
    kept = ~points.coarsened
    if cells.column.size:
        groups = cells_of(cells, COARSENED_FACTOR)
        kept[points.coarsened] = groups.count[groups.number] >= least
    return points.chosen(kept), least


@given(worlds())
@settings(max_examples=300, deadline=None)
def test_points_fall_into_groups_of_n_or_more_that_no_cell_divides(drawn: tuple[Points, int]):
    points, least = drawn
    if not points.column.size:
        return
    sets = shown_sets(points, least)
    membership = np.array(sets).T if sets else np.zeros((points.column.size, 0), bool)
    groups, size = np.unique(membership, axis=0, return_counts=True)
    # Whatever is added and subtracted, the points of a group are counted alike: they are in the same cells.
    for group, count in zip(groups, size, strict=True):
        assert not group.any() or count >= least


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_adding_and_subtracting_up_to_five_cells_never_isolates_a_few(drawn: tuple[Points, int]):
    points, least = drawn
    if not points.column.size:
        return
    sets = np.array(shown_sets(points, least)[:5], int).reshape(-1, points.column.size)
    for weights in product((-1, 0, 1), repeat=len(sets)):
        combined = np.array(weights, int) @ sets if len(sets) else np.zeros(points.column.size, int)
        if set(np.unique(combined)) <= {0, 1}:
            assert combined.sum() == 0 or combined.sum() >= least


def test_the_attack_of_subtracting_children_from_their_parent_fails():
    # Nine in one child, two in another: the parent less the large child would tell of the two.
    points = world([(0, 0)] * 9 + [(1, 1)] * 2, [False] * 11)
    levels, parents = pyramid(points)
    may = suppression.shown([level.count for level in levels], parents, 5)
    assert may[-2].tolist() == [True]
    assert may[-1].tolist() == [False, False]


def test_as_much_is_shown_as_may_be():
    points = world([(0, 0)] * 9 + [(1, 1)] * 2 + [(0, 1)] * 5 + [(1, 0)] * 6, [False] * 22)
    levels, parents = pyramid(points)
    may = suppression.shown([level.count for level in levels], parents, 5)
    last = levels[-1]
    hidden = {(int(c), int(r)) for c, r, shown in zip(last.column, last.row, may[-1], strict=True) if not shown}
    # The two of (1, 1), and beside them the smallest that may be shown: (0, 1).
    assert hidden == {(1, 1), (0, 1)}


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_figures_of_cells_are_those_of_numpy(share: float):
    random = np.random.default_rng(4)
    column, row = random.integers(-40, 40, (2, 3000)).astype(np.int32)
    velocity = random.normal(0, 5, 3000).astype(np.float32)
    coherence = np.where(random.random(3000) < 0.3, np.nan, random.random(3000)).astype(np.float32)
    points = Points(column, row, velocity, coherence, velocity, np.zeros(3000, bool))
    cells = cells_of(points, 16)
    name = {0.0: "low", 0.05: "p05", 0.5: "median", 0.95: "p95", 1.0: "high"}[share]
    for cell in range(cells.count.size):
        own = (column // 16 == cells.column[cell]) & (row // 16 == cells.row[cell])
        assert cells.count[cell] == own.sum()
        assert cells.figures[name][cell] == pytest.approx(np.quantile(velocity[own].astype(float), share), abs=1e-6)
        assert cells.figures["mean"][cell] == pytest.approx(velocity[own].mean(), abs=1e-4)
        assert cells.figures["spread"][cell] == pytest.approx(velocity[own].std(), abs=1e-4)
        assert cells.figures["coherence"][cell] == pytest.approx(np.nanmean(coherence[own]), nan_ok=True, abs=1e-5)
