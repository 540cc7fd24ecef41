"""GeoTIFFs are valid Cloud Optimized GeoTIFFs whose overviews show real observations."""

import struct

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rio_cogeo import cog_validate
from written_products import GRIDS, SOME_LAYERS, TINY_GRIDS, pixels, write

from processing.formats.geotiff import writer as geotiff_writer
from processing.grid import Grid
from processing.layers import RASTERS
from processing.registry import formats
from processing.sentinel2 import REFLECTANCE_NODATA

GEOTIFF = formats()["geotiff"]


# Not the single column: the validator goes by its width, which no overview halves.
VALIDATED = {name: grid for name, grid in (GRIDS | TINY_GRIDS).items() if name != "one column"}


@pytest.mark.parametrize("grid", VALIDATED.values(), ids=VALIDATED)
def test_geotiffs_are_valid_cogs(grid, tmp_path):
    files, _ = write(GEOTIFF, tmp_path, grid, pixels(grid))
    assert len(files) == len(SOME_LAYERS)
    for file in files:
        valid, errors, warnings = cog_validate(file.path, strict=True, quiet=True)
        assert valid, (errors, warnings)
        with rasterio.open(file.path) as dataset:
            assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.companions == ()


def test_geotiffs_larger_than_a_tile_have_overviews_of_real_observations(tmp_path):
    grid = GRIDS["utm"]
    assert max(grid.width, grid.height) > 512
    made = pixels(grid)
    files, _ = write(GEOTIFF, tmp_path, grid, made)
    for file in files:
        (layer,) = file.layers
        with rasterio.open(file.path) as dataset:
            assert dataset.overviews(1) == [2], layer.name
        with rasterio.open(file.path, overview_level=0) as overview:
            assert set(np.unique(overview.read(1))) <= set(np.unique(made[layer.name]))


def test_layers_are_told_apart_by_scale_and_nodata(tmp_path):
    grid = GRIDS["southern utm"]
    files, _ = write(GEOTIFF, tmp_path, grid, pixels(grid))
    found = {}
    for file in files:
        with rasterio.open(file.path) as dataset:
            found[file.layers[0].name] = (dataset.dtypes[0], dataset.scales[0], dataset.nodata)
    assert found["B02"] == found["B8A"] == ("uint16", 1e-4, REFLECTANCE_NODATA)
    assert found["valid_obs"] == found["scene_classification"] == ("uint8", 1, 255)
    assert found["source_index"] == ("int16", 1, -1)
    assert found["sun_zenith"] == ("int16", 0.01, -32768)
    assert found["aot"] == ("uint16", 0.001, 65535)


