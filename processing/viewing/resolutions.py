"""A product's raster in all its resolutions, and reading single pixels of one of them.

Overviews of GeoTIFFs hold single pixels and are used as they are. Those of JPEG 2000 are its wavelet's, which mixes
pixels, and NetCDF has none: beside such files lies a copy for viewing, if it was written (``copies``), which has
overviews as GeoTIFFs have them. Without it they are read whole and thinned out: right, but slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from rasterio.io import DatasetReader
from rasterio.windows import Window

from processing.layers import OutputLayer
from processing.viewing.open_files import FILES, RasterFile

COPIES_FOLDER = ".viewing"
"""Beside a product's data files."""

# Read at once: not more rows than these, whole tiles of all formats; so much of a product of 10 980 pixels is 22 MB.
_STRIP_PX = 1024
# A window of this many pixels is read whole.
_SMALL_PX = 2**21


@dataclass(frozen=True)
class Resolution:
    """A raster, or one that holds every n-th of its pixels."""

    file: RasterFile
    width: int
    height: int


@dataclass(frozen=True)
class ProductRaster:
    """One raster of a product."""

    layer: OutputLayer
    file: RasterFile

    @property
    def copy(self) -> Path:
        return copy_path(self.file.path, self.layer)

    @cached_property
    def resolutions(self) -> Sequence[Resolution]:
        """The raster itself, then the smaller ones, the largest first. Raises as ``OpenFiles.opened``."""
        own = _in_file(self.file, with_overviews=self.file.path.suffix == ".tiff")
        if not self.copy.exists():
            return own
        copied = _in_file(RasterFile.of(self.copy), with_overviews=True)
        # A copy of the whole is quicker to read than what it is a copy of.
        return copied if copied[0].width == own[0].width else [*own, *copied]

    def finest_of(self, shrunk: float) -> Resolution:
        """The smallest resolution that still has a pixel of its own for every ``shrunk`` pixels of the raster."""
        whole = self.resolutions[0]
        enough = [part for part in self.resolutions if whole.width / part.width <= max(shrunk, 1) * 1.001]
        return enough[-1]

    def pixels(self, resolution: Resolution, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The pixels at ``rows`` and ``columns``, which NumPy broadcasts to one shape, in the layer's own type."""
        first, last = int(rows.min()), int(rows.max())
        left, right = int(columns.min()), int(columns.max())
        width = right - left + 1
        with FILES.opened(resolution.file) as dataset:
            if (last - first + 1) * width <= _SMALL_PX:
                window = dataset.read(1, window=Window(left, first, width, last - first + 1))
                found = window[rows - first, columns - left]
            else:
                found = self._from_strips(dataset, *np.broadcast_arrays(rows, columns))
        return found.astype(self.layer.dtype, copy=False)

    def _from_strips(self, dataset: DatasetReader, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """From a window too large to be held: strip by strip, so that no tile is decoded twice."""
        found = np.empty(rows.shape, dataset.dtypes[0])
        left, right = int(columns.min()), int(columns.max())
        first = int(rows.min()) // _STRIP_PX * _STRIP_PX
        for top in range(first, int(rows.max()) + 1, _STRIP_PX):
            within = (rows >= top) & (rows < top + _STRIP_PX)
            if within.any():
                height = min(_STRIP_PX, dataset.height - top)
                strip = dataset.read(1, window=Window(left, top, right - left + 1, height))
                found[within] = strip[rows[within] - top, columns[within] - left]
        return found


def copy_path(data: Path, layer: OutputLayer) -> Path:
    """Where the copy for viewing of one of the rasters in a product's data file lies."""
    return data.parent / COPIES_FOLDER / f"{layer.prefix}.tiff"


def _in_file(file: RasterFile, *, with_overviews: bool) -> list[Resolution]:
    with FILES.opened(file) as dataset:
        found = [Resolution(file, dataset.width, dataset.height)]
        count = len(dataset.overviews(1)) if with_overviews else 0
    for number in range(count):
        smaller = RasterFile(file.path, file.name, number)
        with FILES.opened(smaller) as dataset:
            found.append(Resolution(smaller, dataset.width, dataset.height))
    return found
