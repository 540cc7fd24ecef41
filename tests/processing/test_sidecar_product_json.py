"""S2GM's product JSON: its keys, and that the product can be opened by it alone."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from accounts import ALL_BANDS, ALL_LAYERS, SUFFIX, TITLE, account_of, pixels_of, scenes_of_march_2018
from accounts import SMALL_GRIDS as GRIDS

from processing.account import Publisher
from processing.layers import LAYERS, output_layers
from processing.sidecars import write_sidecars
from processing.sidecars.product_json import product_metadata

FORMATS = ("geotiff", "jp2", "netcdf")
AFFINE_ELEMENT = re.compile(r'"(elt_\d_\d)", ([-+.\de]+)\]')
# In the order of S2GM's example product.
KEYS = [
    "Title", "Summary", "Project", "Institution", "References", "Contact", "License", "Creator_url",
    "Creator_email", "Metadata_version", "Processing_baseline", "Processing_name", "Compositing_period",
    "Processing_steps", "Processing_configuration", "Resource_locator", "Sensor_list", "Mosaicking_period_start",
    "Mosaicking_period_end", "First_product_date", "Last_product_date", "Resolution_distance", "Date_of_creation",
    "Geometry", "Band_interpretations", "Source_product_list",
]  # fmt: skip
# S2GM's 22: name, no data and scale factor as its product guide and example metadata have them.
S2GM_LAYERS = {
    **dict.fromkeys(ALL_BANDS, (65535, 1e-4)),
    "quality_aot": (65535, 0.001),
    "quality_cloud_confidence": (255, 1),
    "quality_snow_confidence": (255, 1),
    "quality_scene_classification": (255, 1),
    "sun_zenith": (-32768, 0.01),
    "sun_azimuth": (-32768, 0.01),
    "view_zenith_mean": (-32768, 0.01),
    "view_azimuth_mean": (-32768, 0.01),
    "source_index": (-1, 1),
    "valid_obs": (255, 1),
    "medoid_mos": (65535, 1e-4),
}


def metadata_of(folder, **changes):
    account = account_of(folder, **changes)
    write_sidecars(folder, account)
    return account, json.loads((folder / f"metadata_{SUFFIX}.json").read_text(encoding="utf-8"))


def open_by_json(path: Path):
    """Open a product as a reader does that knows nothing but its JSON.

    Returns the JSON, and by layer the stored numbers and the values, NaN where there is no data. Raises
    ValueError where a file is not as the JSON says.
    """
    metadata = json.loads(path.read_text(encoding="utf-8"))
    layers = {}
    for band in metadata["Band_interpretations"]:
        file = path.parent / band["File_path"]
        name = f'NETCDF:"{file}":{band["Name"]}' if band["File_format"] == "NetCDF" else str(file)
        with rasterio.open(name) as dataset:
            if problem := _mismatch(dataset, band, metadata["Geometry"]):
                raise ValueError(f"{band['Name']}: {problem}")
            stored = dataset.read(1)
        values = np.where(stored == band["No_data_value"], np.nan, stored * band["Scaling_factor"])
        layers[band["Name"]] = (stored, values)
    return metadata, layers


def _mismatch(dataset, band, geometry):
    """What of the JSON is not so in the file, "" if all is."""
    place = {name: float(number) for name, number in AFFINE_ELEMENT.findall(geometry["Projection_parameter"])}
    told = [place.get(name, np.nan) for name in ("elt_0_0", "elt_0_2", "elt_1_1", "elt_1_2")]
    transform = dataset.transform
    west, south, east, north = dataset.bounds
    corners = [[west, north], [east, north], [east, south], [west, south], [west, north]]
    found = {
        "size": (dataset.width, dataset.height) == (geometry["Image_width"], geometry["Image_height"]),
        "CRS": f"EPSG:{dataset.crs.to_epsg()}" == geometry["CRS"],
        "affine": np.allclose(told, [transform.a, transform.c, transform.e, transform.f], rtol=1e-12, atol=0),
        "boundary": np.allclose(geometry["Boundary"], corners, rtol=1e-12, atol=0),
        "no data": dataset.nodata == band["No_data_value"],
        "scale": np.isclose(dataset.scales[0], band["Scaling_factor"], rtol=1e-9) and dataset.offsets[0] == 0,
    }
    return ", ".join(name for name, same in found.items() if not same)


def test_the_metadata_have_the_keys_of_s2gm_in_its_order(tmp_path):
    _, metadata = metadata_of(tmp_path / "Trial")
    assert list(metadata) == KEYS
    assert list(metadata["Geometry"]) == ["Image_width", "Image_height", "CRS", "Projection_parameter", "Boundary"]
    blue, *_, last = metadata["Band_interpretations"]
    others = ["Unit", "No_data_value", "Scaling_factor", "File_path", "File_format"]
    assert list(blue) == ["Name", "Description", "Spectral_information", *others]
    assert list(blue["Spectral_information"]) == ["S2_nominal", "S2A", "S2B"]
    assert all(list(of) == ["Central_wavelength", "Bandwidth"] for of in blue["Spectral_information"].values())
    assert list(last) == ["Name", "Description", *others]


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_reader_opens_the_whole_product_by_its_json_alone(tmp_path, format, crs):
    """A1-068: all that S2GM's reader for SNAP had was the JSON."""
    layers = tuple(LAYERS)
    rasters = output_layers(type("Ordered", (), {"bands": ALL_BANDS, "layers": layers}))
    pixels = pixels_of(GRIDS[crs], rasters, 3)
    account = account_of(tmp_path / "Trial", format=format, crs=crs, bands=ALL_BANDS, layers=layers, pixels=pixels)
    write_sidecars(tmp_path / "Trial", account)
    moved = (tmp_path / "Trial").rename(tmp_path / "Moved elsewhere")
    metadata, opened = open_by_json(moved / f"metadata_{SUFFIX}.json")
    assert list(opened) == [layer.prefix for layer in rasters]
    for layer in rasters:
        stored, values = opened[layer.prefix]
        np.testing.assert_array_equal(stored, pixels[layer.name])
        assert np.array_equal(np.isnan(values), pixels[layer.name] == layer.nodata)
    used = set(np.unique(opened["source_index"][0]).tolist()) - {-1}
    assert {str(number) for number in used} <= set(metadata["Source_product_list"])


