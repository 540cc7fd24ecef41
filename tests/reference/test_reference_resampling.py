"""Rasters on output grids in the reference (2.5, 2.6)."""

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from .resampling import OUTSIDE, Target, aggregated, mean_of_all, mean_of_measured, nearest

LEFT, TOP = 300_000, 5_000_040


@pytest.fixture
def raster(tmp_path):
    """Write pixels as a raster in EPSG:32633 whose upper left corner is ``LEFT``, ``TOP``; give its path."""

    def write(pixels, size_m, dtype="uint16", corner=(LEFT, TOP)):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.tif"
        pixels = np.array(pixels, dtype)
        with rasterio.open(
            path, "w", driver="GTiff", height=pixels.shape[0], width=pixels.shape[1], count=1, dtype=dtype,
            crs="EPSG:32633", transform=rasterio.Affine(size_m, 0, corner[0], 0, -size_m, corner[1]),
        ) as dataset:  # fmt: skip
            dataset.write(pixels, 1)
        return path

    return write


def grid(resolution, shape, corner=(LEFT, TOP)):
    return Target(rasterio.Affine(resolution, 0, corner[0], 0, -resolution, corner[1]), shape, 32633, resolution)


def test_finer_pixels_are_averaged_without_those_that_were_not_measured(raster):
    """A1-084."""
    path = raster([[10, 20, 0, 0], [30, 0, 0, 0]], 10)
    assert mean_of_measured(path, grid(20, (1, 2))).tolist() == [[20, 0]]


def test_means_are_rounded_half_up():
    pixels = np.array([[1, 2], [2, 1], [1, 2], [1, 1]])
    assert aggregated(pixels, pixels != 0, 2).tolist() == [[2], [1]]


def test_nine_native_pixels_make_one_of_60_m(raster):
    """A1-084."""
    path = raster(np.arange(36).reshape(6, 6) + 1, 20)
    wanted = [[np.mean([1, 2, 3, 7, 8, 9, 13, 14, 15]), 11], [26, 29]]
    assert mean_of_measured(path, grid(60, (2, 2))).tolist() == wanted


def test_coarser_pixels_are_repeated(raster):
    """A1-084."""
    path = raster([[7, 8]], 20)
    assert mean_of_measured(path, grid(10, (2, 4))).tolist() == [[7, 7, 8, 8], [7, 7, 8, 8]]
    assert mean_of_all(path, grid(10, (1, 4))).tolist() == [[7, 7, 8, 8]]


def test_scene_classes_are_never_averaged(raster):
    """A1-084: 60 m from 20 m is the class under the centre."""
    path = raster([[4, 5, 6], [8, 9, 10], [0, 1, 2]], 20, "uint8")
    assert nearest(path, grid(60, (1, 1))).tolist() == [[9]]


def test_percentages_of_0_count(raster):
    path = raster([[0, 0], [0, 30]], 10, "uint8")
    assert mean_of_all(path, grid(20, (1, 1))).tolist() == [[8]]
    assert mean_of_measured(path, grid(20, (1, 1))).tolist() == [[30]]


def test_cells_are_counted_from_the_rasters_own_corner(raster):
    path = raster([[10, 20, 30, 40]] * 2, 10, corner=(LEFT - 10, TOP))
    # The cells are 15 and 35; the output's first pixel has its centre on the border of the first two.
    assert mean_of_measured(path, grid(20, (1, 2))).tolist() == [[35, OUTSIDE]]


def test_a_pixel_beside_the_raster_is_outside(raster):
    path = raster([[5]], 20)
    assert nearest(path, grid(20, (2, 3), (LEFT - 20, TOP))).tolist() == [[OUTSIDE, 5, OUTSIDE], [OUTSIDE] * 3]


def test_another_crs_looks_up_the_pixel_under_the_centre(raster):
    path = raster(np.arange(100).reshape(10, 10), 20, "uint8")
    to_degrees = Transformer.from_crs(32633, 4326, always_xy=True)
    x, y = to_degrees.transform(LEFT + 70, TOP - 130)
    size = 1e-5
    target = Target(rasterio.Affine(size, 0, x - size / 2, 0, -size, y + size / 2), (1, 1), 4326, 20)
    assert nearest(path, target).tolist() == [[63]]
