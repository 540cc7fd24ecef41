"""What every output format promises: what was written is what another program reads, however it was written."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from written_products import GRIDS, SOME_LAYERS, SUFFIX, TINY_GRIDS, heading, part, pixels, write

from processing.errors import StorageFull
from processing.gathering import Gathering
from processing.grid import Block, Grid
from processing.rasters.by_gdal import GDAL_OPTIONS
from processing.registry import formats
from processing.storage import check_room, scratch_bytes

ROOT = Path(__file__).parents[2]
# Root may mount in a namespace of its own; others first become root in one.
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]

every_format = pytest.mark.parametrize("written_as", formats().values(), ids=formats())
every_grid = pytest.mark.parametrize("grid", (GRIDS | TINY_GRIDS).values(), ids=GRIDS | TINY_GRIDS)


def files_in(folder):
    return {path: path.read_bytes() for path in sorted(folder.iterdir())}


def open_in(folder):
    """What this process has open in the folder."""
    return [link for handle in Path("/proc/self/fd").iterdir() if (link := _target(handle)).startswith(str(folder))]


def _target(handle):
    try:
        return str(handle.readlink())
    except FileNotFoundError:
        return ""


@every_format
def test_a_format_says_what_it_is(written_as):
    assert formats()[written_as.name] is written_as
    assert written_as.title
    assert written_as.summary.endswith(".")
    assert written_as.extension.isalnum()
    assert "/" in written_as.media_type


def test_the_three_formats_of_s2gm_are_there():
    """A1-062, A1-063."""
    assert {name: plugin.extension for name, plugin in formats().items()} == {
        "geotiff": "tiff",
        "jp2": "jp2",
        "netcdf": "nc",
    }


@every_format
@every_grid
def test_what_was_written_is_what_is_read(written_as, grid, tmp_path):
    made = pixels(grid)
    files, _ = write(written_as, tmp_path / "product", grid, made)
    assert [layer for file in files for layer in file.layers] == SOME_LAYERS
    for file in files:
        for layer in file.layers:
            with rasterio.open(file.dataset(layer)) as dataset:
                assert dataset.crs.to_epsg() == grid.epsg
                assert dataset.transform.almost_equals(grid.transform, precision=1e-12)
                assert (dataset.count, *dataset.shape) == (1, grid.height, grid.width)
                # NetCDF stores bytes in 16 bits.
                assert np.can_cast(layer.dtype, dataset.dtypes[0])
                assert dataset.nodata == layer.nodata
                assert dataset.scales == pytest.approx((layer.scale,))
                assert dataset.offsets == (0,)
                assert dataset.units == (layer.unit,)
                assert layer.title in (dataset.descriptions[0], dataset.tags(1).get("long_name"))
                np.testing.assert_array_equal(dataset.read(1), made[layer.name])


@every_format
def test_masked_reading_hides_no_data_and_nothing_else(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    made = pixels(grid)
    files, _ = write(written_as, tmp_path / "product", grid, made)
    for file in files:
        for layer in file.layers:
            with rasterio.open(file.dataset(layer)) as dataset:
                hidden = np.ma.getmaskarray(dataset.read(1, masked=True))
            np.testing.assert_array_equal(hidden, made[layer.name] == layer.nodata)


@every_format
def test_the_files_are_named_for_their_layers_and_nothing_else_is_left(written_as, tmp_path):
    """A1-062, A1-063."""
    grid = GRIDS["southern utm"]
    files, _ = write(written_as, tmp_path / "product", grid, pixels(grid))
    belonging = [path for file in files for path in (file.path, *file.companions)]
    assert sorted(belonging) == sorted((tmp_path / "product").iterdir())
    for file in files:
        assert file.path.suffix == f".{written_as.extension}"
        assert file.path.stem == (f"{file.layers[0].prefix}_{SUFFIX}" if len(file.layers) == 1 else SUFFIX)
        assert all(companion.name.startswith(file.path.name + ".") for companion in file.companions)


@every_format
def test_progress_goes_up_to_one(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    _, told = write(written_as, tmp_path / "product", grid, pixels(grid))
    assert told == sorted(told)
    assert told[0] > 0
    assert told[-1] == 1


@every_format
def test_the_same_pixels_give_the_same_bytes_whatever_the_blocks_and_threads(written_as, tmp_path):
    grid = GRIDS["utm"]
    made = pixels(grid)
    disordered = [*grid.blocks(100)]
    random.Random(3).shuffle(disordered)
    write(written_as, tmp_path / "first", grid, made, blocks=grid.blocks(1024), threads=1)
    write(written_as, tmp_path / "other", grid, made, blocks=disordered, threads=2)
    first, other = files_in(tmp_path / "first"), files_in(tmp_path / "other")
    assert [path.name for path in first] == [path.name for path in other]
    for one, again in zip(first, other, strict=True):
        assert first[one] == other[again], one.name


@every_format
def test_the_settings_that_scenes_are_read_with_change_nothing(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    write(written_as, tmp_path / "plain", grid, pixels(grid))
    with rasterio.Env(**GDAL_OPTIONS):
        write(written_as, tmp_path / "within", grid, pixels(grid))
    plain, within = files_in(tmp_path / "plain"), files_in(tmp_path / "within")
    assert {path.name: plain[path] for path in plain} == {path.name: within[path] for path in within}


@every_format
def test_other_pixels_give_other_bytes(written_as, tmp_path):
    grid = TINY_GRIDS["one row"]
    for seed in (1, 2):
        write(written_as, tmp_path / str(seed), grid, pixels(grid, seed=seed))
    assert [*files_in(tmp_path / "1").values()] != [*files_in(tmp_path / "2").values()]


# --- What goes wrong ------------------------------------------------------------------------------
@every_format
@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_writer_that_is_given_up_lets_go_of_its_files(written_as, written, tmp_path):
    grid = GRIDS["southern utm"]
    made = pixels(grid)
    with (
        pytest.raises(RuntimeError, match="given up"),
        written_as.writer(tmp_path, heading=heading(), grid=grid, layers=SOME_LAYERS, threads=1) as writer,
    ):
        for block in [*grid.blocks(256)][:written]:
            writer.write(block, part(made, block))
        raise RuntimeError("given up")
    assert [*tmp_path.iterdir()] == []
    assert open_in(tmp_path) == []


@every_format
@pytest.mark.parametrize("share", [0, 0.5])
def test_an_order_dismissed_while_the_files_are_completed_leaves_no_scratch_files(written_as, share, tmp_path):
    grid = GRIDS["southern utm"]
    made = pixels(grid)

    def dismiss(done):
        if done > share:
            raise RuntimeError("dismissed")

    with (
        pytest.raises(RuntimeError, match="dismissed"),
        written_as.writer(tmp_path, heading=heading(), grid=grid, layers=SOME_LAYERS, threads=1) as writer,
    ):
        writer.write(Block(0, 0, grid.width, grid.height), made)
        writer.finish(dismiss)
    assert [path for path in tmp_path.iterdir() if written_as.extension not in path.suffixes[0]] == []
    assert open_in(tmp_path) == []


@every_format
def test_a_folder_that_is_not_there_is_an_error(written_as, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        written_as.writer(tmp_path / "no", heading=heading(), grid=GRIDS["utm"], layers=SOME_LAYERS, threads=1)
    assert [*tmp_path.iterdir()] == []


@every_format
@pytest.mark.parametrize("block", [Block(-1, 0, 5, 5), Block(0, -1, 5, 5), Block(695, 0, 6, 1), Block(0, 0, 5, 2)])
def test_a_block_beyond_the_grid_is_refused(written_as, block, tmp_path):
    grid = TINY_GRIDS["one row"]
    some = {layer.name: np.zeros((block.height, block.width), layer.dtype) for layer in SOME_LAYERS}
    with (
        written_as.writer(tmp_path, heading=heading(), grid=grid, layers=SOME_LAYERS, threads=1) as writer,
        pytest.raises(ValueError, match="does not lie within the grid"),
    ):
        writer.write(block, some)


@every_format
@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint16), np.zeros((5, 4), np.int32), np.zeros(20, np.uint16)])
def test_pixels_that_fit_neither_block_nor_layer_are_refused(written_as, wrong, tmp_path):
    grid = GRIDS["southern utm"]
    made = {layer.name: np.zeros((5, 4), layer.dtype) for layer in SOME_LAYERS}
    with (
        written_as.writer(tmp_path, heading=heading(), grid=grid, layers=SOME_LAYERS, threads=1) as writer,
        pytest.raises(ValueError, match="^B8A of Block"),
    ):
        writer.write(Block(0, 0, 4, 5), made | {"B8A": wrong})


@every_format
def test_a_layer_without_pixels_is_an_error(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    made = pixels(grid)
    del made["method"]
    with pytest.raises(KeyError, match="method"):
        write(written_as, tmp_path, grid, made)
    assert [*tmp_path.iterdir()] == []
    assert open_in(tmp_path) == []


# --- A full disk ----------------------------------------------------------------------------------
# Writes on disks of growing size, and tells what came of each; the last one is large enough.
ON_DISKS = """
import subprocess, sys
from pathlib import Path
import rasterio
from test_formats import open_in
from written_products import GRIDS, SOME_LAYERS, pixels, write
from processing.registry import formats
from processing.storage import storage_errors

