"""One raster as the bytes of a file: a COG, or a lossless JPEG 2000."""

import numpy as np
import rasterio.shutil
from rasterio.io import MemoryFile

from processing.sample.grids import EPSG, Window

# 0 is a probability like any other there, as in the real files.
WITHOUT_NODATA = ("CLD", "SNW")


def cog(layer: str, pixels: np.ndarray, grid: Window, metres: int, blocksize: int) -> bytes:
    """A deflated COG; blocks are not made larger than the image, which would only pad it."""
    return _converted(
        pixels,
        grid,
        metres,
        nodata=None if layer in WITHOUT_NODATA else 0,
        driver="COG",
        compress="DEFLATE",
        predictor="STANDARD",
        # Twice as fast as the default here, and no larger.
        level=1,
        blocksize=min(blocksize, -(-max(pixels.shape) // 128) * 128),
        # Classes have no average.
        overview_resampling="NEAREST" if layer == "SCL" else "AVERAGE",
    )


def jpeg2000(pixels: np.ndarray, grid: Window, metres: int, blocksize: int) -> bytes:
    """A lossless JPEG 2000. The format has no place for a no-data value: in ESA's files 0 is agreed."""
    return _converted(
        pixels,
        grid,
        metres,
        nodata=None,
        driver="JP2OpenJPEG",
        # A bare code stream, the default for a file without a name, has no place for the georeference.
        codec="JP2",
        quality="100",
        reversible="YES",
        blockxsize=blocksize,
        blockysize=blocksize,
    )


def _converted(
    pixels: np.ndarray, grid: Window, metres: int, *, nodata: int | None, driver: str, **options: str | int
) -> bytes:
    """The image as a file of ``driver``, one that can only copy."""
    height, width = pixels.shape
    # In memory first: closing an image that is opened for writing holds the interpreter's lock, copying does not;
    # and Python, unlike GDAL, says plainly when the disk is full.
    with MemoryFile() as plain, MemoryFile() as made:
        with plain.open(
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype=pixels.dtype,
            crs=f"EPSG:{EPSG}",
            transform=grid.transform(metres),
            nodata=nodata,
        ) as image:
            image.write(pixels, 1)
        rasterio.shutil.copy(plain.name, made.name, driver=driver, **options)
        return bytes(made.getbuffer())
