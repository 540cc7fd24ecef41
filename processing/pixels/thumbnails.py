"""Thumbnails: what each scene saw around a pixel, as small pictures that can be compared with each other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from processing.block_cells import Crew
from processing.cells import BlockView, look_up
from processing.clock import Clock
from processing.granule import Granule
from processing.grid import WGS84_EPSG, Grid, lattice_origin_y
from processing.pixels.opened import cell_window, fetch
from processing.pixels.places import pixel_grid, pixel_place
from processing.previewing import LOOKS, Look
from processing.reading import GranuleUnreadable, Reader
from processing.sidecars.png import png

THUMBNAIL_M = 10
"""Size of a thumbnail's pixel on the ground."""

MOST_PX = 255
# Reflectances (x 10000) from which on a band is as bright as can be, the same for all: clouds are white, and what is
# darker in one picture than in another was darker. Vegetation reflects far more near infrared than any visible light.
_BRIGHTEST = {"B08": 5000}
_BRIGHTEST_OTHERWISE = 3000
_GAMMA = 1.5


def thumbnails(
    granules: Sequence[Granule],
    grid: Grid,
    *,
    size_px: int = 41,
    look: Look = "true_colour",
    threads: int = 2,
    headers: Path | None = None,
) -> dict[str, np.ndarray]:
    """Pictures by item: uint8 (y, x, 3), the middle pixel of ``grid`` in the middle; black where there is no data.

    ``granules`` with their offsets settled, as ``Explanation.granules`` has them. Of ``size_px`` x ``size_px`` pixels
    of 10 m, an odd number. A granule that cannot be read has no picture. ``headers``: see ``Reader``.
    Raises ValueError for another size, SourceUnreachable.
    """
    if not 1 <= size_px <= MOST_PX or size_px % 2 == 0:
        raise ValueError(f"must be an odd number of pixels from 1 to {MOST_PX}, not {size_px}")
    view = BlockView(_surroundings(grid, size_px))
    bands = LOOKS[look]
    at_hand = [granule.for_resolution(THUMBNAIL_M) for granule in granules]
    with Reader(at_hand, clock=Clock(), headers=headers) as reader, Crew(threads) as crew:
        # What cannot be read is found out again when its turn comes.
        with suppress(GranuleUnreadable):
            fetch(reader, at_hand, ["SCL", *bands], view)
        made = crew.each(lambda number: _picture(reader, number, at_hand[number], bands, view), range(len(at_hand)))
    return {granule.item_id: picture for granule, picture in zip(granules, made, strict=True) if picture is not None}


def as_png(picture: np.ndarray) -> bytes:
    """The file of a thumbnail."""
    colours = np.moveaxis(picture, -1, 0)
    return png(np.concatenate([colours, np.full((1, *picture.shape[:2]), 255, np.uint8)]))


def _surroundings(grid: Grid, size_px: int) -> Grid:
    """The thumbnail's pixels: in the grid's own zone, or in that of its place where it is one of degrees."""
    margin, place = size_px // 2, pixel_place(grid)
    if grid.epsg == WGS84_EPSG:
        middle = pixel_grid(place.lon, place.lat, resolution_m=THUMBNAIL_M)
        epsg, left, top = middle.epsg, middle.left, middle.top
    else:
        epsg, left = grid.epsg, int(place.x // THUMBNAIL_M)
        top = int((lattice_origin_y(epsg) - place.y) // THUMBNAIL_M)
    return Grid(epsg, left - margin, top - margin, size_px, size_px, THUMBNAIL_M)


def _picture(reader: Reader, number: int, granule: Granule, bands: Sequence[str], view: BlockView) -> np.ndarray | None:
    if not all(band in granule.files for band in bands):
        return None
    try:
        seen = [_digital_numbers(reader, number, band, view) for band in bands]
    except GranuleUnreadable:
        return None
    has_data = np.logical_and.reduce([numbers > 0 for numbers in seen])
    colours = [
        _brightness(numbers.astype(np.int32) + granule.files[band].offset, _BRIGHTEST.get(band, _BRIGHTEST_OTHERWISE))
        for numbers, band in zip(seen, bands, strict=True)
    ]
    return np.where(has_data[..., np.newaxis], np.stack(colours, axis=-1), np.uint8(0))


def _digital_numbers(reader: Reader, number: int, band: str, view: BlockView) -> np.ndarray:
    grid, window = cell_window(reader, number, band, view)
    rows, columns = view.cells(grid)
    return look_up(reader.read(number, band, window, grid), rows - window.row, columns - window.column)


def _brightness(reflectance: np.ndarray, brightest: int) -> np.ndarray:
    """uint8 of reflectance x 10000."""
    share = np.clip(reflectance / brightest, 0.0, 1.0)
    return np.rint(255 * share ** (1 / _GAMMA)).astype(np.uint8)
