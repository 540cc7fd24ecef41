"""Finished files are opened again and read back: A1-090, A1-091."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from written_products import GRIDS, TINY_GRIDS, heading, pixels, write

from processing import registry
from processing.__main__ import main
from processing.errors import QualityRejected
from processing.grid import Grid
from processing.layers import RASTERS, Decision, output_layers
from processing.mosaic import make_product, plan_products
from processing.quality.outputs import check_outputs
from processing.quality.pixels import PixelCounts
from processing.quality.report import Level
from processing.rasters.cog import read_tiles
from processing.sources import open_source
from processing.spec import MosaicSpec

LAYERS = output_layers(SimpleNamespace(bands=("B02", "B08"), layers=("source_index", "valid_obs", "sun_zenith")))
GRID = GRIDS["utm"]


def sound():
    """Pixels of which the source index names one of three scenes."""
    made = pixels(GRID, layers=LAYERS)
    made["source_index"] = np.where(made["source_index"] >= 0, made["source_index"] % 3, -1).astype(np.int16)
    return made


def written(folder, written_as="geotiff", made=None):
    """Files and counts of a product that is sound unless told otherwise."""
    made = made or sound()
    counts = PixelCounts()
    counts.add(made)
    files, _ = write(registry.formats()[written_as], folder, GRID, made, layers=LAYERS)
    return files, counts


def failures(files, counts, **changes):
    """Name and subject of each failed check, and the checks themselves."""
    known = {"grid": GRID, "layers": LAYERS, "heading": heading(), "counts": counts, "forecast": None, "threads": 2}
    checks = check_outputs(files, **(known | changes))
    assert checks
    return {(check.name, check.subject): check for check in checks if not check.passed}


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
def test_sound_files_pass(tmp_path, written_as):
    files, counts = written(tmp_path, written_as)
    assert failures(files, counts) == {}


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
def test_a_file_cut_short_fails(tmp_path, written_as):
    files, counts = written(tmp_path, written_as)
    path = files[0].path
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    failed = failures(files, counts)
    assert ("readable", "B02") in failed or ("whole", "B02") in failed
    assert all(check.level is Level.INTEGRITY for check in failed.values())
    assert all(str(tmp_path) not in check.message for check in failed.values())


def test_a_missing_and_an_empty_file_fail(tmp_path):
    files, counts = written(tmp_path)
    files[0].path.unlink()
    files[1].path.write_bytes(b"")
    failed = failures(files, counts)
    assert {("there", files[0].path.name), ("there", files[1].path.name)} <= set(failed)
    assert ("readable", "B02") in failed


def test_a_layer_that_nobody_wrote_fails(tmp_path):
    files, counts = written(tmp_path)
    failed = failures(files[1:], counts)
    assert "B02" in failed["complete", ""].message


def test_a_layer_that_nobody_ordered_fails(tmp_path):
    files, counts = written(tmp_path)
    failed = failures(files, counts, layers=LAYERS[:-1])
    assert "sun_zenith" in failed["complete", ""].message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crs": "EPSG:32634"}, "CRS that is not EPSG:32633"),
        ({"transform": rasterio.Affine(20, 0, 500_120, 0, -20, 5_101_340)}, "place that is not"),
        ({"nodata": 0}, "0.0 as no data instead of 65535"),
        ({"dtype": "uint32", "nodata": 65535}, "type uint32 instead of uint16"),
        ({"height": 20}, "size of"),
    ],
)
def test_a_file_that_is_not_what_was_ordered_fails(tmp_path, change, words):
    files, counts = written(tmp_path)
    path = files[0].path
    with rasterio.open(path) as dataset:
        profile, numbers = dataset.profile | {"driver": "GTiff"} | change, dataset.read(1)
        scales = dataset.scales
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(numbers[: profile["height"]].astype(profile["dtype"]), 1)
        dataset.scales = scales
    assert words in failures(files, counts)["described", "B02"].message


def test_one_pixel_that_is_not_what_was_made_fails(tmp_path):
    files, counts = written(tmp_path)
    with rasterio.open(files[0].path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        numbers = dataset.read(1)
        numbers[-2, -2] ^= 1
        dataset.write(numbers, 1)
    assert set(failures(files, counts)) == {("whole", "B02")}


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
def test_two_blocks_in_each_others_place_fail(tmp_path, written_as):
    """Count, extremes and sum are those of the sound file."""
    made, counts, counts_of_whole = sound(), PixelCounts(), PixelCounts()
    for block in GRID.blocks(100):
        counts.add({name: values[block.rows, block.columns] for name, values in made.items()}, block)
    swapped = made | {"B02": made["B02"].copy()}
    swapped["B02"][200:300, 100:200] = made["B02"][300:400, 500:600]
    swapped["B02"][300:400, 500:600] = made["B02"][200:300, 100:200]
    counts_of_whole.add(swapped)
    assert counts.rasters["B02"].fingerprint == counts_of_whole.rasters["B02"].fingerprint
    files, _ = written(tmp_path / "sound", written_as, made)
    assert failures(files, counts) == {}
    files, _ = written(tmp_path / "swapped", written_as, swapped)
    assert set(failures(files, counts)) == {("whole", "B02")}


def overview_tiles(path):
    """Offset and bytes of the tiles of a COG's overviews: TIFF 6.0, tags 324 and 325 of all IFDs but the first."""
    data = path.read_bytes()
    (ifd,) = struct.unpack_from("<I", data, 4)
    tiles, first = [], True
    while ifd:
        (entries,) = struct.unpack_from("<H", data, ifd)
        tags = {}
        for at in range(ifd + 2, ifd + 2 + 12 * entries, 12):
            tag, kind, count, value = struct.unpack_from("<HHII", data, at)
            tags[tag] = struct.unpack_from(f"<{count}{'H' if kind == 3 else 'I'}", data, value if count > 1 else at + 8)
        if not first:
            tiles += zip(tags[324], tags[325], strict=True)
        first = False
        (ifd,) = struct.unpack_from("<I", data, ifd + 2 + 12 * entries)
    return tiles


