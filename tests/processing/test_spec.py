"""The one definition of an order: what is accepted, what is refused, at which field and with which remedy."""

import json
from datetime import date

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processing.errors import InvalidOrder
from processing.layers import LAYERS
from processing.registry import names
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

TODAY = date(2024, 10, 1)


def refusal(order):
    """The problems of a refused order, message by field."""
    with pytest.raises(InvalidOrder) as refused:
        MosaicSpec.parse(order, today=TODAY)
    assert "\n" not in str(refused.value)
    return {problem.field: problem.message for problem in refused.value.problems}


def test_an_order_survives_the_round_trip_through_json(order):
    spec = MosaicSpec.parse(order())
    again = MosaicSpec.parse(json.loads(json.dumps(spec.to_json())))
    assert again == spec
    assert again.digest() == spec.digest()


def test_an_area_given_as_tuples_survives_the_round_trip_too(order):
    spec = MosaicSpec.parse(order(area=shapely.geometry.mapping(shapely.box(15, 46, 15.1, 46.1))))
    assert MosaicSpec.parse(json.loads(json.dumps(spec.to_json()))) == spec


def test_the_order_of_the_keys_does_not_change_the_digest(order):
    turned = dict(reversed(order().items()))
    assert MosaicSpec.parse(turned).digest() == MosaicSpec.parse(order()).digest()


@pytest.mark.parametrize("changes", [{"name": "Other"}, {"resolution": 60}, {"bands": ["B02"]}, {"method": "latest"}])
def test_another_order_has_another_digest(order, changes):
    assert MosaicSpec.parse(order(**changes)).digest() != MosaicSpec.parse(order()).digest()


def test_what_may_be_left_out_has_a_default(order):
    spec = MosaicSpec.parse(order(crs=None, layers=None, method=None, format=None))
    assert (spec.crs, spec.layers, spec.method, spec.format) == ("utm", (), "s2gm", "geotiff")


def test_the_threshold_and_the_mask_are_part_of_the_order(order):
    """A1-081."""
    chosen = MosaicSpec.parse(order(method="s2gm-1.0", method_options={"threshold": 6}, mask="scl-strict"))
    assert MosaicSpec.parse(chosen.to_json()) == chosen
    assert (chosen.method_options, chosen.mask) == ({"threshold": 6}, "scl-strict")
    assert chosen.digest() != MosaicSpec.parse(order(method="s2gm-1.0")).digest()


def test_orders_stored_before_there_were_options_are_still_orders(order):
    spec = MosaicSpec.parse(order())
    assert (spec.method_options, spec.mask) == ({}, None)


