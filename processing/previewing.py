"""A look at a mosaic before it is ordered: the same choice, at the size of a screen, in a few seconds.

Scenes are read from afar (``processing.overviews``), masked and chosen from by the plug-ins that make mosaics, on
a grid of the web map. Every pixel is one observation, none is blended. What cannot be read in the time there is
is left out, the clearest scenes of every tile last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from processing.errors import FieldProblem, InvalidOrder, NoReadableScene, NoScenes
from processing.granule import Granule
from processing.grid import WGS84_EPSG, reproject
from processing.kernels.gathering import gather
from processing.kernels.masks import drop_unmeasured
from processing.masks.base import Mask
from processing.methods.base import Method
from processing.overviews.grid import WEB_MERCATOR_EPSG, CoarseGrid, grid_over
from processing.overviews.looking import Looks, look_at
from processing.planning import plan_products
from processing.scenes import method_and_mask, options_of
from processing.sentinel2 import REFLECTANCE_NODATA
from processing.sources.base import Source
from processing.spec import MosaicSpec
from processing.stack import BandCells, Stack

Look = Literal["true_colour", "false_colour"]
LOOKS: Mapping[Look, tuple[str, str, str]] = {
    "true_colour": ("B04", "B03", "B02"),
    "false_colour": ("B08", "B04", "B03"),
}
LARGEST_PX = 512
"""Longest edge of a preview."""

FINEST_M = 10.0
LONGEST_EDGE_M = 1_000_000
"""Of an area that can be previewed."""

# Reflectances (x 10000) from which on a band is as bright as can be: the same for every preview, so that two can be
# compared. Vegetation reflects far more near infrared than any visible light.
_BRIGHTEST = {"B08": 5000}
_BRIGHTEST_OTHERWISE = 2500
_GAMMA = 1.5
# Cells of all bands of all overpasses: what is more takes a coarser grid. A year of 72 overpasses is then read in
# 3 s of CPU, where 512 pixels would take 10.
_MOST_CELLS = 30_000_000


@dataclass(frozen=True)
class Preview:
    """A mosaic as it would look, over the rectangle around the ordered area."""

    pictures: Mapping[Look, np.ndarray]
    """uint8 (4, y, x), red, green, blue and alpha, rows of EPSG:3857; those looks whose bands the archive has."""

    grid: CoarseGrid
    """In EPSG:3857."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north of the pictures in degrees."""

    source: np.ndarray
    """int32 (y, x): number of the granule that each pixel comes from, -1 where there is none."""

    granules: tuple[Granule, ...]
    """All of the area and period, newest first."""

    scenes_read: int
    """How many of the granules were looked at in time and could be read."""

    scenes_unreadable: int
    share: float
    """Of the pixels that show something."""

    notes: tuple[str, ...]
    """What the method or the mask cannot do with this archive, one sentence each."""

    @property
    def pixel_m(self) -> float:
        """Size of a pixel on the ground."""
        return self.grid.metres

    @property
    def scenes_used(self) -> int:
        """How many scenes the picture is made of."""
        return int(np.unique(self.source[self.source >= 0]).size)

    @property
    def scenes_left_out(self) -> int:
        """How many there was no time for."""
        return len(self.granules) - self.scenes_read - self.scenes_unreadable


def make_preview(
    spec: MosaicSpec,
    source: Source,
    *,
    max_px: int = LARGEST_PX,
    budget_seconds: float = 4.0,
    threads: int = 4,
) -> Preview:
    """A preview of the order ``spec``, of its area, period, method and mask.

    ``budget_seconds``: scenes whose reading has not begun by then are left out, all but the first.
    Raises NoScenes, InvalidOrder for an area that is too large, NoReadableScene, SourceUnreachable, CorruptInput.
    """
    area = _rectangle(spec)
    granules = _search(spec, source, area)
    method, mask = method_and_mask(spec)
    bands = _bands_of(granules, method, mask)
    grid = _grid(area, granules, len(bands.read), max_px)
    found = look_at(
        granules,
        grid,
        mask=mask,
        bands=bands.read,
        first_counts=not method.compares,
        budget_seconds=budget_seconds,
        threads=threads,
    )
    if not found.read:
        raise NoReadableScene("No scene of this area and period can be read.")
    chosen = _choose(_stack(found, bands.compared), method, mask, options_of(spec))
    stack, origin = _stack(found, bands.read), _origin(found, chosen)
    notes = (method.without(bands.missing), mask.without(bands.missing)) if bands.missing else ()
    west, south, east, north = grid.bounds
    return Preview(
        pictures={look: _picture(stack, names, chosen) for look, names in bands.looks.items()},
        grid=grid,
        bounds=reproject(shapely.box(west, south, east, north), WEB_MERCATOR_EPSG, WGS84_EPSG).bounds,
        source=origin,
        granules=tuple(granules),
        scenes_read=len(found.read),
        scenes_unreadable=len(found.unreadable),
        share=float((origin >= 0).mean()),
        notes=tuple(filter(None, notes)),
    )


@dataclass(frozen=True)
class _Bands:
    """What is read of every scene."""

    read: tuple[str, ...]
    """The compared ones first."""

    compared: tuple[str, ...]
    missing: frozenset[str]
    """What the mask and the method would compare as well, and some scene has not."""

    looks: Mapping[Look, tuple[str, str, str]]
    """Those that can be shown."""