@pytest.mark.parametrize(
    ("part", "key", "wrong", "told"),
    [
        ("geometry", "Image_width", 7, "size"),
        ("geometry", "CRS", "EPSG:32634", "CRS"),
        ("geometry", "Projection_parameter", "", "affine"),
        ("geometry", "Boundary", [[0, 0]] * 5, "boundary"),
        ("band", "No_data_value", 0, "no data"),
        ("band", "Scaling_factor", 1, "scale"),
    ],
)
def test_the_reader_notices_a_json_that_does_not_fit_the_files(tmp_path, part, key, wrong, told):
    _, metadata = metadata_of(tmp_path / "Trial", bands=("B04",), layers=())
    (metadata["Geometry"] if part == "geometry" else metadata["Band_interpretations"][0])[key] = wrong
    path = tmp_path / "Trial" / f"metadata_{SUFFIX}.json"
    path.write_text(json.dumps(metadata))
    with pytest.raises(ValueError, match=f"^B04: {told}$"):
        open_by_json(path)


def test_the_22_layers_of_s2gm_are_told_by_its_names_with_its_no_data_and_scales(tmp_path):
    """A1-036"""
    _, metadata = metadata_of(tmp_path / "Trial", bands=ALL_BANDS, layers=ALL_LAYERS)
    told = {
        band["Name"]: (band["No_data_value"], pytest.approx(band["Scaling_factor"]))
        for band in metadata["Band_interpretations"]
    }
    assert {name: told[name] for name in S2GM_LAYERS} == S2GM_LAYERS
    assert len(S2GM_LAYERS) == 22


@pytest.mark.parametrize("format", ["geotiff", "jp2"])
def test_every_data_file_is_named_once(tmp_path, format):
    """A1-062"""
    account, metadata = metadata_of(tmp_path / "Trial", format=format)
    named = [band["File_path"] for band in metadata["Band_interpretations"]]
    assert sorted(named) == sorted(path.name for path in (tmp_path / "Trial").glob(f"*.{account.written_as.extension}"))
    assert all(name.startswith(f"{band['Name']}_{SUFFIX}.") for name, band in zip(
        named, metadata["Band_interpretations"], strict=True
    ))  # fmt: skip


