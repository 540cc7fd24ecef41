"""The stacks of a block: what its granules observed, read and laid out for the kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from processing.block_cells import BlockCells, Crew
from processing.cells import BlockView, CellGrid
from processing.granule import Granule
from processing.rejections import Rejections
from processing.stack import BandCells, Stack


@dataclass(frozen=True)
class Observed:
    """What of one granule may count in some rows of a block, by scene class and view angle; (y, x)."""

    scene_class: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Part:
    """Some rows of a block, and what is found out about them."""

    view: BlockView
    rejections: Rejections | None
    observed: dict[int, Observed]
    """By the granule's number, newest first."""


class Room:
    """Memory for the cells of one block after the other: fresh pages cost nearly as much as filling them."""

    def __init__(self) -> None:
        self._cells = np.empty(0, np.uint16)

    def take(self, size: int) -> np.ndarray:
        """``size`` cells with whatever the block before left in them; what was taken before is no longer to be used."""
        if self._cells.size < size:
            self._cells = np.empty(size, np.uint16)
        return self._cells[:size]


def read_stacks(
    parts: Sequence[Part],
    granules: Mapping[int, Granule],
    bands: Sequence[str],
    cells: BlockCells,
    crew: Crew,
    room: Room,
) -> list[Stack]:
    """A stack of the ``bands`` for each part of a block; ``granules``, newest first, are the observations of all.

    The stacks lie in ``room``: they are good until the next block's are read.
    """
    cells.open([(number, band) for band in bands for number in granules])
    grids = {band: [cells.grid(number, band) for number in granules] for band in bands} if granules else {}
    epsg = parts[0].view.part.epsg
    if all(of_band[0].epsg == epsg and all(map(of_band[0].same_lattice, of_band)) for of_band in grids.values()):
        return _stacks_of_cells(parts, granules, {band: of_band[0] for band, of_band in grids.items()}, cells, room)
    return _stacks_of_pixels(parts, granules, bands, cells, crew, room)


def _stacks_of_cells(
    parts: Sequence[Part],
    granules: Mapping[int, Granule],
    grids: Mapping[str, CellGrid],
    cells: BlockCells,
    room: Room,
) -> list[Stack]:
    """Where all granules share one lattice in the block's own CRS: cells as they are, which the kernels look up."""
    windows = {band: cells.window(grid) for band, grid in grids.items()}
    shapes = {band: (len(granules), each.height, each.width) for band, each in windows.items()}
    buffer = room.take(sum(map(math.prod, shapes.values())))
    values = _planes(shapes, buffer)
    wanted = [(number, band) for band in grids for number in granules]
    cells.load(wanted, into=[plane for planes in values.values() for plane in planes])
    for band in grids:
        cells.forget(band)
    stacks = []
    for part in parts:
        bands = {}
        for band, window in windows.items():
            rows, columns = part.view.cells(grids[band])
            bands[band] = _band_cells(
                band, granules, values[band], rows.ravel() - window.row, columns.ravel() - window.column
            )
        stacks.append(_stack(part, granules, bands, buffer))
    return stacks


def _stacks_of_pixels(
    parts: Sequence[Part],
    granules: Mapping[int, Granule],
    bands: Sequence[str],
    cells: BlockCells,
    crew: Crew,
    room: Room,
) -> list[Stack]:
    """Elsewhere every observation is looked up pixel by pixel, by nearest neighbour."""
    shapes = [(len(granules), part.view.part.height, part.view.part.width) for part in parts]
    sizes = [len(bands) * math.prod(shape) for shape in shapes]
    buffers = np.split(room.take(sum(sizes)), np.cumsum(sizes)[:-1])
    values = [_planes(dict.fromkeys(bands, shape), buffer) for shape, buffer in zip(shapes, buffers, strict=True)]

    def look(band: str, place: int) -> None:
        for plane, number in zip(values[place][band], granules, strict=True):
            plane[:] = cells.look_up(number, band, parts[place].view)

    for band in bands:
        cells.load([(number, band) for number in granules])
        crew.each(partial(look, band), range(len(parts)))
        cells.forget(band)
    stacks = []
    for part, (_, height, width), planes, buffer in zip(parts, shapes, values, buffers, strict=True):
        rows, columns = np.arange(height), np.arange(width)
        as_they_are = {band: _band_cells(band, granules, plane, rows, columns) for band, plane in planes.items()}
        stacks.append(_stack(part, granules, as_they_are, buffer))
    return stacks


def _band_cells(
    band: str, granules: Mapping[int, Granule], values: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> BandCells:
    offset = np.array([granule.files[band].offset for granule in granules.values()], np.int32)
    return BandCells(values, rows.astype(np.int32), columns.astype(np.int32), offset)


def _planes(shapes: Mapping[str, tuple[int, int, int]], buffer: np.ndarray) -> dict[str, np.ndarray]:
    """An array (observation, row, column) for each band, one after the other in the flat buffer."""
    edges = np.cumsum([0, *(math.prod(shape) for shape in shapes.values())])
    places = zip(shapes.items(), pairwise(edges), strict=True)
    return {band: buffer[begin:end].reshape(shape) for (band, shape), (begin, end) in places}


def _stack(part: Part, granules: Mapping[int, Granule], bands: Mapping[str, BandCells], buffer: np.ndarray) -> Stack:
    shape = (len(granules), part.view.part.height, part.view.part.width)
    scene_class, valid = np.zeros(shape, np.uint8), np.zeros(shape, bool)
    for position, number in enumerate(granules):
        # Taken out as it is copied, so that both never stand in memory whole.
        observed = part.observed.pop(number, None)
        if observed:
            scene_class[position], valid[position] = observed.scene_class, observed.valid
    return Stack(observations=list(granules), scene_class=scene_class, valid=valid, bands=bands, buffer=buffer)
