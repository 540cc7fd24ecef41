"""The STAC item: valid by the published schemas, and telling what the files are."""

import hashlib
import json
import re
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pystac
import pytest
import rasterio
import shapely
from accounts import ALL_BANDS, ALL_LAYERS, account_of
from pystac.errors import STACValidationError
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from processing.layers import LAYERS
from processing.sentinel2 import BANDS
from processing.sidecars import write_sidecars
from processing.sidecars.checksums import sha256
from processing.sidecars.stac import stac_item

SCHEMAS = Path(__file__).parent / "schemas"
FORMATS = ("geotiff", "jp2", "netcdf")


class Offline(JsonSchemaSTACValidator):
    """Knows the schemas kept here and those that pystac brings, and asks nobody for others."""

    def __init__(self):
        super().__init__()
        for path in SCHEMAS.glob("*.json"):
            schema = json.loads(path.read_text())
            self.schema_cache[schema["$id"].removesuffix("#")] = schema

    def _get_schema(self, schema_uri):
        return self.schema_cache[schema_uri]


def check(item):
    """Validate against the core and every extension that the item names; return the schemas' addresses."""
    return Offline().validate(item, pystac.STACObjectType.ITEM, item["stac_version"], item["stac_extensions"])


def item_of(folder, **changes):
    account = account_of(folder, **changes)
    paths = write_sidecars(folder, account)
    (path,) = [path for path in paths if path.name.startswith("stac_")]
    return account, path, json.loads(path.read_text())


@pytest.fixture
def item(tmp_path):
    return item_of(tmp_path / "Trial")[2]


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_item_is_valid_by_the_core_and_all_its_extensions(tmp_path, format, crs):
    _, _, item = item_of(tmp_path / "Trial", format=format, crs=crs, bands=ALL_BANDS, layers=ALL_LAYERS)
    extensions = {uri.split("/")[3] for uri in check(item)[1:]}
    assert extensions == {"projection", "raster", "eo", "processing", "file", "classification"}


@pytest.mark.parametrize(
    ("part", "key", "wrong"),
    [
        ("item", "bbox", [15.0, 46.0]),
        ("item", "id", ""),
        ("properties", "start_datetime", "March 2018"),
        ("properties", "proj:shape", [150]),
        ("properties", "proj:epsg", 32633),
        ("properties", "processing:software", {"Mosaic Hub": 1}),
        ("asset", "href", None),
        ("asset", "raster:bands", [{"data_type": "byte"}]),
        ("asset", "raster:bands", [{"classification:classes": [{"value": 1, "name": "two words"}]}]),
        ("asset", "eo:bands", [{"name": "B02", "common_name": "Blue"}]),
        ("asset", "file:checksum", "SHA256"),
        ("asset", "file:size", -1),
    ],
)
def test_the_schemas_refuse_an_item_that_is_wrong(item, part, key, wrong):
    parts = {"item": item, "properties": item["properties"], "asset": item["assets"]["B02"]}
    parts[part][key] = wrong
    with pytest.raises(STACValidationError):
        check(item)


def test_an_item_without_a_named_extension_in_its_list_is_refused(item):
    for uri in item["stac_extensions"]:
        changed = deepcopy(item)
        changed["stac_extensions"] = [other for other in item["stac_extensions"] if other != uri]
        with pytest.raises(STACValidationError):
            Offline().validate(changed, pystac.STACObjectType.ITEM, "1.0.0", [uri])


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_bands_are_those_that_gdal_finds_in_the_files(tmp_path, format, crs):
    account, _, item = item_of(tmp_path / "Trial", format=format, crs=crs, bands=ALL_BANDS, layers=ALL_LAYERS)
    data = [asset for asset in item["assets"].values() if "data" in asset["roles"]]
    assert len(data) == len(account.files)
    for file, asset in zip(account.files, data, strict=True):
        assert asset["href"] == f"./{file.path.name}"
        for layer, band in zip(file.layers, asset["raster:bands"], strict=True):
            with rasterio.open(file.dataset(layer)) as dataset:
                assert band["data_type"] == dataset.dtypes[0]
                assert band["nodata"] == dataset.nodata
                assert (band["scale"], band["offset"]) == (pytest.approx(dataset.scales[0]), dataset.offsets[0])
                assert band["spatial_resolution"] == 20
                assert item["properties"]["proj:code"] == f"EPSG:{dataset.crs.to_epsg()}"
                assert item["properties"]["proj:shape"] == [dataset.height, dataset.width]
                assert item["properties"]["proj:transform"] == pytest.approx(list(dataset.transform)[:6], rel=1e-12)
                assert item["properties"]["proj:bbox"] == pytest.approx(list(dataset.bounds), rel=1e-12)


def test_an_asset_of_one_layer_is_named_for_it_whatever_the_order(tmp_path):
    _, _, item = item_of(tmp_path / "Trial", bands=("B04",), layers=("aot", "valid_obs"))
    assert {name for name, asset in item["assets"].items() if "data" in asset["roles"]} == {
        "B04", "quality_aot", "valid_obs",
    }  # fmt: skip


def test_a_file_of_all_layers_is_one_asset_with_a_band_for_each_variable(tmp_path):
    account, _, item = item_of(tmp_path / "Trial", format="netcdf", bands=("B04",), layers=("aot", "valid_obs"))
    (asset,) = [asset for asset in item["assets"].values() if "data" in asset["roles"]]
    assert asset == item["assets"]["data"]
    named = [band["name"] for band in asset["eo:bands"]]
    assert named == ["B04", "quality_aot", "valid_obs"]
    assert len(asset["raster:bands"]) == 3
    with rasterio.open(account.files[0].path) as dataset:
        variables = {name.rpartition(":")[2] for name in dataset.subdatasets}
    assert set(named) <= variables


