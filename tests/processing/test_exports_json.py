"""A series as JSON: the spec to ask again, what the columns hold, the steps as they are."""

import json

from series_steps import composites, series

from processing import __version__
from processing.layers import RASTERS
from processing.pixels.exports import to_json
from processing.pixels.series_spec import SeriesSpec


def test_the_document_holds_spec_version_columns_and_steps():
    spec = series()
    document = json.loads(json.dumps(to_json(spec, iter(composites(spec))), allow_nan=False))
    assert SeriesSpec.parse(document["series"]) == spec
    assert document["software"] == f"Mosaic Hub v{__version__}"
    assert document["attribution"] == "Contains modified Copernicus Sentinel data 2023"
    assert document["steps"] == composites(spec)


def test_a_column_tells_its_unit_its_raster_and_its_classes():
    columns = {column["name"]: column for column in to_json(series(), [])["columns"]}
    assert columns["longitude"]["unit"] == "degrees_east"
    assert columns["sun_azimuth"] == {
        "name": "sun_azimuth", "title": RASTERS["sun_azimuth"].title, "unit": "degree", "raster": "sun_azimuth",
    }  # fmt: skip
    assert columns["quality_scene_classification"]["raster"] == "scene_classification"
    assert columns["quality_scene_classification"]["classes"]["4"] == "Vegetation"
    assert columns["ndvi"]["title"].endswith("(B08 - B04) / (B08 + B04)")


def test_years_of_the_data_are_named_from_the_first_to_the_last():
    assert to_json(series(start="2021-06-01"), [])["attribution"].endswith("data 2021-2023")
