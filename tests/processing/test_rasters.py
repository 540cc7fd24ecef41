"""Rasters of the archive, by themselves and by GDAL: the same pixels whichever way, and damage is noticed."""

import shutil

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processing.cells import CellWindow
from processing.rasters.by_gdal import GdalRaster
from processing.rasters.byte_source import LocalFile
from processing.rasters.cog import CogRaster
from processing.rasters.opening import open_raster
from processing.rasters.remote import Remote
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain, read_structure
from processing.rasters.tiled import Damaged

HEIGHT, WIDTH = 700, 500
PLACE = rasterio.Affine(20, 0, 500_020, 0, -20, 5_100_040)
RNG = np.random.default_rng(5)
NUMBERS = RNG.integers(0, 3000, (HEIGHT, WIDTH), np.uint16)


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path)
    yield made
    made.close()


def write(path, numbers=NUMBERS, *, driver="COG", **options):
    """A raster file, as a COG unless told otherwise; with tiles of 128 px."""
    profile = {
        "driver": "GTiff", "height": numbers.shape[0], "width": numbers.shape[1], "count": 1, "dtype": numbers.dtype,
        "crs": "EPSG:32633", "transform": PLACE, "nodata": 0,
    }  # fmt: skip
    plain = path.with_suffix(".plain")
    with rasterio.open(plain, "w", **profile) as dataset:
        dataset.write(numbers, 1)
    own = {"COG": {"blocksize": 128, "compress": "DEFLATE", "predictor": "STANDARD", "overviews": "AUTO"}}
    rasterio.shutil.copy(plain, path, driver=driver, **(own.get(driver, {}) | options))
    return path


def opened(path, spool):
    return open_raster(str(path), Remote(spool), spool)


def read(raster, row, column, height, width, *, keep_rows=0):
    out = np.full((height, width), 7, raster.shape.dtype)
    raster.read(CellWindow(row, column, height, width), out, 0, 0, keep_rows=keep_rows)
    return out


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"predictor": "NO"},
        {"BIGTIFF": "YES"},
        {"blocksize": 512},
        {"overviews": "NONE"},
        {"driver": "GTiff", "TILED": "YES", "BLOCKXSIZE": 64, "BLOCKYSIZE": 256, "COMPRESS": "DEFLATE", "PREDICTOR": 2},
    ],
)
def test_plain_files_are_read_without_gdal(tmp_path, spool, options):
    raster = opened(write(tmp_path / "a.tif", **options), spool)
    assert isinstance(raster, CogRaster)
    assert (raster.shape.epsg, raster.shape.left_m, raster.shape.top_m) == (32633, 500_020, 5_100_040)
    assert (raster.shape.pixel_m, raster.shape.height, raster.shape.width) == (20, HEIGHT, WIDTH)
    assert np.array_equal(read(raster, 0, 0, HEIGHT, WIDTH), NUMBERS)


@pytest.mark.parametrize(
    "options",
    [
        {"compress": "LZW"},
        {"compress": "ZSTD"},
        {"compress": "NONE"},
        {"driver": "GTiff", "COMPRESS": "DEFLATE"},
        {"driver": "GTiff", "TILED": "YES", "COMPRESS": "DEFLATE", "ENDIANNESS": "BIG"},
        {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES", "BLOCKXSIZE": 128, "BLOCKYSIZE": 128},
    ],
)
def test_other_files_are_read_by_gdal(tmp_path, spool, options):
    name = "a.jp2" if options.get("driver") == "JP2OpenJPEG" else "a.tif"
    raster = opened(write(tmp_path / name, **options), spool)
    assert isinstance(raster, GdalRaster)
    assert np.array_equal(read(raster, 0, 0, HEIGHT, WIDTH), NUMBERS)


@pytest.mark.parametrize("kind", ["float32", "int16", "uint32"])
def test_other_numbers_than_sentinels_are_not_plain(tmp_path, kind):
    path = write(tmp_path / "a.tif", NUMBERS.astype(kind), predictor="NO")
    with pytest.raises(NotPlain):
        read_structure(LocalFile(str(path)))


windows = st.lists(
    st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, 300), st.integers(1, 300)),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasters")
    classes = (NUMBERS % 12).astype(np.uint8)
    jp2 = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES", "BLOCKXSIZE": 128, "BLOCKYSIZE": 128}
    return {
        "cog": (write(folder / "cog.tif"), NUMBERS),
        "bytes": (write(folder / "bytes.tif", classes), classes),
        "jp2": (write(folder / "a.jp2", **jp2), NUMBERS),
        "strips": (write(folder / "strips.tif", driver="GTiff"), NUMBERS),
    }


