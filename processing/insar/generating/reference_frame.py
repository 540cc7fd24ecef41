"""The slow motion of the whole land in ETRF2000, as GNSS stations tell it (A-EPND)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

# Planes (at Dax, per 100 km eastward, per 100 km northward) in mm/yr through the 31 nodes of the Copernicus model
# EGMS_AEPND within 200 km of Dax; they leave 0.08, 0.06 and 0.18 mm/yr.
_PLANES = {"E": (-0.166, 0.047, 0.037), "N": (-0.066, 0.008, 0.111), "Up": (-1.120, 0.069, -0.373)}
_DAX = (3_431_891.4, 2_354_661.4)
_STEP_M = 50_000


class ReferenceFrame:
    """Velocities of the land without what is local."""

    def __init__(self, nodes: Path | None = None) -> None:
        """``nodes``: a CSV of EGMS's GNSS model (EGMS_AEPND_V*.csv); without, a plane through those around Dax."""
        self._nodes = None if nodes is None else _read(nodes)

    def velocity(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """East, north, up in mm/yr at places in EPSG:3035."""
        east, north, up = (_plane(name, x, y) for name in _PLANES)
        if self._nodes is None:
            return east, north, up
        left, bottom, values = self._nodes
        rows, columns = values.shape[1:]
        across = np.clip((x - left) / _STEP_M, 0, columns - 1.001)
        upward = np.clip((y - bottom) / _STEP_M, 0, rows - 1.001)
        column, row = across.astype(int), upward.astype(int)
        right, upper = across - column, upward - row
        low = values[:, row, column] * (1 - right) + values[:, row, column + 1] * right
        high = values[:, row + 1, column] * (1 - right) + values[:, row + 1, column + 1] * right
        found = low * (1 - upper) + high * upper
        return found[0], found[1], found[2]


def _plane(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    at_dax, eastward, northward = _PLANES[name]
    return at_dax + eastward * (x - _DAX[0]) / 1e5 + northward * (y - _DAX[1]) / 1e5


def _read(path: Path) -> tuple[float, float, np.ndarray]:
    """West and south edge, and (component, row, column); nodes in the sea, which are missing, from the plane."""
    table = np.genfromtxt(path, delimiter=",", names=True)
    x, y = table["easting"], table["northing"]
    left, bottom = float(x.min()), float(y.min())
    columns, rows = (int(round((each.max() - each.min()) / _STEP_M)) + 1 for each in (x, y))
    columns, rows = max(columns, 2), max(rows, 2)
    grid_x, grid_y = np.meshgrid(left + _STEP_M * np.arange(columns), bottom + _STEP_M * np.arange(rows))
    values = np.stack([_plane(name, grid_x, grid_y) for name in _PLANES])
    column, row = (np.rint((each - low) / _STEP_M).astype(int) for each, low in ((x, left), (y, bottom)))
    for number, name in enumerate(_PLANES):
        values[number, row, column] = table[name]
    return left, bottom, values
