"""Countries and continents: found by code, named in the reader's language, as large as they are."""

from __future__ import annotations

import pytest
import shapely
from django.utils import translation
from shapely.geometry import shape

from hub.areas.fields import of_region
from hub.areas.places import countries_of
from hub.areas.regions import continents, countries, find
from hub.areas.regions.packing import packed, unpacked
from hub.areas.repair import repaired
from processing.areas import area_geometry, area_km2

EVERY = [region.code for region in (*countries(), *continents())]


@pytest.mark.parametrize("code", EVERY)
def test_every_region_can_be_ordered_as_it_is(code):
    region = find(code)
    area = area_geometry(region.geometry)
    assert area.equals(region.shape)
    assert area.bounds == pytest.approx(region.bounds)
    assert region.title and not region.title.isspace()


# Land and inland water, from the United Nations' Demographic Yearbook, in km2.
@pytest.mark.parametrize(
    ("code", "km2"),
    [
        ("SI", 20_273),
        ("AT", 83_878),
        ("FR", 551_500),
        ("LU", 2_586),
        ("UA", 603_500),
        ("CY", 9_251),
        ("NO", 323_802),
        ("RU", 17_098_246),
        ("IS", 103_000),
        ("SM", 61),
    ],
)
def test_a_country_is_as_large_as_the_yearbook_says(code, km2):
    assert area_km2(find(code).shape) == pytest.approx(km2, rel=0.03)


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [
        ("SI", 14.5, 46.05),
        ("UA", 34.1, 44.95),
        ("CY", 33.3, 35.25),
        ("SO", 44.06, 9.56),
        ("GF", -52.5, 4.5),
        ("RE", 55.5, -21.1),
        ("RU", -173.0, 66.0),
        ("RU", 150.0, 65.0),
        ("europe", 14.5, 46.05),
        ("europe", 55.0, 58.0),
        ("asia", 90.0, 60.0),
        ("south-america", -52.5, 4.5),
        ("oceania", -155.5, 19.6),
        ("north-america", -80.0, 9.0),
        ("antarctica", 100.0, -75.0),
    ],
)
def test_a_place_lies_in_its_region(code, longitude, latitude):
    assert find(code).shape.contains(shapely.Point(longitude, latitude))


@pytest.mark.parametrize(("code", "longitude", "latitude"), [("FR", -52.5, 4.5), ("RU", 34.1, 44.95), ("NO", 15, 78)])
def test_a_place_with_a_code_of_its_own_lies_in_no_other_region(code, longitude, latitude):
    assert not find(code).shape.contains(shapely.Point(longitude, latitude))


def test_continents_do_not_overlap_by_more_than_their_outlines_are_off():
    shapes = [region.shape for region in continents()]
    together = shapely.union_all([shapely.make_valid(shapely.simplify(shape, 0.05)) for shape in shapes])
    assert together.area == pytest.approx(sum(shape.area for shape in shapes), rel=0.01)


def test_names_are_those_of_the_active_language():
    with translation.override("fr"):
        assert find("SI").title == "Slovénie"
    with translation.override("en"):
        assert find("SI").title == "Slovenia"
    with translation.override("de"):
        assert find("SI").title == "Slovenia"


def test_lists_are_sorted_by_title_as_people_look_for_them():
    with translation.override("fr"):
        titles = [region.title for region in countries()]
        # Without regard to accents: Égypte between Djibouti and Émirats arabes unis.
        assert titles.index("Djibouti") < titles.index("Égypte") < titles.index("Espagne")
        assert [region.code for region in continents()][0] == "africa"
    assert len(countries()) > 240 and len(continents()) == 7


@pytest.mark.parametrize("code", ["si", "SI", "Europe", "EUROPE"])
def test_codes_are_found_in_any_case(code):
    assert find(code) is not None


@pytest.mark.parametrize("code", ["", "XX", "../SI", "index.json", "SI.rings", "\x00", "s" * 5000])
def test_what_is_no_code_is_nothing(code):
    assert find(code) is None


def test_an_outline_says_how_true_it_is():
    _geometry, notes = of_region(find("SI"))
    assert notes == ("The outline of Slovenia is from Natural Earth and true to about 1 km.",)
    _geometry, notes = of_region(find("RU"))
    assert "about 3.6 km" in notes[0]


def test_what_is_packed_is_unpacked_alike():
    shape = find("IT").shape
    assert any(part.interiors for part in shape.geoms), "San Marino is a hole"
    assert unpacked(packed(shape)).equals(shape)


@pytest.mark.parametrize(
    ("bounds", "codes"),
    [
        ((14.9, 46.5, 15.4, 46.8), ["AT", "SI"]),
        ((14.4, 46.0, 14.6, 46.1), ["SI"]),
        ((-30, 40, -29, 41), []),
        ((5, 40, 20, 50), ["IT"]),
        ((12.40, 43.90, 12.48, 43.97), ["SM", "IT"]),
    ],
)
def test_countries_of_an_area_are_told_the_largest_share_first(bounds, codes):
    found = [region.code for region in countries_of(shapely.box(*bounds))]
    assert found[: len(codes)] == codes
    if not codes:
        assert found == []


@pytest.mark.parametrize("code", ["SI", "IT", "FR", "GR", "NO", "FJ", "CA", "RU", "AQ", "europe", "antarctica"])
def test_nothing_is_left_to_mend_in_a_region(code):
    region = find(code)
    area, notes = repaired(region.geometry)
    assert shape(area).symmetric_difference(region.shape).area < 1e-6
    assert not any("half the world" in note for note in notes) or region.code in {"AQ", "antarctica"}
    assert len(notes) <= 1
