"""Which cells of the pyramid may be shown to those who may not see points, so that none tells of fewer than n.

A cell is shown when all of these hold:

1. it is of the largest size, or the cell around it is shown;
2. it has at least n points;
3. it is not hidden to cover others: in each shown cell the points that lie in none of its shown children are none, or
   at least n. Where they are fewer, the smallest shown child is hidden as well.

Why that suffices. The shown cells are nested: two of them have no point in common, or one contains the other. For each
shown cell c let r(c) be its points that lie in no shown cell within it. The sets r(c) have no point in common, and each
shown cell is a union of such sets; so every sum and difference of shown cells (also with whole numbers before them)
counts each r(c) as a whole, the same number of times for all its points. A combination that singles points out, by
counting some once and all others never, singles out a union of whole sets r(c). By rule 3 each r(c) is empty or has
n points or more, for a cell without shown children by rule 2: fewer than n are never singled out. The same holds for
sums of velocities and of their squares, of which mean and spread are made. Who is shown fewer of the cells (only larger
ones, only those of an area) combines fewer of them.

The points of coarsened sites count in cells from COARSENED_CELL_M on: in a cell of that size they lie in no child, so
that rule 3 covers them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def shown(counts: Sequence[np.ndarray], parents: Sequence[np.ndarray], least: int) -> list[np.ndarray]:
    """Which cells may be shown, by level; levels from the largest cells to the smallest.

    ``counts[k]`` (cell,) are the points of the cells of level k; ``parents[k]`` the number of the cell of level k - 1
    around each (of no meaning for k = 0).
    """
    found = [np.asarray(counts[0]) >= least]
    for level in range(1, len(counts)):
        found.append(_within(np.asarray(counts[level]), parents[level], counts[level - 1], found[-1], least))
    return found


def _within(
    counts: np.ndarray, parents: np.ndarray, parent_counts: np.ndarray, parent_shown: np.ndarray, least: int
) -> np.ndarray:
    kept = parent_shown[parents] & (counts >= least)
    in_shown_children = np.bincount(parents[kept], counts[kept], minlength=len(parent_counts))
    left = parent_counts - in_shown_children
    # A child that is hidden adds its own points, at least n: one is enough.
    tells = parent_shown & (left > 0) & (left < least)
    candidates = np.flatnonzero(kept & tells[parents])
    ordered = candidates[np.lexsort((candidates, counts[candidates], parents[candidates]))]
    smallest = np.ones(ordered.size, bool)
    smallest[1:] = parents[ordered][1:] != parents[ordered][:-1]
    kept[ordered[smallest]] = False
    return kept
