"""What was made, and what is true of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import Transformer

from processing.insar.delivery import LARGEST_NARROW_MM

TRUE_COLUMNS = ("east", "north", "up", "velocity", "acceleration", "seasonality", "noise", "ramp")
"""mm and years: velocities in the middle of the release; along the direction of the part the second three; the
standard deviation of a displacement; what an L2a velocity is less than that of L2b."""

_own = threading.local()


class Truth:
    """What is true of the points of one file, in its order; float32 by column."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, np.ndarray, Mapping[str, np.ndarray]]] = []

    def add(self, part: str, direction: str, pids: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Columns that are not given are NaN."""
        self._rows.append((part, direction, pids, {name: np.asarray(each, "f4") for name, each in values.items()}))

    def columns(self) -> dict[str, np.ndarray]:
        """part, direction, pid, and TRUE_COLUMNS; empty where nothing was added."""
        sizes = [pids.size for _, _, pids, _ in self._rows]
        none = np.empty(0, "f4")
        found = {
            "part": np.repeat([part for part, *_ in self._rows], sizes),
            "direction": np.repeat([direction for _, direction, *_ in self._rows], sizes),
            "pid": np.concatenate([pids.astype("U") for _, _, pids, _ in self._rows] or [none]),
        }
        for name in TRUE_COLUMNS:
            known = [values.get(name, np.full(pids.size, np.nan, "f4")) for _, _, pids, values in self._rows]
            found[name] = np.concatenate(known or [none])
        return found


@dataclass(frozen=True)
class Made:
    """One file."""

    path: Path
    level: str
    direction: str
    identity: str
    count: int
    truth: Truth
    """Shared by the L2a and the L2b of a burst."""


def tenths(displacement_mm: np.ndarray) -> np.ndarray:
    """int16 tenths of a millimetre, as they are delivered. Raises ValueError where they have no room."""
    scaled = np.rint(displacement_mm * np.float32(10))
    if scaled.size and np.abs(scaled).max() > LARGEST_NARROW_MM * 10:
        raise ValueError(f"a displacement is beyond {LARGEST_NARROW_MM} mm")
    return scaled.astype(np.int16)


def lon_lat(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees, WGS84, of places in EPSG:3035."""
    # Threads must not share one.
    if not hasattr(_own, "to_degrees"):
        _own.to_degrees = Transformer.from_crs(3035, 4326, always_xy=True)
    lon, lat = _own.to_degrees.transform(x, y)
    return lon, lat
