"""Areas as people paste them: what is read, and one clear sentence for what is not."""

from __future__ import annotations

import json

import pytest

from hub.areas.text import read_area, write_area
from processing.errors import InvalidOrder

SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
POLYGON = {"type": "Polygon", "coordinates": SQUARE}
WKT = "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))"


def refusal(text: str) -> str:
    with pytest.raises(InvalidOrder) as refused:
        read_area(text)
    [problem] = refused.value.problems
    assert problem.field == "area"
    return problem.message


@pytest.mark.parametrize(
    "text",
    [
        WKT,
        "  polygon ((0 0,1 0,1 1,0 1,0 0))\n",
        "SRID=4326;POLYGON((0 0,1 0,1 1,0 1,0 0))",
        json.dumps(POLYGON),
        json.dumps({"type": "Feature", "properties": {}, "geometry": POLYGON}),
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON}]}),
    ],
)
def test_wkt_geojson_and_features_are_read_alike(text):
    assert read_area(text) == POLYGON


def test_a_multipolygon_keeps_its_parts_and_holes():
    text = "MULTIPOLYGON(((0 0,9 0,9 9,0 0),(4 2,5 2,5 3,4 2)),((20 20,21 20,21 21,20 20)))"
    area = read_area(text)
    assert area["type"] == "MultiPolygon"
    assert [len(part) for part in area["coordinates"]] == [2, 1]


def test_several_features_become_one_multipolygon():
    other = {"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 5]]]}
    features = [{"type": "Feature", "geometry": POLYGON}, {"type": "Feature", "geometry": other}]
    area = read_area(json.dumps({"type": "FeatureCollection", "features": features}))
    assert area == {"type": "MultiPolygon", "coordinates": [SQUARE, other["coordinates"]]}


def test_what_is_written_for_the_form_is_read_back_as_it_was():
    area = {"type": "Polygon", "coordinates": [[[8.55, 45.75], [8.75, 45.75], [8.75, 45.85], [8.55, 45.75]]]}
    assert read_area(write_area(area)) == area


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is missing"),
        ("   \n ", "is missing"),
        ("POLYGON((0 0, 1 0, 1 1, 0 1))", "is not closed"),
        ("POLYGON((0 0, 1 0, 1 1, 0 0)", "slip"),
        ("POLYGON((0 0, 1 0", "slip"),
        ("POLYGON((0,0,1,0,1,1,0,0))", "slip"),
        ("POLYGON((a b, 1 0, 1 1, a b))", "slip"),
        ("POLYGON((0 0, 1 0, 1 1, 0 0)) and more", "slip"),
        ("POLYGON((0 0))", "too few corners"),
        ("POLYGON EMPTY", "is empty"),
        ("MULTIPOLYGON EMPTY", "is empty"),
        ("POLYGON Z((0 0 1, 1 0 1, 1 1 1, 0 0 1))", "longitude and latitude only"),
        ("POLYGON((0 0 1, 1 0 1, 1 1 1, 0 0 1))", "longitude and latitude only"),
        ("POINT(1 2)", "is a point"),
        ("LINESTRING(0 0, 1 1)", "is a line"),
        ("GEOMETRYCOLLECTION(POINT(1 2))", "collection"),
        ("SRID=3857;POLYGON((0 0, 1 0, 1 1, 0 0))", "EPSG:3857"),
        ("Slovenia", "neither WKT nor GeoJSON"),
        ("46.1, 15.2", "neither WKT nor GeoJSON"),
        ("<kml/>", "neither WKT nor GeoJSON"),
        ("\x00", "neither WKT nor GeoJSON"),
        ("{", "cannot be read"),
        ("[]", "list"),
        ("{}", "nothing"),
        ('{"type": "Point", "coordinates": [1, 2]}', "a point"),
        ('{"type": "Polygon"}', "without coordinates"),
        ('{"type": "Polygon", "coordinates": "x"}', "without coordinates"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 0]]]}', "no coordinate"),
        ('{"type": "FeatureCollection", "features": []}', "without a geometry"),
        ('{"type": "FeatureCollection", "features": 3}', "without a geometry"),
        ('{"type": "Feature", "geometry": null}', "nothing"),
        ("[" * 100_000, "too deeply"),
        ("POLYGON((" + "0 0," * 300_000, "more than 1,000,000 characters"),
    ],
)
def test_a_text_that_is_no_area_gets_one_sentence(text, said):
    message = refusal(text)
    assert said in message
    assert message[0].islower() and not message.endswith("."), "a predicate: the form puts its subject before"
    assert len(message) < 200


def test_hostile_text_is_not_echoed_at_length():
    assert len(refusal(json.dumps({"type": "x" * 5000}))) < 200
