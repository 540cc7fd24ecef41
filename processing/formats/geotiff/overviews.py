"""The smaller copies of a raster: halves, halves of halves, each pixel one of the raster's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from processing.clock import Clock
from processing.grid import Block
from processing.scratch import ScratchRaster

LARGEST_PX = 512
"""Longest edge of a raster that needs no smaller copy."""


@contextmanager
def resolutions(raster: ScratchRaster, folder: Path, clock: Clock) -> Iterator[list[ScratchRaster]]:
    """The raster, then its overviews, the largest first; the overviews wait in ``folder``."""
    found = [raster]
    with ExitStack() as made:
        while max(found[-1].width, found[-1].height) > LARGEST_PX:
            with clock.measuring("encode"):
                found.append(made.enter_context(_halved(found[-1], folder)))
        yield found


def _halved(raster: ScratchRaster, folder: Path) -> ScratchRaster:
    """Every second pixel of every second row, as GDAL's nearest neighbour picks them."""
    width, height = max(1, raster.width // 2), max(1, raster.height // 2)
    columns, rows = _nearest(raster.width, width), _nearest(raster.height, height)
    half = ScratchRaster(folder, width=width, height=height, dtype=raster.dtype.name, fill=raster.fill)
    try:
        for row, column in half.tiles():
            top, left = row * half.tile_height, column * half.tile_width
            y, x = rows[top : top + half.tile_height], columns[left : left + half.tile_width]
            window = Block(int(x[0]), int(y[0]), int(x[-1] - x[0]) + 1, int(y[-1] - y[0]) + 1)
            picked = raster.read(window).take(y - y[0], axis=0).take(x - x[0], axis=1)
            half.write(Block(left, top, x.size, y.size), picked)
    except BaseException:
        half.close()
        raise
    return half


def _nearest(many: int, few: int) -> np.ndarray:
    """For each of ``few`` pixels the one of ``many`` that GDAL takes for it: an odd one out shifts the later ones."""
    return (0.5 + np.arange(few) * (many / few)).astype(np.intp)
