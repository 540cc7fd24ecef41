"""Rasters on the output grid (2.5, 2.6): means of finer pixels, nearest neighbours of coarser ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

OUTSIDE = -1
"""Stands where a raster does not cover a pixel."""


@dataclass(frozen=True)
class Target:
    """The grid of a product."""

    transform: rasterio.Affine
    shape: tuple[int, int]
    """Rows, columns."""

    epsg: int
    resolution_m: int

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of every pixel's centre, both (y, x), in the grid's CRS."""
        rows, columns = np.indices(self.shape)
        x = self.transform.c + (columns + 0.5) * self.transform.a
        y = self.transform.f + (rows + 0.5) * self.transform.e
        return x, y

    def centres_in(self, epsg: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of every pixel's centre in another CRS."""
        x, y = self.centres()
        if epsg == self.epsg:
            return x, y
        return Transformer.from_crs(self.epsg, epsg, always_xy=True).transform(x, y)

    def outline(self, *, points_per_edge: int = 20) -> list[tuple[float, float]]:
        """Corners of the grid in degrees, with points between them; the first one repeated."""
        height, width = self.shape
        corners = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)]
        steps = np.linspace(0, 1, points_per_edge, endpoint=False)
        ring = [
            self.transform @ (c1 + step * (c2 - c1), r1 + step * (r2 - r1))
            for (c1, r1), (c2, r2) in zip(corners, corners[1:], strict=False)
            for step in steps
        ]
        ring.append(ring[0])
        if self.epsg == 4326:
            return ring
        to_degrees = Transformer.from_crs(self.epsg, 4326, always_xy=True)
        return [to_degrees.transform(x, y) for x, y in ring]


def nearest(path: Path, target: Target) -> np.ndarray:
    """The raster's own pixel under every pixel centre, int64 (y, x); -1 outside: scene classes."""
    return _looked_up(path, target, None)


def mean_of_measured(path: Path, target: Target) -> np.ndarray:
    """Digital numbers, 0 where nothing was measured, int64 (y, x); -1 outside: reflectances and AOT.

    Finer pixels are averaged without those that hold 0.
    """
    return _looked_up(path, target, lambda pixels: pixels != 0)


def mean_of_all(path: Path, target: Target) -> np.ndarray:
    """Percentages, int64 (y, x); -1 outside: cloud and snow probability. Finer pixels are averaged."""
    return _looked_up(path, target, lambda pixels: np.ones(pixels.shape, bool))


def _looked_up(path, target, counts) -> np.ndarray:
    with rasterio.open(path) as dataset:
        pixels, transform, epsg = dataset.read(1).astype(np.int64), dataset.transform, dataset.crs.to_epsg()
    size = transform.a
    times = target.resolution_m / size
    if counts is not None and times > 1 and times == int(times):
        pixels = aggregated(pixels, counts(pixels), int(times))
        size = float(target.resolution_m)
    x, y = target.centres_in(epsg)
    columns = np.floor((x - transform.c) / size).astype(int)
    rows = np.floor((transform.f - y) / size).astype(int)
    inside = (rows >= 0) & (rows < pixels.shape[0]) & (columns >= 0) & (columns < pixels.shape[1])
    found = np.full(target.shape, OUTSIDE, np.int64)
    found[inside] = pixels[rows[inside], columns[inside]]
    return found


def aggregated(pixels: np.ndarray, counted: np.ndarray, times: int) -> np.ndarray:
    """Means of cells of ``times`` x ``times`` pixels, counted from the upper left corner, rounded half up.

    Only pixels that are ``counted`` enter; a cell without one is 0.
    """
    rows, columns = -(-pixels.shape[0] // times), -(-pixels.shape[1] // times)
    out = np.zeros((rows, columns), np.int64)
    for row, column in np.ndindex(rows, columns):
        cell = np.s_[row * times : (row + 1) * times, column * times : (column + 1) * times]
        number = int(counted[cell].sum())
        if number:
            out[row, column] = (2 * int(pixels[cell][counted[cell]].sum()) + number) // (2 * number)
    return out
