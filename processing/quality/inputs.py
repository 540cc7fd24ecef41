"""What goes in: every scene is looked at before it is used.

A sample of its classes and of one band says whether it can be read, lies where Sentinel-2 scenes lie, and
agrees with itself. A scene that does not is refused, with the reason; smaller oddities are written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processing.cells import CellGrid
from processing.granule import Granule
from processing.grid import Grid, transformer
from processing.quality.report import Check, Level
from processing.reading import Reader
from processing.sentinel2 import BANDS, TILE_SIZE_M, SceneClass

SAMPLE_PX = 256
MOST_ODD_CLASSES = 0.05
"""Share of pixels with a class that does not exist from which on a scene is refused."""

NOTED_DISAGREEMENT = 0.01
MOST_DISAGREEMENT = 0.5
"""Share of pixels at which classes and band disagree on whether there is data; beyond it a scene is refused."""

_LATTICE_M = 10
_FORECAST_POINTS = 100


@dataclass(frozen=True)
class Finding:
    """What was found of one scene."""

    checks: tuple[Check, ...]
    refused: str | None
    """Why the scene is not to be used, one sentence without its last stop; None: it is."""

    scene_class: np.ndarray
    """uint8 (row, column): classes of the whole scene, thinned out."""

    grid: CellGrid
    """The raster that ``scene_class`` was thinned out from."""

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Scene class at coordinates in the scene's own zone, by the nearest sample; 0 beyond the scene."""
        side = self.scene_class.shape[0]
        row = np.floor((self.grid.top_m - y) / (self.grid.height * self.grid.size_m) * side).astype(np.int64)
        column = np.floor((x - self.grid.left_m) / (self.grid.width * self.grid.size_m) * side).astype(np.int64)
        inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
        return np.where(inside, self.scene_class[np.where(inside, row, 0), np.where(inside, column, 0)], 0)


def inspect_scene(granule: Granule, number: int, reader: Reader, *, bands: Sequence[str]) -> Finding:
    """Look at granule ``number`` by its classes and the first of ``bands`` that it has.

    What cannot be read at all raises the Reader's errors.
    """
    band = next(band for band in (*bands, *BANDS) if band in granule.files)
    grids = [reader.grid(number, "SCL"), reader.grid(number, band)]
    scene_class = reader.sample(number, "SCL", SAMPLE_PX)
    measured = reader.sample(number, band, scene_class.shape[0])
    classes, disagreement = _odd_classes(scene_class), _disagreement(scene_class, measured)
    checks = (
        _check(granule, "readable", True, "Its classes and bands can be read."),
        _check(granule, "lattice", *_lattice(grids)),
        _check(granule, "size", *_size(grids[0])),
        _check(granule, "scene_classes", classes == 0, _of_odd_classes(classes), classes),
        _check(
            granule,
            "agreement",
            disagreement <= NOTED_DISAGREEMENT,
            f"Scene classes and {band} disagree on {100 * disagreement:.2g} % of the pixels on whether there is data.",
            disagreement,
        ),
    )
    refused = None
    if classes > MOST_ODD_CLASSES:
        refused = f"{granule.item_id}: {classes:.0%} of its scene classes do not exist"
    elif disagreement > MOST_DISAGREEMENT:
        refused = f"{granule.item_id}: scene classes and {band} disagree on {disagreement:.0%} of the pixels"
    return Finding(checks, refused, scene_class, grids[0])


def forecast_share(findings: Sequence[Finding], grid: Grid, reasons: np.ndarray) -> float | None:
    """Share of the grid's pixels that some scene sees with a class that can count; None without scenes.

    By the scenes' samples, at no more than 100 x 100 points. ``reasons`` (256,): 0 for classes that can count.
    """
    if not findings:
        return None
    x, y = grid.pixel_centres()
    mesh = np.meshgrid(_thinned(x), _thinned(y))
    seen = np.zeros(mesh[0].shape, bool)
    for finding in findings:
        places = transformer(grid.epsg, finding.grid.epsg).transform(*mesh)
        seen |= reasons[finding.at(*places)] == 0
    return float(seen.mean())


def _thinned(values: np.ndarray) -> np.ndarray:
    count = min(len(values), _FORECAST_POINTS)
    return values[((np.arange(count) + 0.5) * len(values) / count).astype(np.int64)]


def _odd_classes(scene_class: np.ndarray) -> float:
    return float(np.mean(scene_class > SceneClass.SNOW_ICE))


def _of_odd_classes(share: float) -> str:
    return f"{100 * share:.2g} % of its scene classes do not exist." if share else "All its scene classes exist."


def _disagreement(scene_class: np.ndarray, measured: np.ndarray) -> float:
    """Share of the pixels with data in either at which only one of the two has data."""
    either = (scene_class > 0) | (measured > 0)
    return float(np.mean((scene_class > 0)[either] != (measured > 0)[either])) if either.any() else 0.0


def _lattice(grids: Sequence[CellGrid]) -> tuple[bool, str]:
    corners = [corner for grid in grids for corner in (grid.left_m, grid.top_m)]
    if all(corner % _LATTICE_M == 0 for corner in corners):
        return True, "Its pixels lie on the Sentinel-2 lattice."
    return False, f"Its corner at {corners[0]:.2f}, {corners[1]:.2f} m is off the lattice of {_LATTICE_M} m."


def _size(grid: CellGrid) -> tuple[bool, str]:
    width, height = grid.width * grid.size_m, grid.height * grid.size_m
    words = f"{width / 1000:g} x {height / 1000:g} km in classes of {grid.size_m:g} m"
    if (width, height) == (TILE_SIZE_M, TILE_SIZE_M):
        return True, f"A whole tile: {words}."
    return max(width, height) < TILE_SIZE_M, f"Not a whole tile: {words}."


def _check(granule: Granule, name: str, passed: bool, message: str, measured: float | None = None) -> Check:
    rounded = None if measured is None else round(measured, 6)
    return Check(Level.INPUT, name, bool(passed), message, subject=granule.item_id, measured=rounded)
