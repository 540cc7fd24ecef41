"""The tiles that cover a place: their granules may hold it whatever their footprints say."""

from __future__ import annotations

from collections.abc import Iterator

from processing.grid import WGS84_EPSG, Grid, lattice_origin_y, transformer
from processing.pixels.places import centres
from processing.tiles import Tile, utm_epsg

_SQUARE_M = 100_000
_ZONES = 60
# Tiles of the north reach this far into the south, and so do those of one zone into the next.
_NEAR_EQUATOR_DEGREES = 0.2


def tiles_over(grid: Grid) -> set[str]:
    """Names of all tiles, of the zone and its neighbours, that hold the centre of a corner pixel of a small grid."""
    points = centres(grid)
    corners = {points[0], points[grid.width - 1], points[-grid.width], points[-1]}
    return {tile.name for point in corners for tile in _tiles_at(*point)}


def _tiles_at(lon: float, lat: float) -> Iterator[Tile]:
    own = utm_epsg(lon, lat) % 100
    souths = {lat < 0, lat < _NEAR_EQUATOR_DEGREES, lat < -_NEAR_EQUATOR_DEGREES}
    for zone in {(own + step - 1) % _ZONES + 1 for step in (-2, -1, 0, 1, 2)}:
        for south in souths:
            yield from _tiles_of_zone(zone, south, lon, lat)


def _tiles_of_zone(zone: int, south: bool, lon: float, lat: float) -> Iterator[Tile]:
    epsg = (32700 if south else 32600) + zone
    x, y = transformer(WGS84_EPSG, epsg).transform(lon, lat)
    column, row = int(x // _SQUARE_M), int((y - lattice_origin_y(epsg)) // _SQUARE_M)
    for tile in (Tile(zone, south, column - left, row + up) for left in (0, 1) for up in (0, 1)):
        # A zone's squares are its columns 1 to 8.
        if 1 <= tile.column <= 8:
            west, low, east, north = tile.bounds
            if west <= x <= east and low <= y <= north:
                yield tile
