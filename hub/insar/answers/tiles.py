"""Vector tiles of what a viewer may see: points from zoom 14 on, cells of the pyramid below.

One statement makes a tile, in PostGIS, out of the policy's own functions. Coordinates are cut down to the tile's grid
by hand: a point belongs to one tile only, the one whose west and north side it may lie on, however it is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from hub.errors import NotFound
from hub.insar.answers.places import HALF_WIDTH_M, Box
from hub.insar.models import Layer, Right
from hub.insar.policy import CELLS, POINTS, Access, parameters

MOST_ZOOM = 16
POINTS_FROM_ZOOM = 14
EXTENT = 4096
"""Of a tile, in units of its grid: 0.4 m of the map at zoom 14."""
_CELL_OF_ZOOM = ((7, 6400), (9, 1600), (11, 400), (13, 100))
"""Up to a zoom, the cells that are wanted: 5 to 20 points of the screen wide."""
_OUTLINES_FROM_ZOOM = 5
_LONGEST_NUMBER = 6

# Two decimals: a tile names each value once, and EGMS gives no more.
_POINTS_LAYER = f"""
    SELECT ST_AsMVT(drawn, 'points', {EXTENT}, 'geom', 'id') AS tile, count(*) AS count
    FROM (
        SELECT
            ST_MakePoint(
                least(floor((p.x - %(west)s) * %(scale)s), {EXTENT - 1}),
                least(floor((%(north)s - p.y) * %(scale)s), {EXTENT - 1})
            ) AS geom,
            p.id, p.v, p.s, p.c, p.a
        FROM (
            SELECT
                ST_X(seen.geom) AS x, ST_Y(seen.geom) AS y,
                seen.part_id * 4294967296 + seen."row" AS id,
                (round(seen.mean_velocity * 100) / 100)::real AS v,
                (round(seen.mean_velocity_std * 100) / 100)::real AS s,
                (round(seen.temporal_coherence * 100) / 100)::real AS c,
                (round(seen.acceleration * 100) / 100)::real AS a
            FROM {POINTS} seen
        ) p
        WHERE p.x >= %(west)s AND p.x < %(east)s AND p.y > %(south)s AND p.y <= %(north)s
    ) drawn
"""  # noqa: S608  the names in it are the policy's own
_NO_LAYER = "SELECT ''::bytea AS tile, 0 AS count"


# As far as the cells themselves are compared with it: sql/policy.sql.
_FULL_HERE = """
    SELECT insar_area_near(
        %(viewer)s, %(release)s, 'full', ST_Expand(ST_Envelope(%(near)s::geometry), 8 * %(coarse)s)
    )
"""


# Not cut at the tile's sides: whoever draws it does that. The order of corners is what the format asks for.
_OUTLINE = """ST_ForcePolygonCCW(ST_SnapToGrid(
    ST_Affine(seen.geom, %(scale)s, 0, 0, -%(scale)s, -%(west)s * %(scale)s, %(north)s * %(scale)s), 1
))"""
_HALF_SPECK = 4
_SPECK = f"""ST_ForcePolygonCCW(ST_Expand(ST_MakePoint(
    floor((ST_XMin(seen.geom) - %(west)s) * %(scale)s), floor((%(north)s - ST_YMax(seen.geom)) * %(scale)s)
), {_HALF_SPECK}))"""


def _cells_of(size: str, *, beyond_points: bool = False, as_specks: bool = False) -> str:
    """A SELECT of cells to be drawn.

    ``beyond_points``: not where finer cells or points are given; ``as_specks``: smaller than a point of the screen,
    they are drawn as large as one.
    """
    source = CELLS.replace("%(size)s", size)
    kept = f"WHERE NOT coalesce(ST_Intersects(({_FULL_HERE}), seen.geom), false)" if beyond_points else ""
    return f"""
        SELECT
            {_SPECK if as_specks else _OUTLINE} AS geom,
            seen."column"::bigint * 1048576 + seen."row" AS id,
            seen.size_m AS size, seen.count AS n,
            (round(seen.median * 100) / 100)::real AS v, (round(seen.mean * 100) / 100)::real AS m,
            (round(seen.spread * 100) / 100)::real AS sd, (round(seen.low * 100) / 100)::real AS lo,
            (round(seen.high * 100) / 100)::real AS hi, (round(seen.p05 * 100) / 100)::real AS p05,
            (round(seen.p95 * 100) / 100)::real AS p95, (round(seen.coherence * 100) / 100)::real AS c,
            (round(seen.std * 100) / 100)::real AS s
        FROM {source} seen
        {kept}
    """  # noqa: S608


@dataclass(frozen=True)
class MapTile:
    """A square of the web map."""

    zoom: int
    column: int
    row: int

    @classmethod
    def read(cls, zoom: str, column: str, row: str) -> MapTile:
        """From an address. Raises NotFound for a tile that is not on the map."""
        numbers = [int(each) if _is_number(each) else -1 for each in (zoom, column, row)]
        tile = cls(*numbers)
        if not 0 <= tile.zoom <= MOST_ZOOM or not all(0 <= each < 2**tile.zoom for each in numbers[1:]):
            raise NotFound
        return tile

    @property
    def box(self) -> Box:
        side = 2 * HALF_WIDTH_M / 2**self.zoom
        west, north = self.column * side - HALF_WIDTH_M, HALF_WIDTH_M - self.row * side
        return Box(west, north - side, west + side, north)

    @property
    def cell_m(self) -> int | None:
        """The cells that are wanted on it; None: points are."""
        return next((size for zoom, size in _CELL_OF_ZOOM if self.zoom <= zoom), None)


@dataclass(frozen=True)
class DrawnTile:
    """A vector tile and what it holds."""

    content: bytes
    points: int
    cells: int


def draw(access: Access, layer: Layer, tile: MapTile) -> DrawnTile:
    """The tile as this viewer may see it.

    Where only an overview is allowed, it has the smallest allowed cells instead of points or finer cells; one place
    is never shown by both.
    """
    box, wanted, least = tile.box, tile.cell_m, access.release.overview_cell_m
    has_full = access.reaches(Right.FULL)
    given = parameters(
        access, layer, box.ewkt, release=access.release.pk, west=box.west, south=box.south, east=box.east,
        north=box.north, scale=EXTENT / (box.east - box.west), size=wanted or 0, coarse=max(least, wanted or 0),
    )  # fmt: skip
    points = _POINTS_LAYER if wanted is None and has_full else _NO_LAYER
    if wanted is not None and wanted >= least:
        cells = [_cells_of("%(size)s", as_specks=tile.zoom < _OUTLINES_FROM_ZOOM)]
    else:
        cells = [_cells_of("%(size)s")] if wanted is not None and has_full else []
        cells.append(_cells_of("%(coarse)s", beyond_points=has_full))
    statement = f"""
        SELECT p.tile || c.tile, p.count, c.count
        FROM ({points}) p, (
            SELECT coalesce(ST_AsMVT(drawn, 'cells', {EXTENT}, 'geom', 'id'), '') AS tile, count(*) AS count
            FROM ({" UNION ALL ".join(cells)}) drawn
        ) c
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        content, point_count, cell_count = cursor.fetchone()
    return DrawnTile(bytes(content), point_count, cell_count)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
