"""Which cells of a raster lie under the pixels of a block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from processing.cells import BlockView, CellGrid, CellWindow, look_up
from processing.grid import grid_around

TEN = CellGrid(32633, 499_980.0, 5_100_000.0, 10.0, 1, 600, 600)
TWENTY = CellGrid(32633, 499_980.0, 5_100_000.0, 20.0, 1, 300, 300)


def test_cells_grow_to_the_pixels_of_a_coarser_mosaic():
    merged = TEN.for_pixels_of(60)
    assert (merged.size_m, merged.merged, merged.width, merged.height) == (60.0, 6, 100, 100)


@pytest.mark.parametrize(("grid", "resolution"), [(TEN, 10), (TWENTY, 10)])
def test_cells_stay_as_they_are_in_a_mosaic_as_fine_or_finer(grid, resolution):
    assert grid.for_pixels_of(resolution) is grid


def test_the_last_cells_of_a_raster_may_reach_beyond_it():
    merged = CellGrid(32633, 0.0, 0.0, 10.0, 1, 601, 600).for_pixels_of(60)
    assert (merged.size_m, merged.merged, merged.width, merged.height) == (60.0, 6, 101, 100)


def test_two_tiles_of_a_zone_share_a_lattice_and_a_shifted_raster_does_not():
    north = CellGrid(32633, 499_980.0, 5_200_020.0, 10.0, 1, 10_980, 10_980)
    assert TEN.same_lattice(north)
    assert not TEN.same_lattice(CellGrid(32633, 499_985.0, 5_100_000.0, 10.0, 1, 600, 600))
    assert not TEN.same_lattice(CellGrid(32632, 499_980.0, 5_100_000.0, 10.0, 1, 600, 600))
    assert not TEN.same_lattice(TWENTY)


def test_a_window_shifted_to_another_raster_is_the_same_ground():
    north = CellGrid(32633, 499_980.0, 5_200_020.0, 10.0, 1, 10_980, 10_980)
    window = CellWindow(5, 7, 20, 30)
    moved = window.shifted(TEN, north)
    assert moved == CellWindow(5 + 10_002, 7, 20, 30)
    assert moved.shifted(north, TEN) == window


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 60), st.integers(1, 60))
def test_the_part_of_a_window_within_a_raster_holds_just_the_common_cells(row, column, height, width):
    grid = CellGrid(32633, 0.0, 0.0, 10.0, 1, 30, 20)
    common = {
        (r, c) for r in range(row, row + height) for c in range(column, column + width) if 0 <= r < 20 and 0 <= c < 30
    }
    inside = CellWindow(row, column, height, width).within(grid)
    found = set()
    if inside is not None:
        rows, columns = (
            range(inside.row, inside.row + inside.height),
            range(inside.column, inside.column + inside.width),
        )
        found = {(r, c) for r in rows for c in columns}
    assert found == common


def test_a_window_around_cells_holds_the_outermost():
    assert CellWindow.around(np.array([[3], [9]]), np.array([[4, 2, 8]])) == CellWindow(3, 2, 7, 7)


@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_in_its_own_zone_every_pixel_finds_the_cell_around_its_centre(resolution):
    part = grid_around((500_400, 5_095_000, 501_600, 5_096_200), epsg=32633, resolution_m=resolution)
    rows, columns = BlockView(part).cells(TEN)
    x, y = part.pixel_centres()
    assert rows.shape == (part.height, 1)
    assert columns.shape == (1, part.width)
    assert np.array_equal(columns[0], ((x - TEN.left_m) // 10).astype(int))
    assert np.array_equal(rows[:, 0], ((TEN.top_m - y) // 10).astype(int))


@pytest.mark.parametrize("epsg", [4326, 32632])
def test_in_another_crs_every_pixel_finds_the_cell_around_its_centre(epsg):
    bounds = (15.01, 46.01, 15.02, 46.02) if epsg == 4326 else (964_000, 5_110_000, 964_400, 5_110_300)
    part = grid_around(bounds, epsg=epsg, resolution_m=20)
    rows, columns = BlockView(part).cells(TEN)
    assert rows.shape == columns.shape == (part.height, part.width)
    to_zone = Transformer.from_crs(epsg, 32633, always_xy=True)
    x, y = part.pixel_centres()
    for row, column in ((0, 0), (part.height - 1, part.width - 1), (3, 7)):
        easting, northing = to_zone.transform(x[column], y[row])
        assert rows[row, column] == (TEN.top_m - northing) // 10
        assert columns[row, column] == (easting - TEN.left_m) // 10


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.lists(st.integers(0, 6), min_size=1, max_size=8))
def test_looking_up_by_row_and_column_is_the_same_as_by_pixel(rows, columns):
    cells = np.arange(42).reshape(6, 7)
    by_axis = look_up(cells, np.array(rows)[:, np.newaxis], np.array(columns)[np.newaxis, :])
    assert np.array_equal(by_axis, look_up(cells, *np.meshgrid(rows, columns, indexing="ij")))
    assert by_axis.tolist() == [[row * 7 + column for column in columns] for row in rows]
