"""Outlines made sound: each mending is told with its numbers, nothing is guessed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from hub.areas.antimeridian import brought_back, unrolled
from hub.areas.repair import MOST_CORNERS, repaired
from hub.areas.simplifying import check_crossings, corners, simplified
from processing.areas import area_geometry
from processing.errors import InvalidOrder

SQUARE = [[14.0, 46.0], [15.0, 46.0], [15.0, 47.0], [14.0, 47.0], [14.0, 46.0]]
INNER = [[14.2, 46.2], [14.3, 46.2], [14.3, 46.3], [14.2, 46.2]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [list(corner) for corner in shapely.box(west, south, east, north).exterior.coords]


def refusal(geometry: dict[str, Any]) -> str:
    with pytest.raises(InvalidOrder) as refused:
        repaired(geometry)
    [problem] = refused.value.problems
    assert problem.field == "area"
    assert problem.message[0].isupper() and problem.message.endswith(".")
    return problem.message


def furthest_m(corners: Any, outline: Any) -> float:
    """How far the corners are from an outline at most; the Earth is a sphere of 111.32 km a degree here."""
    latitude = min(abs(outline.bounds[1]), abs(outline.bounds[3])) if outline.bounds[1] > 0 else 0
    shrunk = (math.cos(math.radians(latitude)), 1)
    line = shapely.transform(outline, lambda points: points * shrunk)
    return float(shapely.distance(line, shapely.points(np.asarray(corners) * shrunk)).max() * 111_320)


def test_a_sound_outline_is_left_as_it_is():
    area, notes = repaired(polygon(SQUARE, INNER))
    assert shape(area).equals(shapely.Polygon(SQUARE, [INNER]))
    assert notes == ()


def test_an_open_ring_is_closed():
    area, [note] = repaired(polygon(SQUARE[:-1]))
    assert shape(area).equals(shapely.Polygon(SQUARE))
    assert "1 ring did not end where it began" in note


def test_doubled_corners_and_heights_are_left_out():
    high = [[x, y, 300] for x, y in SQUARE]
    area, notes = repaired(polygon([high[0], high[0], *high]))
    assert shape(area).equals(shapely.Polygon(SQUARE))
    assert any("2 corners" in note for note in notes) and any("Heights" in note for note in notes)


def test_points_of_which_only_some_have_heights_are_read():
    area, _notes = repaired(polygon([[*SQUARE[0], 3], *SQUARE[1:]]))
    assert shape(area).equals(shapely.Polygon(SQUARE))


def test_an_outline_that_crosses_itself_is_cut_there_and_the_place_is_named():
    area, [note] = repaired(polygon([[14, 46], [15, 47], [15, 46], [14, 47], [14, 46]]))
    assert area["type"] == "MultiPolygon" and len(area["coordinates"]) == 2
    assert shape(area).area == pytest.approx(0.5)
    assert "crossed" in note and "14.5" in note and "46.5" in note


def test_a_hole_that_stands_before_its_outline_changes_places_with_it():
    area, [note] = repaired(polygon(INNER, SQUARE))
    assert shape(area).equals(shapely.Polygon(SQUARE, [INNER]))
    assert "wrong order" in note


@pytest.mark.parametrize(
    ("second", "united"), [(box(15, 46, 16, 47), 1), (box(14.5, 46.5, 15.5, 47.5), 1), (box(15, 47, 16, 48), 2)]
)
def test_shapes_that_touch_or_overlap_are_united(second, united):
    area, notes = repaired({"type": "MultiPolygon", "coordinates": [[SQUARE], [second]]})
    parts = area["coordinates"] if area["type"] == "MultiPolygon" else [area["coordinates"]]
    assert len(parts) == united
    assert shape(area).area == pytest.approx(shapely.union(shapely.Polygon(SQUARE), shapely.Polygon(second)).area)
    assert (united == 1) == any("united" in note for note in notes)


def test_slivers_are_left_out_and_tiny_holes_are_filled():
    sliver = box(16, 46, 16.00001, 46.00001)
    hole = box(14.5, 46.5, 14.50001, 46.50001)
    area, notes = repaired({"type": "MultiPolygon", "coordinates": [[SQUARE, hole], [sliver]]})
    assert shape(area).equals(shapely.Polygon(SQUARE))
    assert any("1 sliver" in note for note in notes) and any("1 hole" in note for note in notes)


def test_an_outline_is_counter_clockwise_whichever_way_it_was_drawn():
    for ring in (SQUARE, SQUARE[::-1]):
        area, notes = repaired(polygon(ring))
        assert shapely.is_ccw(shape(area).exterior)
        assert notes == ()


def test_longitudes_beyond_180_are_brought_back():
    area, [note] = repaired(polygon(box(190, 1, 191, 2)))
    assert shape(area).equals(shapely.box(-170, 1, -169, 2))
    assert "whole turn" in note


def test_an_area_across_the_180th_meridian_is_cut_in_two():
    area, [note] = repaired(polygon(box(179, 1, 182, 2)))
    assert shape(area).equals(shapely.union(shapely.box(179, 1, 180, 2), shapely.box(-180, 1, -178, 2)))
    assert "180° meridian" in note


def test_an_outline_wider_than_half_the_world_is_asked_about_and_parts_on_both_sides_are_not():
    _area, [note] = repaired(polygon(box(-179, 1, 179, 2)))
    assert "half the world" in note
    parts = [[box(-179, 1, -178, 2)], [box(178, 1, 179, 2)]]
    assert repaired({"type": "MultiPolygon", "coordinates": parts})[1] == ()


def test_what_lies_where_no_mosaics_are_made_is_cut_off():
    area, [note] = repaired(polygon(box(10, 83, 11, 86)))
    assert shape(area).equals(shapely.box(10, 83, 11, 84))
    assert "84° north" in note


def test_an_outline_of_too_many_corners_is_simplified_by_a_told_tolerance():
    turn = np.linspace(0, 2 * math.pi, 40_001)
    radius = 0.4 + 0.0005 * np.sin(turn * 2000)
    ring = np.column_stack([15 + radius * np.cos(turn), 46 + radius * np.sin(turn)])
    area, notes = repaired(polygon(ring))
    thin = shape(area)
    assert corners(thin) <= MOST_CORNERS
    metres = int(next(note for note in notes if "at most" in note).split("at most ")[1].split(" m,")[0])
    assert 0 < furthest_m(ring[::20], thin.exterior) <= metres + 0.2
    assert any("corners and an order takes 10,000" in note and "%" in note for note in notes)


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (polygon(), "no outline"),
        (polygon([]), "no outline"),
        (polygon([[14, 46]]), "no outline"),
        (polygon([[14, 46], [15, 46], [14, 46]]), "no outline"),
        (polygon([[14, 46], [15, 46], [16, 46], [14, 46]]), "only a line"),
        (polygon([[14, math.nan], [15, 46], [15, 47], [14, 46]]), "not a pair of numbers"),
        (polygon([[14, math.inf], [15, 46], [15, 47], [14, 46]]), "not a pair of numbers"),
        (polygon([[14], [15], [16], [14]]), "not a pair of numbers"),
        (polygon([["a", "b"], [15, 46], [15, 47]]), "not a pair of numbers"),
        (polygon("abc"), "not a pair of numbers"),
        (polygon([[[14, 46]]]), "not a pair of numbers"),
        (polygon([[46, 140], [47, 140], [47, 141], [46, 140]]), "swapped"),
        (polygon([[500000, 5e6], [500100, 5e6], [500000, 5.1e6]]), "no longitude and latitude"),
        (polygon(box(10, 85, 11, 86)), "no mosaics"),
        (polygon(box(10, -89, 11, -85)), "no mosaics"),
        (polygon(box(10, 45, 10.00001, 45.00001)), "smaller than a pixel"),
    ],
)
def test_what_cannot_be_mended_is_refused_with_a_sentence(geometry, said):
    assert said in refusal(geometry)


def test_a_tangle_is_refused_before_it_takes_minutes():
    points = np.random.default_rng(1).random((3000, 2)) + [14, 46]
    assert "thousands of places" in refusal(polygon(points))


def test_thousands_of_overlapping_shapes_are_refused_before_they_take_minutes():
    across = [[box(14, 46 + n / 1000, 15, 46.0003 + n / 1000)] for n in range(500)]
    along = [[box(14 + n / 1000, 46, 14.0003 + n / 1000, 47)] for n in range(500)]
    assert "thousands of places" in refusal({"type": "MultiPolygon", "coordinates": across + along})


def test_a_comb_is_refused_before_it_takes_minutes():
    teeth = [(15 + index * 1e-5, 46 + index % 2) for index in range(90_000)]
    assert "too intricate" in refusal(polygon([*teeth, (16, 45.9), (15, 45.9)]))


def test_more_small_shapes_than_can_be_drawn_are_refused():
    places = np.random.default_rng(1).random((6000, 2)) * 3 + [14, 44]
    shapes = [[box(x, y, x + 0.002, y + 0.002)] for x, y in places]
    assert "too many small shapes" in refusal({"type": "MultiPolygon", "coordinates": shapes})


coordinates = st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)).map(
    lambda pair: [15 + pair[0] / 100, 46 + pair[1] / 100]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.lists(coordinates, max_size=12), max_size=3), max_size=3))
def test_whatever_comes_out_can_be_ordered(parts):
    try:
        area, notes = repaired({"type": "MultiPolygon", "coordinates": parts})
    except InvalidOrder:
        return
    area_geometry(area)
    assert repaired(area)[1] == (), "nothing is left to mend"
    assert all(note[0].isupper() or note[0].isdigit() for note in notes)


def test_simplifying_keeps_what_is_small_enough_as_it_is():
    square = shapely.Polygon(SQUARE)
    assert simplified(square, most_corners=5) == (square, 0.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(30, 400), st.integers(8, 25), st.floats(0.0, 0.3), st.integers(0, 1000))
def test_a_simplified_outline_is_sound_and_no_further_off_than_said(count, most, wild, seed):
    turn = np.linspace(0, 2 * math.pi, count, endpoint=False)
    radius = 1 - wild * np.random.default_rng(seed).random(count)
    outline = shapely.Polygon(np.column_stack([15 + radius * np.cos(turn), radius * np.sin(turn)]))
    thin, metres = simplified(outline, most_corners=most)
    assert thin.is_valid
    # Cutting crossings apart may add a few.
    assert corners(thin) <= 2 * most
    if len(shapely.get_parts(thin)) == 1 and corners(thin) <= most:
        assert furthest_m(outline.exterior.coords, shapely.get_parts(thin)[0].exterior) <= metres + 1


def test_crossings_are_counted_as_far_as_they_matter():
    check_crossings([shapely.Polygon(SQUARE), shapely.box(14.5, 46.5, 16, 48)])


def test_a_ring_that_jumps_at_the_180th_meridian_goes_on_where_it_jumped():
    ring = np.array([[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]], float)
    back = brought_back(shapely.Polygon(unrolled(ring)))
    assert back.equals(shapely.union(shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)))


def test_a_ring_around_the_pole_is_closed_by_way_of_it():
    longitudes = np.array([-180, -90, 0, 90, 180])
    ring = np.column_stack([longitudes, np.full(5, -70.0)])
    cap = brought_back(shapely.make_valid(shapely.Polygon(unrolled(ring))))
    assert cap.bounds == (-180, -90, 180, -70)