# --- As GDAL would have written it ----------------------------------------------------------------
# Odd and even, long and narrow, with overviews of which not every one is a half.
SIZES = [(1025, 700), (1026, 1539), (2051, 513), (3, 1100), (1538, 1), (512, 512), (513, 513)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("name", ["B02", "method", "source_index"])
def test_overviews_are_those_of_gdals_nearest_neighbour(name, width, height, tmp_path):
    grid = Grid(32633, 50_010, -509_000, width, height, 10)
    layer, made = RASTERS[name], {}
    smallest, largest = layer.valid_range
    made[name] = np.random.default_rng(1).integers(smallest, largest + 1, (height, width)).astype(layer.dtype)
    (file,), _ = write(GEOTIFF, tmp_path / "ours", grid, made, layers=[layer])
    rasterio.shutil.copy(
        file.path, tmp_path / "gdals.tif", driver="COG", COMPRESS="DEFLATE", OVERVIEWS="IGNORE_EXISTING",
        OVERVIEW_RESAMPLING="NEAREST", BLOCKSIZE=512, PREDICTOR="STANDARD",
    )  # fmt: skip
    with rasterio.open(file.path) as ours, rasterio.open(tmp_path / "gdals.tif") as gdals:
        levels = len(ours.overviews(1))
        assert ours.overviews(1) == gdals.overviews(1)
        np.testing.assert_array_equal(ours.read(1), gdals.read(1))
        assert (ours.tags(), ours.tags(1)) == (gdals.tags(), gdals.tags(1))
        assert ours.tags(ns="IMAGE_STRUCTURE") == gdals.tags(ns="IMAGE_STRUCTURE")
    for level in range(levels):
        with (
            rasterio.open(file.path, OVERVIEW_LEVEL=level) as ours,
            rasterio.open(tmp_path / "gdals.tif", OVERVIEW_LEVEL=level) as gdals,
        ):
            assert ours.nodata == gdals.nodata
            np.testing.assert_array_equal(ours.read(1), gdals.read(1), err_msg=f"level {level}")


def directories(data):
    """The directories of a TIFF or BigTIFF of tiles, as {tag: numbers}, for whole numbers alone."""
    big = data[2] == 43
    word, count, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
    (at,) = struct.unpack_from(f"<{word}", data, 8 if big else 4)
    found = []
    while at:
        (entries,) = struct.unpack_from(f"<{count}", data, at)
        at += struct.calcsize(count)
        found.append({})
        for place in range(at, at + entry * entries, entry):
            tag, kind, number = struct.unpack_from(f"<HH{word}", data, place)
            code = {3: "H", 4: "I", 16: "Q"}.get(kind)
            if code:
                value = place + 4 + struct.calcsize(word)
                if struct.calcsize(code) * number > struct.calcsize(word):
                    (value,) = struct.unpack_from(f"<{word}", data, value)
                found[-1][tag] = struct.unpack_from(f"<{number}{code}", data, value)
        (at,) = struct.unpack_from(f"<{word}", data, at + entry * entries)
    return found


@pytest.fixture(params=["classic", "big"])
def large(request, tmp_path, monkeypatch):
    """A GeoTIFF with two overviews, and its pixels; the second one as if it could become larger than 4 GB."""
    if request.param == "big":
        monkeypatch.setattr(geotiff_writer, "_CLASSIC_BYTES", 1_000_000)
    grid = Grid(32633, 50_010, -509_000, 1500, 1100, 10)
    made = pixels(grid, layers=[RASTERS["B02"]])
    (file,), _ = write(GEOTIFF, tmp_path / "product", grid, made, layers=[RASTERS["B02"]])
    assert file.path.read_bytes()[2] == (43 if request.param == "big" else 42)
    return file.path, made["B02"]


def test_small_and_big_tiffs_are_valid_cogs_of_the_same_pixels(large):
    path, made = large
    valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
    assert valid, (errors, warnings)
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1) == [2, 4]
        np.testing.assert_array_equal(dataset.read(1), made)


def test_tiles_follow_each_other_from_the_smallest_resolution_to_the_largest(large):
    """What GDAL's ghost area promises a reader over a network."""
    data = large[0].read_bytes()
    ghost = data[8 : 8 + 43 + 140] if data[2] == 42 else data[16 : 16 + 43 + 140]
    assert ghost.startswith(b"GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\nLAYOUT=IFDS_BEFORE_DATA\n")
    assert ghost.endswith(b"KNOWN_INCOMPATIBLE_EDITION=NO\n ")
    levels = directories(data)
    assert [level[256][0] for level in levels] == [1500, 750, 375]
    places = [place for level in reversed(levels) for place in zip(level[324], level[325], strict=True)]
    assert len(places) == 9 + 4 + 1
    assert all(data[at - 4 : at] == struct.pack("<I", size) for at, size in places)
    assert all(data[at + size - 4 : at + size] == data[at + size : at + size + 4] for at, size in places)
    ends = [at + size + 4 for at, size in places]
    assert [at - 4 for at, _ in places[1:]] == ends[:-1]
    assert ends[-1] == len(data)


def test_tiles_without_any_data_are_written_like_others(tmp_path):
    grid = Grid(32633, 50_010, -509_000, 1100, 600, 10)
    made = {"B02": np.full((600, 1100), REFLECTANCE_NODATA, np.uint16)}
    (file,), _ = write(GEOTIFF, tmp_path, grid, made, layers=[RASTERS["B02"]])
    assert all(size > 0 for level in directories(file.path.read_bytes()) for size in level[325])
    with rasterio.open(file.path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), made["B02"])
