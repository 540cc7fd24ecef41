"""The generated archive as SAFE products: the tree, the metadata, and pixels equal to those of the COG layout."""

import hashlib
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from shapely import Polygon, box
from shapely.geometry import shape

from processing.angles import read_angles
from processing.sample import make_archive
from processing.sources.items import connect as connect_items
from processing.sources.safe import connect as connect_safe

ARGUMENTS = {"size_km": 3, "dates": 4}
RED_EDGE_AND_INFRARED = {"B05", "B06", "B07", "B8A", "B11", "B12"}
IMAGES = {
    10: {"B02", "B03", "B04", "B08", "AOT"},
    20: {"B02", "B03", "B04", "SCL", "AOT"} | RED_EDGE_AND_INFRARED,
    60: {"B01", "B02", "B03", "B04", "SCL", "AOT"} | RED_EDGE_AND_INFRARED,
}
NATIVE_M = dict.fromkeys(IMAGES[20], 20) | {"B01": 60, "B02": 10, "B03": 10, "B04": 10, "B08": 10}
MASKS = {"CLD": "MSK_CLDPRB", "SNW": "MSK_SNWPRB"}


class Products:
    """Reads a folder of products as any other program would, by their names."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.all = sorted(folder.glob("*.SAFE"))

    def of(self, item: dict) -> Path:
        return self.folder / item["properties"]["s2:product_uri"]

    def image(self, product: Path, layer: str, metres: int) -> np.ndarray:
        (path,) = product.glob(f"GRANULE/*/IMG_DATA/R{metres}m/*_{layer}_{metres}m.jp2")
        return pixels_of(path)

    def mask(self, product: Path, kind: str, metres: int) -> np.ndarray:
        (path,) = product.glob(f"GRANULE/*/QI_DATA/{kind}_{metres}m.jp2")
        return pixels_of(path)


def pixels_of(path: Path) -> np.ndarray:
    with rasterio.open(path) as source:
        return source.read(1)


def metadata_of(product: Path) -> ElementTree.Element:
    return ElementTree.parse(product / "MTD_MSIL2A.xml").getroot()


@pytest.fixture(scope="module")
def products(tmp_path_factory) -> Products:
    return Products(make_archive(tmp_path_factory.mktemp("safe") / "products", **ARGUMENTS, layout="safe"))


@pytest.fixture(scope="module")
def cogs(tmp_path_factory) -> Path:
    """The items.json of the same scenes as COGs."""
    return make_archive(tmp_path_factory.mktemp("safe") / "cogs", **ARGUMENTS)


@pytest.fixture(scope="module")
def items(cogs) -> list[dict]:
    return json.loads(cogs.read_text())["features"]


def test_there_is_one_product_per_granule_and_no_collection_of_items(products, items):
    assert [path.name for path in products.all] == sorted(item["properties"]["s2:product_uri"] for item in items)
    assert {path.name for path in products.folder.iterdir() if path not in products.all} == {"archive.json"}
    name = re.compile(r"S2[AB]_MSIL2A_\d{8}T\d{6}_N0[345]0[0-9]_R(079|122)_T33TW[LM]_\d{8}T\d{6}\.SAFE")
    assert all(name.fullmatch(path.name) for path in products.all)


def test_every_product_has_the_tree_of_a_compact_safe_and_nothing_else(products):
    for product in products.all:
        started, tile = product.name.split("_")[2], product.name.split("_")[5]
        since_0400 = "_N0301_" not in product.name
        (granule,) = (product / "GRANULE").iterdir()
        assert re.fullmatch(rf"L2A_{tile}_A\d{{6}}_\d{{8}}T\d{{6}}", granule.name)
        (datastrip,) = (product / "DATASTRIP").iterdir()
        expected = {"MTD_MSIL2A.xml", "manifest.safe", f"DATASTRIP/{datastrip.name}/MTD_DS.xml"}
        inside = f"GRANULE/{granule.name}"
        expected.add(f"{inside}/MTD_TL.xml")
        expected |= {f"{inside}/QI_DATA/{kind}_{metres}m.jp2" for kind in MASKS.values() for metres in (20, 60)}
        for metres, layers in IMAGES.items():
            for layer in layers | ({"B01"} if metres == 20 and since_0400 else set()):
                expected.add(f"{inside}/IMG_DATA/R{metres}m/{tile}_{started}_{layer}_{metres}m.jp2")
        assert {path.relative_to(product).as_posix() for path in product.rglob("*") if path.is_file()} == expected


def test_native_pixels_are_those_of_the_cog_layout(products, items, cogs):
    for item in items:
        product, folder = products.of(item), cogs.parent / item["id"]
        for layer, metres in NATIVE_M.items():
            np.testing.assert_array_equal(
                products.image(product, layer, metres), pixels_of(folder / f"{layer}.tif"), err_msg=layer
            )
        for layer, kind in MASKS.items():
            np.testing.assert_array_equal(products.mask(product, kind, 20), pixels_of(folder / f"{layer}.tif"))
        (metadata,) = product.glob("GRANULE/*/MTD_TL.xml")
        assert metadata.read_bytes() == (folder / "MTD_TL.xml").read_bytes()


def test_rasters_are_georeferenced_jpeg2000_of_the_type_and_size_of_their_kind(products, items):
    keys = {10: "red", 20: "scl", 60: "coastal"}
    for item in items:
        for path in products.of(item).rglob("*.jp2"):
            metres = int(path.stem.rsplit("_", 1)[1].removesuffix("m"))
            asset = item["assets"][keys[metres]]
            with rasterio.open(path) as source:
                assert source.driver == "JP2OpenJPEG"
                assert source.tags(ns="IMAGE_STRUCTURE")["COMPRESSION_REVERSIBILITY"] == "LOSSLESS"
                assert source.crs.to_epsg() == 32633
                assert list(source.shape) == asset["proj:shape"]
                assert list(source.transform)[:6] == asset["proj:transform"]
                one_byte = "SCL" in path.name or "MSK" in path.name
                assert source.dtypes == ("uint8" if one_byte else "uint16",)


def cells(pixels: np.ndarray, factor: int) -> np.ndarray:
    """(row, column, pixel) of the cells of factor x factor pixels."""
    rows, columns = (side // factor for side in pixels.shape)
    parted = pixels.reshape(rows, factor, columns, factor).astype(float).swapaxes(1, 2)
    return parted.reshape(rows, columns, factor * factor)


def test_coarser_copies_are_means_of_the_pixels_that_hold_data_rounded_half_up(products):
    partial = 0
    for product in products.all:
        for metres, layers in ((20, IMAGES[20]), (60, IMAGES[60])):
            for layer in layers - {"SCL"}:
                if (factor := metres // NATIVE_M[layer]) == 1:
                    continue
                fine = cells(products.image(product, layer, NATIVE_M[layer]), factor)
                holds = (fine > 0).sum(axis=2)
                mean = np.floor(fine.sum(axis=2) / np.maximum(holds, 1) + 0.5)
                coarse = products.image(product, layer, metres)
                np.testing.assert_array_equal(coarse, mean, err_msg=f"{layer} at {metres} m")
                partial += 0 < (coarse == 0).mean() < 1
        for kind in MASKS.values():
            mean = np.floor(cells(products.mask(product, kind, 20), 3).mean(axis=2) + 0.5)
            np.testing.assert_array_equal(products.mask(product, kind, 60), mean)
    assert partial, "no product reaches into what was not measured"


def test_scene_classes_at_60_m_are_those_of_the_pixel_in_the_middle(products):
    for product in products.all:
        fine = products.image(product, "SCL", 20)
        np.testing.assert_array_equal(products.image(product, "SCL", 60), cells(fine, 3)[:, :, 4])


def test_what_is_finer_than_measured_repeats(products):
    for product in products.all:
        at_20 = products.image(product, "AOT", 20)
        np.testing.assert_array_equal(products.image(product, "AOT", 10), at_20.repeat(2, 0).repeat(2, 1))
        if "_N0301_" not in product.name:
            at_60 = products.image(product, "B01", 60)
            np.testing.assert_array_equal(products.image(product, "B01", 20), at_60.repeat(3, 0).repeat(3, 1))


def test_offsets_are_listed_from_baseline_0400_on_and_absent_before(products):
    listed = {}
    for product in products.all:
        root = metadata_of(product)
        offsets = {offset.attrib["band_id"]: offset.text for offset in root.iter("BOA_ADD_OFFSET")}
        baseline = root.findtext(".//PROCESSING_BASELINE")
        assert f"_N{baseline.replace('.', '')}_" in product.name
        assert root.findtext(".//BOA_QUANTIFICATION_VALUE") == "10000"
        assert root.findtext(".//AOT_QUANTIFICATION_VALUE") == "1000.0"
        listed[baseline] = offsets
    all_bands = {str(band): "-1000" for band in range(13)}
    assert listed == {"03.01": {}, "04.00": all_bands, "05.09": all_bands}


def test_product_metadata_name_the_images_that_there_are_and_the_ids_of_the_granule(products, items):
    for item in items:
        product, said = products.of(item), item["properties"]
        root = metadata_of(product)
        named = {f"{image.text}.jp2" for image in root.iter("IMAGE_FILE")}
        there = {path.relative_to(product).as_posix() for path in product.glob("GRANULE/*/IMG_DATA/*/*.jp2")}
        assert named == there
        (granule,) = root.iter("Granule")
        assert granule.attrib["granuleIdentifier"] == said["s2:granule_id"]
        assert granule.attrib["datastripIdentifier"] == said["s2:datastrip_id"]
        assert root.findtext(".//PRODUCT_URI") == product.name
        assert root.find(".//Datatake").attrib["datatakeIdentifier"] == said["s2:datatake_id"]
        assert root.findtext(".//SENSING_ORBIT_NUMBER") == str(said["sat:relative_orbit"])
        assert root.findtext(".//SPACECRAFT_NAME").lower() == said["platform"]
        assert float(root.findtext(".//Cloud_Coverage_Assessment")) == said["eo:cloud_cover"]


def test_the_footprint_is_latitude_before_longitude_in_a_closed_ring(products, items):
    for item in items:
        numbers = [float(text) for text in metadata_of(products.of(item)).findtext(".//EXT_POS_LIST").split()]
        corners = [(longitude, latitude) for latitude, longitude in zip(numbers[::2], numbers[1::2], strict=True)]
        assert corners[0] == corners[-1]
        assert Polygon(corners).equals_exact(shape(item["geometry"]), tolerance=1e-7)


def test_granule_metadata_name_the_masks_that_there_are(products):
    for product in products.all:
        (path,) = product.glob("GRANULE/*/MTD_TL.xml")
        named = {mask.text for mask in ElementTree.parse(path).getroot().iter("MASK_FILENAME")}
        assert named == {mask.relative_to(product).as_posix() for mask in product.glob("GRANULE/*/QI_DATA/*")}
        assert np.isfinite(read_angles(path.read_bytes()).sun_zenith.degrees).all()


def test_the_manifest_lists_every_other_file_with_its_true_size_and_checksum(products):
    for product in products.all:
        root = ElementTree.parse(product / "manifest.safe").getroot()
        listed = {}
        for stream in root.iter("byteStream"):
            href = stream.find("fileLocation").attrib["href"].removeprefix("./")
            listed[href] = int(stream.attrib["size"]), stream.findtext("checksum")
        there = {
            path.relative_to(product).as_posix(): (
                path.stat().st_size,
                hashlib.sha3_256(path.read_bytes()).hexdigest(),
            )
            for path in product.rglob("*")
            if path.is_file() and path.name != "manifest.safe"
        }
        assert listed == there
        ids = [data.attrib["ID"] for data in root.iter("dataObject")]
        assert len(set(ids)) == len(ids)


def test_both_layouts_are_one_archive_to_the_engine(products, cogs):
    days = box(10, 40, 20, 50), date(2024, 6, 1), date(2024, 6, 30)
    by_items = connect_items(str(cogs)).search(*days)
    source = connect_safe(str(products.folder))
    by_products = source.search(*days)
    assert source.rejected == ()
    assert len(by_products) == 8
    for of_item, of_product in zip(by_items, by_products, strict=True):
        assert of_product.identifier == of_item.identifier
        assert (of_product.tile, of_product.datatake) == (of_item.tile, of_item.datatake)
        assert (of_product.platform, of_product.baseline) == (of_item.platform, of_item.baseline)
        assert {band: file.offset for band, file in of_product.files.items()} == {
            band: file.offset for band, file in of_item.files.items()
        }
        assert not of_product.offset_in_doubt


def test_a_made_folder_of_products_is_reused_and_another_layout_replaces_it(tmp_path):
    arguments = {"size_km": 1.2, "dates": 1}
    folder = make_archive(tmp_path / "a", **arguments, layout="safe")
    assert folder == tmp_path / "a"
    made = folder.stat().st_ino
    assert make_archive(tmp_path / "a", **arguments, layout="safe").stat().st_ino == made
    assert make_archive(tmp_path / "a", **arguments) == tmp_path / "a" / "items.json"
    assert list(folder.glob("*.SAFE")) == []


@pytest.mark.parametrize("victim", ["manifest.safe", "MTD_MSIL2A.xml", "GRANULE/*/IMG_DATA/R10m/*_B02_10m.jp2"])
def test_a_folder_with_a_damaged_product_is_made_again(tmp_path, victim):
    folder = make_archive(tmp_path / "a", size_km=1.2, dates=1, layout="safe")
    path = next(folder.glob(f"*.SAFE/{victim}"))
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    make_archive(tmp_path / "a", size_km=1.2, dates=1, layout="safe")
    assert path.read_bytes() == whole


def run_module(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "processing.sample", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_command_makes_products_and_prints_their_folder(tmp_path):
    made = run_module(str(tmp_path / "a"), "--size-km", "1.2", "--dates", "1", "--layout", "safe")
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"{tmp_path / 'a'}\n"
    assert len(list((tmp_path / "a").glob("*.SAFE"))) == 2


def test_the_command_refuses_another_layout_with_one_sentence(tmp_path):
    refused = run_module(str(tmp_path / "a"), "--layout", "zarr")
    assert refused.returncode == 2
    assert refused.stderr == "The layout must be cog or safe, not zarr.\n"
    assert list(tmp_path.iterdir()) == []
