"""Vector tiles as tests ask for them, and what there is to be seen on them, without any policy."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from hub.insar.answers.places import HALF_WIDTH_M
from hub.insar.models import Cell, Grant, Layer, MeasurementPoint, Release, Right
from tests.hub.vector_tiles import Feature, read_tile

Tile = tuple[int, int, int]


def grant(release: Release, right: Right, **others: Any) -> Grant:
    return Grant.objects.create(release=release, right=right, **others)


def box(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=3857)


def address(layer: Layer, tile: Tile, direction: str | None = None) -> str:
    zoom, column, row = tile
    own = direction or layer.direction
    return f"/api/v1/insar/releases/{layer.release.key}/{own}/tiles/{zoom}/{column}/{row}.mvt"


def side_of(zoom: int) -> float:
    return 2 * HALF_WIDTH_M / 2**zoom


def tile_at(x: float, y: float, zoom: int) -> Tile:
    side = side_of(zoom)
    return zoom, math.floor((x + HALF_WIDTH_M) / side), math.floor((HALF_WIDTH_M - y) / side)


def tiles_of(layer: Layer, zoom: int, most: int = 16) -> list[Tile]:
    """Tiles that have points: as many as a test has time for, those in the middle of the layer."""
    _, column, row = tile_at(*middle_of(layer), zoom)
    found = {tile_at(point.geom.x, point.geom.y, zoom) for point in points_of(layer)}
    return sorted(found, key=lambda tile: (math.hypot(tile[1] - column, tile[2] - row), tile))[:most]


def points_of(layer: Layer) -> list[MeasurementPoint]:
    return list(MeasurementPoint.objects.filter(layer_id=layer.pk))


def points_on(layer: Layer, tiles: list[Tile]) -> list[MeasurementPoint]:
    (zoom,) = {tile[0] for tile in tiles}
    return [each for each in points_of(layer) if tile_at(each.geom.x, each.geom.y, zoom) in set(tiles)]


def window_of(tile: Tile) -> shapely.Polygon:
    zoom, column, row = tile
    west, north, side = column * side_of(zoom) - HALF_WIDTH_M, HALF_WIDTH_M - row * side_of(zoom), side_of(zoom)
    return shapely.box(west, north - side, west + side, north)


def point_id(point: MeasurementPoint) -> int:
    return point.part_id * 2**32 + point.row


def fetched(client: Client, layer: Layer, tile: Tile) -> dict[str, list[Feature]]:
    answer = client.get(address(layer, tile))
    assert answer.status_code in (200, 204), answer.content
    assert answer["Cache-Control"] == "private, no-cache"
    return read_tile(answer.content)


def seen_points(client: Client, layer: Layer, zoom: int = 14) -> list[int]:
    return [each.id for tile in tiles_of(layer, zoom) for each in fetched(client, layer, tile).get("points", [])]


def seen_cells(client: Client, layer: Layer, zoom: int) -> Iterator[Feature]:
    for tile in tiles_of(layer, zoom):
        yield from fetched(client, layer, tile).get("cells", [])


def cells_of(layer: Layer, size: int) -> dict[int, Cell]:
    """By the ids that they have in tiles."""
    return {cell.column * 2**20 + cell.row: cell for cell in Cell.objects.filter(layer_id=layer.pk, size_m=size)}


def check_cells(found: Collection[int], allowed: dict[int, Cell], tiles: list[Tile]) -> None:
    """Every allowed cell that reaches into the tiles was found, and only such whose box does."""
    windows = shapely.union_all([window_of(tile) for tile in tiles])
    shapes = {number: shapely.from_wkb(bytes(cell.geom.wkb)) for number, cell in allowed.items()}
    needed = {number for number, shape in shapes.items() if shape.intersects(windows)}
    assert needed <= set(found) <= {number for number, shape in shapes.items() if shape.envelope.intersects(windows)}
    assert needed


def middle_of(layer: Layer) -> tuple[float, float]:
    """Where half of the points lie on either side."""
    points = points_of(layer)
    return tuple(
        sorted(values)[len(points) // 2] for values in zip(*((p.geom.x, p.geom.y) for p in points), strict=True)
    )
