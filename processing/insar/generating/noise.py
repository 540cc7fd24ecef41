"""Numbers that look random and are a function of place and seed: the same landscape whatever is looked at of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP_X, _STEP_Y = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_LARGEST = float(2**53)


def chance(column: ArrayLike, row: ArrayLike, *, seed: int, salt: int) -> np.ndarray:
    """float64 from 0 up to 1 for each square (column, row) of a lattice; ``salt`` gives another one.

    The mixing is that of SplitMix64.
    """
    # Of numbers alone numpy would tell that they overflow, which they shall.
    columns, rows = (np.atleast_1d(np.asarray(each, np.int64)).astype(np.uint64) for each in (column, row))
    mixed = (columns * _STEP_X) ^ (rows * _STEP_Y)
    # The sign of a seed does not matter, only that it is another one.
    mixed += np.uint64((seed * 1_000_003 + salt * 7919) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)).astype(np.float64) / _LARGEST).reshape(
        np.broadcast_shapes(np.shape(column), np.shape(row))
    )


def smooth(x: np.ndarray, y: np.ndarray, *, scale_m: float, seed: int, salt: int) -> np.ndarray:
    """float64 from 0 to 1 that changes over about ``scale_m`` metres."""
    across, up = np.asarray(x) / scale_m, np.asarray(y) / scale_m
    column, row = np.floor(across).astype(np.int64), np.floor(up).astype(np.int64)
    right, upper = _eased(across - column), _eased(up - row)
    corners = [chance(column + i, row + j, seed=seed, salt=salt) for j in (0, 1) for i in (0, 1)]
    low = corners[0] + (corners[1] - corners[0]) * right
    high = corners[2] + (corners[3] - corners[2]) * right
    return low + (high - low) * upper


def _eased(share: np.ndarray) -> np.ndarray:
    return share * share * (3 - 2 * share)