def _bands_of(granules: Sequence[Granule], method: Method, mask: Mask) -> _Bands:
    """InvalidOrder where there are none to make a picture from."""
    in_all = {band for band in granules[0].files if all(band in granule.files for granule in granules)}
    wanted = tuple(dict.fromkeys((*mask.measures, *method.compares)))
    compared = tuple(band for band in wanted if band in in_all)
    looks = {look: names for look, names in LOOKS.items() if in_all.issuperset(names)}
    if not looks:
        raise InvalidOrder([FieldProblem("bands", "the archive has no bands of this area to make a picture from")])
    shown = sorted({band for names in looks.values() for band in names} - set(compared))
    return _Bands((*compared, *shown), compared, frozenset(wanted) - in_all, looks)


def _search(spec: MosaicSpec, source: Source, area: BaseGeometry) -> list[Granule]:
    """The granules of the rectangle ``area``, newest first. Raises NoScenes."""
    granules = source.search(area, spec.period.first_day, spec.period.last_day)
    if not granules:
        # Whoever plans products knows how to say what is missing; a rectangle holds at least what its area does.
        plan_products(spec, source)
        raise NoScenes("period", "has no scene of this area")
    return granules


def _rectangle(spec: MosaicSpec) -> BaseGeometry:
    """The rectangle around the area, in degrees. InvalidOrder where it is too large."""
    area = shapely.box(*spec.geometry.bounds)
    west, south, east, north = reproject(area, WGS84_EPSG, WEB_MERCATOR_EPSG).bounds
    across = CoarseGrid(WEB_MERCATOR_EPSG, west, north, max(east - west, north - south), 1, 1)
    if across.metres > LONGEST_EDGE_M:
        message = f"is too large for a preview; choose one of at most {LONGEST_EDGE_M // 1000} km from edge to edge"
        raise InvalidOrder([FieldProblem("area", message)])
    return area


def _grid(area: BaseGeometry, granules: Sequence[Granule], bands: int, max_px: int) -> CoarseGrid:
    """The web map's grid over the area, as fine as pixels and memory allow."""
    bounds = reproject(area, WGS84_EPSG, WEB_MERCATOR_EPSG).bounds
    longest = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    overpasses = len({granule.datatake for granule in granules})
    shorter = min(bounds[2] - bounds[0], bounds[3] - bounds[1]) / longest
    most_px = min(max_px, int((_MOST_CELLS / (overpasses * bands) / max(shorter, 0.01)) ** 0.5))
    of_10_m = FINEST_M / grid_over(bounds, epsg=WEB_MERCATOR_EPSG, pixel=longest).metres * longest
    # A hair more, so that rounding does not claim another row.
    return grid_over(bounds, epsg=WEB_MERCATOR_EPSG, pixel=max(longest / most_px * (1 + 1e-9), of_10_m))


def _stack(found: Looks, bands: Sequence[str]) -> Stack:
    """The overpasses as methods take them, of the first few ``bands``; offsets are in the numbers already."""
    shape = found.valid.shape
    planes = found.values[: len(bands)]
    rows, columns = np.arange(shape[1], dtype=np.int32), np.arange(shape[2], dtype=np.int32)
    nothing = np.zeros(shape[0], np.int32)
    return Stack(
        observations=range(shape[0]),
        scene_class=found.scene_class,
        valid=found.valid,
        bands={band: BandCells(plane, rows, columns, nothing) for band, plane in zip(bands, planes, strict=True)},
        buffer=planes.reshape(-1),
    )


def _choose(stack: Stack, method: Method, mask: Mask, options: Mapping[str, int]) -> np.ndarray:
    """int16 (y, x): the overpass that each pixel is taken from; -1 for none. As ``processing.compositing`` does it.

    Clears ``stack.valid`` where a band was not measured, and where the mask refines it away.
    """
    if stack.bands:
        spectrum = stack.positions(mask.measures)
        drop_unmeasured(*stack.cells(), spectrum[spectrum >= 0], stack.valid)
        mask.refine(stack)
    return method.choose(stack, options).observation


def _picture(stack: Stack, bands: Sequence[str], chosen: np.ndarray) -> np.ndarray:
    """uint8 (4, y, x)."""
    cells, start, plane, width, cell_row, cell_column = stack.cells()
    nothing = np.zeros(len(stack.observations), np.int64)
    colours, alpha = [], np.full(chosen.shape, 255, np.uint8)
    for band, place in zip(bands, stack.positions(bands), strict=True):
        reflectance = gather(
            cells, start[place], plane[place], width[place], cell_row[place], cell_column[place], nothing, chosen,
            REFLECTANCE_NODATA,
        )  # fmt: skip
        alpha[reflectance == REFLECTANCE_NODATA] = 0
        colours.append(_stretch(_BRIGHTEST.get(band, _BRIGHTEST_OTHERWISE))[reflectance])
    picture = np.stack([*colours, alpha])
    picture[:, alpha == 0] = 0
    return picture


def _stretch(brightest: int) -> np.ndarray:
    """uint8 (65536,): brightness by reflectance x 10000."""
    share = np.minimum(np.arange(65536) / brightest, 1.0)
    return np.rint(255 * share ** (1 / _GAMMA)).astype(np.uint8)


def _origin(found: Looks, chosen: np.ndarray) -> np.ndarray:
    """Number of the granule that each pixel was taken from."""
    taken = np.take_along_axis(found.owner, np.maximum(chosen, 0)[np.newaxis].astype(np.intp), axis=0)[0]
    return np.where(chosen >= 0, taken, -1).astype(np.int32)
