"""What a product brings for QGIS: virtual rasters that can be moved, and styles that QGIS finds by their names."""

import shutil
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import accounts
import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from processing.layers import LAYERS, RASTERS
from processing.sentinel2 import SceneClass
from processing.sidecars.qgis import write_styles

FORMATS = ("geotiff", "jp2", "netcdf")
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
COUNTS = {"0": 0, "1": 1, "2-3": 3, "4-5": 5, "6-10": 10, "11-20": 20, "21-50": 50, "more than 50": float("inf")}


@pytest.fixture(params=FORMATS)
def moved(request, tmp_path):
    """A product with its styles, moved after it was made: ``folder`` and its ``account``."""
    made = tmp_path / "made here"
    made.mkdir()
    account = accounts.account_of(made, format=request.param)
    written = write_styles(made, account)
    assert all(path.parent == made and path.is_file() for path in written)
    folder = tmp_path / "moved" / "there & then"
    folder.parent.mkdir()
    shutil.move(made, folder)
    return SimpleNamespace(folder=folder, account=account, names=[path.name for path in written])


def pixels_of(account):
    """What was written, by layer name."""
    rasters = [layer for file in account.files for layer in file.layers]
    return accounts.pixels_of(account.grid, rasters, len(account.granules))


def renderer(path):
    """The renderer of a style, once its frame is seen to be QGIS's."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith(DOCTYPE)
    root = ET.fromstring(text)
    assert root.tag == "qgis"
    assert root.get("version").startswith("3.")
    (found,) = root.findall("pipe/rasterrenderer")
    assert (found.get("opacity"), found.get("alphaBand")) == ("1", "-1")
    return found


def palette(path):
    """Label and colour by value, as a paletted style has them."""
    drawn = renderer(path)
    assert (drawn.get("type"), drawn.get("band")) == ("paletted", "1")
    entries = drawn.findall("colorPalette/paletteEntry")
    assert {entry.get("alpha") for entry in entries} == {"255"}
    values = [int(entry.get("value")) for entry in entries]
    assert len(set(values)) == len(values)
    return {int(entry.get("value")): (entry.get("label"), entry.get("color")) for entry in entries}


@pytest.mark.parametrize(
    ("name", "bands"), [("true_colour", ("B04", "B03", "B02")), ("false_colour", ("B08", "B04", "B03"))]
)
def test_band_combinations_open_wherever_the_product_lies(moved, name, bands):
    """A1-069: nobody has to stack single bands to see colours."""
    grid, made = moved.account.grid, pixels_of(moved.account)
    with rasterio.open(moved.folder / f"{name}_{accounts.SUFFIX}.vrt") as dataset:
        assert dataset.dtypes == ("uint16",) * 3
        assert dataset.nodatavals == (65535,) * 3
        assert dataset.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        assert dataset.descriptions == tuple(RASTERS[band].title for band in bands)
        assert dataset.crs.to_epsg() == grid.epsg
        assert dataset.transform.almost_equals(grid.transform)
        assert (dataset.width, dataset.height) == (grid.width, grid.height)
        for number, band in enumerate(bands, start=1):
            assert np.array_equal(dataset.read(number), made[band]), band


def test_virtual_rasters_name_nothing_but_files_beside_them(moved):
    for path in moved.folder.glob("*.vrt"):
        for source in ET.parse(path).getroot().iter("SourceFilename"):
            assert source.get("relativeToVRT") == "1"
            name = source.text.split('"')[1] if source.text.startswith("NETCDF:") else source.text
            assert "/" not in name
            assert (moved.folder / name).is_file()


def test_a_virtual_raster_of_a_product_that_lost_its_data_is_refused(moved):
    for file in moved.account.files:
        (moved.folder / file.path.name).unlink()
    with (
        pytest.raises(rasterio.errors.RasterioError),
        rasterio.open(moved.folder / f"true_colour_{accounts.SUFFIX}.vrt") as dataset,
    ):
        dataset.read()


def test_a_mosaic_in_degrees_keeps_its_place(tmp_path):
    account = accounts.account_of(tmp_path, crs="wgs84")
    write_styles(tmp_path, account)
    with (
        rasterio.open(tmp_path / f"true_colour_{accounts.SUFFIX}.vrt") as virtual,
        rasterio.open(account.files[0].path) as data,
    ):
        assert virtual.crs == data.crs
        assert virtual.bounds == pytest.approx(data.bounds)
        assert virtual.bounds.left == pytest.approx(15.0, abs=1e-3)


@pytest.mark.parametrize("name", ["true_colour", "false_colour"])
def test_band_combinations_are_stretched_from_0_to_reflectance_0_3(moved, name):
    drawn = renderer(moved.folder / f"{name}_{accounts.SUFFIX}.qml")
    assert drawn.get("type") == "multibandcolor"
    assert [drawn.get(f"{colour}Band") for colour in ("red", "green", "blue")] == ["1", "2", "3"]
    for colour in ("red", "green", "blue"):
        stretch = drawn.find(f"{colour}ContrastEnhancement")
        told = {child.tag: child.text for child in stretch}
        assert told == {"minValue": "0", "maxValue": "3000", "algorithm": "StretchToMinimumMaximum"}


def test_styles_lie_beside_rasters_of_their_own_name(moved):
    rasters = {path.stem for ending in ("*.tiff", "*.jp2", "*.vrt") for path in moved.folder.glob(ending)}
    styles = {path.stem for path in moved.folder.glob("*.qml")}
    named = ("quality_scene_classification", "source_index", "valid_obs", "method", "true_colour", "false_colour")
    assert styles == {f"{name}_{accounts.SUFFIX}" for name in named}
    assert styles <= rasters


def test_every_styled_raster_opens_and_holds_its_layer(moved):
    made = pixels_of(moved.account)
    for name in accounts.SOME_LAYERS:
        (path,) = [
            path for path in moved.folder.glob(f"{RASTERS[name].prefix}_*") if path.suffix in (".tiff", ".jp2", ".vrt")
        ]
        with rasterio.open(path) as dataset:
            assert dataset.dtypes == (RASTERS[name].dtype,)
            assert dataset.nodata == RASTERS[name].nodata
            assert np.array_equal(dataset.read(1), made[name]), name


@pytest.mark.parametrize("name", ["scene_classification", "method"])
def test_classes_have_a_legend_of_their_flags(moved, name):
    legend = palette(moved.folder / f"{RASTERS[name].prefix}_{accounts.SUFFIX}.qml")
    assert legend == {flag.value: (flag.title, flag.colour) for flag in LAYERS[name].rasters[0].flags}


def test_every_scene_class_is_in_the_legend(moved):
    legend = palette(moved.folder / f"quality_scene_classification_{accounts.SUFFIX}.qml")
    assert set(legend) == {int(scene_class) for scene_class in SceneClass}
    assert legend[6] == ("Water", "#0000ff")


def test_the_source_index_is_labelled_with_day_and_tile_of_each_scene(moved):
    legend = palette(moved.folder / f"source_index_{accounts.SUFFIX}.qml")
    labels = {value: label for value, (label, _) in legend.items()}
    assert labels == {0: "0: 2018-03-02 33TWM", 1: "1: 2018-03-05 33TWM", 2: "2: 2018-03-08 33TWM"}


def test_many_scenes_have_colours_that_can_be_told_apart(tmp_path):
    account = accounts.account_of(tmp_path, bands=(), layers=("source_index",), scenes=9)
    account = SimpleNamespace(**{**vars(account), "granules": list(account.granules) * 20})
    (path,) = write_styles(tmp_path, account)
    colours = [colour for _, colour in palette(path).values()]
    assert len(colours) == len(set(colours)) == 180
    parts = np.array([list(bytes.fromhex(colour[1:])) for colour in colours], int)
    assert np.abs(np.diff(parts, axis=0)).sum(axis=1).min() > 60


@pytest.mark.parametrize("layer", ["valid_obs", "rejected_obs"])
def test_counts_have_a_legend_of_counts(tmp_path, layer):
    account = accounts.account_of(tmp_path, bands=(), layers=(layer,))
    written = write_styles(tmp_path, account)
    assert len(written) == len(LAYERS[layer].rasters)
    for path in written:
        drawn = renderer(path)
        assert (drawn.get("type"), drawn.get("band")) == ("singlebandpseudocolor", "1")
        ramp = drawn.find("rastershader/colorrampshader")
        assert ramp.get("colorRampType") == "DISCRETE"
        items = ramp.findall("item")
        assert {item.get("label"): float(item.get("value")) for item in items} == COUNTS
        assert len({item.get("color") for item in items}) == len(COUNTS)


def test_angles_and_single_reflectances_need_no_style(tmp_path):
    account = accounts.account_of(tmp_path, bands=("B02", "B11"), layers=("sun_zenith", "aot"))
    assert write_styles(tmp_path, account) == []
    assert {path.suffix for path in tmp_path.iterdir()} == {".tiff"}


def test_labels_are_escaped(tmp_path):
    account = accounts.account_of(tmp_path, bands=(), layers=("source_index",), scenes=1)
    granule = SimpleNamespace(sensed_at=account.granules[0].sensed_at, tile="<33&\"TWM'>")
    (path,) = write_styles(tmp_path, SimpleNamespace(**{**vars(account), "granules": [granule]}))
    assert palette(path)[0][0] == "0: 2018-03-02 <33&\"TWM'>"


def test_the_same_product_gives_the_same_styles(tmp_path):
    texts = []
    for name in ("once", "again"):
        folder = tmp_path / name
        folder.mkdir()
        written = write_styles(folder, accounts.account_of(folder, format="netcdf"))
        texts.append({path.name: path.read_bytes() for path in written})
    assert texts[0] == texts[1]
    assert len(texts[0]) == 12
