"""Vector tiles hold what their viewer may see, no point too many and none too few."""

from __future__ import annotations

import math

import pytest
import shapely
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.test import Client

from hub.insar.answers.places import HALF_WIDTH_M
from hub.insar.models import AuditEntry, Direction, Layer, Release, Right, SensitiveSite
from tests.hub.answers import problem
from tests.hub.asked_tiles import (
    address,
    box,
    cells_of,
    check_cells,
    fetched,
    grant,
    middle_of,
    point_id,
    points_on,
    seen_cells,
    seen_points,
    side_of,
    tile_at,
    tiles_of,
)
from tests.hub.vector_tiles import Feature

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return motion_releases["L2b"]


@pytest.fixture
def layer(release: Release) -> Layer:
    return release.layers.get(direction=Direction.ASCENDING)


@pytest.fixture
def alices(client: Client, alice: AbstractUser) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.parametrize("zoom", [14, 15])
def test_every_point_is_in_one_tile_with_its_numbers(alices: Client, alice: AbstractUser, layer: Layer, zoom: int):
    grant(layer.release, Right.FULL, user=alice)
    found: dict[int, Feature] = {}
    tiles = tiles_of(layer, zoom)
    there = {point_id(point): point for point in points_on(layer, tiles)}
    for tile in tiles:
        for feature in fetched(alices, layer, tile)["points"]:
            assert feature.id not in found
            found[feature.id] = feature
            point = there[feature.id]
            assert tile_at(point.geom.x, point.geom.y, zoom) == tile
            unit = side_of(zoom) / 4096
            ((x, y),) = feature.corners
            assert x == math.floor((point.geom.x + HALF_WIDTH_M - tile[1] * side_of(zoom)) / unit)
            assert y == math.floor((HALF_WIDTH_M - tile[2] * side_of(zoom) - point.geom.y) / unit)
            assert feature.properties["v"] == pytest.approx(point.mean_velocity, abs=0.0051)
            assert feature.properties["s"] == pytest.approx(point.mean_velocity_std, abs=0.0051)
            assert feature.properties["c"] == pytest.approx(point.temporal_coherence, abs=0.0051)
            assert feature.properties["a"] == pytest.approx(point.acceleration, abs=0.0051)
    assert found.keys() == there.keys()


def test_ortho_points_have_no_coherence(alices: Client, alice: AbstractUser, motion_releases: dict[str, Release]):
    layer = motion_releases["L3"].layers.get(direction=Direction.UP)
    grant(layer.release, Right.FULL, user=alice)
    feature = fetched(alices, layer, tiles_of(layer, 14)[0])["points"][0]
    assert set(feature.properties) == {"v", "s", "a"}


@pytest.mark.parametrize(("zoom", "size"), [(5, 6400), (7, 6400), (8, 1600), (10, 400), (13, 100)])
def test_below_zoom_14_there_are_cells_of_the_zooms_size(
    alices: Client, alice: AbstractUser, layer: Layer, zoom: int, size: int
):
    grant(layer.release, Right.FULL, user=alice)
    found = {feature.id: feature for feature in seen_cells(alices, layer, zoom)}
    cells = cells_of(layer, size)
    check_cells(found.keys(), cells, tiles_of(layer, zoom))
    for number, feature in found.items():
        told, cell = feature.properties, cells[number]
        assert (told["size"], told["n"]) == (size, cell.count)
        names = {"v": "median", "m": "mean", "sd": "spread", "lo": "low", "hi": "high", "p05": "p05", "p95": "p95"}
        for short, name in {**names, "s": "std", "c": "coherence"}.items():
            assert told[short] == pytest.approx(getattr(cell, name), abs=0.0051)
        assert feature.kind == 3
        # What the format says of outer rings.
        assert feature.area > 0


