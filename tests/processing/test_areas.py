"""Areas of orders: what is accepted, what is refused and why, and how large they are."""

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processing.areas import MOST_VERTICES, area_geometry, area_km2, plain_area

SQUARE = [[15, 46], [16, 46], [16, 47], [15, 47], [15, 46]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}


def test_a_polygon_becomes_the_geometry_it_draws():
    assert area_geometry(polygon(SQUARE)).equals(shapely.box(15, 46, 16, 47))


def test_a_multipolygon_keeps_all_its_parts():
    parts = [[SQUARE], [[[20, 46], [21, 46], [21, 47], [20, 46]]]]
    assert len(area_geometry({"type": "MultiPolygon", "coordinates": parts}).geoms) == 2


def test_a_hole_is_no_part_of_the_area():
    hole = [[15.2, 46.2], [15.2, 46.8], [15.8, 46.8], [15.8, 46.2], [15.2, 46.2]]
    assert area_geometry(polygon(SQUARE, hole)).area == pytest.approx(1 - 0.36)


@pytest.mark.parametrize(
    ("area", "complaint"),
    [
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "crosses itself at 0.5 0.5"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1]]), "not closed"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "fewer than four"),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "crosses itself|empty"),
        (polygon([[0, 0], [1, 0], [1, math.nan], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [1, 0], [1, math.inf], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [1, 0], [1, 10**400], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [1, 0], [1, True], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [1, 0], [1, "1"], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [1, 0], [1], [0, 0]]), "pair of numbers"),
        (polygon([[0, 0], [181, 0], [1, 1], [0, 0]]), "longitude 181"),
        (polygon([[0, 0], [1, 0], [1, 84.1], [0, 0]]), "latitude 84.1"),
        (polygon([[0, 0], [1, 0], [1, -80.1], [0, 0]]), "latitude -80.1"),
        (polygon(SQUARE, [[5, 5], [6, 5], [6, 6], [5, 5]]), "hole lies outside"),
        ({"type": "Polygon", "coordinates": []}, "without a ring"),
        ({"type": "Polygon", "coordinates": {}}, "without a ring"),
        ({"type": "Polygon"}, "without a ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "no coordinates"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, "crosses itself|not a valid area"),
        ({"type": "Point", "coordinates": [1, 2]}, "is a Point"),
        ({"coordinates": [SQUARE]}, "without a type"),
        ({"type": ["Polygon"] * 1000}, "give a GeoJSON Polygon"),
        ({"type": "Polygon", "coordinates": [SQUARE], "crs": {}}, "unknown keys: crs"),
    ],
)
def test_an_area_that_is_no_good_is_refused_in_one_short_sentence(area, complaint):
    with pytest.raises(ValueError, match=complaint) as refused:
        area_geometry(area)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_an_area_nested_without_end_is_refused():
    coordinates: list = []
    for _ in range(5000):
        coordinates = [coordinates]
    with pytest.raises(ValueError, match="fewer than four"):
        area_geometry({"type": "Polygon", "coordinates": coordinates})


def test_an_area_of_too_many_corners_is_refused():
    angles = np.linspace(0, 2 * math.pi, MOST_VERTICES + 1, endpoint=False)
    ring = [[15 + math.cos(angle), 46 + math.sin(angle)] for angle in angles]
    with pytest.raises(ValueError, match="simplify"):
        area_geometry(polygon([*ring, ring[0]]))


def test_only_type_and_coordinates_of_an_area_are_kept():
    area = {"type": "Polygon", "coordinates": (tuple(map(tuple, SQUARE)),), "bbox": [math.nan]}
    assert plain_area(area) == polygon(SQUARE)
    json.dumps(plain_area(area), allow_nan=False)


@pytest.mark.parametrize("bounds", [(15, 46, 16, 47), (0, 0, 1, 1), (-180, 0, 180, 84), (-180, -80, 180, 84)])
def test_areas_are_measured_on_the_ellipsoid_up_to_the_whole_globe(bounds):
    assert area_km2(shapely.box(*bounds)) == pytest.approx(authalic_km2(*bounds), rel=1e-6)


def authalic_km2(west, south, east, north):
    """Area between meridians and parallels (Snyder 1987, equations 3-12 and 14-15)."""
    a, e2 = 6378.137, 0.00669437999014
    e = math.sqrt(e2)

    def q(latitude):
        s = math.sin(math.radians(latitude))
        return (1 - e2) * (s / (1 - e2 * s * s) - math.log((1 - e * s) / (1 + e * s)) / (2 * e))

    return a * a * math.radians(east - west) * (q(north) - q(south)) / 2


@given(st.floats(-179, 178), st.floats(-79, 82), st.floats(0.01, 1), st.floats(0.01, 1))
def test_an_area_and_its_two_halves_agree(west, south, width, height):
    whole = shapely.box(west, south, west + width, south + height)
    middle = west + width / 2
    halves = [
        shapely.box(west, south, middle, south + height),
        shapely.box(middle, south, west + width, south + height),
    ]
    assert area_km2(whole) == pytest.approx(sum(map(area_km2, halves)), rel=1e-6)
