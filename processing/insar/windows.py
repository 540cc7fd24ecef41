"""The velocity of any window of dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from processing.insar.regression import DAYS_PER_YEAR, Solution, blocks, columns, solve

FEWEST_DATES = 5
SHORTEST_DAYS = 60
FEWEST_SEASONAL_DATES = 12
SHORTEST_SEASONAL_DAYS = 730


def window_velocity(
    displacement: np.ndarray, dates: Sequence[date], first: date, last: date
) -> tuple[np.ndarray, np.ndarray]:
    """Velocity and its standard deviation (k,), mm/yr, of series (k, N) from ``first`` to ``last``, both included.

    Displacements are in mm with NaN, or tenths of a millimetre with NODATA. A straight line; from two years on with an
    annual term: over less, half a season looks like a trend, and both together are so alike that the velocity would
    follow the noise. NaN for a series with fewer than 5 dates in the window, or less than 60 days between them. The
    standard deviation takes the noise for white.
    """
    days = np.array([(each - dates[0]).days for each in dates], np.int64)
    inside = np.array([first <= each <= last for each in dates], bool)
    velocity, std = np.full((2, len(displacement)), np.nan)
    days = days[inside]
    t = (days - days[0]) / DAYS_PER_YEAR if days.size else days.astype(np.float64)
    for rows, values, there in blocks(displacement[:, inside]):
        spans, counts = _spans(days, values, there)
        enough = (counts >= FEWEST_DATES) & (spans >= SHORTEST_DAYS)
        seasonal = enough & (counts >= FEWEST_SEASONAL_DATES) & (spans >= SHORTEST_SEASONAL_DAYS)
        for season, chosen in ((True, seasonal), (False, enough & ~seasonal)):
            if chosen.any():
                some = values[chosen], None if there is None else there[chosen]
                solution = solve(*some, columns(t, degree=1, season=season))
                figures = np.where(solution.sound, _figures(solution), np.nan)
                own = np.flatnonzero(chosen) + rows.start
                velocity[own], std[own] = figures
    return velocity, std


def _figures(solution: Solution) -> np.ndarray:
    """Velocity and its standard deviation (figure, series)."""
    slope = solution.r[:, -1, -1]
    freedom = np.maximum(solution.counts - solution.parts.shape[1], 1)
    return np.stack([solution.parts[:, -1] / slope, np.sqrt(solution.squares / freedom) / np.abs(slope)])


def _spans(days: np.ndarray, values: np.ndarray, there: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Days from the first to the last value of each series, and how many values it has."""
    count = len(values)
    if days.size == 0:
        return np.zeros(count), np.zeros(count)
    if there is None:
        return np.full(count, days[-1] - days[0]), np.full(count, days.size)
    first, last = there.argmax(axis=1), days.size - 1 - there[:, ::-1].argmax(axis=1)
    return days[last] - days[first], there.sum(axis=1)
