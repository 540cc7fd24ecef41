"""Where products are written: room for them, the step into place, and what a full disk looks like."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rasterio.errors import RasterioError

from processing.errors import StorageFull
from processing.grid import Grid
from processing.layers import OutputLayer


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
    raw = [np.dtype(layer.dtype).itemsize * grid.width * grid.height for layer in layers]
    # All layers gathered uncompressed, and the largest once more as it becomes a COG with its overviews.
    needed = sum(raw) + 2 * max(raw)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFull(
            f"The product needs {needed / 1e6:.0f} MB on the disk while it is made, "
            f"and only {free / 1e6:.0f} MB are free; make room and try again."
        )


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn failures to write into StorageFull where the disk is full."""
    try:
        yield
    except (OSError, RasterioError) as failure:
        full = getattr(failure, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        words = f"{failure} {failure.__cause__}"
        if full or "No space left" in words or shutil.disk_usage(folder).free < 2**20:
            raise StorageFull("The disk filled up while the product was written; make room and try again.") from failure
        raise
