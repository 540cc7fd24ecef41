"""Reading the rasters of granules: windows, means, and whose fault it is when that fails."""

import json
import shutil
import socket
from datetime import date

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rasterio._env import get_gdal_config

from processing.cells import CellWindow
from processing.clock import Clock
from processing.errors import CorruptInput, SourceUnreachable
from processing.rasters.by_gdal import GDAL_CACHE_BYTES, GDAL_OPTIONS
from processing.reading import GranuleUnreadable, Reader, merged_cells
from processing.sources import open_source

ALWAYS = (date(2015, 7, 1), date(2100, 1, 1))


@pytest.fixture
def granule(archive, tmp_path):
    """One granule in a folder of its own, so that its files can be spoilt, and that folder."""
    item = json.loads(archive.read_text())["features"][0]
    folder = shutil.copytree(archive.parent / item["id"], tmp_path / item["id"])
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    (found,) = open_source(str(tmp_path)).search(shapely.box(-180, -90, 180, 90), *ALWAYS)
    return found, folder


@pytest.fixture
def reader(granule):
    return Reader([granule[0]], clock=Clock())


def test_the_cache_of_decoded_tiles_is_as_large_as_it_says():
    """In GDAL's own setting a small number means megabytes; passed on by rasterio it means bytes."""
    with rasterio.Env(**GDAL_OPTIONS):
        assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES == 64 * 2**20


def rewrite(path, *, data=None, **changes):
    """Write the raster anew with another profile."""
    with rasterio.open(path) as dataset:
        profile = dataset.profile | {"driver": "GTiff", "tiled": False} | changes
        data = dataset.read() if data is None else data
    for key in ("blockxsize", "blockysize"):
        profile.pop(key, None)
    path.unlink()
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(data.astype(profile["dtype"]))


def test_a_window_holds_the_pixels_of_the_raster(granule, reader):
    grid = reader.grid(0, "B02")
    with rasterio.open(granule[1] / "B02.tif") as dataset:
        whole = dataset.read(1)
    assert (grid.height, grid.width) == whole.shape
    assert np.array_equal(reader.read(0, "B02", CellWindow(3, 5, 40, 30), grid), whole[3:43, 5:35])


def test_there_is_nothing_beyond_the_raster(granule, reader):
    grid = reader.grid(0, "B02")
    with rasterio.open(granule[1] / "B02.tif") as dataset:
        whole = dataset.read(1)
    read = reader.read(0, "B02", CellWindow(-10, -20, 30, 50), grid)
    assert np.array_equal(read[10:, 20:], whole[:20, :30])
    assert not read[:10].any()
    assert not read[:, :20].any()


def test_a_window_that_lies_elsewhere_is_empty(reader):
    grid = reader.grid(0, "SCL")
    read = reader.read(0, "SCL", CellWindow(-100, -100, 20, 20), grid)
    assert (read.dtype, read.shape, read.any()) == (np.uint8, (20, 20), False)


def test_merged_cells_are_means_of_their_pixels(granule, reader):
    grid = reader.grid(0, "B02").for_pixels_of(60)
    with rasterio.open(granule[1] / "B02.tif") as dataset:
        pixels = dataset.read(1)[6:12, 12:18]
    (cell,) = reader.read(0, "B02", CellWindow(1, 2, 1, 1), grid).ravel()
    assert cell == int(pixels[pixels > 0].mean() + 0.5)


@given(arrays.arrays(np.uint16, (6, 4), elements=st.integers(0, 65535)))
def test_means_leave_out_what_was_not_measured(pixels):
    means = merged_cells(pixels, 2)
    for row in range(3):
        for column in range(2):
            measured = [
                int(value) for value in pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel() if value
            ]
            half_up = (2 * sum(measured) + len(measured)) // (2 * len(measured)) if measured else 0
            assert means[row, column] == half_up


def test_a_sample_of_a_raster_is_square_and_no_larger_than_asked(reader):
    assert reader.sample(0, "SCL", 16).shape == reader.sample(0, "B02", 16).shape == (16, 16)


# --- What cannot be read --------------------------------------------------------------------------
def test_a_missing_file_is_named(granule, reader):
    (granule[1] / "B02.tif").unlink()
    with pytest.raises(GranuleUnreadable, match=rf"{granule[0].item_id}: .*B02\.tif .*it is missing"):
        reader.grid(0, "B02")


def test_a_file_cut_short_is_named(granule, reader):
    path = granule[1] / "B02.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(GranuleUnreadable, match=r"B02\.tif .*damaged or cut short"):
        reader.read(0, "B02", CellWindow(0, 0, 10_000, 10_000), reader.grid(0, "B02"))


@pytest.mark.parametrize("content", [b"", b"II*\0", b"<html>503</html>"])
def test_a_file_that_is_no_raster_is_named(granule, reader, content):
    (granule[1] / "B02.tif").write_bytes(content)
    with pytest.raises(GranuleUnreadable, match="damaged or cut short"):
        reader.grid(0, "B02")


def test_a_file_that_points_to_other_files_is_not_followed(granule, reader):
    other = granule[1] / "B03.tif"
    vrt = (
        '<VRTDataset rasterXSize="10" rasterYSize="10"><VRTRasterBand dataType="UInt16" band="1"><SimpleSource>'
        f"<SourceFilename>{other}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    (granule[1] / "B02.tif").write_text(vrt)
    with pytest.raises(GranuleUnreadable, match="damaged or cut short"):
        reader.grid(0, "B02")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"crs": "EPSG:3035"}, "not a UTM zone"),
        ({"crs": None}, "not a UTM zone"),
        ({"dtype": "float32", "nodata": None}, "float32, not uint16"),
        ({"transform": rasterio.Affine(10, 0, 5e5, 0, -20, 5e6)}, "not square and north up"),
        ({"transform": rasterio.Affine(10, 1, 5e5, 0, -10, 5e6)}, "not square and north up"),
    ],
)
def test_a_raster_that_is_no_granules_is_refused_with_the_reason(granule, reader, changes, reason):
    rewrite(granule[1] / "B02.tif", **changes)
    with pytest.raises(GranuleUnreadable, match=reason):
        reader.grid(0, "B02")


def test_metadata_that_cannot_be_had_are_corrupt_input(granule, reader):
    (granule[1] / "MTD_TL.xml").unlink()
    with pytest.raises(CorruptInput, match=r"MTD_TL\.xml cannot be read"):
        reader.metadata(0)


def test_an_archive_that_stops_answering_is_not_called_damaged(granule):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    gone = {band: type(file)(f"http://127.0.0.1:{port}/{band}.tif", 0) for band, file in granule[0].files.items()}
    away = type(granule[0])(**(vars(granule[0]) | {"files": gone}))
    with pytest.raises(SourceUnreachable, match=f"127.0.0.1:{port} stopped answering"):
        Reader([away], clock=Clock()).grid(0, "B02")
