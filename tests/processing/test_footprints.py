"""Footprints: the order of their coordinates, and the antimeridian."""

import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from processing import footprints


def test_positions_are_latitude_before_longitude():
    assert footprints.of_positions("46 15 46 16 45 16 45 15 46 15").equals(box(15, 45, 16, 46))


def test_positions_may_be_spread_over_lines():
    assert footprints.of_positions("\n46 15 46 16\n 45 16 45 15 46 15 \n").equals(box(15, 45, 16, 46))


@pytest.mark.parametrize(
    "text",
    [
        "46 179 46 -178 45 -178 45 179 46 179",
        "46 -178 45 -178 45 179 46 179 46 -178",
        "46 180 46 -178 45 -178 45 180 45 179 46 179 46 180",
        "46 -180 46 -178 45 -178 45 -180 45 179 46 179 46 -180",
    ],
    ids=["from the east", "from the west", "with 180", "with -180"],
)
def test_a_footprint_across_the_antimeridian_is_cut_in_two(text):
    found = footprints.of_positions(text)
    assert isinstance(found, MultiPolygon)
    assert found.equals(MultiPolygon([box(179, 45, 180, 46), box(-180, 45, -178, 46)]))


def test_a_footprint_that_ends_at_the_antimeridian_stays_whole():
    assert footprints.of_positions("46 179 46 180 45 180 45 179 46 179").equals(box(179, 45, 180, 46))


def test_a_footprint_across_the_prime_meridian_stays_whole():
    assert footprints.of_positions("46 -1 46 1 45 1 45 -1 46 -1").equals(box(-1, 45, 1, 46))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "46 15 46 16 45 16",
        "46 15 46 16 45 16 45",
        "46 15 47 15 48 15 46 15",
        "46 15 46 16 45 sixteen 45 15",
        "46 15 46 16 45 inf 45 15",
        "46 15 46 16 45 nan 45 15",
        "91 15 46 16 45 16 45 15",
        "46 15 46 181 45 16 45 15",
    ],
)
def test_what_is_no_list_of_positions_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  whatever is wrong, the product is named by whoever asked
        footprints.of_positions(text)


@pytest.mark.parametrize("epsg", [32633, 32733])
def test_a_tile_is_as_large_as_a_tile(epsg):
    found = footprints.of_tile(epsg, 499_980, 5_100_000)
    west, south, east, north = found.bounds
    assert west == pytest.approx(15, abs=0.001)
    assert (east - west) * (north - south) == pytest.approx(found.area, rel=0.05)
    assert north - south == pytest.approx(0.99, abs=0.01)


def test_a_tile_across_the_antimeridian_is_cut_in_two():
    found = footprints.of_tile(32601, 300_000, 6_700_020)
    assert isinstance(found, MultiPolygon)
    assert found.area == pytest.approx(footprints.of_tile(32601, 399_960, 6_700_020).area, rel=0.02)
    assert not found.intersects(Point(0, found.centroid.y))


def test_a_ring_that_crosses_itself_is_mended():
    assert footprints.sound(Polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)])).is_valid
