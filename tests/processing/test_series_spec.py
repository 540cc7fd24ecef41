"""What a series can be asked for, and every refusal with its field and remedy."""

from datetime import date

import pytest

from processing.errors import InvalidOrder
from processing.pixels.series_spec import DEFAULT_LAYERS, QUALITY_LAYERS, SeriesSpec
from processing.sentinel2 import BANDS

TODAY = date(2024, 8, 15)
ASKED = {
    "name": "Field 12",
    "place": {"lon": 15.1, "lat": 46.2, "pixels": 3},
    "kind": "month",
    "start": "2023-01-01",
    "end": "2023-12-31",
}
FIELD = {"type": "Polygon", "coordinates": [[[15.0, 46.0], [15.1, 46.0], [15.1, 46.1], [15.0, 46.0]]]}
OF_AREA = {"contents": "statistics", "place": None, "area": FIELD}
WIDE = {"type": "Polygon", "coordinates": [[[15.0, 46.0], [16.0, 46.0], [16.0, 47.0], [15.0, 46.0]]]}
AT_180 = {"type": "Polygon", "coordinates": [[[179.9, 60.0], [180.0, 60.0], [180.0, 60.1], [179.9, 60.0]]]}
VERY_WIDE = {"type": "Polygon", "coordinates": [[[10.0, 46.0], [17.0, 46.0], [17.0, 47.0], [10.0, 46.0]]]}


def problems(**changes):
    """Messages by field of a series with ``changes``; a key of None is left out."""
    asked = {key: value for key, value in (ASKED | changes).items() if value is not None}
    with pytest.raises(InvalidOrder) as refused:
        SeriesSpec.parse(asked, today=TODAY)
    return {problem.field: problem.message for problem in refused.value.problems}


def test_a_series_survives_json():
    spec = SeriesSpec.parse(ASKED, today=TODAY)
    assert SeriesSpec.parse(spec.to_json(), today=TODAY) == spec
    assert SeriesSpec.parse(spec.to_json(), today=TODAY).digest() == spec.digest()
    assert SeriesSpec.parse(ASKED | {"end": "2023-12-30"}, today=TODAY).digest() != spec.digest()


def test_all_bands_and_the_columns_of_s2gm_are_asked_for_by_default():
    spec = SeriesSpec.parse({key: ASKED[key] for key in ("place", "start", "end")}, today=TODAY)
    assert spec.bands == tuple(BANDS)
    assert spec.layers == DEFAULT_LAYERS == (*QUALITY_LAYERS, "observation_date", "method")
    assert (spec.contents, spec.kind, spec.resolution, spec.crs, spec.method) == (
        "composites",
        "month",
        10,
        "utm",
        "s2gm",
    )


def test_a_series_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        SeriesSpec.parse(ASKED, today=TODAY).resolution = 20


@pytest.mark.parametrize(
    ("kind", "start", "end", "first", "last", "count"),
    [
        ("month", "2023-01-01", "2023-12-31", "2023-01-01", "2023-12-31", 12),
        ("month", "2023-01-02", "2023-12-01", "2023-02-01", "2023-12-31", 11),
        ("year", "2018-01-01", "2023-01-01", "2018-01-01", "2023-12-31", 6),
        ("quarter", "2023-01-15", "2024-01-15", "2023-04-01", "2024-03-31", 4),
        ("dekad", "2023-02-11", "2023-03-10", "2023-02-11", "2023-03-10", 3),
        ("day", "2023-02-27", "2023-03-01", "2023-02-27", "2023-03-01", 3),
        ("month", "2015-06-01", "2015-06-30", "2015-06-01", "2015-06-30", 1),
        ("month", "2024-08-01", "2024-08-15", "2024-08-01", "2024-08-31", 1),
    ],
)
def test_the_periods_are_those_that_begin_in_the_range(kind, start, end, first, last, count):
    spec = SeriesSpec.parse(ASKED | {"kind": kind, "start": start, "end": end}, today=TODAY)
    assert (str(spec.first_day), str(spec.last_day)) == (first, last)
    assert len(spec.periods) == spec.steps_expected == count
    assert all(before.next() == after for before, after in zip(spec.periods, spec.periods[1:], strict=False))


def test_observations_are_of_all_days_asked_for():
    spec = SeriesSpec.parse(ASKED | {"contents": "observations", "start": "2023-01-02"}, today=TODAY)
    assert (spec.first_day, spec.last_day, spec.periods) == (date(2023, 1, 2), date(2023, 12, 31), ())


@pytest.mark.parametrize("epsg", [None, 32632, 32633, 32634])
def test_the_grid_holds_the_point_in_its_middle(epsg):
    grid = SeriesSpec.parse(ASKED | {"epsg": epsg}, today=TODAY).grid
    assert (grid.epsg, grid.width, grid.height, grid.resolution_m) == (epsg or 32633, 3, 3, 10)


@pytest.mark.parametrize("lat", [-80, -33, 0, 83.9, 84])
@pytest.mark.parametrize("lon", [-179, 0, 15, 180])
def test_every_place_where_mosaics_are_has_a_grid_and_an_order(lon, lat):
    asked = ASKED | {"place": {"lon": lon, "lat": lat, "pixels": 3}, "resolution": 60, "crs": "wgs84"}
    spec = SeriesSpec.parse(asked, today=TODAY)
    assert spec.mosaic(spec.periods[0]).geometry.within(spec.grid.footprint.buffer(1e-9))