def test_all_layers_of_a_netcdf_product_are_in_its_one_file(tmp_path):
    _, metadata = metadata_of(tmp_path / "Trial", format="netcdf")
    assert {band["File_path"] for band in metadata["Band_interpretations"]} == {f"{SUFFIX}.nc"}
    assert {band["File_format"] for band in metadata["Band_interpretations"]} == {"NetCDF"}


def test_only_reflectances_have_wavelengths_and_b05_has_its_own(tmp_path):
    _, metadata = metadata_of(tmp_path / "Trial", bands=ALL_BANDS, layers=ALL_LAYERS)
    spectra = {
        band["Name"]: band["Spectral_information"]
        for band in metadata["Band_interpretations"]
        if "Spectral_information" in band
    }
    assert set(spectra) == set(ALL_BANDS)
    # S2GM's example repeats those of B04 here.
    assert spectra["B05"]["S2A"] == {"Central_wavelength": 704.1, "Bandwidth": 15}
    assert spectra["B05"]["S2B"] == {"Central_wavelength": 703.8, "Bandwidth": 16}
    assert len({json.dumps(of) for of in spectra.values()}) == 11


def test_the_metadata_tell_the_order_and_its_scenes(tmp_path):
    account, metadata = metadata_of(tmp_path / "Trial", scenes=4, method="latest")
    assert metadata["Title"] == TITLE
    assert metadata["Processing_name"] == "latest"
    assert metadata["Compositing_period"] == "Monthly"
    assert (metadata["Mosaicking_period_start"], metadata["Mosaicking_period_end"]) == ("2018-03-01", "2018-03-31")
    assert (metadata["First_product_date"], metadata["Last_product_date"]) == ("2018-03-02", "2018-03-11")
    assert metadata["Sensor_list"] == "S2A, S2B"
    assert metadata["Resolution_distance"] == 20
    assert "modified Copernicus Sentinel data 2018" in metadata["License"]
    assert metadata["Source_product_list"] == {
        str(number): granule.identifier for number, granule in enumerate(scenes_of_march_2018(4))
    }


def test_a_single_scene_gives_one_date_and_one_sensor(tmp_path):
    _, metadata = metadata_of(tmp_path / "Trial", scenes=1)
    assert metadata["First_product_date"] == metadata["Last_product_date"] == "2018-03-02"
    assert metadata["Sensor_list"] == "S2A"


def test_the_date_of_creation_is_now_in_utc(tmp_path):
    before = datetime.now(UTC).replace(microsecond=0)
    _, metadata = metadata_of(tmp_path / "Trial")
    made = datetime.fromisoformat(metadata["Date_of_creation"])
    assert before <= made <= datetime.now(UTC)
    assert made.utcoffset().total_seconds() == 0


def test_what_was_left_out_and_done_otherwise_stands_in_the_summary(tmp_path):
    left_out, note = 'Scene "ä" & <b> is cut short; it was left out.', "No swath edge was cut."
    _, metadata = metadata_of(tmp_path / "Trial", rejected=[left_out], notes=[note])
    assert metadata["Summary"] == f"Sentinel-2 mosaic of March 2018, real observations only. {left_out} {note}"
    _, plain = metadata_of(tmp_path / "Plain")
    assert plain["Summary"] == "Sentinel-2 mosaic of March 2018, real observations only."


def test_who_answers_for_the_product_is_told_where_it_is_known(tmp_path):
    account = account_of(tmp_path)
    assert product_metadata(account)["Institution"] == "Mosaic Hub"
    named = product_metadata(
        replace(account, publisher=Publisher("Institute of Maps", "maps@example.org", "https://example.org/"))
    )
    assert [named[key] for key in ("Institution", "Contact", "Creator_url", "Creator_email", "Resource_locator")] == [
        "Institute of Maps", "maps@example.org", "https://example.org/", "maps@example.org", "https://example.org/",
    ]  # fmt: skip