def test_a_damaged_overview_fails(tmp_path):
    """All full-size pixels are sound: only who zooms out would see it."""
    files, counts = written(tmp_path)
    data = bytearray(files[0].path.read_bytes())
    tiles = overview_tiles(files[0].path)
    assert tiles
    for offset, size in tiles:
        data[offset : offset + size] = b"\xff" * size
    files[0].path.write_bytes(data)
    assert set(failures(files, counts)) == {("readable", "B02")}


def test_an_overview_of_other_numbers_fails(tmp_path):
    files, counts = written(tmp_path)
    (file,) = (file for file in files if file.layers[0].name == "source_index")
    with rasterio.open(file.path, "r+", OVERVIEW_LEVEL=0, IGNORE_COG_LAYOUT_BREAK="YES") as overview:
        overview.write(np.full((overview.height, overview.width), 7, np.int16), 1)
    assert set(failures(files, counts)) == {("overview", "source_index")}


def test_geotiffs_that_others_have_packed_otherwise_are_read_all_the_same(tmp_path):
    files, counts = written(tmp_path)
    for file in files:
        with rasterio.open(file.path) as dataset:
            profile, numbers, scales = dataset.profile, dataset.read(1), dataset.scales
        with rasterio.open(file.path, "w", **profile | {"driver": "GTiff", "compress": "lzw"}) as dataset:
            dataset.write(numbers, 1)
            dataset.scales = scales
        with rasterio.open(file.path, "r+") as dataset:
            dataset.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
    assert failures(files, counts) == {}


