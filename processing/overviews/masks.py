"""What one granule saw, in cells of 60 to 300 m: scene classes and swath edges, so that any mask can be applied later.

Classes have no mean. A cell holds the class of one pixel: from an overview, where it was made by picking pixels, else
of the pixel in the cell's middle. Cells of 60 m then hold just what a mosaic of 60 m looks up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from isal import isal_zlib

from processing import registry
from processing.angles import read_angles
from processing.cells import CellWindow
from processing.clock import Clock
from processing.errors import CorruptInput
from processing.granule import Granule
from processing.masks.base import Mask
from processing.overviews.grid import Lattice
from processing.overviews.reading import Copies, OverviewReader
from processing.quality.inputs import MOST_ODD_CLASSES, inspect_scene
from processing.reading import GranuleUnreadable, Reader
from processing.scenes import SceneRefused
from processing.sentinel2 import SceneClass

FINEST_M, COARSEST_M = 60, 300
THINNED = (1, 4, 16)
"""How many cells a side become one in each level that is kept."""

CLOUDS = (SceneClass.CLOUD_MEDIUM_PROBABILITY, SceneClass.CLOUD_HIGH_PROBABILITY, SceneClass.THIN_CIRRUS)

# The lower four bits are the class, the upper four say beyond which of the masks' angles it was seen.
_CLASS_BITS, _UNKNOWN_CLASS = 0b1111, 15
_MOST_LIMITS = 4
_FORM = 1
_TOLERANCE = 0.01
# Enough of a raster to tell how its overviews were made.
_TRIAL_CELLS = 64
_MOST_STRANGE = 0.01


@dataclass(frozen=True)
class Sighting:
    """Scene classes of one granule and where it was seen too obliquely."""

    lattice: Lattice
    cells: np.ndarray
    """uint8 (row, column): class in the lower bits, a bit for each of ``limits()`` above; 0 where nothing was seen."""

    @property
    def cloud_percent(self) -> float:
        """Share of clouds and cirrus in what was seen, as the archives state it."""
        counts = np.bincount((self.cells & _CLASS_BITS).ravel(), minlength=16)
        return 100 * float(counts[list(CLOUDS)].sum()) / max(1, int(counts[1:].sum()))

    def thinned(self, times: int) -> Sighting:
        """Every ``times``-th cell: the one in the middle."""
        if times == 1:
            return self
        lattice = merged(self.lattice, times)
        return Sighting(lattice, _middles(self.cells, times))

    def packed(self) -> bytes:
        """The cells, compressed."""
        return isal_zlib.compress(np.ascontiguousarray(self.cells), 2)


def unpacked(packed: bytes, lattice: Lattice) -> Sighting:
    """What ``packed`` gave, on its lattice. ValueError where the two do not belong together."""
    cells = np.frombuffer(isal_zlib.decompress(packed), np.uint8)
    return Sighting(lattice, cells.reshape(lattice.height, lattice.width))


@cache
def limits() -> tuple[float, ...]:
    """View zenith angles beyond which one mask or another lets nothing count."""
    named = (mask.most_view_zenith_deg for mask in registry.masks().values())
    return tuple(sorted({limit for limit in named if limit is not None}))[:_MOST_LIMITS]


@cache
def version() -> str:
    """Changes when sightings that were kept before no longer say the same."""
    return hashlib.sha256(repr((_FORM, FINEST_M, COARSEST_M, THINNED, limits())).encode()).hexdigest()[:8]


def counting(mask: Mask) -> np.ndarray:
    """bool (256,): by the value of a cell whether it can count under ``mask``. Its tests of bands cannot be made."""
    values = np.arange(256)
    counts = mask.reasons[values & _CLASS_BITS] == 0
    if mask.most_view_zenith_deg in limits():
        counts &= values & _bit(limits().index(mask.most_view_zenith_deg)) == 0
    return counts


def classes_of(cells: np.ndarray) -> np.ndarray:
    """The scene classes alone; classes that do not exist are 15."""
    return cells & _CLASS_BITS


def read_sighting(granule: Granule, overviews: OverviewReader, *, headers: Path | None = None) -> Sighting:
    """Look at a granule. Raises GranuleUnreadable, also for one that the engine refuses, and SourceUnreachable.

    ``headers``: see ``Reader``; to be the folder that ``overviews`` was given.
    """
    try:
        return _look(granule, overviews, headers)
    except SceneRefused:
        raise
    except GranuleUnreadable:
        if headers is None or not any(file.is_remote for file in granule.files.values()):
            raise
    # What was kept of its files may be of other files at the same addresses. By now it is forgotten.
    return _look(granule, overviews, headers)


def _look(granule: Granule, overviews: OverviewReader, headers: Path | None) -> Sighting:
    at_hand = granule.for_resolution(FINEST_M)
    with Reader([at_hand], clock=Clock(), headers=headers) as reader:
        finding = inspect_scene(at_hand, 0, reader, bands=_measured())
        if finding.refused:
            raise SceneRefused(granule, finding)
        with overviews.copies(granule, "SCL", metres=FINEST_M) as copies:
            sighting = _classes(copies)
        if np.mean(sighting.cells == _UNKNOWN_CLASS) > MOST_ODD_CLASSES:
            raise GranuleUnreadable(granule, granule.files["SCL"].name, "its scene classes do not exist")
        _mark_oblique(sighting, at_hand, reader)
    return sighting


def _measured() -> tuple[str, ...]:
    """The bands by which the engine looks at a scene, those of all masks."""
    return tuple(dict.fromkeys(band for mask in registry.masks().values() for band in mask.measures))


def _bit(number: int) -> int:
    return 1 << (4 + number)


def _classes(copies: Copies) -> Sighting:
    """From the finest copy of fit size that holds classes and no mixtures of them; else the raster, thinned out."""
    for number, lattice in enumerate(copies.lattices):
        small_enough = FINEST_M * (1 - _TOLERANCE) <= lattice.cell <= COARSEST_M * (1 + _TOLERANCE)
        if not small_enough or (number and copies.is_wavelet):
            continue
        cells = copies.read(number, CellWindow(0, 0, lattice.height, lattice.width))
        if number == 0 or _is_picked(copies, number, cells):
            return Sighting(lattice, _known(cells))
        break
    whole = copies.lattices[0]
    times = max(1, -(-FINEST_M // round(whole.cell)))
    cells = _middles(copies.read(0, CellWindow(0, 0, whole.height, whole.width)), times)
    return Sighting(merged(whole, times), _known(cells))


def _known(cells: np.ndarray) -> np.ndarray:
    return np.where(cells > SceneClass.SNOW_ICE, _UNKNOWN_CLASS, cells).astype(np.uint8)


def _is_picked(copies: Copies, number: int, cells: np.ndarray) -> bool:
    """Whether each cell of an overview is one of the pixels under it, by a look where classes change most.

    GDAL's own default makes overviews of classes by cubic convolution: between cloud (9) and water (6) it finds
    "unclassified" and shadows.
    """
    row, column = _busiest(cells)
    part = cells[row : row + _TRIAL_CELLS, column : column + _TRIAL_CELLS]
    whole, small = copies.lattices[0], copies.lattices[number]
    down, right = whole.height / small.height, whole.width / small.width
    top, left = max(0, int(row * down) - 1), max(0, int(column * right) - 1)
    bottom = min(whole.height, int((row + part.shape[0]) * down) + 2)
    end = min(whole.width, int((column + part.shape[1]) * right) + 2)
    pixels = copies.read(0, CellWindow(top, left, bottom - top, end - left))
    found = np.zeros(part.shape, bool)
    first_rows = (np.arange(row, row + part.shape[0]) * down).astype(int) - top
    first_columns = (np.arange(column, column + part.shape[1]) * right).astype(int) - left
    for dy in range(-1, int(np.ceil(down)) + 1):
        rows = np.clip(first_rows + dy, 0, pixels.shape[0] - 1)
        for dx in range(-1, int(np.ceil(right)) + 1):
            found |= pixels[np.ix_(rows, np.clip(first_columns + dx, 0, pixels.shape[1] - 1))] == part
    return bool(np.mean(~found) <= _MOST_STRANGE)


def _busiest(cells: np.ndarray) -> tuple[int, int]:
    """Row and column of the square in which neighbours differ by more than one class most often."""
    differs = np.abs(np.diff(cells.astype(np.int16), axis=1)) > 1
    best, place = -1, (0, 0)
    for row in range(0, cells.shape[0], _TRIAL_CELLS):
        for column in range(0, cells.shape[1], _TRIAL_CELLS):
            count = int(differs[row : row + _TRIAL_CELLS, column : column + _TRIAL_CELLS].sum())
            if count > best:
                best, place = count, (row, column)
    return place


def merged(lattice: Lattice, times: int) -> Lattice:
    """Cells ``times`` as large from the same corner on; the last ones may reach beyond."""
    width, height = -(-lattice.width // times), -(-lattice.height // times)
    wide, high = (lattice.right - lattice.left) / lattice.width, (lattice.top - lattice.bottom) / lattice.height
    right, bottom = lattice.left + width * times * wide, lattice.top - height * times * high
    return Lattice(lattice.epsg, lattice.left, lattice.top, right, bottom, width, height)


def _middles(cells: np.ndarray, times: int) -> np.ndarray:
    """The middle one of every ``times`` x ``times`` cells; the last there is where the middle lies beyond."""
    rows, columns = (
        np.minimum(np.arange(-(-length // times)) * times + times // 2, length - 1) for length in cells.shape
    )
    return cells[np.ix_(rows, columns)]


def _mark_oblique(sighting: Sighting, granule: Granule, reader: Reader) -> None:
    """Set the bits of the angles beyond which a cell was seen; none where the angles are not known, as the engine."""
    if granule.metadata_href is None or not limits():
        return
    try:
        zenith = read_angles(reader.metadata(0)).view_zenith_mean
    except CorruptInput:
        return
    columns, rows = sighting.lattice.centres()
    x, y = columns[np.newaxis, :], rows[:, np.newaxis]
    for number, limit in enumerate(limits()):
        if not zenith.stays_below(limit, x, y):
            below = sighting.cells > 0
            zenith.drop_from(limit, x, y, below)
            sighting.cells[(sighting.cells > 0) & ~below] |= _bit(number)
