"""Cutting products into blocks: every pixel once, on the archive's tiles, within the memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.blocks import Lattice, TileSize, block_shape, bytes_per_pixel, columns_of_blocks, lattice_of
from processing.cells import CellGrid
from processing.errors import OutOfMemoryLimit
from processing.grid import Grid
from processing.rasters.inflated import STREAM_BYTES
from processing.sentinel2 import BANDS

LARGE = Grid(32633, 50_000, -510_000, 10_980, 10_980, 10)
COMPARED = ["B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12"]
TILES = (TileSize(1024, 1024), TileSize(2048, 2048))
sizes = st.integers(1, 400)


@given(sizes, sizes, st.integers(1, 500), st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_blocks_cover_every_pixel_once_and_come_from_top_to_bottom(width, height, across, down, column, row):
    grid = Grid(32633, 50_000, -510_000, width, height, 10)
    covered = np.zeros((height, width), int)
    for blocks in columns_of_blocks(grid, across, down, Lattice(column, row)):
        for block in blocks:
            covered[block.rows, block.columns] += 1
            assert block.width <= across
            assert block.height <= down
        assert len({(block.column, block.width) for block in blocks}) == 1
        assert [block.row for block in blocks] == sorted(block.row for block in blocks)
    assert (covered == 1).all()


def test_blocks_begin_where_the_tiles_of_the_archive_begin():
    grid = Grid(32633, 50_010, -510_030, 5000, 3000, 10)
    west, _, _, north = grid.bounds
    raster = CellGrid(32633, west - 300, north + 500, 20.0, 1, 5490, 5490)
    lattice = lattice_of(grid, raster, TileSize(2048, 2048))
    blocks = columns_of_blocks(grid, 2048, 256, lattice)
    assert [column[0].column for column in blocks] == [0, 2018, 4066]
    assert [block.row for block in blocks[0]][:3] == [0, 206, 462]


def test_tiles_of_another_zone_or_of_odd_sizes_give_no_lattice():
    grid = Grid(32633, 50_010, -510_030, 5000, 3000, 60)
    raster = CellGrid(32633, 400_020.0, 5_200_000.0, 20.0, 1, 5490, 5490)
    assert lattice_of(grid, raster, TileSize(1024 / 3, 1024 / 3)) == Lattice()
    away = CellGrid(32634, 400_020.0, 5_200_000.0, 10.0, 1, 10980, 10980)
    assert lattice_of(grid, away, TileSize(1024, 1024)) == Lattice()


def shape(grid=LARGE, *, pixel_bytes, memory, tiles=TILES, threads=2):
    return block_shape(grid, pixel_bytes=pixel_bytes, tiles=tiles, memory_mb=memory, threads=threads)


@given(st.integers(321, 4000), st.integers(321, 4000), st.floats(10, 5000), st.integers(1, 300))
def test_more_memory_never_means_smaller_blocks(one, other, pixel_bytes, rasters):
    areas = []
    for memory in sorted((one, other)):
        try:
            areas.append(np.prod(shape(pixel_bytes=pixel_bytes, memory=memory, tiles=TILES * rasters)))
        except OutOfMemoryLimit:
            areas.append(0)
    assert areas == sorted(areas)


@given(st.integers(1, 4000), st.floats(10, 5000), st.integers(1, 300), sizes, sizes)
def test_a_block_and_the_tiles_under_way_stay_within_the_memory(memory, pixel_bytes, rasters, width, height):
    grid = Grid(32633, 50_000, -510_000, width * 27, height * 27, 10)
    try:
        across, down = shape(grid, pixel_bytes=pixel_bytes, memory=memory, tiles=TILES * rasters)
    except OutOfMemoryLimit as refused:
        assert "allow more" in str(refused)
    else:
        under_way = rasters * 2 * STREAM_BYTES if down < 1024 else 0
        assert across * down * pixel_bytes + under_way * across / 2048 < memory * 2**20


def test_pixels_that_are_merged_count_by_the_thread():
    fine = (TileSize(1024 / 6, 1024 / 6, merged=6),)
    small = shape(pixel_bytes=400, memory=768, tiles=fine, threads=32)
    assert np.prod(small) < np.prod(shape(pixel_bytes=400, memory=768, tiles=fine, threads=1))


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([10, 20, 60]))
def test_more_observations_and_finer_pixels_take_more_memory(one, other, resolution):
    def needed(observations, resolution_m):
        return bytes_per_pixel(observations=observations, compared=list(BANDS), rasters=1, resolution_m=resolution_m)

    fewer, more = sorted((one, other))
    assert needed(fewer, resolution) <= needed(more, resolution)
    assert needed(more, 10) <= needed(more, 20) <= needed(more, 60)


@pytest.mark.parametrize(("observations", "rows"), [(12, 256), (24, 128), (60, 64)])
def test_a_whole_tile_fits_into_the_default_memory_in_columns_as_wide_as_its_tiles(observations, rows):
    pixel_bytes = bytes_per_pixel(observations=observations, compared=COMPARED, rasters=12, resolution_m=10)
    tiles = (TileSize(1024, 1024),) * 4 + (TileSize(2048, 2048),) * 7
    width, height = shape(pixel_bytes=pixel_bytes, memory=768, tiles=tiles * observations)
    assert (width, height >= rows) == (2048, True)