def test_files_that_gdal_reads_otherwise_fail(tmp_path, monkeypatch):
    """Whoever opens a product later reads it as GDAL does."""
    files, counts = written(tmp_path)

    def read_otherwise(source, image):
        for row, column, numbers in read_tiles(source, image):
            yield row, column, numbers if image.width == GRID.width else numbers[:, ::-1].copy()

    monkeypatch.setattr("processing.quality.outputs.read_tiles", read_otherwise)
    assert set(failures(files, counts)) == {("decoded", layer.name) for layer in LAYERS}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_bit_of_a_tile_that_flips_is_noticed(tmp_path, number):
    """By the tile's checksum, or by the pixels."""
    files, counts = written(tmp_path)
    data = bytearray(files[number].path.read_bytes())
    data[-len(data) // 7] ^= 4
    files[number].path.write_bytes(data)
    assert failures(files, counts)


def test_a_raster_that_was_never_counted_fails(tmp_path):
    files, _ = written(tmp_path)
    some = PixelCounts()
    some.add({"B02": sound()["B02"]})
    assert {("whole", "B08"), ("whole", "valid_obs")} <= set(failures(files, some))


def test_a_file_of_zeros_fails(tmp_path):
    files, counts = written(tmp_path)
    with rasterio.open(files[0].path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.write(np.zeros((dataset.height, dataset.width), np.uint16), 1)
    assert ("whole", "B02") in failures(files, counts)


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
@pytest.mark.parametrize("grid", [*TINY_GRIDS.values(), GRIDS["wgs84"], GRIDS["southern utm"]])
def test_sound_files_of_any_shape_and_place_pass(tmp_path, written_as, grid):
    made = pixels(grid, layers=LAYERS)
    made["source_index"] = np.where(made["source_index"] >= 0, made["source_index"] % 3, -1).astype(np.int16)
    counts = PixelCounts()
    counts.add(made)
    files, _ = write(registry.formats()[written_as], tmp_path, grid, made, layers=LAYERS)
    assert failures(files, counts, grid=grid) == {}


def test_layers_of_one_netcdf_are_checked_by_many_threads_without_waiting_for_each_other(tmp_path):
    """GDAL's lock for NetCDF and Python's own can be taken in both orders; a hang is what this would show."""
    made = pixels(TINY_GRIDS["one pixel"], layers=LAYERS)
    made["source_index"] = np.where(made["source_index"] >= 0, 0, -1).astype(np.int16)
    counts = PixelCounts()
    counts.add(made)
    files, _ = write(registry.formats()["netcdf"], tmp_path, TINY_GRIDS["one pixel"], made, layers=LAYERS)
    for _ in range(200):
        assert failures(files, counts, grid=TINY_GRIDS["one pixel"], threads=8) == {}


def test_an_index_of_a_scene_that_there_is_not_fails(tmp_path):
    made = sound()
    made["source_index"][-1, -1] = 3
    files, counts = written(tmp_path, made=made)
    assert set(failures(files, counts)) == {("range", "source_index")}


def test_a_file_of_something_else_fails(tmp_path):
    files, counts = written(tmp_path)
    files[0].path.write_text("<html>not found</html>")
    assert set(failures(files, counts)) == {("readable", "B02")}


def test_less_than_was_forecast_is_a_remark_and_no_reason_to_hold_back(tmp_path):
    files, counts = written(tmp_path)
    share = counts.chosen / counts.pixels
    assert failures(files, counts, forecast=share + 0.05) == {}
    (check,) = failures(files, counts, forecast=share + 0.15).values()
    assert (check.name, check.level) == ("coverage", Level.PLAUSIBILITY)


def test_plants_darker_in_infrared_than_in_red_are_a_remark(tmp_path):
    layers = output_layers(SimpleNamespace(bands=("B04", "B08"), layers=("scene_classification",)))
    shape = (GRID.height, GRID.width)
    made = {
        "B04": np.full(shape, 3000, np.uint16),
        "B08": np.full(shape, 400, np.uint16),
        "scene_classification": np.full(shape, 4, np.uint8),
    }
    counts = PixelCounts()
    counts.add(made)
    files, _ = write(registry.formats()["jp2"], tmp_path, GRID, made, layers=layers)
    assert set(failures(files, counts, layers=layers)) == {("spectrum", "vegetation")}


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
def test_spectra_are_those_of_pixels_not_of_what_lies_between(tmp_path, written_as):
    """A smaller copy of a JPEG 2000 is smoothed: water beside dark ground would be plants, no data would be bright."""
    grid = Grid(32633, 50_010, -509_000, 2300, 2100, 10)
    layers = output_layers(SimpleNamespace(bands=("B04", "B08"), layers=("scene_classification",)))
    dark = np.indices((grid.height, grid.width)).sum(axis=0) % 2 == 1
    made = {
        "B04": np.where(dark, 65535, 900).astype(np.uint16),
        "B08": np.where(dark, 800, 100).astype(np.uint16),
        "scene_classification": np.where(dark, 2, 6).astype(np.uint8),
    }
    counts = PixelCounts()
    counts.add(made)
    files, _ = write(registry.formats()[written_as], tmp_path, grid, made, layers=layers)
    assert failures(files, counts, grid=grid, layers=layers) == {}


def made_block(**changes):
    """A block of four pixels that agrees with itself: medoid, tree, single, none."""
    sound = {
        "source_index": [2, 1, 0, -1],
        "method": [Decision.MEDOID, Decision.SHORT_TERM, Decision.SINGLE, Decision.NONE],
        "medoid_mos": [12, 65535, 65535, 65535],
        "B02": [300, 400, 500, 65535],
        "valid_obs": [4, 2, 1, 0],
    } | changes
    return {name: np.array([values], RASTERS[name].dtype) for name, values in sound.items()}


def pixel_failures(**changes):
    counts = PixelCounts()
    counts.add(made_block())
    counts.add(made_block(**changes))
    return {(check.name, check.subject) for check in counts.checks() if not check.passed}


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, set()),
        ({"method": [3, 2, 0, 0]}, {("agreement", "source_index, method")}),
        ({"medoid_mos": [65535] * 4}, {("agreement", "method, medoid_mos")}),
        ({"B02": [300, 400, 65535, 65535]}, {("missing", "B02")}),
        ({"B02": [16001, 400, 500, 65535]}, {("bright", "B02")}),
        ({"B02": [0, 400, 500, 65535]}, {("clipped", "B02")}),
        ({"method": [4, 2, 1, 0], "medoid_mos": [65535] * 4}, {("range", "method")}),
    ],
)
def test_pixels_are_compared_while_they_are_made(changes, failed):
    assert pixel_failures(**changes) == failed


