"""What comes out: every file is opened again and read back before the product is delivered.

GDAL says what a file is. The tiles of a GeoTIFF are then decoded without it, as those of the archive are, in half the
time; its smallest copy is decoded by GDAL as well, and both must read the same.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from processing.clock import Clock
from processing.formats.base import Heading, WrittenFile
from processing.grid import Grid
from processing.layers import OutputLayer
from processing.quality.pixels import PixelCounts, RasterCount
from processing.quality.report import Check, Level
from processing.quality.spectra import check_spectra
from processing.rasters.by_gdal import GDAL_OPTIONS
from processing.rasters.byte_source import LocalFile
from processing.rasters.cog import read_tiles
from processing.rasters.tiff import NotPlain, read_images
from processing.rasters.tiled import Damaged

FARTHEST_FROM_FORECAST = 0.1
# What lies beside a file is part of what it says.
READ_BACK_OPTIONS = GDAL_OPTIONS | {"GDAL_DISABLE_READDIR_ON_OPEN": "FALSE"}
# Whole tiles of every format, so that nothing is decoded twice.
_READ_PX = 2048
# Rows and columns that are kept of a raster to look at its spectra.
_SAMPLE_PX = 256


_Pieces = Iterator[tuple[int, int, np.ndarray]]
"""Row and column where each piece of an image begins, and its pixels (y, x)."""


@dataclass(frozen=True)
class _Image:
    """The raster of a file, or a smaller copy of it."""

    height: int
    width: int
    pieces: _Pieces


def check_outputs(
    files: Sequence[WrittenFile],
    *,
    grid: Grid,
    layers: Sequence[OutputLayer],
    heading: Heading,
    counts: PixelCounts,
    forecast: float | None,
    threads: int,
    clock: Clock | None = None,
) -> list[Check]:
    """L0: all files there, right and whole, pixel by pixel. L1: whether what they hold is plausible.

    ``forecast``: share of pixels that should hold data. Whatever is wrong with a file is a failed check.
    """
    rasters = [(file, layer) for file in files for layer in file.layers]
    checks = list(_completeness(rasters, layers))
    sample: dict[str, np.ndarray] = {}

    def check_file(file: WrittenFile) -> list[Check]:
        """Layers of one file never in two threads: closing one NetCDF variable while another opens never ends.

        GDAL has one lock for all of NetCDF: who closes waits for it with Python's lock in hand, who opens
        waits for Python's lock to report an error.
        """
        raster = partial(_check_raster, file, grid=grid, heading=heading, counts=counts, sample=sample)
        with (clock or Clock()).measuring("check"):
            return [check for layer in file.layers for check in raster(layer)]

    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(check_file, files):
            checks += found
    if any(not check.passed for check in checks):
        return checks
    in_order = {layer.name: sample[layer.name] for layer in layers if layer.name in sample}
    return [*checks, *_coverage(counts, forecast), *check_spectra(in_order)]


def _completeness(rasters: Sequence[tuple[WrittenFile, OutputLayer]], layers: Sequence[OutputLayer]) -> Iterator[Check]:
    held = Counter(layer.name for _, layer in rasters)
    wrong = [layer.name for layer in layers if held[layer.name] != 1] + sorted(
        set(held) - {each.name for each in layers}
    )
    message = (
        f"{len(layers)} layers were ordered and are there."
        if not wrong
        else (f"Missing, doubled or not ordered: {', '.join(wrong)}.")
    )
    yield Check(Level.INTEGRITY, "complete", not wrong, message, measured=len(held))
    for path in dict.fromkeys(path for file, _ in rasters for path in (file.path, *file.companions)):
        size = path.stat().st_size if path.is_file() else 0
        yield Check(Level.INTEGRITY, "there", size > 0, f"{path.name} has {size} bytes.", path.name, size)


def _check_raster(
    file: WrittenFile,
    layer: OutputLayer,
    *,
    grid: Grid,
    heading: Heading,
    counts: PixelCounts,
    sample: dict[str, np.ndarray],
) -> list[Check]:
    """All of L0 that concerns one raster; ``sample`` gets some of its pixels, by name."""
    try:
        with rasterio.Env(**READ_BACK_OPTIONS), rasterio.open(file.dataset(layer)) as dataset:
            differing = list(_differences(dataset, layer, grid, widened=file.subdatasets))
            message = f"Place, size, type and no data are right{'' if not differing else ' but for '}"
            checks = [_told(layer, "described", not differing, f"{message}{'; '.join(differing)}.")]
            if differing:
                return checks
            keep = _sample_for(dataset) if layer.is_reflectance or layer.name == "scene_classification" else None
            images = _images(file.dataset(layer), dataset)
            found = [_count(image, layer, keep if number == 0 else None) for number, image in enumerate(images)]
            if keep is not None:
                sample[layer.name] = keep
            checks += _check_numbers(found[0], layer, heading, counts)
            checks += _check_overviews(images, found, layer)
            if dataset.driver == "GTiff":
                checks.append(_check_decoding(file.dataset(layer), found, layer))
            return checks
    except (RasterioError, OSError, ValueError, Damaged):
        return [_told(layer, "readable", False, f"{file.path.name} cannot be read back: {layer.name} is damaged.")]


def _differences(dataset: Any, layer: OutputLayer, grid: Grid, *, widened: bool) -> Iterator[str]:
    """What the file says otherwise than the product is; ``widened``: its type may be larger than the layer's."""
    if dataset.crs is None or dataset.crs.to_epsg() != grid.epsg:
        yield f"a CRS that is not EPSG:{grid.epsg}"
    apart = np.abs(np.subtract(tuple(dataset.transform)[:6], tuple(grid.transform)[:6]))
    if apart.max() > 1e-5 * grid.pixel_size:
        yield "a place that is not the product's"
    if (dataset.height, dataset.width) != (grid.height, grid.width):
        yield f"a size of {dataset.width} x {dataset.height} instead of {grid.width} x {grid.height}"
    if dataset.dtypes[0] != layer.dtype and not (widened and np.can_cast(layer.dtype, dataset.dtypes[0])):
        yield f"the type {dataset.dtypes[0]} instead of {layer.dtype}"
    if dataset.nodata != layer.nodata:
        yield f"{dataset.nodata} as no data instead of {layer.nodata}"
    if not np.isclose(dataset.scales[0], layer.scale, rtol=1e-9) or dataset.offsets[0] != 0:
        yield f"the scale {dataset.scales[0]} instead of {layer.scale}"