def test_the_order_of_a_period_is_the_series_own_mosaic():
    spec = SeriesSpec.parse(
        ASKED | {"method": "medoid", "mask": "scl-strict", "resolution": 20, "crs": "wgs84"}, today=TODAY
    )
    order = spec.mosaic(spec.periods[2])
    assert (order.method, order.mask, order.resolution, order.crs) == ("medoid", "scl-strict", 20, "wgs84")
    assert (order.period, order.bands, order.layers) == (spec.periods[2], spec.bands, spec.layers)
    assert order.geometry.intersects(spec.geometry)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"start": "2023-12-31", "end": "2023-01-01"}, "end", "lies before the start, 2023-12-31"),
        ({"start": None}, "start", "is missing"),
        ({"start": 20230101}, "start", "YYYY-MM-DD"),
        ({"end": "31.12.2023"}, "end", "YYYY-MM-DD"),
        ({"end": "2023-02-30"}, "end", "YYYY-MM-DD"),
        ({"end": "2023-12-31T00:00:00"}, "end", "YYYY-MM-DD"),
        ({"end": "9999-12-31"}, "end", "future"),
        ({"end": "2024-08-16"}, "end", "lies in the future; today is 2024-08-15"),
        ({"start": "2024-09-01", "end": "2024-09-30"}, "start", "lies in the future"),
        ({"start": "2014-01-01", "end": "2014-12-31"}, "start", "start on 2015-06-01 or later"),
        ({"contents": "observations", "start": "2015-06-01"}, "start", "start on 2015-06-23 or later"),
        ({"kind": "year", "start": "2023-02-01"}, "start", "no year begins between"),
        ({"kind": "day", "start": "2016-01-01"}, "end", "more than 400 periods"),
        ({"kind": "week"}, "kind", "must be"),
        ({"contents": "everything"}, "contents", "must be"),
        ({"place": None}, "place", "is missing"),
        ({"place": {"lon": float("nan"), "lat": 46}}, "place.lon", "number"),
        ({"place": {"lon": 15, "lat": float("inf")}}, "place.lat", "number"),
        ({"place": {"lon": "15", "lat": 46}}, "place.lon", "number"),
        ({"place": {"lon": True, "lat": 46}}, "place.lon", "number"),
        ({"place": {"lon": 10**400, "lat": 46}}, "place.lon", ""),
        ({"place": {"lon": 181, "lat": 46}}, "place.lon", "at most 180 degrees"),
        ({"place": {"lon": 15, "lat": 84.5}}, "place.lat", "at most 84 degrees"),
        ({"place": {"lon": 179.99999, "lat": 46}}, "place.lon", "180th meridian"),
        (OF_AREA | {"area": AT_180}, "area", "180th meridian"),
        ({"place": {"lon": 15, "lat": 46, "pixels": 5}}, "place.pixels", "must be 1 or 3"),
        ({"place": {"lon": 15}}, "place.lat", "is missing"),
        ({"place": {"lon": 15, "lat": 46, "radius": 3}}, "place.radius", "not a key"),
        ({"place": [15, 46]}, "place", "must be a JSON object"),
        ({"area": FIELD}, "area", "leave it out"),
        ({"contents": "statistics", "place": None}, "area", "is missing"),
        ({"contents": "statistics", "area": FIELD}, "place", "leave it out"),
        (OF_AREA | {"area": {"type": "Point", "coordinates": [1, 2]}}, "area", "Polygon"),
        (OF_AREA | {"area": WIDE}, "area", "4 million are the most"),
        (OF_AREA | {"area": VERY_WIDE, "resolution": 60}, "area", "7 degrees wide"),
        (OF_AREA | {"bands": []}, "bands", "at least one band"),
        ({"resolution": 30}, "resolution", "10, 20 or 60"),
        ({"resolution": "10"}, "resolution", "10, 20 or 60"),
        ({"crs": "lambert"}, "crs", "must be"),
        ({"crs": "wgs84", "epsg": 32633}, "epsg", "leave it out"),
        ({"epsg": 3857}, "epsg", "UTM zone"),
        ({"epsg": 32733.5}, "epsg", "whole number"),
        ({"epsg": 32601}, "place.lon", "too far"),
        ({"bands": ["B99"]}, "bands", "not a band"),
        ({"bands": ["B02", "B02"]}, "bands", "twice"),
        ({"bands": ["B02"] * 100}, "bands", "more than there are"),
        ({"bands": 7}, "bands", "list of names"),
        ({"bands": [], "layers": []}, "bands", "at least one"),
        ({"layers": ["ndvi"]}, "layers", "not a layer"),
        ({"method": "best"}, "method", "not a method"),
        ({"method_options": {"threshold": 1}}, "method_options", "threshold"),
        ({"method_options": {"speed": 1}}, "method_options", "not an option"),
        ({"mask": "none"}, "mask", "not a mask"),
        ({"name": "=1+1"}, "name", "must begin with a letter"),
        ({"name": "x" * 65}, "name", "longer than 64"),
        ({"format": "csv"}, "format", "not a key of a series"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_field(changes, field, words):
    found = problems(**changes)
    assert field in found
    assert words in found[field]


def test_every_problem_is_named_at_once():
    found = problems(bands=["B99"], mask="none", place={"lon": 500, "lat": 46}, end="tomorrow")
    assert set(found) == {"bands", "mask", "place.lon", "end"}


@pytest.mark.parametrize("asked", [None, [], "series", 7])
def test_only_an_object_is_a_series(asked):
    with pytest.raises(InvalidOrder, match="JSON object"):
        SeriesSpec.parse(asked)


def test_a_million_wrong_names_make_one_problem():
    assert problems(layers=["x"] * 1_000_000) == {"layers": "names 1000000, more than there are"}


def test_a_spec_that_is_built_by_hand_is_checked_too():
    with pytest.raises(ValueError, match="B99"):
        SeriesSpec(place={"lon": 1, "lat": 2}, start="2023-01-01", end="2023-12-31", bands=("B99",))
