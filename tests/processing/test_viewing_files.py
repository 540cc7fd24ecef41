"""Copies for viewing, and the files that are kept open."""

import gc
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import viewed_products as viewed

from processing.grid import Grid
from processing.viewing.copies import EVERY, SMALLEST_PX
from processing.viewing.look import Look
from processing.viewing.open_files import OpenFiles, RasterFile
from processing.viewing.resolutions import COPIES_FOLDER
from processing.viewing.view import ProductView, prepare

WIDE = Grid(32633, 25_005, -254_650, SMALLEST_PX + 301, 640, 20)
LOOK = Look(("B11",), ((0, 4000),))


def pixels(grid):
    values = np.random.default_rng(3).integers(0, 4000, (grid.height, grid.width)).astype(np.uint16)
    values[:99] = 65535
    return {"B11": values, "method": (values % 4).astype(np.uint8)}


def write(folder, *, format, grid=WIDE):
    return viewed.write_product(
        folder, grid=grid, format=format, bands=("B11",), layers=("method",), pixels=pixels(grid)
    )


@pytest.fixture(scope="module", params=["jp2", "netcdf"])
def copied(request, tmp_path_factory):
    """A product with copies, and the same without."""
    folder = tmp_path_factory.mktemp("copies")
    account = write(folder / "with", format=request.param)
    write(folder / "without", format=request.param)
    before = {path.name: path.read_bytes() for path in (folder / "with").iterdir()}
    paths = prepare(folder / "with", threads=2)
    assert {path.name: path.read_bytes() for path in (folder / "with").iterdir() if path.is_file()} == before
    return account, folder, paths


def test_copies_hold_every_pixel_or_every_fourth_one(copied):
    account, folder, paths = copied
    assert sorted(path.relative_to(folder / "with").as_posix() for path in paths) == [
        f"{COPIES_FOLDER}/B11.tiff", f"{COPIES_FOLDER}/method.tiff",
    ]  # fmt: skip
    assert sorted(path.name for path in (folder / "with" / COPIES_FOLDER).iterdir()) == ["B11.tiff", "method.tiff"]
    every = EVERY[account.files[0].path.suffix]
    for path, name in zip(paths, ("B11", "method"), strict=True):
        with rasterio.open(path) as dataset:
            np.testing.assert_array_equal(dataset.read(1), viewed.numbers(account, name)[::every, ::every])
            assert bool(dataset.overviews(1)) == (dataset.width > 512)


@pytest.mark.parametrize("zoom", [14, 13])
@pytest.mark.parametrize("name", ["B11", "method"])
def test_at_its_own_resolution_a_product_looks_the_same_with_copies_and_without(copied, name, zoom):
    account, folder, _ = copied
    place = viewed.middle_tile(account.grid, zoom)
    look = Look((name,), ((0, 4000),))
    with_them, without = (ProductView.open(folder / kind).tile(look, *place) for kind in ("with", "without"))
    assert with_them == without


def test_small_on_the_map_both_show_pixels_of_the_product(copied):
    account, folder, _ = copied
    z, x, y = viewed.middle_tile(account.grid, 9)
    rows, columns = viewed.under(account.grid, z, x, y)
    values = viewed.numbers(account, "B11")
    for kind in ("with", "without"):
        shown = viewed.picture(ProductView.open(folder / kind).tile(LOOK, z, x, y))
        there = shown[3] > 0
        assert there.sum() > 500
        for row, column, seen in list(zip(rows[there], columns[there], shown[0, there], strict=True))[::40]:
            around = values[max(0, int(row) - 20) : int(row) + 20, max(0, int(column) - 20) : int(column) + 20]
            assert seen in viewed.bright(around, 0, 4000)


@pytest.mark.parametrize(
    ("format", "grid"), [("geotiff", WIDE), ("jp2", viewed.GRIDS["utm"]), ("netcdf", viewed.GRIDS["wgs84"])]
)
def test_what_is_quick_to_look_into_is_not_copied(tmp_path, format, grid):
    write(tmp_path / "product", format=format, grid=grid)
    assert prepare(tmp_path / "product", threads=1) == []
    assert not (tmp_path / "product" / COPIES_FOLDER).exists()


def test_copies_that_cannot_be_written_are_done_without(tmp_path, caplog):
    account = write(tmp_path / "product", format="jp2")
    method = account.files[1].path
    method.write_bytes(method.read_bytes()[:2000])
    assert prepare(tmp_path / "product", threads=1) == []
    assert not (tmp_path / "product" / COPIES_FOLDER).exists()
    assert "No copies for viewing" in caplog.text
    place = viewed.middle_tile(account.grid, 13)
    assert viewed.picture(ProductView.open(tmp_path / "product").tile(LOOK, *place))[3].any()


# --- Open files -----------------------------------------------------------------------------------


def descriptors(path):
    """How often this process holds a file open."""
    held = 0
    for number in Path("/proc/self/fd").iterdir():
        try:
            held += str(number.readlink()).startswith(str(path))
        except FileNotFoundError:
            continue
    return held


@pytest.fixture
def files(tmp_path):
    """Ten rasters."""
    account = viewed.write_product(
        tmp_path / "product", grid=Grid(32633, 25_005, -254_650, 20, 20, 20), bands=viewed.BANDS, layers=viewed.LAYERS
    )
    return [file.path for file in account.files][:10]


def test_a_file_stays_open_for_the_next_reader(files):
    pool = OpenFiles()
    with pool.opened(RasterFile.of(files[0])) as first:
        pass
    with pool.opened(RasterFile.of(files[0])) as second:
        assert second is first
    pool.close()
    assert first.closed and descriptors(files[0]) == 0


def test_two_readers_at_once_have_a_dataset_each(files):
    pool = OpenFiles()
    with pool.opened(RasterFile.of(files[0])) as one, pool.opened(RasterFile.of(files[0])) as other:
        assert one is not other
    pool.close()


def test_no_more_than_so_many_stay_open(files):
    pool = OpenFiles(most=3)
    for path in files * 2:
        with pool.opened(RasterFile.of(path)):
            pass
        assert len(pool) <= 3
    assert sum(descriptors(path) for path in files) == 3
    pool.close()
    assert len(pool) == 0


def test_what_changed_is_opened_anew(files):
    pool = OpenFiles()
    with pool.opened(RasterFile.of(files[0])) as before:
        pass
    files[0].write_bytes(files[1].read_bytes())
    os.utime(files[0], ns=(1, 1))
    with pool.opened(RasterFile.of(files[0])) as after:
        assert after is not before
    pool.close()


def test_what_nobody_uses_or_what_is_gone_is_closed(files):
    pool = OpenFiles(idle_seconds=0.2)
    with pool.opened(RasterFile.of(files[0])) as idle:
        pass
    files[0].unlink()
    deadline = time.monotonic() + 20
    while len(pool) and time.monotonic() < deadline:
        time.sleep(0.05)
    gc.collect()
    assert idle.closed and descriptors(files[0]) == 0
    with pytest.raises(FileNotFoundError), pool.opened(RasterFile.of(files[0])):
        pass


@pytest.mark.parametrize("format", ["geotiff", "netcdf"])
def test_many_threads_see_the_same(tmp_path, format):
    account = write(tmp_path / "product", format=format, grid=viewed.GRIDS["utm"])
    place = viewed.middle_tile(account.grid, 13)
    view = ProductView.open(tmp_path / "product")
    expected, seen = view.tile(LOOK, *place), []
    threads = [
        threading.Thread(target=lambda: seen.extend(view.tile(LOOK, *place) for _ in range(10))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 60 and set(seen) == {expected}
