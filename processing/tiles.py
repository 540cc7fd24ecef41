"""The Sentinel-2 tiling grid: which tiles an area touches, and where they lie.

Military Grid Reference System: zones of 6 degrees, bands of 8 degrees, squares of 100 km named by a
column letter (three sets that repeat every third zone) and a row letter (20 letters, every second zone
begins five further on). A tile is the square, grown right and down to 109.8 km on the lattice of 60 m;
its band letter is that of the square's centre. Checked against ESA's list of all tiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from processing.grid import WGS84_EPSG, lattice_origin_y, reproject, transformer
from processing.sentinel2 import TILE_SIZE_M

_LATTICE_M = 60
_SQUARE_M = 100_000
# Neighbours reach 9.8 km into a square from its left and its top: less than this part of it.
_MOST_SHARED = 0.2
_BAND_LETTERS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMN_LETTERS = {1: "ABCDEFGH", 2: "JKLMNPQR", 0: "STUVWXYZ"}
_ROW_LETTERS = "ABCDEFGHJKLMNPQRSTUV"


@dataclass(frozen=True)
class Tile:
    """One tile of the Sentinel-2 grid, by its 100 km square."""

    zone: int
    south: bool
    column: int
    """Easting of the square's left edge in 100 km."""

    row: int
    """Northing of the square's lower edge in 100 km from the equator; negative in the south."""

    @property
    def epsg(self) -> int:
        return (32700 if self.south else 32600) + self.zone

    @property
    def name(self) -> str:
        northing = (self.row + 0.5) * _SQUARE_M + lattice_origin_y(self.epsg)
        easting = (self.column + 0.5) * _SQUARE_M
        latitude = transformer(self.epsg, WGS84_EPSG).transform(easting, northing)[1]
        band = _BAND_LETTERS[min(19, int((latitude + 80) // 8))]
        column = _COLUMN_LETTERS[self.zone % 3][self.column - 1]
        row = _ROW_LETTERS[(self.row + (5 if self.zone % 2 == 0 else 0)) % 20]
        return f"{self.zone:02d}{band}{column}{row}"

    @property
    def neighbours(self) -> Iterator[Tile]:
        """The eight tiles around this one: no other of its zone overlaps it."""
        for column in (-1, 0, 1):
            for row in (-1, 0, 1):
                if (column, row) != (0, 0):
                    yield replace(self, column=self.column + column, row=self.row + row)

    @property
    def square(self) -> BaseGeometry:
        """The 100 km square in UTM."""
        x = self.column * _SQUARE_M
        y = self.row * _SQUARE_M + lattice_origin_y(self.epsg)
        return shapely.box(x, y, x + _SQUARE_M, y + _SQUARE_M)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the tile in UTM."""
        west = self.column * _SQUARE_M // _LATTICE_M * _LATTICE_M
        north = -(-(self.row + 1) * _SQUARE_M // _LATTICE_M) * _LATTICE_M + lattice_origin_y(self.epsg)
        return float(west), north - TILE_SIZE_M, float(west + TILE_SIZE_M), float(north)


def utm_epsg(longitude: float, latitude: float) -> int:
    """EPSG code of the MGRS zone at a point, with the exceptions around Norway and Svalbard."""
    zone = min(60, int((longitude + 180) // 6) + 1)
    if 56 <= latitude < 64 and 3 <= longitude < 12:
        zone = 32
    elif latitude >= 72 and 0 <= longitude < 42:
        zone = 31 + 2 * int((longitude + 3) // 12)
    return (32600 if latitude >= 0 else 32700) + zone


def _zone_strips(bounds: tuple[float, float, float, float]) -> Iterator[tuple[int, BaseGeometry]]:
    """EPSG code and part of the world, in degrees, of every UTM zone that ``bounds`` touches."""
    west, south, east, north = bounds
    latitudes = [-80, 0, 56, 64, 72, 84]
    for low, high in zip(latitudes, latitudes[1:], strict=False):
        if high < south or low > north:
            continue
        # Cut at every 3 degrees: all borders, those of the exceptions too, are multiples of it.
        for longitude in range(3 * math.floor(west / 3), math.floor(east / 3) * 3 + 3, 3):
            yield utm_epsg(longitude + 1.5, (low + high) / 2), shapely.box(longitude, low, longitude + 3, high)


def utm_parts(area: BaseGeometry) -> dict[int, BaseGeometry]:
    """The area (EPSG:4326) cut into UTM zones: EPSG code to the part, in that zone's coordinates."""
    strips: dict[int, list[BaseGeometry]] = {}
    for epsg, strip in _zone_strips(area.bounds):
        strips.setdefault(epsg, []).append(strip)
    parts = {epsg: area.intersection(shapely.union_all(pieces)) for epsg, pieces in sorted(strips.items())}
    return {
        epsg: shapely.make_valid(reproject(shapely.segmentize(part, 0.05), WGS84_EPSG, epsg))
        for epsg, part in parts.items()
        if part.area > 0
    }


def tiles_for(part: BaseGeometry, *, epsg: int, margin_m: float) -> list[tuple[Tile, BaseGeometry]]:
    """Tiles of one zone that together hold ``part``, each with what it covers of it, by name.

    Neighbours overlap by 9.8 km, so a square that only just reaches into the area is often held by
    its neighbour's tile already; such a one is left out. What is thinner than ``margin_m`` is not
    worth a tile.
    """
    held = dict(_held(part, epsg, *_squares(part.bounds, epsg)))
    in_square = {tile: _clipped(piece, *tile.square.bounds).area for tile, piece in held.items()}
    held = {tile: piece for tile, piece in held.items() if in_square[tile] > 0}
    for tile in sorted(held, key=lambda tile: (in_square[tile], tile.column, tile.row)):
        if len(held) == 1 or in_square[tile] > _MOST_SHARED * _SQUARE_M**2:
            break
        # What no other tile covers, also of what a tile left out before had covered.
        others = shapely.union_all([shapely.box(*other.bounds) for other in tile.neighbours if other in held])
        alone = shapely.make_valid(held[tile]).difference(others)
        if alone.buffer(-margin_m / 2).is_empty:
            del held[tile]
    return sorted(held.items(), key=lambda pair: pair[0].name)


def _squares(bounds: tuple[float, float, float, float], epsg: int) -> tuple[range, range]:
    """Columns and rows of the squares that ``bounds`` touches."""
    west, south, east, north = bounds
    first, last = (int((y - lattice_origin_y(epsg)) // _SQUARE_M) for y in (south, north))
    return range(max(1, int(west // _SQUARE_M)), min(8, int(east // _SQUARE_M)) + 1), range(first, last + 1)


def _held(part: BaseGeometry, epsg: int, columns: range, rows: range) -> Iterator[tuple[Tile, BaseGeometry]]:
    """What each tile of these columns and rows holds of ``part``.

    Found by halving: cutting every tile out of the whole takes minutes for a continent of many corners.
    """
    zone, south = epsg % 100, epsg > 32700
    upper_left, lower_right = Tile(zone, south, columns[0], rows[-1]), Tile(zone, south, columns[-1], rows[0])
    (west, _, _, north), (_, low, east, _) = upper_left.bounds, lower_right.bounds
    piece = _clipped(part, west, low, east, north)
    if piece.is_empty:
        return
    if upper_left == lower_right:
        yield upper_left, piece
    elif len(columns) >= len(rows):
        middle = len(columns) // 2
        yield from _held(piece, epsg, columns[:middle], rows)
        yield from _held(piece, epsg, columns[middle:], rows)
    else:
        middle = len(rows) // 2
        yield from _held(piece, epsg, columns, rows[:middle])
        yield from _held(piece, epsg, columns, rows[middle:])


def _clipped(part: BaseGeometry, west: float, south: float, east: float, north: float) -> BaseGeometry:
    """What of ``part`` lies in the rectangle; its edges may touch where they should not."""
    try:
        return shapely.clip_by_rect(part, west, south, east, north)
    except shapely.errors.GEOSException:
        # The quick way stumbles over a corner that only just reaches into the rectangle.
        return shapely.make_valid(part).intersection(shapely.box(west, south, east, north))