def test_counts_do_not_depend_on_the_blocks():
    whole, parts = PixelCounts(), PixelCounts()
    made = pixels(GRID, layers=LAYERS)
    whole.add(made)
    for block in GRID.blocks(100):
        parts.add({name: values[block.rows, block.columns] for name, values in made.items()})
    assert {name: count.fingerprint for name, count in whole.rasters.items()} == {
        name: count.fingerprint for name, count in parts.rasters.items()
    }
    assert (whole.pixels, whole.chosen) == (parts.pixels, parts.chosen)
    data = made["B02"][made["B02"] != 65535].astype(int)
    assert whole.rasters["B02"].fingerprint == (data.size, data.min(), data.max(), data.sum())


@pytest.fixture
def lossy_disk(monkeypatch):
    """The writer of GeoTIFF says that all went well, but the disk lost the end of a file."""
    geotiff = registry.formats()["geotiff"]

    class Lossy:
        def __getattr__(self, name):
            return getattr(geotiff, name)

        def writer(self, folder, **named):
            writer = geotiff.writer(folder, **named)
            finish = writer.finish

            def lose_the_end(progress):
                files = finish(progress)
                files[0].path.write_bytes(files[0].path.read_bytes()[:-2000])
                return files

            writer.finish = lose_the_end
            return writer

    monkeypatch.setitem(registry.formats(), "geotiff", Lossy())


@pytest.mark.usefixtures("lossy_disk")
def test_a_product_whose_file_is_damaged_is_not_delivered(archive, order, tmp_path):
    """A1-091."""
    spec, source = MosaicSpec.parse(order()), open_source(str(archive))
    (plan,) = plan_products(spec, source)
    with pytest.raises(QualityRejected, match="failed its quality control and is not delivered: B02"):
        make_product(spec, plan, source=source, into=tmp_path / "out", order_number="1")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.usefixtures("lossy_disk")
def test_the_command_line_says_why_and_leaves_nothing(archive, order_file, tmp_path, capsys):
    code = main([order_file(), "--source", str(archive), "--out", str(tmp_path / "out"), "--quiet"])
    out, err = capsys.readouterr()
    assert (code, out) == (7, "")
    (sentence,) = err.splitlines()
    assert sentence.startswith("The product failed its quality control and is not delivered: B02")
    assert not list((tmp_path / "out").iterdir())
