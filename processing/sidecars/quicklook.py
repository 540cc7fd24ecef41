"""The quicklook: a small PNG of a product, transparent where there is no data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

from processing.account import Account
from processing.formats.base import WrittenFile
from processing.grid import Grid
from processing.layers import OutputLayer
from processing.sidecars.png import png
from processing.sidecars.qgis import COMBINATIONS

LARGEST_PX = 1024
"""Longest edge of a quicklook."""

_STRETCH_PERCENT = (2, 98)

_Held = Mapping[str, tuple[WrittenFile, OutputLayer]]


def write_quicklook(folder: Path, account: Account) -> list[Path]:
    """Write ``quicklook_{suffix}.png`` into the product's folder; return its path, nothing if all is without data.

    True colour where B04, B03 and B02 are in the product, else false colour, else the first reflectance in
    grey, else the first layer: in its legend's colours where it has one. Every pixel is one of the
    product's pixels, none is mixed from several; brightness is stretched from the 2nd to the 98th
    percentile of each band.
    """
    held = {layer.name: (file, layer) for file in account.files for layer in file.layers}
    shown = _shown(held)
    pixels = [_read(*held[name], _shape(account.grid)) for name in shown]
    layers = [held[name][1] for name in shown]
    valid = np.logical_and.reduce([band != layer.nodata for band, layer in zip(pixels, layers, strict=True)])  # (y, x)
    if not valid.any():
        return []
    if layers[0].flags:
        colours = list(_in_legend_colours(pixels[0], layers[0]))
    else:
        colours = [_stretched(band, valid) for band in pixels]
    alpha = np.where(valid, 255, 0).astype(np.uint8)
    path = folder / f"quicklook_{account.heading.suffix}.png"
    path.write_bytes(png(np.stack([np.where(valid, colour, 0).astype(np.uint8) for colour in colours] + [alpha])))
    return [path]


def _shown(held: _Held) -> tuple[str, ...]:
    """The layers to be shown: three, or one."""
    for bands in COMBINATIONS.values():
        if held.keys() >= set(bands):
            return bands
    reflectances = [name for name, (_, layer) in held.items() if layer.is_reflectance]
    return ((reflectances or list(held))[0],)


def _shape(grid: Grid) -> tuple[int, int]:
    """Height and width of the quicklook of a grid."""
    shrunk = max(1.0, max(grid.width, grid.height) / LARGEST_PX)
    return max(1, round(grid.height / shrunk)), max(1, round(grid.width / shrunk))


def _read(file: WrittenFile, layer: OutputLayer, shape: tuple[int, int]) -> np.ndarray:
    """Every n-th pixel of a layer, (y, x) of ``shape``, in the layer's own type."""
    with rasterio.open(file.dataset(layer)) as dataset:
        if dataset.driver.startswith("JP2"):
            pixels = _thinned(dataset, shape)
        else:
            # Overviews, where there are any, hold single pixels: see formats.geotiff.
            pixels = dataset.read(1, out_shape=shape, resampling=Resampling.nearest)
    return pixels.astype(layer.dtype, copy=False)


def _thinned(dataset: rasterio.DatasetReader, shape: tuple[int, int]) -> np.ndarray:
    """Every n-th pixel without the overviews of JPEG 2000: those are its wavelet's, in which pixels are mixed.

    Read by rows of whole tiles: asked to thin them out itself, GDAL decodes each tile over and over.
    """
    rows, columns = (
        ((np.arange(few) + 0.5) * many / few).astype(np.intp) for few, many in zip(shape, dataset.shape, strict=True)
    )
    pixels = np.empty(shape, dataset.dtypes[0])
    tile_height = dataset.block_shapes[0][0]
    for top in range(0, dataset.height, tile_height):
        within = (rows >= top) & (rows < top + tile_height)
        if within.any():
            strip = dataset.read(1, window=Window(0, top, dataset.width, min(tile_height, dataset.height - top)))
            pixels[within] = strip[rows[within] - top][:, columns]
    return pixels


def _stretched(band: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """uint8 (y, x): 0 at the low percentile of the valid pixels and below, 255 at the high one and above."""
    type_range = np.iinfo(band.dtype)
    numbers = np.arange(type_range.min, type_range.max + 1, dtype=np.float32)
    places = band.astype(np.int32) - type_range.min
    low, high = _percentiles(places[valid]) + type_range.min
    share = (numbers - low) / max(high - low, 1)
    return np.rint(255 * share.clip(0, 1)).astype(np.uint8)[places]


def _percentiles(numbers: np.ndarray) -> np.ndarray:
    """Between which percentiles of numbers from 0 on brightness is stretched: NumPy's, but by counting."""
    up_to = np.cumsum(np.bincount(numbers))
    places = np.array(_STRETCH_PERCENT) / 100 * (numbers.size - 1)
    below = np.searchsorted(up_to, np.floor(places), side="right")
    above = np.searchsorted(up_to, np.ceil(places), side="right")
    return below + places % 1 * (above - below)


def _in_legend_colours(classes: np.ndarray, layer: OutputLayer) -> np.ndarray:
    """uint8 (colour, y, x)."""
    table = np.zeros((256, 3), np.uint8)
    for flag in layer.flags:
        table[flag.value] = list(bytes.fromhex(flag.colour.removeprefix("#")))
    return np.moveaxis(table[classes], -1, 0)