@pytest.mark.parametrize("name", ["cog", "bytes", "jp2", "strips"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=windows, keep_rows=st.integers(0, 40), downwards=st.booleans())
def test_windows_in_any_order_hold_the_pixels_of_the_raster(files, spool, name, asked, keep_rows, downwards):
    path, numbers = files[name]
    raster = opened(path, spool)
    for row, column, height, width in sorted(asked) if downwards else asked:
        height, width = min(height, HEIGHT - row), min(width, WIDTH - column)
        found = read(raster, row, column, height, width, keep_rows=keep_rows)
        assert np.array_equal(found, numbers[row : row + height, column : column + width])


@pytest.mark.parametrize("name", ["cog", "jp2"])
def test_a_column_of_blocks_that_overlap_is_read_as_one_window_is(files, spool, name):
    path, numbers = files[name]
    raster = opened(path, spool)
    for row in range(0, HEIGHT - 60, 50):
        found = read(raster, row, 100, 60, 300, keep_rows=10)
        assert np.array_equal(found, numbers[row : row + 60, 100:400])
    raster.release()
    assert np.array_equal(read(raster, 0, 0, 10, 10), numbers[:10, :10])


def test_each_tile_is_decoded_once_for_a_column_of_blocks(files, spool, monkeypatch):
    decoded = []
    raster = opened(files["jp2"][0], spool)
    opening = raster.open_tile
    monkeypatch.setattr(raster, "open_tile", lambda *tile: decoded.append(tile) or opening(*tile))
    for row in range(0, HEIGHT, 35):
        read(raster, row, 0, 35, WIDTH)
    assert len(decoded) == len(set(decoded))


def test_tiles_that_were_never_written_hold_no_data(tmp_path, spool):
    path = tmp_path / "sparse.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=512, width=512, count=1, dtype="uint16", crs="EPSG:32633", transform=PLACE,
        nodata=0, tiled=True, blockxsize=256, blockysize=256, compress="deflate", sparse_ok=True,
    ) as dataset:  # fmt: skip
        dataset.write(np.full((256, 256), 9, np.uint16), 1, window=rasterio.windows.Window(256, 0, 256, 256))
    raster = opened(path, spool)
    assert isinstance(raster, CogRaster)
    found = read(raster, 0, 0, 512, 512)
    assert (found[:256, 256:] == 9).all()
    assert found.sum() == 9 * 256 * 256


@pytest.mark.parametrize("name", ["cog", "jp2", "strips"])
@pytest.mark.parametrize("side", [1, 16, 100, 256])
def test_a_sample_shows_the_whole_raster(files, spool, name, side):
    sample = opened(files[name][0], spool).sample(side)
    assert sample.shape == (side, side)
    if name != "jp2":
        assert np.isin(sample, NUMBERS).all()


def test_a_sample_of_a_raster_without_copies_is_taken_from_its_pixels(tmp_path, spool):
    sample = opened(write(tmp_path / "a.tif", overviews="NONE"), spool).sample(50)
    assert np.array_equal(sample, NUMBERS[7::14, 5::10])


# --- Damage ---------------------------------------------------------------------------------------
def tile_place(path, number):
    image = read_structure(LocalFile(str(path))).image
    return image.offsets[number], image.sizes[number]


def test_a_bit_that_flipped_is_noticed_when_its_tile_was_read(files, tmp_path, spool):
    path = shutil.copy(files["cog"][0], tmp_path / "flipped.tif")
    data = bytearray(path.read_bytes())
    offset, size = tile_place(path, 1)
    data[offset + size // 2] ^= 0x10
    path.write_bytes(data)
    raster = opened(path, spool)
    assert np.array_equal(read(raster, 0, 0, 128, 128), NUMBERS[:128, :128])
    with pytest.raises(Damaged):
        read(raster, 0, 0, 128, 256)


def test_a_file_cut_short_is_noticed(files, tmp_path, spool):
    path = shutil.copy(files["cog"][0], tmp_path / "short.tif")
    path.write_bytes(path.read_bytes()[: tile_place(path, 5)[0] + 100])
    with pytest.raises(Damaged, match="cut short"):
        read(opened(path, spool), 0, 0, HEIGHT, WIDTH)


@pytest.mark.parametrize("rows", [64, 200])
def test_a_tile_of_another_size_than_it_says_is_noticed(tmp_path, spool, rows):
    """The stream of one file under the directory of another."""
    import zlib

    path = write(tmp_path / "a.tif", overviews="NONE", predictor="NO")
    offset, size = tile_place(path, 0)
    stream = zlib.compress(bytes(rows * 128 * 2), 9)
    data = bytearray(path.read_bytes())
    data[offset : offset + len(stream)] = stream
    path.write_bytes(data)
    with pytest.raises(Damaged, match="pixels than the tile has"):
        read(opened(path, spool), 0, 0, 128, 128)


@pytest.mark.parametrize("content", [b"", b"II*\0", b"II*\0" + b"\xff" * 4000, b"II*\0\x08\0\0\0\xff\xff" + bytes(99)])
def test_what_is_no_raster_is_damaged(tmp_path, spool, content):
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(Damaged):
        opened(tmp_path / "a.tif", spool)


@given(st.integers(0, 1500), st.integers(0, 255))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_directory_that_was_tampered_with_is_refused_or_read_but_nothing_else(files, tmp_path, place, byte):
    data = bytearray(files["cog"][0].read_bytes())
    data[place] = byte
    path = tmp_path / "tampered.tif"
    path.write_bytes(data)
    try:
        raster = CogRaster.open(LocalFile(str(path)))
        read(raster, 0, 0, min(raster.shape.height, 800), min(raster.shape.width, 800))
    except (NotPlain, Damaged):
        pass


def test_a_missing_file_is_no_damage(tmp_path, spool):
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "a.tif", spool)


# --- The spool ------------------------------------------------------------------------------------
def test_places_in_the_spool_are_used_again(spool):
    first = spool.put(b"a" * 1000)
    second = spool.put(b"b" * 1000)
    first.forget()
    third = spool.put(b"c" * 900)
    assert (second.read(10, 5), third.read(890, 50), third.read(900, 1)) == (b"bbbbb", b"c" * 10, b"")
    assert spool._end == 2 * 256 * 2**10


def test_the_spool_leaves_no_file(tmp_path):
    spool = Spool(tmp_path)
    spool.put(b"a")
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_a_raster_larger_than_any_scene_is_left_to_gdal(tmp_path):
    path = tmp_path / "huge.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=40_000, width=512, count=1, dtype="uint16", crs="EPSG:32633",
        transform=PLACE, tiled=True, blockxsize=512, blockysize=512, compress="deflate", sparse_ok=True,
    ):  # fmt: skip
        pass
    with pytest.raises(NotPlain, match="unlikely size"):
        read_structure(LocalFile(str(path)))
