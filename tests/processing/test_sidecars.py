"""The files beside a product's data: S2GM's JSON, the STAC item, provenance, checksums."""

import json
import subprocess
from datetime import UTC, datetime

import pystac
import pytest
import rasterio
import shapely

from processing.mosaic import Limits, make_product, split
from processing.sources import open_source
from processing.spec import MosaicSpec

# In the order of S2GM's example product.
KEYS = [
    "Title",
    "Summary",
    "Project",
    "Institution",
    "References",
    "Contact",
    "License",
    "Creator_url",
    "Creator_email",
    "Metadata_version",
    "Processing_baseline",
    "Processing_name",
    "Compositing_period",
    "Processing_steps",
    "Processing_configuration",
    "Resource_locator",
    "Sensor_list",
    "Mosaicking_period_start",
    "Mosaicking_period_end",
    "First_product_date",
    "Last_product_date",
    "Resolution_distance",
    "Date_of_creation",
    "Geometry",
    "Band_interpretations",
    "Source_product_list",
]


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


def test_the_metadata_have_the_keys_of_s2gm_in_its_order(product):
    assert list(content(product, "metadata_*.json")) == KEYS


def test_the_metadata_describe_the_product(product, archive):
    metadata = content(product, "metadata_Y20_20240101_Trial.json")
    days = [item["properties"]["datetime"][:10] for item in json.loads(archive.read_text())["features"]]
    assert metadata["Title"] == product.folder.parent.name == "S2GM_Y20_20240101_20241231_Trial_STD_v0.1.0_7"
    assert metadata["Compositing_period"] == "Yearly"
    assert (metadata["Mosaicking_period_start"], metadata["Mosaicking_period_end"]) == ("2024-01-01", "2024-12-31")
    assert (metadata["First_product_date"], metadata["Last_product_date"]) == (min(days), max(days))
    assert metadata["Sensor_list"] == "S2A, S2B"
    made = datetime.fromisoformat(metadata["Date_of_creation"])
    assert abs((datetime.now(UTC) - made).total_seconds()) < 300


def test_the_metadata_describe_every_file_as_it_is(product):
    metadata = content(product, "metadata_*.json")
    geometry = metadata["Geometry"]
    described = {band["File_path"]: band for band in metadata["Band_interpretations"]}
    assert set(described) == {path.name for path in product.folder.glob("*.tiff")}
    for name, band in described.items():
        with rasterio.open(product.folder / name) as dataset:
            assert band["No_data_value"] == dataset.nodata
            assert band["Scaling_factor"] == dataset.scales[0]
            assert (geometry["Image_width"], geometry["Image_height"]) == (dataset.width, dataset.height)
            assert geometry["CRS"] == f"EPSG:{dataset.crs.to_epsg()}"
            west, south, east, north = dataset.bounds
            assert geometry["Boundary"] == [[west, north], [east, north], [east, south], [west, south], [west, north]]
            assert f'"elt_0_2", {dataset.transform.c!r}]' in geometry["Projection_parameter"]


def test_only_reflectances_have_wavelengths(product):
    bands = content(product, "metadata_*.json")["Band_interpretations"]
    with_spectrum = {band["Name"] for band in bands if "Spectral_information" in band}
    assert with_spectrum == {"B02", "B04", "B08"}
    blue = next(band for band in bands if band["Name"] == "B02")
    assert list(blue["Spectral_information"]) == ["S2_nominal", "S2A", "S2B"]
    assert list(blue)[:3] == ["Name", "Description", "Spectral_information"]


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


def test_the_checksums_are_those_that_sha256sum_makes(product):
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "checksums.sha256"],
        cwd=product.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    files = {path.name for path in product.folder.iterdir()}
    assert {line.partition(":")[0] for line in checked.stdout.splitlines()} == files - {"checksums.sha256"}


def test_the_product_lists_its_files_with_size_and_checksum(product):
    listed = {file.name: file for file in product.files}
    base = product.folder.parent.parent
    assert set(listed) == {str(path.relative_to(base)) for path in product.folder.iterdir()}
    for name, file in listed.items():
        summed = subprocess.run(["sha256sum", base / name], capture_output=True, text=True, check=True).stdout
        assert (file.sha256, file.size_bytes) == (summed.split()[0], (base / name).stat().st_size)
    assert {file.layer for file in product.files if file.role == "data"} == {
        "B02", "B04", "B08", "valid_obs", "source_index", "scene_classification",
    }  # fmt: skip


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
def test_the_stac_item_is_read_by_pystac(make, archive, order, crs):
    product = make(archive, crs=crs)
    (path,) = product.folder.glob("stac_*.json")
    item = pystac.Item.from_file(str(path))
    ordered = shapely.geometry.shape(order()["area"])
    assert shapely.geometry.shape(item.geometry).buffer(1e-6).covers(ordered)
    assert item.datetime is None
    assert item.common_metadata.start_datetime == datetime(2024, 1, 1, tzinfo=UTC)
    assert item.common_metadata.end_datetime == datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
    for asset in item.get_assets().values():
        with rasterio.open(asset.get_absolute_href()) as dataset:
            assert item.ext.proj.epsg == dataset.crs.to_epsg()
            assert item.ext.proj.shape == [dataset.height, dataset.width]
            assert item.ext.proj.transform == list(dataset.transform)[:6]
            assert asset.extra_fields["raster:bands"][0]["nodata"] == dataset.nodata
    assert len(item.get_assets()) == 6


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
