"""Least squares of many series against one model: matrix products for series without gaps, columns by columns else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from processing.insar.delivery import NODATA
from processing.kernels.explaining import COLUMNS, explain

DAYS_PER_YEAR = 365.0
"""As EGMS's reference code counts, not 365.25: velocities are lower by 0.07 % than those of a Julian year."""

MODELS: dict[str, tuple[int, bool]] = {
    "linear": (1, False),
    "linear+season": (1, True),
    "quadratic+season": (2, True),
    "cubic+season": (3, True),
}
"""Degree in time, and whether there is an annual term."""

# Values of a block: about what stays in the processor's cache while it is used three times.
_BLOCK_VALUES = 1 << 19
# Multiplications up to which OpenBLAS stays in one thread (SMP_THRESHOLD_MIN x GEMM_MULTITHREAD_THRESHOLD).
_ONE_THREAD = 65_536 * 4
# With fewer series than this to a pattern of gaps, one by one is slower than all by Gram and Schmidt.
_SERIES_PER_PATTERN = 10
# A column whose own part is smaller than this share of it cannot be told from the columns before it.
_LEAST_OWN_SHARE = 1e-6


@dataclass(frozen=True)
class Basis:
    """The columns of a model at certain dates, made orthonormal one after the other: design = q @ r."""

    q: np.ndarray
    r: np.ndarray

    @property
    def inverse(self) -> np.ndarray:
        """r^-1: coefficients are ``inverse @ (q.T @ d)``, their covariance ``inverse @ inverse.T`` x variance."""
        return np.linalg.inv(self.r)


def columns(years: np.ndarray, *, degree: int, season: bool) -> np.ndarray:
    """Design matrix (date, column): 1, [cos 2 pi t, sin 2 pi t,] t, t^2 / 2, t^3."""
    t = np.asarray(years, np.float64)
    made = [np.ones_like(t)]
    if season:
        made += [np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)]
    made += [t, 0.5 * t**2, t**3][:degree]
    return np.stack(made, axis=1)


def orthonormal(design: np.ndarray) -> Basis | None:
    """The basis of a design matrix; None where the dates are too few or too alike to tell its columns apart."""
    if design.shape[0] <= design.shape[1]:
        return None
    q, r = np.linalg.qr(design)
    own = np.abs(np.diagonal(r))
    if np.any(own <= _LEAST_OWN_SHARE * np.linalg.norm(design, axis=0)):
        return None
    return Basis(q, r)


@dataclass(frozen=True)
class Solution:
    """A model fitted to k series: what its orthonormal columns take of each, and what is left."""

    parts: np.ndarray
    """(k, column)."""
    r: np.ndarray
    """(k, column, column), or (1, column, column) where all series have all dates: design = q @ r."""
    squares: np.ndarray
    """(k,): sum of the squares of the residuals, mm^2."""
    counts: np.ndarray
    """(k,): dates with a value."""
    sound: np.ndarray
    """(k,): whether there are dates enough, and not too much alike, to tell the columns apart; else nothing holds."""


def blocks(displacement: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray | None]]:
    """Series (k, N) some at a time: (rows, float64 mm, mask of what is there); no mask where everything is.

    ``displacement`` is in mm with NaN where there is none, or whole numbers: tenths of a millimetre with NODATA. What
    is missing is 0 in what comes.
    """
    for rows in _some_rows(displacement):
        block = displacement[rows]
        if np.issubdtype(block.dtype, np.integer):
            there, values = block != NODATA, block / 10.0
        else:
            values = np.array(block, np.float64)
            there = ~np.isnan(values)
        if there.all():
            yield rows, values, None
        else:
            values[~there] = 0
            yield rows, values, there


def solutions(displacement: np.ndarray, design: np.ndarray) -> Iterator[tuple[slice, Solution]]:
    """Fit a design matrix (date, column) to series as ``blocks`` takes them, some at a time."""
    basis = orthonormal(design) if displacement.dtype == np.int16 and design.shape[1] == COLUMNS else None
    for rows in _some_rows(displacement):
        block = displacement[rows]
        # NODATA is the smallest number of 16 bits.
        if basis is not None and block.min(initial=0) > NODATA:
            yield rows, _solve_tenths(block, basis)
        else:
            for _, values, there in blocks(block):
                yield rows, solve(values, there, design)


