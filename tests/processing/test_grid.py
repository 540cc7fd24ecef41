"""Output grids: on the lattice, around what they shall hold, cut into blocks that fit into memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.grid import DEGREES_PER_10_M, Grid, grid_around

resolutions = st.sampled_from([10, 20, 60])
zones = st.sampled_from([32601, 32633, 32660, 32701, 32722, 32760])
eastings = st.floats(100_000, 800_000)
northings = st.floats(0, 9_999_000)
extents = st.floats(0.001, 120_000)


def holds(grid, bounds):
    """Whether the grid holds the bounds, but for the hundredth of a pixel that claims no other row."""
    slack = 0.011 * grid.pixel_size
    west, south, east, north = grid.bounds
    return (
        west <= bounds[0] + slack
        and south <= bounds[1] + slack
        and east >= bounds[2] - slack
        and north >= bounds[3] - slack
    )


@given(zones, resolutions, eastings, northings, extents, extents)
def test_a_utm_grid_holds_its_bounds_and_no_row_more(epsg, resolution, west, south, width, height):
    bounds = (west, south, west + width, south + height)
    grid = grid_around(bounds, epsg=epsg, resolution_m=resolution)
    assert holds(grid, bounds)
    assert (grid.width - 2) * resolution < width
    assert (grid.height - 2) * resolution < height


@given(resolutions, st.floats(-180, 179), st.floats(-80, 83), st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_a_grid_of_degrees_holds_its_bounds_and_no_row_more(resolution, west, south, width, height):
    bounds = (west, south, west + width, south + height)
    grid = grid_around(bounds, epsg=4326, resolution_m=resolution)
    assert holds(grid, bounds)
    assert (grid.width - 2) * grid.pixel_size < width
    assert (grid.height - 2) * grid.pixel_size < height


@given(zones, resolutions, eastings, northings)
def test_coarser_pixels_are_made_of_whole_finer_ones(epsg, resolution, west, south):
    grid = grid_around((west, south, west + 100, south + 100), epsg=epsg, resolution_m=resolution)
    assert grid.transform.c % resolution == 0
    equator = 10_000_000 if epsg > 32700 else 0
    assert (equator - grid.transform.f) % resolution == 0


@pytest.mark.parametrize(
    ("epsg", "left", "top"),
    # Upper left corners of 33TWL, 22HBD, 01KAB and 01CCV in ESA's own metadata.
    [(32633, 499980, 5100000), (32722, 199980, 5900020), (32701, 99960, 8200000), (32701, 300000, 2000020)],
)
@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_the_utm_lattice_is_that_of_the_tiles(epsg, left, top, resolution):
    tile = (left, top - 109_800, left + 109_800, top)
    grid = grid_around(tile, epsg=epsg, resolution_m=resolution)
    assert grid.bounds == tile
    assert (grid.width, grid.height) == (109_800 // resolution, 109_800 // resolution)


def test_the_lattice_of_degrees_is_anchored_at_zero():
    grid = grid_around((15.0, 46.0, 15.1, 46.1), epsg=4326, resolution_m=10)
    assert grid.pixel_size == 8.983152841195215e-05 == DEGREES_PER_10_M
    assert grid.transform.c == grid.left * grid.pixel_size
    assert grid.transform.f == -grid.top * grid.pixel_size


@given(st.integers(1, 300), st.integers(1, 300), st.integers(16, 400))
def test_blocks_cover_every_pixel_once(width, height, size):
    grid = Grid(32633, 50_000, -510_000, width, height, 10)
    covered = np.zeros((height, width), int)
    for block in grid.blocks(size):
        covered[block.rows, block.columns] += 1
    assert (covered == 1).all()


def test_a_part_has_the_pixels_of_the_whole():
    grid = Grid(32633, 50_000, -510_000, 100, 80, 10)
    x, y = grid.pixel_centres()
    for block in grid.blocks(33):
        part_x, part_y = grid.part(block).pixel_centres()
        assert np.array_equal(part_x, x[block.columns])
        assert np.array_equal(part_y, y[block.rows])


def test_the_footprint_of_a_utm_grid_follows_its_curved_edges():
    grid = grid_around((499980, 4990200, 609780, 5100000), epsg=32633, resolution_m=60)
    west, south, east, north = grid.footprint.bounds
    assert (round(west, 3), round(east, 3)) == (15.0, 16.419)
    assert len(grid.footprint.exterior.coords) > 20
