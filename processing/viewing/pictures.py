"""From numbers to colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from processing.layers import RASTERS, OutputLayer
from processing.pixels.indices import INDICES
from processing.viewing.look import Look, Range, is_classes
from processing.viewing.ramps import STEPS, class_colours, ramp

# What a class or scene is shown in that the legend does not know.
_UNKNOWN = (255, 0, 255)


def coloured(look: Look, arrays: Sequence[np.ndarray], ranges: Sequence[Range], *, scenes: int) -> np.ndarray:
    """uint8 (red, green, blue and alpha; y, x) of the look's rasters, each (y, x); alpha is 0 where one has no data.

    ``ranges``: of each of ``look.show``. ``scenes``: how many ``source_index`` counts.
    """
    picture = np.empty((4, *arrays[0].shape), np.uint8)
    if look.is_index:
        values = INDICES[look.show[0]].of_stored(*arrays)
        known = np.isfinite(values)
        steps = _steps(np.where(known, values, 0), ranges[0], look.gamma)
        picture[:3] = np.moveaxis(ramp(look.ramp)[steps], -1, 0)
    else:
        layers = [RASTERS[name] for name in look.show]
        known = np.logical_and.reduce([array != layer.nodata for array, layer in zip(arrays, layers, strict=True)])
        if len(layers) == 1:
            picture[:3] = np.moveaxis(_table(look, ranges[0], scenes)[_place(arrays[0], layers[0])], -1, 0)
        else:
            _fill(picture, arrays, layers, ranges, look.gamma)
    picture[:, ~known] = 0
    picture[3] = np.where(known, 255, 0)
    return picture


def _fill(
    picture: np.ndarray,
    arrays: Sequence[np.ndarray],
    layers: Sequence[OutputLayer],
    ranges: Sequence[Range],
    gamma: float,
) -> None:
    """Three channels as they are; of two the second is green and blue."""
    for colour in range(3):
        channel = min(colour, len(layers) - 1)
        layer = layers[channel]
        picture[colour] = _brightness(layer.dtype, ranges[channel], gamma)[_place(arrays[channel], layer)]


def _place(array: np.ndarray, layer: OutputLayer) -> np.ndarray:
    """Where the numbers stand in a table of all numbers of their type."""
    smallest = int(np.iinfo(layer.dtype).min)
    return array if smallest == 0 else array.astype(np.int32) - smallest


@lru_cache(maxsize=64)
def _brightness(dtype: str, limits: Range, gamma: float) -> np.ndarray:
    """0..255 of every number of a type."""
    known = np.iinfo(dtype)
    return _steps(np.arange(known.min, known.max + 1, dtype=np.float64), limits, gamma)


def _steps(values: np.ndarray, limits: Range, gamma: float) -> np.ndarray:
    """uint8: 0 at the low limit and below, 255 at the high one and above."""
    share = ((values.astype(np.float64) - limits[0]) / (limits[1] - limits[0])).clip(0, 1)
    if gamma != 1:
        share = share ** (1 / gamma)
    return np.rint((STEPS - 1) * share).astype(np.uint8)


@lru_cache(maxsize=64)
def _table(look: Look, limits: Range, scenes: int) -> np.ndarray:
    """uint8 (number, colour) of a raster that is shown alone."""
    layer = RASTERS[look.show[0]]
    if not is_classes(layer):
        return ramp(look.ramp)[_brightness(layer.dtype, limits, look.gamma)]
    known = np.iinfo(layer.dtype)
    table = np.full((int(known.max) - int(known.min) + 1, 3), _UNKNOWN, np.uint8)
    for value, colour in class_colours(layer, scenes).items():
        table[value - int(known.min)] = list(bytes.fromhex(colour.removeprefix("#")))
    return table
