"""The Sentinel-2 tiling grid: names and places of tiles, zones and their exceptions, what tiles cover an area."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.grid import WGS84_EPSG, reproject
from processing.tiles import Tile, tiles_for, utm_epsg, utm_parts

MARGIN_M = 60


@pytest.mark.parametrize(
    ("tile", "name", "upper_left"),
    # EPSG code and corner as in ESA's own metadata of a product of that tile.
    [
        (Tile(33, False, 5, 50), "33TWL", (499980, 5100000)),
        (Tile(46, False, 5, 30), "46RER", (499980, 3100020)),
        (Tile(1, False, 3, 76), "01WCS", (300000, 7700040)),
        (Tile(1, False, 3, 73), "01WCP", (300000, 7400040)),
        (Tile(32, False, 4, 56), "32UMB", (399960, 5700000)),
        (Tile(33, False, 5, 88), "33XWJ", (499980, 8900040)),
        (Tile(22, True, 2, -42), "22HBD", (199980, 5900020)),
        (Tile(7, True, 6, -36), "07HFE", (600000, 6500020)),
        (Tile(1, True, 1, -19), "01KAB", (99960, 8200000)),
        (Tile(1, True, 3, -81), "01CCV", (300000, 2000020)),
    ],
)
def test_a_tile_has_the_name_and_the_place_that_esa_gives_it(tile, name, upper_left):
    west, south, east, north = tile.bounds
    assert tile.name == name
    assert (west, north) == upper_left
    assert (east - west, north - south) == (109_800, 109_800)


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"),
    [
        (15, 46, 32633), (-180, 10, 32601), (180, 10, 32660), (179.99, -10, 32760), (-0.001, 0, 32630), (0, 0, 32631),
        (0, -0.001, 32731), (12, 46, 32633), (11.999, 46, 32632),
        # Norway: zone 32 reaches west to 3 degrees between 56 and 64.
        (4, 60, 32632), (2.9, 60, 32631), (4, 64, 32631), (4, 55.9, 32631),
        # Svalbard: zones 31, 33, 35, 37 alone, from 72 degrees on.
        (8.9, 78, 32631), (9, 78, 32633), (20.9, 78, 32633), (21, 78, 32635), (33, 78, 32637), (42, 78, 32638),
        (15, 84, 32633), (7, 71.9, 32632),
    ],
)  # fmt: skip
def test_the_zone_of_a_point_follows_the_grids_exceptions(longitude, latitude, epsg):
    assert utm_epsg(longitude, latitude) == epsg


@pytest.mark.parametrize(
    ("bounds", "zones"),
    [
        ((11, 45, 13, 46), [32632, 32633]),
        ((12, 45, 13, 46), [32633]),
        ((178, -18, 180, -16), [32760]),
        ((-180, -18, -178, -16), [32701]),
        ((10, -1, 11, 1), [32632, 32732]),
        ((2, 59, 7, 61), [32631, 32632]),
        ((5, 63, 7, 65), [32631, 32632]),
        ((7, 77, 23, 79), [32631, 32633, 32635]),
        ((10, 71, 13, 73), [32632, 32633]),
    ],
)
def test_an_area_is_cut_at_the_borders_of_its_zones(bounds, zones):
    area = shapely.box(*bounds)
    parts = utm_parts(area)
    assert sorted(parts) == zones
    together = [reproject(part, epsg, WGS84_EPSG) for epsg, part in parts.items()]
    assert sum(part.area for part in together) == pytest.approx(area.area, rel=1e-5)


def uncovered(parts, margin_m=MARGIN_M):
    """What of the parts no chosen tile holds, thinner slivers than the margin aside, and the tiles."""
    tiles, left = [], []
    for epsg, part in parts.items():
        chosen = tiles_for(part, epsg=epsg, margin_m=margin_m)
        boxes = shapely.union_all([shapely.box(*tile.bounds) for tile, _ in chosen])
        left.append(part.difference(boxes).buffer(-margin_m).area)
        tiles += [tile.name for tile, _ in chosen]
        for tile, held in chosen:
            whole = shapely.box(*tile.bounds)
            assert whole.buffer(1).covers(shapely.make_valid(held))
            assert held.area == pytest.approx(part.intersection(whole).area, rel=1e-6, abs=1)
    return sum(left), tiles


@settings(max_examples=60)
@given(
    st.floats(-180, 170), st.floats(-80, 74), st.floats(0.2, 9.9), st.floats(0.2, 9.9), st.floats(0, 1), st.floats(0, 1)
)
def test_tiles_cover_the_whole_area_wherever_it_lies(west, south, width, height, lean, dent):
    east, north = west + width, min(84, south + height)
    area = shapely.Polygon(
        [(west, south), (east, south + dent * (north - south) / 2), (east, north), (west + lean * width / 2, north)]
    )
    left, tiles = uncovered(utm_parts(area))
    assert left == 0
    assert len(set(tiles)) == len(tiles)


def test_pieces_in_the_overlaps_of_three_tiles_in_a_row_are_all_held():
    # The small one lies in columns 4 and 3, the large one in 3 and 2: without 4 and 3 the small one is lost.
    small, large = (
        shapely.box(402_000, 5_040_000, 403_000, 5_041_000),
        shapely.box(301_000, 5_020_000, 308_000, 5_070_000),
    )
    middle = shapely.box(220_000, 5_020_000, 290_000, 5_070_000)
    left, tiles = uncovered({32633: shapely.MultiPolygon([small, large, middle])})
    assert left == 0
    assert len(tiles) == 2


def test_a_square_that_its_neighbours_tile_holds_already_gets_no_tile():
    reaching = shapely.box(520_000, 5_020_000, 609_000, 5_090_000)
    assert [tile.name for tile, _ in tiles_for(reaching, epsg=32633, margin_m=60)] == ["33TWL"]


@pytest.mark.parametrize("epsg", [32633, 32733])
def test_an_area_within_one_square_gets_its_tile(epsg):
    speck = shapely.box(555_000, 5_055_000, 555_001, 5_055_001)
    assert len(tiles_for(speck, epsg=epsg, margin_m=60)) == 1


def continent(vertices):
    """A ragged coast around 40 by 24 degrees."""
    angle = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    ragged = 1 + sum(0.08 / wave**0.7 * np.sin(wave * angle + wave) for wave in (3, 7, 19, 53, 151, 401))
    ring = np.column_stack([15 + 20 * ragged * np.cos(angle), 40 + 12 * ragged * np.sin(angle)])
    return shapely.make_valid(shapely.Polygon(ring))


def test_a_continent_of_many_corners_is_tiled():
    area = continent(45_000)
    parts = utm_parts(area)
    tiles = [tile for epsg, part in parts.items() for tile, _ in tiles_for(part, epsg=epsg, margin_m=60)]
    assert len(tiles) > 500
