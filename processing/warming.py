"""Compiling the kernels before the first product needs them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from processing import registry
from processing.angles import AngleGrid
from processing.chosen import gather_band
from processing.formats.geotiff.encoding import encode
from processing.kernels.angles import write_means
from processing.kernels.gathering import count_valid, pick, take
from processing.kernels.masks import drop_unmeasured
from processing.kernels.merging import merge_pixels
from processing.kernels.number_rows import read_number_rows
from processing.kernels.predictor import undo_differences
from processing.layers import RASTERS
from processing.masks.base import Mask
from processing.methods.base import Method
from processing.quality.pixels import PixelCounts
from processing.stack import BandCells, Stack


def warm_up() -> None:
    """Compile the kernels, or load them compiled, so that the first product does not wait for it."""
    for method in registry.methods().values():
        mask = registry.masks()[method.mask]
        stack = _stack_for(method, mask)
        drop_unmeasured(*stack.cells(), stack.positions(mask.measures), stack.valid)
        mask.refine(stack)
        choice = method.choose(stack, {option.name: option.default for option in method.options})
        gather_band(stack, "B02", choice.observation)
        pick(stack.scene_class, choice.observation, 255)
        count_valid(stack.valid, 254)
    _warm_taking(choice.observation)
    _warm_angles(choice.observation)
    counted = ("B02", "source_index", "valid_obs", "observation_date")
    encode(np.zeros((1, 8), np.uint8))
    PixelCounts().add({name: np.zeros((1, 1), RASTERS[name].dtype) for name in counted})


def _stack_for(method: Method, mask: Mask) -> Stack:
    """Five observations of one pixel."""
    bands = tuple(dict.fromkeys((*mask.measures, *method.compares)))
    edges = range(0, 5 * len(bands) + 1, 5)
    buffer = np.ones(edges[-1], np.uint16)
    index, offset = np.zeros(1, np.int32), np.zeros(5, np.int32)
    return Stack(
        observations=range(5),
        scene_class=np.full((5, 1, 1), 11, np.uint8),
        valid=np.ones((5, 1, 1), bool),
        bands={
            band: BandCells(buffer[begin:end].reshape(5, 1, 1), index, index, offset)
            for band, (begin, end) in zip(bands, pairwise(edges), strict=True)
        },
        buffer=buffer,
    )


def _warm_taking(chosen: np.ndarray) -> None:
    """Reading and taking reflectances, and layers of either data type."""
    place = np.zeros((1, 1), np.int32)
    for dtype in (np.uint8, np.uint16):
        raster = np.zeros((1, 1), dtype)
        take(raster, place, place, 0, 0, chosen, 0, 0, True, 1, raster)
        merge_pixels(raster, 1, False, raster.copy())
    # Signed numbers are in the files that are read back.
    for stored in map(np.dtype, ("uint8", "uint16", "int16")):
        raster = np.zeros((1, 1), stored)
        undo_differences(raster, 0, 1, raster.copy(), 0, 0)


def _warm_angles(chosen: np.ndarray) -> None:
    """Reading them; coordinates of a lattice of the same zone, stretched over the block, and those of every pixel."""
    read_number_rows(np.frombuffer(b"0\n", np.uint8), np.zeros(1))
    write_means(np.zeros((1, 1)), np.arange(2), False, np.zeros((1, 1)))
    grid = AngleGrid(np.zeros((2, 2)), 0.0, 0.0, 1.0)
    chosen = np.zeros((2, 2), chosen.dtype)
    for x, y in ((np.zeros((1, 2)), np.zeros((2, 1))), (np.zeros((2, 2)), np.zeros((2, 2)))):
        grid.drop_from(11.0, x, y, np.ones((2, 2), bool))
        grid.take(x, y, chosen, 0, np.zeros((2, 2), np.int16))