def test_a_cell_lies_where_it_is(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    tile = tiles_of(layer, 12)[0]
    unit, known = side_of(12) / 4096, cells_of(layer, 100)
    for feature in fetched(alices, layer, tile)["cells"]:
        cell = known[feature.id]
        west, north = tile[1] * side_of(12) - HALF_WIDTH_M, HALF_WIDTH_M - tile[2] * side_of(12)
        drawn = shapely.Polygon([(west + x * unit, north - y * unit) for x, y in feature.corners])
        assert shapely.hausdorff_distance(drawn, shapely.from_wkb(bytes(cell.geom.wkb))) < unit


@pytest.mark.parametrize("zoom", range(5))
def test_from_far_away_a_cell_is_as_large_as_a_point_of_the_screen(
    alices: Client, alice: AbstractUser, layer: Layer, zoom: int
):
    grant(layer.release, Right.FULL, user=alice)
    assert {feature.area for feature in seen_cells(alices, layer, zoom)} == {64.0}


def test_nobody_without_a_grant_gets_a_tile(client: Client, alice: AbstractUser, charlie: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    visitor = problem(client.get(place), 404, "not_found")
    client.force_login(charlie)
    assert problem(client.get(place), 404, "not_found") == visitor
    assert problem(client.get(place.replace(layer.release.key, "no-such-release")), 404, "not_found") == visitor
    assert not AuditEntry.objects.exists()


def test_who_may_only_know_of_it_gets_empty_tiles(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.EXISTS, user=alice)
    for zoom in (5, 10, 14):
        assert alices.get(address(layer, tiles_of(layer, zoom)[0])).status_code == 204


def test_points_end_where_the_granted_area_ends(alices: Client, alice: AbstractUser, layer: Layer):
    x, y = middle_of(layer)
    area = GEOSGeometry(f"POLYGON(({x - 4e3} {y},{x} {y + 4e3},{x + 4e3} {y},{x} {y - 4e3},{x - 4e3} {y}))", srid=3857)
    grant(layer.release, Right.FULL, user=alice, area=MultiPolygon(area, srid=3857))
    asked = points_on(layer, tiles_of(layer, 14))
    inside = {point_id(point) for point in asked if area.intersects(point.geom)}
    assert 0 < len(inside) < len(asked)
    assert sorted(seen_points(alices, layer)) == sorted(inside)


@pytest.mark.parametrize("zoom", [11, 13, 14, 15])
def test_points_and_cells_never_show_one_place_twice(alices: Client, alice: AbstractUser, layer: Layer, zoom: int):
    x, y = middle_of(layer)
    full = box(x - 3000, y - 3000, x + 1500, y + 1500)
    grant(layer.release, Right.OVERVIEW, user=alice)
    grant(layer.release, Right.FULL, user=alice, area=full)
    coarse, known = {}, {size: cells_of(layer, size) for size in (100, 400)}
    for feature in seen_cells(alices, layer, zoom):
        size = feature.properties["size"]
        cell = known[size][feature.id]
        if size < 400 or (size == 400 and zoom < 12 and cell.geom.within(full)):
            assert cell.geom.within(full)
        else:
            assert size == 400
            assert cell.shown
            assert not cell.geom.intersects(full)
            coarse[feature.id] = cell
    allowed = {
        number: cell for number, cell in cells_of(layer, 400).items() if cell.shown and not cell.geom.intersects(full)
    }
    check_cells(coarse.keys(), allowed, tiles_of(layer, zoom))
    if zoom >= 14:
        asked = points_on(layer, tiles_of(layer, zoom))
        inside = {point_id(point) for point in asked if full.intersects(point.geom)}
        assert sorted(seen_points(alices, layer, zoom)) == sorted(inside)


@pytest.mark.parametrize("zoom", [6, 12, 15])
def test_an_overview_has_no_cell_that_is_suppressed_or_too_small(client: Client, layer: Layer, zoom: int):
    grant(layer.release, Right.OVERVIEW, everybody=True)
    found = list(seen_cells(client, layer, zoom))
    assert found
    assert {feature.properties["size"] for feature in found} == {6400 if zoom < 8 else 400}
    assert min(feature.properties["n"] for feature in found) >= layer.release.least_points


def test_a_sensitive_site_has_no_points(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    x, y = middle_of(layer)
    site = box(x - 2000, y - 2000, x + 2000, y + 2000)
    SensitiveSite.objects.create(name="Base", area=site)
    asked = points_on(layer, tiles_of(layer, 14))
    left = {point_id(point) for point in asked if not site.intersects(point.geom)}
    assert 0 < len(left) < len(asked)
    assert sorted(seen_points(alices, layer)) == sorted(left)
