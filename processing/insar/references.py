"""Other references in place and time: displacements are relative, and their uncertainty is that of both ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

STD_AT_1_KM_MM_YR = 1.0
"""Rule of thumb for a LOS velocity 1 km from its reference: the SW-France pilot, 55 images in 24 months."""

NEAREST_DATES = 3
"""So many values around a reference date are averaged: one alone would put its own noise into every date."""


def rereference(displacement: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Displacements (k, N) relative to the mean of the reference series (m, N) or (N,); NaN where either is missing.

    The reference counts on a date where at least half of its series have a value, else its mean would jump as
    points come and go. Raises ValueError where dates differ in number or the reference has no series.
    """
    series = np.atleast_2d(np.asarray(reference, np.float64))
    moved = np.asarray(displacement, np.float64)
    if series.shape[0] == 0 or series.shape[1] == 0:
        raise ValueError("the reference has no series")
    if series.shape[1] != moved.shape[-1]:
        raise ValueError(f"the reference has {series.shape[1]} dates, the series have {moved.shape[-1]}")
    return moved - mean_series(series)


def mean_series(series: np.ndarray) -> np.ndarray:
    """Mean (N,) of series (m, N); NaN on dates where fewer than half of them have a value."""
    values = np.atleast_2d(np.asarray(series, np.float64))
    there = ~np.isnan(values)
    counts = there.sum(axis=0)
    sums = np.where(there, values, 0.0).sum(axis=0)
    return np.where(2 * counts >= max(1, len(values)), sums / np.maximum(counts, 1), np.nan)


def rereferenced_std(
    std: np.ndarray | float, reference_std: np.ndarray | float, *, distance_km: np.ndarray | float | None = None
) -> np.ndarray:
    """Standard deviation of a velocity relative to a reference that has one of its own, mm/yr.

    With ``distance_km`` the part that grows with distance is added, ``distance_std``; without, it is left out, as EGMS
    does, and what comes is optimistic for far references.
    """
    variance = np.square(std) + np.square(reference_std)
    if distance_km is not None:
        variance = variance + np.square(distance_std(distance_km))
    return np.sqrt(variance)


def distance_std(distance_km: np.ndarray | float) -> np.ndarray:
    """1 mm/yr at 1 km from the reference, growing with the square root of the distance: a rule of thumb.

    The value at 1 km is that of the SW-France pilot; the growth is that of a random walk, which the differences of
    the atmosphere resemble over some tens of kilometres.
    """
    return STD_AT_1_KM_MM_YR * np.sqrt(np.maximum(np.asarray(distance_km, np.float64), 0.0))


def rebase(
    displacement: np.ndarray, dates: Sequence[date], day: date, *, fitted: np.ndarray | None = None
) -> np.ndarray:
    """Displacements (k, N) that are 0 on ``day``: less the mean of each series' three values nearest to it.

    ``fitted`` (k,), the values of a fit on that day, are subtracted instead where they are given. A series without a
    value is NaN throughout. Raises ValueError where the day lies outside of the dates.
    """
    values = np.asarray(displacement, np.float64)
    if not dates or not dates[0] <= day <= dates[-1]:
        raise ValueError("the reference date lies outside of the series")
    if fitted is not None:
        return values - np.asarray(fitted, np.float64)[..., np.newaxis]
    away = np.abs(np.array([(each - day).days for each in dates]))
    nearest_first = np.argsort(away, kind="stable")
    there = ~np.isnan(values[..., nearest_first])
    used = there & (np.cumsum(there, axis=-1) <= NEAREST_DATES)
    counts = used.sum(axis=-1)
    sums = np.where(used, values[..., nearest_first], 0.0).sum(axis=-1)
    zero = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return values - zero[..., np.newaxis]
