"""The files beside a product's data, as the engine makes them of an archive."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pystac
import pytest
import rasterio
import shapely

from processing.mosaic import Limits, make_product, split
from processing.sources import open_source
from processing.spec import MosaicSpec


@pytest.fixture
def make(order, tmp_path):
    """Make the order from an items.json; return the product."""

    def make_one(items, **changes):
        spec = MosaicSpec.parse(order(**changes))
        (plan,) = split(spec)
        source = open_source(str(items))
        return make_product(
            spec, plan, source=source, into=tmp_path / "made", order_number="7", limits=Limits(threads=2)
        )

    return make_one


@pytest.fixture
def product(make, archive):
    return make(archive)


def content(product, pattern):
    (path,) = product.folder.glob(pattern)
    return json.loads(path.read_text())


def test_the_source_index_leads_to_the_granule(product, archive):
    granules = content(product, "metadata_*.json")["Source_product_list"]
    (path,) = product.folder.glob("source_index_*.tiff")
    with rasterio.open(path) as dataset:
        used = set(dataset.read(1).ravel().tolist()) - {-1}
    assert {str(number) for number in used} <= set(granules)
    ids = {item["properties"]["s2:granule_id"] for item in json.loads(archive.read_text())["features"]}
    assert set(granules.values()) == ids
    days = [scene["sensed_at"] for scene in content(product, "provenance.json")["scenes"]]
    assert days == sorted(days)


def test_the_product_lists_its_files_with_size_and_checksum(product):
    listed = {file.name: file for file in product.files}
    base = product.folder.parent.parent
    assert set(listed) == {str(path.relative_to(base)) for path in product.folder.parent.rglob("*") if path.is_file()}
    for name, file in listed.items():
        summed = subprocess.run(["sha256sum", base / name], capture_output=True, text=True, check=True).stdout
        assert (file.sha256, file.size_bytes) == (summed.split()[0], (base / name).stat().st_size)
    assert {file.layer for file in product.files if file.role == "data"} == {
        "B02", "B04", "B08", "valid_obs", "source_index", "scene_classification",
    }  # fmt: skip


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
def test_the_stac_item_lies_over_the_ordered_area_and_finds_every_file(make, archive, order, crs):
    product = make(archive, crs=crs)
    (path,) = product.folder.glob("stac_*.json")
    item = pystac.Item.from_file(str(path))
    ordered = shapely.geometry.shape(order()["area"])
    assert shapely.geometry.shape(item.geometry).buffer(1e-6).covers(ordered)
    assert item.common_metadata.start_datetime == datetime(2024, 1, 1, tzinfo=UTC)
    assert item.common_metadata.end_datetime == datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = {Path(asset.get_absolute_href()).name for asset in item.get_assets().values()}
    assert found == {file.name for file in product.folder.iterdir()} - {path.name, "checksums.sha256"}
    inspire = next(link for link in item.links if link.rel == "describedby")
    assert (path.parent / inspire.href).resolve() == product.folder.parent / "inspire.xml"


def test_the_stac_item_names_the_scenes_it_derives_from(product, archive):
    links = [link for link in content(product, "stac_*.json")["links"] if link["rel"] == "derived_from"]
    assert {link["href"] for link in links} == {item["id"] for item in json.loads(archive.read_text())["features"]}


def test_the_provenance_repeats_the_order_so_that_it_can_be_made_again(product, order):
    told = content(product, "provenance.json")
    assert MosaicSpec.parse(told["order"]) == MosaicSpec.parse(order())
    assert told["order_number"] == "7"
    assert told["left_out"] == []
    assert {scene["offset"] for scene in told["scenes"]} == {0, -1000}


def test_a_granule_that_was_left_out_is_named_in_provenance_and_warnings(make, damaged_archive, clearest):
    product = make(damaged_archive([clearest]))
    told = content(product, "provenance.json")
    (sentence,) = told["left_out"]
    assert sentence.startswith(f"{clearest}: ")
    assert "SCL.tif cannot be read (it is damaged or cut short); it was left out." in sentence
    assert sentence in product.warnings
    assert product.statistics["left_out"] == 1
    assert len(told["scenes"]) == product.statistics["granules"] == 7
    assert clearest not in {scene["item"] for scene in told["scenes"]}
    assert clearest not in {link["href"] for link in content(product, "stac_*.json")["links"]}


def test_the_same_order_gives_the_same_data_bytes_again(make, archive):
    def sums(product):
        return {file.name: file.sha256 for file in product.files if file.role == "data"}

    assert sums(make(archive)) == sums(make(archive))
