"""How the numbers of a product are distributed, over all of it or a part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processing.grid import WGS84_EPSG, Grid, transformer
from processing.layers import RASTERS
from processing.pixels.indices import INDICES
from processing.viewing.look import Look
from processing.viewing.product import ViewedProduct

Bounds = tuple[float, float, float, float]

BINS = 64
PERCENTILES = (2, 5, 25, 50, 75, 95, 98)
MOST_PIXELS = 2**20
"""Of more pixels every second, third ... counts."""

_NODES = 33
# Of a histogram: beyond lie the brightest clouds, next to which all else would be one bin.
_TAIL_PERCENT = 0.5


@dataclass(frozen=True)
class Sample:
    """Pixels of a product, evenly spread."""

    arrays: Sequence[np.ndarray]
    """One-dimensional, of each raster."""

    every: int
    """Along rows and columns one of so many pixels is in it."""


@dataclass(frozen=True)
class ChannelStatistics:
    """The distribution of one raster's stored numbers, or of an index; all None where there are no data."""

    name: str
    count: int
    low: float | None
    """The smallest."""

    high: float | None
    mean: float | None
    percentiles: dict[int, float]
    edges: list[float]
    """Of the histogram's bins, from the 0.5th to the 99.5th percentile."""

    counts: list[int]
    below: int
    """Numbers left of the histogram."""

    above: int


def sample_of(product: ViewedProduct, rasters: Sequence[str], bounds: Bounds | None = None) -> Sample:
    """The pixels within ``bounds`` (west, south, east, north in degrees), at most some ``MOST_PIXELS``."""
    grid = product.grid
    window = _window(grid, bounds)
    if window is None:
        return Sample([np.empty(0, RASTERS[name].dtype) for name in rasters], 1)
    rows, columns = window
    every = max(1, math.ceil(math.sqrt(len(rows) * len(columns) / MOST_PIXELS)))
    # From the middle of what each stands for.
    rows, columns = rows[every // 2 :: every], columns[every // 2 :: every]
    if not rows or not columns:
        rows, columns = window[0][:1], window[1][:1]
    chosen = _within(grid, rows, columns, bounds)
    arrays = []
    for name in rasters:
        raster = product.rasters[name]
        resolution = raster.finest_of(every)
        pixels = raster.pixels(
            resolution,
            _scaled(rows, resolution.height, grid.height)[:, None],
            _scaled(columns, resolution.width, grid.width)[None, :],
        )
        arrays.append(pixels[chosen])
    return Sample(arrays, every)


def statistics_of(look: Look, sample: Sample) -> list[ChannelStatistics]:
    """Of the look's channels, in their order."""
    if look.is_index:
        values = INDICES[look.show[0]].of_stored(*sample.arrays)
        return [_channel(look.show[0], values[np.isfinite(values)])]
    return [
        _channel(name, array[array != RASTERS[name].nodata])
        for name, array in zip(look.show, sample.arrays, strict=True)
    ]


def _channel(name: str, values: np.ndarray) -> ChannelStatistics:
    if not values.size:
        return ChannelStatistics(name, 0, None, None, None, {}, [], [], 0, 0)
    values = values.astype(np.float64)
    low, high, *percentiles = np.percentile(values, (_TAIL_PERCENT, 100 - _TAIL_PERCENT, *PERCENTILES))
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    return ChannelStatistics(
        name=name,
        count=int(values.size),
        low=float(values.min()),
        high=float(values.max()),
        mean=float(values.mean()),
        percentiles={percent: float(value) for percent, value in zip(PERCENTILES, percentiles, strict=True)},
        edges=edges.tolist(),
        counts=counts.tolist(),
        below=int((values < edges[0]).sum()),
        above=int((values > edges[-1]).sum()),
    )


def _scaled(places: range, few: int, many: int) -> np.ndarray:
    """The pixels of a smaller resolution that stand for these."""
    return ((np.asarray(places) + 0.5) * few / many).astype(np.intp)


def _window(grid: Grid, bounds: Bounds | None) -> tuple[range, range] | None:
    """The grid's rows and columns that may lie within bounds; None for none."""
    if bounds is None:
        return range(grid.height), range(grid.width)
    own = grid.footprint.bounds
    west, south, east, north = (
        max(bounds[0], own[0]), max(bounds[1], own[1]), min(bounds[2], own[2]), min(bounds[3], own[3]),
    )  # fmt: skip
    if west >= east or south >= north:
        return None
    lon, lat = np.meshgrid(np.linspace(west, east, _NODES), np.linspace(south, north, _NODES))
    x, y = transformer(WGS84_EPSG, grid.epsg).transform(lon, lat)
    inverse = ~grid.transform
    columns = _span(inverse.a * x + inverse.c, grid.width)
    rows = _span(inverse.e * y + inverse.f, grid.height)
    return (rows, columns) if rows and columns else None


def _span(places: np.ndarray, size: int) -> range:
    # A pixel more on each side: edges are curved between the points.
    margin = 1 + 0.01 * np.ptp(places)
    return range(max(0, math.floor(places.min() - margin)), min(size, math.ceil(places.max() + margin)))


def _within(grid: Grid, rows: range, columns: range, bounds: Bounds | None) -> np.ndarray:
    """bool (row, column): which of these pixels have their centre within bounds."""
    if bounds is None:
        return np.ones((len(rows), len(columns)), bool)
    west, south, east, north = bounds
    transform = grid.transform
    x = transform.c + (np.asarray(columns) + 0.5) * transform.a
    y = transform.f + (np.asarray(rows) + 0.5) * transform.e
    lon, lat = transformer(grid.epsg, WGS84_EPSG).transform(*np.meshgrid(x, y))
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