def _images(name: str, dataset: Any) -> list[_Image]:
    """The raster of a file and its smaller copies, largest first."""
    if dataset.driver != "GTiff":
        # The smaller copies in JPEG 2000 are parts of the raster's very numbers.
        return [_Image(dataset.height, dataset.width, _windows(dataset))]
    count, file = 1 + len(dataset.overviews(1)), LocalFile(name)
    with contextlib.suppress(NotPlain):
        images = read_images(file)
        if len(images) == count:
            return [_Image(image.height, image.width, read_tiles(file, image)) for image in images]
    return [_image_by_gdal(name, number) for number in range(count)]


def _image_by_gdal(name: str, number: int) -> _Image:
    """The raster of a GeoTIFF (0) or one of its smaller copies."""
    options = {"OVERVIEW_LEVEL": number - 1} if number else {}

    def pieces() -> _Pieces:
        with rasterio.open(name, **options) as dataset:
            yield from _windows(dataset)

    with rasterio.open(name, **options) as dataset:
        return _Image(dataset.height, dataset.width, pieces())


def _windows(dataset: Any) -> _Pieces:
    for row in range(0, dataset.height, _READ_PX):
        rows = row, min(row + _READ_PX, dataset.height)
        for column in range(0, dataset.width, _READ_PX):
            columns = column, min(column + _READ_PX, dataset.width)
            yield row, column, dataset.read(1, window=(rows, columns))