def _some_rows(displacement: np.ndarray) -> Iterator[slice]:
    count, dates = displacement.shape
    step = max(1, _BLOCK_VALUES // max(1, dates))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def _solve_tenths(tenths: np.ndarray, basis: Basis) -> Solution:
    """``solve`` for complete series of int16, in a quarter of the time."""
    count, dates = tenths.shape
    parts, squares = np.empty((count, COLUMNS)), np.empty(count)
    explain(tenths, np.ascontiguousarray(basis.q.T), parts, squares)
    parts /= 10.0
    squares /= 100.0
    return Solution(parts, basis.r[np.newaxis], squares, np.full(count, float(dates)), np.ones(count, bool))


def solve(values: np.ndarray, there: np.ndarray | None, design: np.ndarray) -> Solution:
    """Fit a design matrix (date, column) to a block of ``blocks``."""
    if there is not None:
        alike = _alike(there)
        if len(alike) * _SERIES_PER_PATTERN > len(values):
            return _solve_with_gaps(values, there, design)
        return _solve_by_pattern(values, there, design, alike)
    count = len(values)
    basis = orthonormal(design)
    if basis is None:
        nothing = np.zeros((count, design.shape[1]))
        return Solution(
            nothing, np.eye(design.shape[1])[np.newaxis], np.zeros(count), np.ones(count), np.zeros(count, bool)
        )
    parts = product(values, basis.q)
    left = values - product(parts, basis.q.T)
    squares = np.einsum("ij,ij->i", left, left)
    return Solution(parts, basis.r[np.newaxis], squares, np.full(count, float(design.shape[0])), np.ones(count, bool))


def product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """``rows @ matrix`` on one core: done in pieces that OpenBLAS does not share out to threads.

    For such narrow matrices its threads win nothing, and they burn a second core while they wait for each other.
    """
    found = np.empty((len(rows), matrix.shape[1]), np.result_type(rows, matrix))
    height = max(1, _ONE_THREAD // max(1, matrix.size))
    whole = len(rows) // height * height
    pieces = rows[:whole].reshape(-1, height, rows.shape[1])
    np.matmul(pieces, matrix, out=found[:whole].reshape(-1, height, matrix.shape[1]))
    np.matmul(rows[whole:], matrix, out=found[whole:])
    return found


def _alike(there: np.ndarray) -> list[np.ndarray]:
    """Row numbers by pattern of what is there."""
    packed = np.ascontiguousarray(np.packbits(there, axis=1))
    _, pattern = np.unique(packed.view(np.dtype((np.void, packed.shape[1]))).ravel(), return_inverse=True)
    ordered = np.argsort(pattern, kind="stable")
    return np.split(ordered, np.flatnonzero(np.diff(pattern[ordered])) + 1)


def _solve_by_pattern(
    values: np.ndarray, there: np.ndarray, design: np.ndarray, alike: Sequence[np.ndarray]
) -> Solution:
    """The same where many series share their dates."""
    count, width = len(values), design.shape[1]
    found = Solution(
        np.zeros((count, width)), np.empty((count, width, width)), np.zeros(count), np.ones(count),
        np.zeros(count, bool),
    )  # fmt: skip
    for rows in alike:
        here = there[rows[0]]
        some = solve(values[rows][:, here], None, design[here])
        found.parts[rows], found.r[rows], found.squares[rows] = some.parts, some.r, some.squares
        found.counts[rows], found.sound[rows] = some.counts, some.sound
    return found


def _solve_with_gaps(values: np.ndarray, there: np.ndarray, design: np.ndarray) -> Solution:
    """The same where each series has dates of its own: Gram and Schmidt's way, for all series at once."""
    (count, dates), width = values.shape, design.shape[1]
    counts = there.sum(axis=1).astype(np.float64)
    sound = counts > width
    q, r = np.empty((width, count, dates)), np.zeros((count, width, width))
    parts, left = np.empty((count, width)), values.copy()
    for column in range(width):
        own = design[:, column] * there
        whole = _lengths(own)
        for before in range(column):
            r[:, before, column] = np.einsum("ij,ij->i", q[before], own)
            own -= r[:, before, column, np.newaxis] * q[before]
        lengths = _lengths(own)
        sound &= lengths > _LEAST_OWN_SHARE * whole
        r[:, column, column] = np.where(sound, lengths, 1.0)
        q[column] = own / r[:, column, column, np.newaxis]
        parts[:, column] = np.einsum("ij,ij->i", q[column], values)
        left -= parts[:, column, np.newaxis] * q[column]
    return Solution(parts, r, np.einsum("ij,ij->i", left, left), counts, sound)


def _lengths(columns_of: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->i", columns_of, columns_of))
