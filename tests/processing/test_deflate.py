"""Tiles of GeoTIFFs and pictures are compressed by DEFLATE of our own: every reader gets the same pixels back."""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from isal import isal_zlib
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from processing import zlib_streams
from processing.formats.geotiff.encoding import encode, most_bytes

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
DTYPES = ["uint8", "uint16", "int16", "uint32"]


def differences(pixels):
    return np.concatenate([pixels[:, :1], np.diff(pixels, axis=1)], axis=1).astype(pixels.dtype).tobytes()


def check(pixels):
    """Both decoders give the differences back, and the tile is no larger than was reckoned with; return it."""
    encoded = encode(pixels)
    assert zlib.decompress(encoded) == differences(pixels)
    assert isal_zlib.decompress(encoded) == differences(pixels)
    assert len(encoded) <= most_bytes(1, pixels.nbytes)
    return encoded


def hills(rng, dtype, size=512):
    """Smooth ground with the noise of reflectances (in bytes, of classes)."""
    scale = 1 if np.dtype(dtype).itemsize == 1 else 20
    y, x = np.mgrid[:size, :size]
    ground = 100 + 20 * np.sin(x / 40) * np.cos(y / 50) + rng.normal(0, 4, (size, size))
    return (scale * ground).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_noisy_ground_is_as_small_as_by_zlib(dtype):
    pixels = hills(np.random.default_rng(1), dtype)
    assert len(check(pixels)) < len(zlib.compress(differences(pixels), 1))


@pytest.mark.real_data
@pytest.mark.skipif(not SLOVENIA.is_dir(), reason="the Slovenian sample is not beside the repository")
def test_real_bands_are_as_small_as_by_zlib():
    for path in sorted(SLOVENIA.glob("*_20230818_*/B0*.tif")):
        with rasterio.open(path) as dataset:
            pixels = dataset.read(1, window=Window(0, 0, 512, 512))
        assert len(check(pixels)) < len(zlib.compress(differences(pixels), 6))


@pytest.mark.parametrize("dtype", DTYPES)
def test_flat_places_and_repeated_rows_take_hardly_any_room(dtype):
    rng = np.random.default_rng(2)
    assert len(check(np.full((512, 512), 7, dtype))) < 0.005 * 512 * 512 * np.dtype(dtype).itemsize
    row = rng.integers(0, 200, (1, 512), dtype)
    assert len(check(np.repeat(row, 512, axis=0))) < 0.05 * 512 * row.nbytes
    coarse = hills(rng, dtype, 128).repeat(4, axis=0).repeat(4, axis=1)
    assert len(check(coarse)) < 0.15 * coarse.nbytes


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_cannot_be_compressed_is_stored(dtype):
    content = np.frombuffer(np.random.default_rng(3).bytes(512 * 512 * np.dtype(dtype).itemsize), dtype)
    assert len(check(content.reshape(512, 512))) > content.nbytes


def test_codes_are_never_longer_than_deflate_allows():
    """Counts by Fibonacci's numbers make Huffman's codes as long as can be."""
    counts = [1, 1]
    while sum(counts) < 500_000:
        counts.append(counts[-1] + counts[-2])
    assert len(counts) > 20
    values = np.repeat(np.arange(len(counts), dtype="uint8"), counts)[: 512 * 1024]
    np.random.default_rng(4).shuffle(values)
    # Sums of the values have them as differences.
    check(np.cumsum(np.resize(values, (1024, 512)), axis=1).astype("uint8"))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 3), (16, 16), (3, 520), (512, 16), (3, 65536)])
@pytest.mark.parametrize("most", [0, 1, 3, 255])
def test_any_shape_comes_back(shape, most):
    check(np.random.default_rng(5).integers(0, most, shape, "uint8", endpoint=True))


@given(
    arrays.arrays(
        st.sampled_from(DTYPES), st.tuples(st.integers(1, 40), st.integers(1, 160)),
        elements=st.integers(0, 127), fill=st.integers(0, 3),
    )
)  # fmt: skip
def test_any_pixels_come_back(pixels):
    check(pixels)


@given(st.binary(min_size=1, max_size=300) | st.text("ab", min_size=1, max_size=300).map(str.encode))
def test_any_bytes_come_back(content):
    rows = np.frombuffer(content, np.uint8).reshape(1, -1)
    stream = zlib_streams.compressed(rows)
    assert zlib.decompress(stream) == isal_zlib.decompress(stream) == content
    assert len(stream) <= zlib_streams.most_bytes(len(content))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400)), min_size=1, max_size=40), st.integers(1, 200))
def test_runs_of_any_length_come_back(runs, groups_in_row):
    """Matches end and begin at any group: of one value, of the row above, of neither."""
    rng, length = np.random.default_rng(len(runs)), 8 * groups_in_row
    content = np.zeros(length, "uint8")
    for kind, groups in runs:
        more = {
            0: np.zeros(8 * groups, "uint8"),
            1: np.resize(content[-length:], 8 * groups),
            2: rng.integers(0, 256, 8 * groups, "uint8"),
        }[kind]
        content = np.concatenate([content, more])
    rows = content[: content.size // length * length].reshape(-1, length)
    check(np.cumsum(rows, axis=1, dtype="uint8"))


def test_the_same_pixels_give_the_same_bytes():
    """Known bytes: a change of them changes the checksums of products that are made again."""
    pixels = (np.arange(64 * 64).reshape(64, 64) ** 2 // 700 % 251).astype("uint16")
    assert zlib.crc32(encode(pixels)) == 1190972032


def test_gdal_reads_it(tmp_path):
    pixels = hills(np.random.default_rng(6), "uint16", 16)
    encoded, begins = encode(pixels), 200
    # Size, bits, DEFLATE, black is zero, one band, predictor, tile, where it lies.
    fields = [(256, 3, 16), (257, 3, 16), (258, 3, 16), (259, 3, 8), (262, 3, 1), (277, 3, 1), (317, 3, 2),
              (322, 3, 16), (323, 3, 16), (324, 4, begins), (325, 4, len(encoded))]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", number, kind, 1, value) for number, kind, value in fields)
    header = struct.pack("<2sHIH", b"II", 42, 8, len(fields)) + directory + struct.pack("<I", 0)
    path = tmp_path / "tile.tif"
    path.write_bytes(header.ljust(begins, b"\0") + encoded)
    with warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning), rasterio.open(path) as dataset:
        assert np.array_equal(dataset.read(1), pixels)
