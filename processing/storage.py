"""Where products are written: room for them, the step into place, and what a full disk looks like."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rasterio._err import CPLE_BaseError  # what rasterio.shutil raises; not a RasterioError
from rasterio.errors import RasterioError

from processing.errors import StorageFull
from processing.grid import Grid
from processing.layers import OutputLayer

SCRATCH_TILE_PX = 512
"""Largest edge of the tiles in which a product's pixels are gathered; best read whole."""

# What is left of a full disk when a library gives up.
_FULL_BYTES = 2**20


def put_in_place(made: Path, final: Path) -> None:
    """Move the finished folder to its place in one step; an older product there makes room.

    Whatever fails or interrupts this, either of the two is in place afterwards.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    older = Path(tempfile.mkdtemp(dir=made.parent, prefix="older-")) / final.name
    try:
        if final.exists():
            final.rename(older)
        made.rename(final)
    except BaseException:
        if older.exists() and not final.exists():
            older.rename(final)
        raise


def check_room(folder: Path, layers: Sequence[OutputLayer], grid: Grid) -> None:
    """Raise StorageFull before a long computation for which there is no room in the end."""
    raw = [scratch_bytes(layer, grid) for layer in layers]
    # All layers gathered uncompressed, and twice the largest: two of them become COGs at once, with overviews
    # and compressed to half or less; or one is written beside the latitudes and longitudes of a NetCDF file.
    needed = sum(raw) + 2 * max(raw)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFull(
            f"The product needs {needed / 1e6:.0f} MB on the disk while it is made, "
            f"and only {free / 1e6:.0f} MB are free; make room and try again."
        )


def scratch_tile(width: int, height: int) -> tuple[int, int]:
    """Width and height of the tiles in which a raster is gathered and written; multiples of 16, as TIFF wants."""
    return min(SCRATCH_TILE_PX, math.ceil(width / 16) * 16), min(SCRATCH_TILE_PX, math.ceil(height / 16) * 16)


def scratch_bytes(layer: OutputLayer, grid: Grid) -> int:
    """What a layer takes while it is gathered: whole tiles, uncompressed."""
    width, height = scratch_tile(grid.width, grid.height)
    tiles = math.ceil(grid.width / width) * math.ceil(grid.height / height)
    return tiles * width * height * np.dtype(layer.dtype).itemsize


def write_at(file: int, values: np.ndarray, offset: int) -> None:
    """Write all of a contiguous array into the open file from byte ``offset`` on; OSError where that fails."""
    left = values.data.cast("B")
    while left:
        # A disk that fills up takes a part first, and refuses the rest.
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written


@contextmanager
def written_whole(path: Path, *, room_bytes: int) -> Iterator[None]:
    """Have a library write ``path`` within; raises OSError where it is not certain to be whole.

    GDAL and HDF5 write the last of a file when they close it. On a full disk that fails with every reason
    but the right one, or GDAL keeps it to itself; so the room that may be needed is demanded first.
    """
    if shutil.disk_usage(path.parent).free < room_bytes:
        raise _failure(path, errno.ENOSPC)
    try:
        yield
    except (RasterioError, CPLE_BaseError, RuntimeError) as failure:
        # Failing, a library removes what it had written; a disk that was full has some room again.
        full = shutil.disk_usage(path.parent).free < max(room_bytes, _FULL_BYTES)
        raise _failure(path, errno.ENOSPC if full else errno.EIO) from failure
    if _is_full(path.parent):
        raise _failure(path, errno.ENOSPC)


def _failure(path: Path, code: int) -> OSError:
    return OSError(code, os.strerror(code), path.name)


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < _FULL_BYTES


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn failures to write into StorageFull where the disk is full."""
    try:
        yield
    except (OSError, RasterioError) as failure:
        full = getattr(failure, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        words = f"{failure} {failure.__cause__}"
        if full or "No space left" in words or _is_full(folder):
            raise StorageFull("The disk filled up while the product was written; make room and try again.") from failure
        raise
