"""JPEG 2000 files are lossless, lie where they should for every reader, and can be read by windows."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import rasterio
from affine import Affine
from written_products import ALL_LAYERS, GRIDS, SOME_LAYERS, TINY_GRIDS, pixels, write

from processing.grid import Grid, grid_around
from processing.registry import formats

JP2 = formats()["jp2"]
# Both boxes begin with these 16 bytes; without them a reader takes the box for one it does not know.
GEOJP2_UUID = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
GML = "{http://www.opengis.net/gml}"

every_grid = pytest.mark.parametrize("grid", (GRIDS | TINY_GRIDS).values(), ids=GRIDS | TINY_GRIDS)


def one_file(folder, grid, layer, made):
    (file,), _ = write(JP2, folder, grid, made, layers=[layer])
    return file


def without_companions(file, folder):
    """A copy of the file alone."""
    folder.mkdir()
    return shutil.copy(file.path, folder / file.path.name)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_every_number_of_a_type_survives(dtype, tmp_path):
    layer = next(layer for layer in ALL_LAYERS if layer.dtype == dtype)
    smallest, largest = np.iinfo(dtype).min, np.iinfo(dtype).max
    grid = grid_around((0, 0, 2560, 2560), epsg=32633, resolution_m=10)
    made = np.random.default_rng(2).integers(smallest, largest + 1, (256, 256)).astype(dtype)
    made[0, :2] = smallest, largest
    file = one_file(tmp_path, grid, layer, {layer.name: made})
    with rasterio.open(file.path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), made)
        assert dataset.tags(ns="IMAGE_STRUCTURE")["COMPRESSION_REVERSIBILITY"] == "LOSSLESS"


@every_grid
def test_the_companion_tells_nodata_and_scale_and_the_file_alone_does_not(grid, tmp_path):
    files, _ = write(JP2, tmp_path / "product", grid, pixels(grid))
    for number, file in enumerate(files):
        (layer,) = file.layers
        assert [path.name for path in file.companions] == [f"{file.path.name}.aux.xml"]
        with rasterio.open(file.path) as dataset:
            assert (dataset.nodata, dataset.scales[0], dataset.units[0]) == (layer.nodata, layer.scale, layer.unit)
        with rasterio.open(without_companions(file, tmp_path / str(number))) as dataset:
            assert dataset.nodata is None


@every_grid
def test_the_file_alone_lies_where_it_should(grid, tmp_path):
    layer = SOME_LAYERS[0]
    file = one_file(tmp_path / "product", grid, layer, pixels(grid))
    with rasterio.open(without_companions(file, tmp_path / "alone")) as dataset:
        assert dataset.crs.to_epsg() == grid.epsg
        assert dataset.transform.almost_equals(grid.transform, precision=1e-12)


@every_grid
def test_a_reader_of_gmljp2_alone_finds_the_same_place(grid, tmp_path):
    file = one_file(tmp_path / "product", grid, SOME_LAYERS[0], pixels(grid))
    alone = tmp_path / "gml.jp2"
    content = file.path.read_bytes()
    assert content.count(GEOJP2_UUID) == 1
    alone.write_bytes(content.replace(GEOJP2_UUID, bytes(16)))
    with rasterio.open(alone) as dataset:
        assert dataset.crs.to_epsg() == grid.epsg
        # Its numbers have 15 digits.
        assert dataset.transform.almost_equals(grid.transform, precision=1e-9)


@every_grid
def test_the_gml_counts_its_axes_in_the_order_of_their_crs(grid, tmp_path):
    """A reader that knows EPSG:4326 expects latitude first; one of UTM easting first."""
    file = one_file(tmp_path / "product", grid, SOME_LAYERS[0], pixels(grid))
    text = re.search(rb"<gml:FeatureCollection.*</gml:FeatureCollection>", file.path.read_bytes(), re.DOTALL)
    place = ElementTree.fromstring(text.group()).find(f".//{GML}RectifiedGrid")
    origin = [float(number) for number in place.find(f".//{GML}pos").text.split()]
    along_row, down_column = ([float(n) for n in vector.text.split()] for vector in place.iter(f"{GML}offsetVector"))
    if not grid.is_utm:
        origin, along_row, down_column = origin[::-1], along_row[::-1], down_column[::-1]
    assert {vector.get("srsName") for vector in place.iter(f"{GML}offsetVector")} == {
        f"urn:ogc:def:crs:EPSG::{grid.epsg}"
    }
    found = Affine(along_row[0], down_column[0], 0, along_row[1], down_column[1], 0)
    centre = Affine.translation(*origin) @ found @ Affine.translation(-0.5, -0.5)
    assert centre.almost_equals(grid.transform, precision=1e-9)


def test_large_files_have_tiles_resolutions_and_the_lengths_that_find_them(tmp_path):
    grid = grid_around((500_000, 5_000_000, 525_000, 5_015_000), epsg=32633, resolution_m=10)
    layer = SOME_LAYERS[0]
    file = one_file(tmp_path, grid, layer, pixels(grid, layers=[layer]))
    with rasterio.open(file.path) as dataset:
        assert dataset.block_shapes == [(1024, 1024)]
        assert dataset.overviews(1) == [2, 4, 8, 16, 32]
    content = file.path.read_bytes()
    assert coding(content) == {"decompositions": 5, "wavelet": "reversible"}
    markers = [content[at : at + 2] for at in (content.index(b"\xff\x55"), content.index(b"\xff\x58"))]
    assert markers == [b"\xff\x55", b"\xff\x58"], "TLM and PLT"
    # TLM stands in the main header, before the first tile part; PLT within a tile part.
    assert content.index(b"\xff\x55") < content.index(b"\xff\x90") < content.index(b"\xff\x58")


def coding(content):
    """What the COD segment of the main header says (ISO 15444-1, A.6.1)."""
    at = content.index(b"\xff\x52", content.index(b"\xff\x4f\xff\x51"))
    return {
        "decompositions": content[at + 9],
        "wavelet": {0: "irreversible", 1: "reversible"}[content[at + 13]],
    }


@pytest.mark.parametrize(
    ("width", "height", "decompositions"), [(1, 1, 0), (1, 700, 0), (2, 700, 0), (9, 5, 1), (64, 127, 5), (1025, 4, 1)]
)
def test_small_files_hold_as_many_resolutions_as_there_are(width, height, decompositions, tmp_path, caplog):
    grid, layer = Grid(32633, 0, -500_000, width, height, 10), SOME_LAYERS[0]
    made = pixels(grid)
    file = one_file(tmp_path, grid, layer, made)
    assert coding(file.path.read_bytes())["decompositions"] == decompositions
    assert caplog.text == ""
    with rasterio.open(file.path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), made[layer.name])


def test_the_companion_says_nothing_of_time_and_place_of_its_writing(tmp_path):
    file = one_file(tmp_path / "product", GRIDS["utm"], SOME_LAYERS[0], pixels(GRIDS["utm"]))
    (companion,) = file.companions
    assert str(tmp_path) not in companion.read_text()
    assert {element.tag for element in ElementTree.parse(companion).iter()} == {
        "PAMDataset", "PAMRasterBand", "Description", "NoDataValue", "UnitType", "Scale", "Metadata", "MDI",
    }  # fmt: skip