def test_a_spec_cannot_be_changed(order):
    with pytest.raises(ValueError, match="frozen"):
        MosaicSpec.parse(order()).name = "Other"


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"name": None}, "name", "is missing"),
        ({"name": 5}, "name", "must be text"),
        ({"name": ""}, "name", "must begin with a letter or digit"),
        ({"name": "../etc"}, "name", "must begin with a letter or digit"),
        ({"name": "a/b"}, "name", "only letters"),
        ({"name": "a\n"}, "name", "only letters"),
        ({"name": "a\0"}, "name", "only letters"),
        ({"name": "x" * 65}, "name", "longer than 64"),
        ({"area": "POLYGON ((0 0, 1 0, 1 1, 0 0))"}, "area", "must be a JSON object"),
        ({"area": {"type": "Point", "coordinates": [1, 2]}}, "area", "give a GeoJSON Polygon"),
        ({"period": "August"}, "period", "must be a JSON object"),
        ({"period": {"kind": "week", "start": "2023-08-01"}}, "period.kind", "'dekad'"),
        ({"period": {"kind": "month"}}, "period.start", "is missing"),
        ({"period": {"kind": "month", "start": "1 August"}}, "period.start", "YYYY-MM-DD"),
        ({"period": {"kind": "month", "start": "2023-02-30"}}, "period.start", "YYYY-MM-DD"),
        ({"period": {"kind": "month", "start": 1690848000}}, "period.start", "YYYY-MM-DD"),
        ({"period": {"kind": "month", "start": "2023-08-15"}}, "period.start", "starts on 2023-08-01"),
        ({"period": {"kind": "dekad", "start": "2023-08-10"}}, "period.start", "starts on 2023-08-01"),
        ({"period": {"kind": "month", "start": "2024-11-01"}}, "period.start", "lies in the future"),
        ({"period": {"kind": "day", "start": "9999-12-31"}}, "period.start", "lies in the future"),
        ({"period": {"kind": "month", "start": "2015-05-01"}}, "period", "2015-06-23"),
        ({"period": {"kind": "day", "start": "2023-08-01", "end": 1}}, "period.end", "its keys are kind, start"),
        ({"resolution": 15}, "resolution", "must be 10, 20 or 60"),
        ({"resolution": "10"}, "resolution", "must be 10, 20 or 60"),
        ({"resolution": True}, "resolution", "must be 10, 20 or 60"),
        ({"crs": "EPSG:32633"}, "crs", "must be 'utm' or 'wgs84'"),
        ({"bands": ["B02", "B09"]}, "bands", "choose from B01, B02"),
        ({"bands": ["B02", "B02"]}, "bands", "names B02 twice"),
        ({"bands": "B02"}, "bands", "must be a list"),
        ({"bands": [2]}, "bands.0", "must be text"),
        ({"bands": [], "layers": []}, "bands", "choose at least one"),
        ({"layers": ["clouds"]}, "layers", "choose from aot"),
        ({"method": "median"}, "method", "choose from"),
        ({"format": "png"}, "format", "choose from"),
        ({"mask": "none"}, "mask", "choose from scl"),
        ({"mask": 4}, "mask", "must be text"),
        ({"method_options": {"limit": 4}}, "method_options", "not an option of the method s2gm; it has threshold"),
        ({"method": "latest", "method_options": {"threshold": 4}}, "method_options", "it has none"),
        ({"method_options": {"threshold": 1}}, "method_options", "from 2 to 100, not 1"),
        ({"method_options": {"threshold": 101}}, "method_options", "from 2 to 100, not 101"),
        ({"method_options": {"threshold": "4"}}, "method_options.threshold", "must be a whole number"),
        ({"method_options": {"threshold": True}}, "method_options.threshold", "must be a whole number"),
        ({"method_options": {"threshold": 4.5}}, "method_options.threshold", "must be a whole number"),
        ({"method_options": [4]}, "method_options", "must be a JSON object"),
        ({"method_options": dict.fromkeys(map(str, range(50)), 1)}, "method_options", "more than any method has"),
        ({"cloud_cover": 10}, "cloud_cover", "is not a key of an order; its keys are name, area"),
    ],
)
def test_a_wrong_order_is_refused_at_the_field_with_the_remedy(order, changes, field, remedy):
    sound = order() | changes
    problems = refusal({key: value for key, value in sound.items() if value is not None})
    assert list(problems) == [field]
    assert remedy in problems[field]


def test_all_problems_are_told_at_once(order):
    assert set(refusal(order(resolution=15, crs="x", bands=["B99"]))) == {"resolution", "crs", "bands"}


def test_the_current_period_may_be_ordered_before_it_ends(order):
    spec = MosaicSpec.parse(order(period={"kind": "quarter", "start": "2024-10-01"}), today=TODAY)
    assert spec.period.last_day > TODAY


@pytest.mark.parametrize("thing", [None, [], "order", 5])
def test_something_else_than_an_object_is_refused(thing):
    assert refusal(thing) == {"order": "must be a JSON object"}


def test_a_flood_of_mistakes_gets_a_short_answer(order):
    flood = {f"key{number}": 1 for number in range(10_000)}
    with pytest.raises(InvalidOrder) as refused:
        MosaicSpec.parse(order(bands=[1] * 100_000) | flood)
    assert len(str(refused.value)) < 5_000


def test_a_very_long_unknown_name_is_not_echoed_whole(order):
    assert len(str(refusal(order(bands=["x" * 10_000]) | {"y" * 10_000: 1}))) < 1_000


@given(st.text(max_size=70))
def test_the_file_name_of_any_accepted_name_is_a_plain_file_name(name):
    area = {"type": "Polygon", "coordinates": [[[15, 46], [16, 46], [16, 47], [15, 46]]]}
    period = {"kind": "year", "start": "2020-01-01"}
    try:
        spec = MosaicSpec.parse({"name": name, "area": area, "period": period, "resolution": 60, "bands": ["B02"]})
    except InvalidOrder as refused:
        assert [problem.field for problem in refused.problems] == ["name"]
    else:
        assert spec.file_name.isascii()
        assert spec.file_name.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("name", "file_name"), [("Lago Maggiore 2", "Lago_Maggiore_2"), ("Žabljak", "Zabljak"), ("日本", "order")]
)
def test_file_names_are_ascii(order, name, file_name):
    assert MosaicSpec.parse(order(name=name)).file_name == file_name


def test_the_json_schema_lists_what_can_be_ordered():
    properties = MosaicSpec.model_json_schema()["properties"]
    assert properties["bands"]["items"]["enum"] == list(BANDS)
    assert properties["layers"]["items"]["enum"] == list(LAYERS)
    assert properties["method"]["enum"] == list(names("methods"))
    assert properties["format"]["enum"] == list(names("formats"))
