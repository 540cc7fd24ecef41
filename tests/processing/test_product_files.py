"""A whole product, file by file: what S2GM delivered, in each of its formats."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from netCDF4 import Dataset
from pyproj import CRS

from processing import __version__
from processing.layers import LAYERS, output_layers
from processing.mosaic import Limits, base_folder_name, make_product, plan_products, split
from processing.sentinel2 import BANDS
from processing.sources import open_source
from processing.spec import MosaicSpec

S2GM_LAYERS = [layer.name for layer in LAYERS.values() if layer.group != "history"]
EXTENSIONS = {"geotiff": "tiff", "jp2": "jp2", "netcdf": "nc"}


@pytest.fixture(scope="module", params=["utm", "wgs84"])
def products(request, archive, small_area, tmp_path_factory):
    """The same order of all 22 layers and ours, made in every format: (spec, MadeProduct) by format."""
    made = {}
    for written_as in EXTENSIONS:
        spec = MosaicSpec.parse(
            {
                "name": "Whole product",
                "area": small_area,
                "period": {"kind": "quarter", "start": "2024-04-01"},
                "resolution": 20,
                "crs": request.param,
                "bands": list(BANDS),
                "layers": list(LAYERS),
                "format": written_as,
            }
        )
        source = open_source(str(archive))
        (plan,) = plan_products(spec, source)
        folder = tmp_path_factory.mktemp(written_as)
        made[written_as] = (
            spec,
            make_product(spec, plan, source=source, into=folder, order_number="385", limits=Limits(threads=2)),
        )
    return made


def opened(product, written_as, layer):
    """What GDAL opens for a layer."""
    suffix = "Q20_20240401_Whole_product"
    if written_as == "netcdf":
        return f'NETCDF:"{product.folder}/{suffix}.nc":{layer.prefix}'
    return str(product.folder / f"{layer.prefix}_{suffix}.{EXTENSIONS[written_as]}")


def test_the_base_folder_is_named_as_s2gm_named_it(products):
    """A1-060: T and SS, first and last day, order name, STD, version, number."""
    for _, product in products.values():
        assert product.folder.parent.name == f"S2GM_Q20_20240401_20240630_Whole_product_STD_v{__version__}_385"


def test_the_sub_folder_is_the_order_or_the_granule(products):
    """A1-061."""
    assert {product.folder.name for _, product in products.values()} == {"Whole_product"}
    large = MosaicSpec.parse(
        products["jp2"][0].to_json()
        | {"crs": "utm", "area": shapely.geometry.mapping(shapely.box(15.3, 45.2, 16.2, 46.9))}
    )
    assert [plan.name for plan in split(large)] == ["33TWL", "33TWM"]
    assert base_folder_name(large, "7").endswith("_7")


def test_only_utm_orders_beyond_a_tile_are_split():
    """A1-065."""

    def pieces(crs, *box):
        order = {"name": "Large", "area": shapely.geometry.mapping(shapely.box(*box)), "resolution": 60}
        order |= {"period": {"kind": "month", "start": "2024-04-01"}, "crs": crs, "bands": ["B02"]}
        return len(split(MosaicSpec.parse(order)))

    assert pieces("utm", 15.3, 45.2, 16.2, 46.9) > 1
    assert pieces("wgs84", 15.3, 45.2, 16.2, 46.9) == 1
    assert pieces("utm", 15.3, 45.2, 16.2, 46.0) == 1


@pytest.mark.parametrize("written_as", ["geotiff", "jp2"])
def test_geotiff_and_jp2_have_one_file_per_layer_and_one_metadata_json(products, written_as):
    """A1-062."""
    spec, product = products[written_as]
    suffix, extension = "Q20_20240401_Whole_product", EXTENSIONS[written_as]
    found = {path.name for path in product.folder.glob(f"*.{extension}")}
    assert found == {f"{layer.prefix}_{suffix}.{extension}" for layer in output_layers(spec)}
    assert len(found) == 22 + 7
    assert [path.name for path in product.folder.glob("metadata_*")] == [f"metadata_{suffix}.json"]


def test_netcdf_has_one_file_with_all_layers(products):
    """A1-063, A1-064, A1-067."""
    spec, product = products["netcdf"]
    (path,) = product.folder.glob("*.nc")
    assert path.name == "Q20_20240401_Whole_product.nc"
    with Dataset(path) as dataset:
        assert {layer.prefix for layer in output_layers(spec)} <= set(dataset.variables)
        assert {"time", "y", "x", "bnds"} <= set(dataset.dimensions)
        assert dataset["lat"].dimensions == dataset["lon"].dimensions == ("y", "x")
        assert {"id", "title", "Conventions"} <= set(dataset.ncattrs())


def test_inspire_xml_stands_in_the_base_folder(products):
    """A1-066, A1-067."""
    for _, product in products.values():
        root = ElementTree.parse(product.folder.parent / "inspire.xml").getroot()
        assert root.tag == "{http://www.isotc211.org/2005/gmd}MD_Metadata"


def test_every_format_says_the_same(products):
    """CRS, transform, size, no-data and numbers of each layer, as GDAL reads them."""
    for layer in output_layers(products["geotiff"][0]):
        seen = {}
        for written_as, (_, product) in products.items():
            with rasterio.open(opened(product, written_as, layer)) as dataset:
                assert CRS.from_user_input(dataset.crs.to_wkt()).to_epsg() in (4326, 32633)
                place = np.round(tuple(dataset.transform)[:6], 9).tolist()
                seen[written_as] = (dataset.crs.to_epsg(), place, dataset.shape, dataset.nodata)
                numbers = dataset.read(1).astype(np.int64)
            if written_as == "geotiff":
                wanted = numbers
            np.testing.assert_array_equal(numbers, wanted, err_msg=f"{layer.name} in {written_as}")
        assert seen["jp2"] == seen["netcdf"] == seen["geotiff"], layer.name


def test_each_pixel_is_counted_once(products):
    """Valid and rejected observations together are the overpasses that cover the pixel."""
    spec, product = products["geotiff"]
    total = None
    for layer in output_layers(spec):
        if layer.name == "valid_obs" or layer.name.startswith("rejected_obs"):
            with rasterio.open(opened(product, "geotiff", layer)) as dataset:
                numbers = dataset.read(1).astype(np.int64)
            total = numbers if total is None else total + numbers
    assert total.max() == 4
    assert total.min() >= 1


def test_the_checksums_are_accepted_by_sha256sum(products):
    for _, product in products.values():
        done = subprocess.run(
            ["sha256sum", "-c", "--strict", "checksums.sha256"],
            cwd=product.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        listed = {line.split("  ")[1] for line in (product.folder / "checksums.sha256").read_text().splitlines()}
        assert listed == {path.name for path in product.folder.iterdir()} - {"checksums.sha256"}


def test_what_was_made_is_what_lies_there(products):
    for _, product in products.values():
        root = product.folder.parents[1]
        listed = {root / file.name for file in product.files}
        found = {path for path in root.rglob("*") if path.is_file()}
        assert listed == found
        for file in product.files:
            assert (root / file.name).stat().st_size == file.size_bytes > 0
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)


def test_quality_control_goes_with_the_product(products):
    """A1-090: what was checked of scenes, pixels and files is told."""
    for _, product in products.values():
        told = json.loads((product.folder / "qc.json").read_text())
        assert told["deliverable"] is True
        assert {check["level"] for check in told["checks"]} >= {"input", "pixel", "L0", "L1"}
        assert "<html" in (product.folder / "qc.html").read_text()
        assert product.statistics["quality"]["checks_made"] == len(told["checks"])


def test_no_file_tells_where_it_was_made(products):
    for _, product in products.values():
        place = str(product.folder.parents[2]).encode()
        for path in Path(product.folder.parent).rglob("*.*"):
            if path.is_file():
                assert place not in path.read_bytes(), path.name