def test_reflectances_alone_have_wavelengths_in_micrometres(tmp_path):
    _, _, item = item_of(tmp_path / "Trial", bands=ALL_BANDS, layers=("aot",))
    for name, band in BANDS.items():
        (told,) = item["assets"][name]["eo:bands"]
        assert told["center_wavelength"] == pytest.approx(band.nominal.central_wavelength_nm / 1000)
        assert told["full_width_half_max"] == pytest.approx(band.nominal.bandwidth_nm / 1000)
    assert item["assets"]["B8A"]["eo:bands"][0]["common_name"] == "nir08"
    assert "eo:bands" not in item["assets"]["quality_aot"]


def test_classes_are_told_with_value_name_and_colour(item):
    (band,) = item["assets"]["quality_scene_classification"]["raster:bands"]
    (layer,) = LAYERS["scene_classification"].rasters
    assert [
        (told["value"], told["name"], told["title"], f"#{told['color_hint'].lower()}")
        for told in band["classification:classes"]
    ] == [(flag.value, flag.name, flag.title, flag.colour) for flag in layer.flags]
    assert "classification:classes" not in item["assets"]["B02"]["raster:bands"][0]


@pytest.mark.parametrize("format", FORMATS)
def test_every_file_but_the_item_and_the_checksums_is_an_asset_with_size_and_multihash(tmp_path, format):
    folder = tmp_path / "Trial"
    _, path, item = item_of(folder, format=format)
    by_name = {asset["href"].removeprefix("./"): asset for asset in item["assets"].values()}
    assert len(by_name) == len(item["assets"])
    assert set(by_name) == {file.name for file in folder.iterdir()} - {path.name, "checksums.sha256"}
    for name, asset in by_name.items():
        content = (folder / name).read_bytes()
        assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
        assert asset["file:size"] == len(content)


def test_assets_say_what_they_are_for(item):
    roles = {asset["href"].rpartition(".")[2]: asset["roles"] for asset in item["assets"].values()}
    assert roles == {
        "tiff": ["data"],
        "json": ["metadata"],
        "html": ["metadata"],
        "qml": ["metadata"],
        "vrt": ["visual"],
        "png": ["thumbnail", "overview"],
    }
    assert item["assets"]["thumbnail"]["type"] == "image/png"
    assert {"metadata", "provenance.json", "qc.json", "qc.html"} <= set(item["assets"])


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
def test_pystac_reads_the_item_and_finds_the_files(tmp_path, crs):
    account, path, _ = item_of(tmp_path / "Trial", crs=crs)
    item = pystac.Item.from_file(str(path))
    assert item.datetime is None
    assert item.common_metadata.start_datetime.isoformat() == "2018-03-01T00:00:00+00:00"
    assert item.common_metadata.end_datetime.isoformat() == "2018-03-31T23:59:59+00:00"
    assert item.common_metadata.gsd == 20
    assert item.ext.proj.epsg == account.grid.epsg
    assert shapely.geometry.shape(item.geometry).equals(account.grid.footprint)
    assert item.bbox == pytest.approx(list(account.grid.footprint.bounds))
    for asset in item.get_assets().values():
        assert Path(asset.get_absolute_href()).is_file()
    assert [provider.name for provider in item.common_metadata.providers] == [
        "European Union/ESA/Copernicus", "Mosaic Hub",
    ]  # fmt: skip


def test_the_item_names_the_scenes_it_derives_from_and_the_licence(tmp_path):
    account, _, item = item_of(tmp_path / "Trial", scenes=5)
    derived = [link for link in item["links"] if link["rel"] == "derived_from"]
    assert [(unquote(link["href"]), link["title"]) for link in derived] == [
        (granule.item_id, granule.identifier) for granule in account.granules
    ]
    (licence,) = [link for link in item["links"] if link["rel"] == "license"]
    assert licence["href"].startswith("https://sentinels.copernicus.eu/")


def test_an_id_that_is_no_url_is_escaped_in_its_link(tmp_path):
    folder = tmp_path / "Trial"
    account = account_of(folder, scenes=1)
    odd = replace(account.granules[0], item_id="scene: 1 <ä>/2")
    write_sidecars(folder, replace(account, granules=[odd]))
    item = json.loads(next(folder.glob("stac_*.json")).read_text())
    check(item)
    (link,) = [link for link in item["links"] if link["rel"] == "derived_from"]
    assert re.fullmatch(r"[\w.%-]+", link["href"], re.ASCII)
    assert unquote(link["href"]) == odd.item_id


def test_remarks_on_the_product_reach_the_item(tmp_path):
    _, _, item = item_of(
        tmp_path / "Trial", rejected=["Scene 1: B04.tif is cut short; it was left out."], notes=["No B11 ä."]
    )
    properties = item["properties"]
    assert properties["mosaic:notes"] == ["Scene 1: B04.tif is cut short; it was left out.", "No B11 ä."]
    assert "it was left out." in properties["description"]
    assert "3 Level-2A scenes of March 2018" in properties["processing:lineage"]
    assert "modified Copernicus Sentinel data 2018" in properties["processing:lineage"]
    assert properties["processing:level"] == "L3"


def test_the_item_does_not_depend_on_when_it_was_made(tmp_path):
    account = account_of(tmp_path / "Trial")
    sums = {file.path: sha256(file.path) for file in account.files}
    assert stac_item(account, [], sums) == stac_item(account, [], sums)
