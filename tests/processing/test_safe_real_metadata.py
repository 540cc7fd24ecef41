"""Metadata of real products: what is read of them is what stactools reads of them."""

import json
import re
import shutil
from pathlib import Path

import pytest
from archive_items import SHARED
from safe_products import SafeProduct

from processing.band_files import REFLECTANCES
from processing.errors import CorruptInput
from processing.granule import Granule, granule_from_item
from processing.sources import open_source
from processing.sources.safe.metadata import read_product, read_tile
from processing.sources.safe.product import granule_from_safe

TREES = SHARED / "safe_metadata"
PRODUCTS = sorted(TREES.glob("*MSIL2A*.SAFE"))
REPROCESSED = TREES / "geoengine_eodata/Sentinel-2/MSI/L2A_N0500/2020/07/03"
OF_2018 = TREES / "S2A_MSIL2A_20181229T095411_N0211_R079_T33SVB_20181229T112231"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not TREES.exists(), reason="the sample metadata are not beside the repository"),
]


def with_images(tree: Path, archive: Path) -> Path:
    """A copy of a product's metadata, and an empty file for each image that they list."""
    folder = shutil.copytree(tree, archive / tree.name)
    listing = (folder / "MTD_MSIL2A.xml").read_text()
    ending = ".jp2" if 'imageFormat="JPEG2000"' in listing else ".tif"
    images = re.findall("<IMAGE_FILE>(.*?)</IMAGE_FILE>", listing)
    assert len(images) >= 35
    for image in images:
        path = folder / f"{image}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def offsets(granule: Granule) -> set[int]:
    return {granule.files[band].offset for band in REFLECTANCES}


@pytest.mark.parametrize("tree", PRODUCTS, ids=lambda tree: tree.name)
def test_a_real_product_is_the_granule_that_its_stac_item_describes(tmp_path, tree):
    folder = with_images(tree, tmp_path)
    read = granule_from_safe(folder)
    item = json.loads((tree / "expected_output.json").read_text())
    expected = granule_from_item(item, base=str(folder))
    for name in ("tile", "datatake", "sensed_at", "platform", "baseline", "datastrip_start", "generated_at"):
        assert getattr(read, name) == getattr(expected, name), name
    assert read.identifier == item["properties"]["s2:tile_id"]
    assert f"{read.sensed_at:%Y-%m-%dT%H:%M:%S}" == item["properties"]["datetime"][:19]
    assert read.metadata_href == expected.metadata_href
    assert read.footprint.symmetric_difference(expected.footprint).area < 1e-4
    assert set(read.files) == set(expected.files)
    for band, file in expected.files.items():
        assert set(read.files[band].copies.values()) == (set(file.copies.values()) or {file.href}), band
        assert read.files[band].offset == file.offset, band


def test_the_real_products_are_those_of_all_baselines():
    assert {re.search(r"_N(\d{4})_", tree.name)[1] for tree in PRODUCTS} == {"0212", "0214", "0400", "0509"}


@pytest.mark.parametrize("tree", PRODUCTS, ids=lambda tree: tree.name)
def test_real_offsets_are_those_of_the_metadata_and_of_the_baseline_alike(tmp_path, tree):
    read = granule_from_safe(with_images(tree, tmp_path))
    declared = "BOA_ADD_OFFSET" in (tree / "MTD_MSIL2A.xml").read_text()
    assert declared == (read.baseline >= "04.00")
    assert offsets(read) == ({-1000} if declared else {0})
    assert read.offset_rule == ("declared by the product" if declared else "no offset before baseline 04.00")


def test_a_scene_of_2020_processed_again_carries_the_offset_of_its_baseline(tmp_path):
    (tree,) = REPROCESSED.iterdir()
    read = granule_from_safe(with_images(tree, tmp_path))
    assert (read.sensed_at.year, read.baseline, read.tile) == (2020, "05.00", "32UMB")
    assert offsets(read) == {-1000}


def test_a_scene_of_2018_has_no_offset(tmp_path):
    real = read_tile(next(OF_2018.rglob("MTD_MSIL2A.xml")).read_bytes())
    product = SafeProduct(tile="33SVB", begun="20181229T095411", baseline="02.11", made="20181229T112231", offset=None)
    folder = product.write(tmp_path, rasters=False)
    shutil.copy(next(OF_2018.rglob("MTD_MSIL2A.xml")), folder / product.granule / "MTD_TL.xml")
    read = granule_from_safe(folder)
    assert read.identifier == real.granule_id == "S2A_OPER_MSI_L2A_TL_MTI__20181229T112231_A018380_T33SVB_N02.11"
    assert (real.epsg, real.left_m, real.top_m, read.datastrip_start) == (32633, 399960, 4200000, "20181229T095413")
    assert offsets(read) == {0}


def test_metadata_of_a_tile_are_not_taken_for_those_of_a_product():
    with pytest.raises(CorruptInput, match="MTD_MSIL2A.xml that describes no Level-2A product"):
        granule_from_safe(next(OF_2018.glob("*.SAFE")))


def test_the_tiles_box_covers_the_footprint_of_the_real_products(tmp_path):
    for tree in PRODUCTS:
        folder = with_images(tree, tmp_path)
        known = granule_from_safe(folder).footprint
        xml = folder / "MTD_MSIL2A.xml"
        xml.write_text(re.sub("<EXT_POS_LIST>.*?</EXT_POS_LIST>", "", xml.read_text()))
        assert known.difference(granule_from_safe(folder).footprint).area < 0.02 * known.area, tree.name


def test_real_products_across_the_antimeridian_are_cut_in_two():
    for tile, parts in (("01WCP", 2), ("01WCS", 2), ("01KAB", 2), ("01CCV", 1), ("22HBD", 1)):
        (tree,) = TREES.glob(f"*_T{tile}_*.SAFE")
        footprint = read_product((tree / "MTD_MSIL2A.xml").read_bytes()).footprint
        assert len(getattr(footprint, "geoms", [footprint])) == parts
        assert footprint.area < 6


def test_products_without_rasters_are_named_one_by_one(tmp_path):
    for tree in (*PRODUCTS, *TREES.glob("*MSIL1C*"), *REPROCESSED.iterdir()):
        shutil.copytree(tree, tmp_path / tree.name)
    SafeProduct().write(tmp_path, rasters=False)
    source = open_source(str(tmp_path))
    assert len(source.rejected) == len(PRODUCTS) + 1
    assert all(sentence.endswith("holds no rasters (the folder IMG_DATA is missing).") for sentence in source.rejected)
    with pytest.raises(CorruptInput, match=r"holds no Sentinel-2 Level-2A product that can be used\. Product S2A"):
        open_source(str(TREES))
