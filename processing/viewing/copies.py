"""Copies for viewing of rasters that are slow to look into: beside a product's data files, and no part of it.

Of a product of 10 980 x 10 980 pixels a tile of the map, three bands, takes straight from NetCDF 25 ms of CPU where the
product is shown at its own resolution, but more than half a second where much of it is on one tile; straight from
JPEG 2000 half a second everywhere and many seconds there. So of NetCDF every fourth pixel is copied, which with
overviews takes a twelfth of the product's room on the disk, of JPEG 2000 every one.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from processing.errors import ProcessingError
from processing.formats.base import Heading
from processing.formats.geotiff import GeoTiff
from processing.grid import Block, Grid
from processing.periods import CompositingPeriod
from processing.viewing.open_files import FILES, NETCDF
from processing.viewing.resolutions import COPIES_FOLDER, ProductRaster, copy_path

SMALLEST_PX = 1024
"""A product with no longer edge is quick to look into whatever its format."""

EVERY = {NETCDF: 4, ".jp2": 1}
"""By the data file's ending, of how many pixels along the edge one is copied; others need no copy."""

_STRIP_PX = 1024
_STEM = "copy"

logger = logging.getLogger(__name__)


def write_copies(folder: Path, rasters: Sequence[ProductRaster], grid: Grid, *, threads: int) -> list[Path]:
    """Write the copies that the rasters of the product in ``folder`` need; return their paths.

    Looking into a product is possible without: so where one cannot be written this says so in the log, and none
    is left.
    """
    if max(grid.width, grid.height) <= SMALLEST_PX:
        return []
    wanted = [raster for raster in rasters if raster.file.path.suffix in EVERY]
    try:
        with ThreadPoolExecutor(threads, thread_name_prefix="copy") as pool:
            return list(pool.map(lambda raster: _write_copy(raster, grid), wanted))
    except (OSError, RasterioError, ProcessingError):
        logger.exception("No copies for viewing beside %s", folder)
        shutil.rmtree(folder / COPIES_FOLDER, ignore_errors=True)
        return []


def _write_copy(raster: ProductRaster, grid: Grid) -> Path:
    every = EVERY[raster.file.path.suffix]
    final = copy_path(raster.file.path, raster.layer)
    final.parent.mkdir(exist_ok=True)
    # Where it lies and how large its pixels are is not read again: what counts is which pixels it holds.
    part = Grid(grid.epsg, grid.left, grid.top, -(-grid.width // every), -(-grid.height // every), grid.resolution_m)
    heading = Heading("", _STEM, CompositingPeriod(kind="year", start=date(2015, 1, 1)), ())
    writer = GeoTiff().writer(final.parent, heading=heading, grid=part, layers=[raster.layer], threads=1)
    with writer, FILES.opened(raster.file) as dataset:
        for top in range(0, grid.height, _STRIP_PX):
            window = Window(0, top, grid.width, min(_STRIP_PX, grid.height - top))
            strip = np.ascontiguousarray(dataset.read(1, window=window)[::every, ::every])
            block = Block(0, top // every, strip.shape[1], strip.shape[0])
            writer.write(block, {raster.layer.name: strip.astype(raster.layer.dtype, copy=False)})
        (written,) = writer.finish(lambda share: None)
    written.path.rename(final)
    return final
