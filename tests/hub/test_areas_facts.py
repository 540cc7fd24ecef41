"""The facts about an area: numbers that agree with the order, and the text that stands for the map."""

from __future__ import annotations

import pytest
import shapely
from django.utils import translation
from shapely.geometry import mapping

from hub.areas.facts import AreaFacts, describe
from hub.areas.regions import find
from processing.planning import split
from processing.spec import MosaicSpec


def facts(west: float, south: float, east: float, north: float) -> AreaFacts:
    return describe(mapping(shapely.box(west, south, east, north)))


def spec(area: dict) -> MosaicSpec:
    return MosaicSpec.parse(
        {
            "name": "a",
            "area": area,
            "period": {"kind": "month", "start": "2024-06-01"},
            "resolution": 10,
            "bands": ["B04"],
        }
    )


def test_the_summary_stands_for_the_map():
    found = facts(14.9, 46.5, 15.4, 46.8)
    assert found.summary == (
        "1,276 km², 2 tiles (33TVM, 33TWM), in Austria and Slovenia, from 14.9° E to 15.4° E and from 46.5° N to "
        "46.8° N, about 38.3 × 33.4 km"
    )


def test_the_summary_speaks_the_active_language():
    with translation.override("fr"):
        assert "Autriche" in facts(14.9, 46.5, 15.4, 46.8).summary


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((-30, 40, -29, 41), "in the open sea"),
        ((-30, 40, -29, 41), "from 30.0° W to 29.0° W"),
        ((-70, -35, -69, -34), "from 35.0° S to 34.0° S"),
        ((8.6, 45.8, 8.61, 45.81), "0.90 km², 1 tile (32TMR), in Italy"),
        ((8.6, 45.8, 8.61, 45.81), "from 8.600° E to 8.610° E"),
        ((5, 43, 20, 52), "and "),
        ((5, 43, 20, 52), " more), in "),
        ((0, 0.5, 1, 1.5), "about 111 × 111 km"),
    ],
)
def test_the_summary_says_where_and_how_large(bounds, said):
    assert said in facts(*bounds).summary


@pytest.mark.parametrize("code", ["SI", "LU", "FR", "FJ"])
def test_size_and_tiles_are_those_of_the_order(code):
    area = find(code).geometry
    found, ordered = describe(area), spec(area)
    assert found.area_km2 == round(ordered.area_km2, 1)
    plans = split(ordered)
    assert len(found.tiles) >= len(plans)
    if plans[0].tile:
        assert list(found.tiles) == [plan.tile for plan in plans]


def test_an_area_is_held_or_does_not_fit_where_the_settings_say(settings):
    settings.ORDER_HOLD_AREA_KM2, settings.ORDER_LIMIT_AREA_KM2 = 1000, 2000
    small, held, large = facts(15, 46, 15.1, 46.1), facts(15, 46, 15.5, 46.3), facts(15, 46, 16, 46.5)
    assert [(each.fits, each.held) for each in (small, held, large)] == [(True, False), (True, True), (False, False)]
    assert held.as_json()["limit_km2"] == 2000 and held.as_json()["held_km2"] == 1000


def test_a_continent_is_described_and_remembered(servers):
    first, again = (describe(find("europe").geometry) for _ in range(2))
    assert first == again
    assert len(first.tiles) > 1000 and not first.fits


@pytest.mark.parametrize(
    "area",
    [
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Point", "coordinates": [0, 0]},
        {},
    ],
)
def test_what_an_order_would_refuse_has_no_facts(area):
    with pytest.raises(ValueError):
        describe(area)