def _sample_step(image: Any) -> int:
    return math.ceil(max(image.height, image.width) / _SAMPLE_PX)


def _sample_for(dataset: Any) -> np.ndarray:
    """Room for every n-th row and column of a raster."""
    step = _sample_step(dataset)
    return np.empty((math.ceil(dataset.height / step), math.ceil(dataset.width / step)), dataset.dtypes[0])


def _count(image: _Image, layer: OutputLayer, keep: np.ndarray | None = None) -> RasterCount:
    """What is in an image, which can be counted once; every n-th pixel goes into ``keep``.

    Pixels of the raster itself, not of a smaller copy: those of JPEG 2000 are smoothed, classes and no data too.
    """
    count, step = RasterCount(), _sample_step(image)
    for row, column, values in image.pieces:
        count.add(values, layer.nodata, row=row, column=column)
        if keep is not None:
            picked = values[-row % step :: step, -column % step :: step]
            top, left = math.ceil(row / step), math.ceil(column / step)
            keep[top : top + picked.shape[0], left : left + picked.shape[1]] = picked
    return count


def _check_numbers(found: RasterCount, layer: OutputLayer, heading: Heading, counts: PixelCounts) -> list[Check]:
    made = counts.rasters.get(layer.name, RasterCount())
    same = found.same_as(made)
    low, high = layer.valid_range
    if layer.name == "source_index":
        high = len(heading.scenes) - 1
    if layer.name == "observation_date":
        high = (heading.period.last_day - heading.period.first_day).days
    inside = found.data == 0 or (low <= found.smallest and found.largest <= high)
    message = "Read back, it holds what was made" if same else "Read back, it does not hold what was made"
    return [
        _told(layer, "whole", same, f"{message}: {found.data} pixels with data.", found.data),
        _told(
            layer, "range", inside,
            f"Numbers from {found.smallest} to {found.largest}; {low} to {high} can be." if found.data else "No data.",
        ),
    ]  # fmt: skip


def _check_overviews(images: Sequence[_Image], counts: Sequence[RasterCount], layer: OutputLayer) -> Iterator[Check]:
    """Whether the smaller copies hold what the raster holds: they are made by nearest neighbour."""
    whole = counts[0]
    for image, found in zip(images[1:], counts[1:], strict=True):
        inside = found.data == 0 or (whole.smallest <= found.smallest and found.largest <= whole.largest)
        held = "holds only" if inside else "does not hold only"
        message = f"The overview of {image.width} x {image.height} pixels {held} numbers of the raster."
        yield _told(layer, "overview", inside, message, found.data)


def _check_decoding(name: str, counts: Sequence[RasterCount], layer: OutputLayer) -> Check:
    """Whether GDAL reads the same of the smallest image: other programs will read it as GDAL does."""
    image = _image_by_gdal(name, len(counts) - 1)
    same = _count(image, layer).same_as(counts[-1])
    message = f"GDAL reads {'the same' if same else 'other'} {image.width} x {image.height} pixels."
    return _told(layer, "decoded", same, message)


def _coverage(counts: PixelCounts, forecast: float | None) -> Iterator[Check]:
    if forecast is None or counts.chosen is None or not counts.pixels:
        return
    share = counts.chosen / counts.pixels
    yield Check(
        Level.PLAUSIBILITY,
        "coverage",
        abs(share - forecast) <= FARTHEST_FROM_FORECAST,
        f"{share:.1%} of the pixels hold data; by the scene classes {forecast:.1%} were to be expected.",
        measured=round(share, 4),
    )


def _told(layer: OutputLayer, name: str, passed: bool, message: str, measured: int | None = None) -> Check:
    return Check(Level.INTEGRITY, name, bool(passed), message, layer.name, measured)
