"""Candidates: what every scene over a pixel shows of it, read side by side with the mosaic's own choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from processing.angles import Angles
from processing.block_cells import Crew
from processing.cells import BlockView, CellWindow, look_up
from processing.granule import Granule
from processing.grid import Grid
from processing.layers import LAYERS
from processing.pixels.opened import OpenedScenes, cell_window, fetch
from processing.reading import Reader
from processing.sentinel2 import BANDS

READ = ("SCL", *BANDS, "CLD")
CLASS_TITLES = {flag.value: flag.title for flag in LAYERS["scene_classification"].rasters[0].flags}


@dataclass(frozen=True)
class Candidate:
    """One granule at one pixel."""

    granule: Granule

    number: int
    """In the scenes over the place, newest first."""

    scene_class: int
    """0: no data."""

    reflectance: Mapping[str, int | None]
    """x 10000, offset applied, by every band; None where it was not measured or the archive lacks the band."""

    cloud_probability: int | None
    view_zenith_deg: float | None
    """None: not known of this granule; NaN: known of it, but not here."""

    @property
    def class_title(self) -> str:
        return CLASS_TITLES.get(self.scene_class, "")


@dataclass(frozen=True)
class _Seen:
    """One granule over a grid; arrays are (y, x)."""

    inside: np.ndarray
    numbers: Mapping[str, np.ndarray]
    """Digital numbers by band."""

    view_zenith_deg: np.ndarray | None


def read_candidates(scenes: OpenedScenes, grid: Grid, crew: Crew) -> list[list[Candidate]]:
    """The candidates of every pixel of a small grid, row by row; of each pixel newest first.

    A granule is a candidate where its raster covers the pixel's centre. Raises GranuleUnreadable, SourceUnreachable.
    """
    view = BlockView(grid)
    covering = [number for number in range(len(scenes.granules)) if _covers(scenes.reader, number, view)]
    bands = {number: [band for band in READ if band in scenes.granules[number].files] for number in covering}
    fetch(scenes.reader, scenes.granules, READ, view)

    def see(number: int) -> _Seen:
        return _Seen(
            _inside(scenes.reader, number, view),
            {band: _cells(scenes.reader, number, band, view) for band in bands[number]},
            _view_zenith(scenes, number, view),
        )

    seen = dict(zip(covering, crew.each(see, covering), strict=True))
    granules = scenes.granules
    return [
        [_candidate(granules[number], number, over, at) for number, over in seen.items() if over.inside[at]]
        for at in np.ndindex(grid.height, grid.width)
    ]


def _covers(reader: Reader, number: int, view: BlockView) -> bool:
    grid = reader.grid(number, "SCL")
    return CellWindow.around(*view.cells(grid)).within(grid) is not None


def _inside(reader: Reader, number: int, view: BlockView) -> np.ndarray:
    grid = reader.grid(number, "SCL")
    rows, columns = view.cells(grid)
    inside = (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)
    return np.broadcast_to(inside, (view.part.height, view.part.width))


def _cells(reader: Reader, number: int, band: str, view: BlockView) -> np.ndarray:
    """Digital numbers (y, x) of one band under the pixels; 0 beyond the raster."""
    grid, window = cell_window(reader, number, band, view)
    rows, columns = view.cells(grid)
    # The mosaic's own choice looks at the same rows next.
    read = reader.read(number, band, window, grid, keep_rows=window.height)
    return look_up(read, rows - window.row, columns - window.column)


def _view_zenith(scenes: OpenedScenes, number: int, view: BlockView) -> np.ndarray | None:
    angles: Angles | None = scenes.angles.get(number)
    if angles is None:
        return None
    return angles.view_zenith_mean.at(*view.coordinates(scenes.reader.grid(number, "SCL").epsg))


def _candidate(granule: Granule, number: int, seen: _Seen, at: tuple[int, ...]) -> Candidate:
    def reflectance(band: str) -> int | None:
        digital = int(seen.numbers[band][at]) if band in seen.numbers else 0
        return digital + granule.files[band].offset if digital else None

    return Candidate(
        granule=granule,
        number=number,
        scene_class=int(seen.numbers["SCL"][at]),
        reflectance={band: reflectance(band) for band in BANDS},
        cloud_probability=int(seen.numbers["CLD"][at]) if "CLD" in seen.numbers else None,
        view_zenith_deg=None if seen.view_zenith_deg is None else float(seen.view_zenith_deg[at]),
    )


def known_angle(degrees: float | None) -> float | None:
    """An angle as JSON can hold it."""
    return None if degrees is None or math.isnan(degrees) else round(degrees, 2)
