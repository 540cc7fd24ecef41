"""A raster that waits in tiles gives back what was put into it, whatever the blocks."""

import errno
import random
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.grid import Block
from processing.scratch import ScratchRaster

FILL = 9


def numbers(width, height, dtype="uint16"):
    return np.random.default_rng(width + height).integers(10, 200, (height, width)).astype(dtype)


def blocks(width, height, across, down):
    return [
        Block(x, y, min(across, width - x), min(down, height - y))
        for y in range(0, height, down)
        for x in range(0, width, across)
    ]


@settings(max_examples=30, deadline=None)
@given(
    size=st.tuples(st.integers(1, 1300), st.integers(1, 1100)),
    block=st.tuples(st.integers(90, 1300), st.integers(90, 1100)),
    window=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    dtype=st.sampled_from(["uint8", "int16", "uint16"]),
)
def test_any_window_holds_what_was_written_in_blocks_of_any_size_and_order(
    tmp_path_factory, size, block, window, dtype
):
    width, height = size
    made = numbers(width, height, dtype)
    parts = blocks(width, height, *block)
    random.Random(width).shuffle(parts)
    left, right = sorted(int(share * (width - 1)) for share in window[:2])
    top, bottom = sorted(int(share * (height - 1)) for share in window[2:])
    within = Block(left, top, right - left + 1, bottom - top + 1)
    with ScratchRaster(tmp_path_factory.getbasetemp(), width=width, height=height, dtype=dtype, fill=FILL) as raster:
        for part in parts:
            raster.write(part, made[part.rows, part.columns])
        np.testing.assert_array_equal(raster.read(within), made[within.rows, within.columns])
        tiles = np.block([[raster.tile(y, x) for x in range(raster.tiles_across)] for y in range(raster.tiles_down)])
    np.testing.assert_array_equal(tiles[:height, :width], made)
    assert (tiles[height:] == FILL).all()
    assert (tiles[:, width:] == FILL).all()


def test_tiles_are_named_row_by_row(tmp_path):
    with ScratchRaster(tmp_path, width=1025, height=513, dtype="uint8", fill=0) as raster:
        assert [*raster.tiles()] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_nothing_is_seen_of_it_in_its_folder_and_nothing_stays_open(tmp_path):
    with ScratchRaster(tmp_path, width=10, height=10, dtype="uint8", fill=0) as raster:
        raster.write(Block(0, 0, 10, 10), numbers(10, 10, "uint8"))
        assert [*tmp_path.iterdir()] == []
    assert not [link for link in Path("/proc/self/fd").iterdir() if str(tmp_path) in str(link.resolve())]
    with pytest.raises(ValueError, match="closed"):
        raster.tile(0, 0)


def test_a_file_that_can_grow_no_further_is_an_error(tmp_path):
    """As on a full disk: a part is taken, the rest refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with ScratchRaster(tmp_path, width=600, height=600, dtype="uint16", fill=0) as raster:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            with pytest.raises(OSError) as told:
                raster.write(Block(0, 0, 600, 600), numbers(600, 600))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.value.errno == errno.EFBIG