grid, layers = GRIDS["utm"], [layer for layer in SOME_LAYERS if layer.name in ("B02", "sun_zenith", "method")]
made, disk = pixels(grid, layers=layers), Path(sys.argv[2])
for size in sys.argv[3:]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    try:
        with storage_errors(disk):
            files, _ = write(formats()[sys.argv[1]], disk, grid, made, layers=layers)
        whole = True
        for file in files:
            for layer in file.layers:
                with rasterio.open(file.dataset(layer)) as dataset:
                    whole &= bool((dataset.read(1) == made[layer.name]).all())
        told = "whole" if whole else "damaged"
    except Exception as failure:
        told = type(failure).__name__
    print(size, told, open_in(disk), [path.name for path in disk.glob("*gathered*")])
    subprocess.run(["umount", disk], check=True)
"""


@every_format
@pytest.mark.parametrize("cache_mb", [1, 64], ids=["written at once", "written on closing"])
def test_a_disk_that_is_too_small_is_told_as_such_and_never_gives_damaged_files(written_as, cache_mb, tmp_path):
    sizes = ["100k", "1500k", "2300k", "3200k", "3400k", "4500k", "5500k", "20m"]
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", ON_DISKS, written_as.name, str(tmp_path), *sizes],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
        env=os.environ | {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}", "GDAL_CACHEMAX": str(cache_mb),
        },
    )  # fmt: skip
    told = done.stdout.splitlines()
    assert told == [*(f"{size} StorageFull [] []" for size in sizes[:-1]), f"{sizes[-1]} whole [] []"], done.stderr


@pytest.mark.parametrize("grid", (GRIDS | TINY_GRIDS).values(), ids=GRIDS | TINY_GRIDS)
def test_scratch_files_take_what_was_reckoned(grid, tmp_path):
    made = pixels(grid)
    with Gathering(tmp_path, grid=grid, layers=SOME_LAYERS) as gathering:
        gathering.write(Block(0, 0, grid.width, grid.height), made)
        for layer in SOME_LAYERS:
            with gathering.whole(layer) as raster:
                assert 0 < raster.file_bytes <= scratch_bytes(layer, grid)


def test_a_product_larger_than_the_disk_is_refused_before_the_work(tmp_path):
    with pytest.raises(StorageFull, match=r"needs 600\d{4} MB on the disk while it is made, and only \d+ MB are free"):
        check_room(tmp_path, SOME_LAYERS[:1], Grid(32633, 0, 0, 1_000_000, 1_000_000, 10))
