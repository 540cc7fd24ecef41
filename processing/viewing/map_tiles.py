"""Map tiles: their places on the Web Mercator map, and which of a product's pixels lies under each of theirs.

Source: OGC Two Dimensional Tile Matrix Set 2.0, WebMercatorQuad.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from processing.grid import WGS84_EPSG, Grid, transformer

TILE_PX = 256
DEEPEST_ZOOM = 24
WEB_MERCATOR_EPSG = 3857

_HALF_WORLD_M = math.pi * 6_378_137
# Between points that are projected exactly the others are interpolated; at zoom 7 they are off by 0.01 of a pixel.
_NODE_DISTANCE_PX = 16
# What a product's outline may bulge beyond its corners and the points between them, as part of its size.
_BULGE = 0.01


@dataclass(frozen=True)
class MapTile:
    """One tile of the Web Mercator map: column x from the west, row y from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= DEEPEST_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    @property
    def pixel_m(self) -> float:
        """Edge of a pixel on the map, which is larger than on the ground everywhere but at the equator."""
        return 2 * _HALF_WORLD_M / 2**self.z / TILE_PX

    @property
    def corner(self) -> tuple[float, float]:
        """Upper left corner, x and y in metres of EPSG:3857."""
        edge = self.pixel_m * TILE_PX
        return self.x * edge - _HALF_WORLD_M, _HALF_WORLD_M - self.y * edge


@dataclass(frozen=True)
class Places:
    """Which places of a grid lie under the pixels of a part of a map tile."""

    tile_rows: slice
    """The part of the tile that may hold pixels of the grid."""

    tile_columns: slice
    rows: np.ndarray
    """float64 (y, x): place in the grid from its upper edge, in pixels."""

    columns: np.ndarray
    inside: np.ndarray
    """bool (y, x): whether that place lies in the grid."""

    shrunk: float
    """How many of the grid's pixels lie along the edge of one pixel of the tile."""


@cache
def map_bounds(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east, north of a grid on the map, EPSG:3857, a little generous."""
    to_map = transformer(WGS84_EPSG, WEB_MERCATOR_EPSG)
    corners = np.asarray(grid.footprint.exterior.coords)
    x, y = to_map.transform(corners[:, 0], corners[:, 1])
    margin = _BULGE * max(np.ptp(x), np.ptp(y))
    return float(x.min() - margin), float(y.min() - margin), float(x.max() + margin), float(y.max() + margin)


def places_under(tile: MapTile, grid: Grid) -> Places | None:
    """Where the tile's pixel centres lie in the grid; None where the grid does not reach into the tile."""
    west, south, east, north = map_bounds(grid)
    left, top = tile.corner
    columns = _overlap(left, tile.pixel_m, west, east)
    rows = _overlap(-top, tile.pixel_m, -north, -south)
    if not columns or not rows:
        return None
    to_grid = transformer(WEB_MERCATOR_EPSG, grid.epsg)
    across, down = _nodes(columns), _nodes(rows)
    x, y = to_grid.transform(*np.meshgrid(left + across * tile.pixel_m, top - down * tile.pixel_m))
    inverse = ~grid.transform
    in_columns = _between(inverse.a * x + inverse.c, down, across, rows, columns)
    in_rows = _between(inverse.e * y + inverse.f, down, across, rows, columns)
    inside = (in_columns >= 0) & (in_columns < grid.width) & (in_rows >= 0) & (in_rows < grid.height)
    if not inside.any():
        return None
    return Places(
        tile_rows=slice(rows.start, rows.stop),
        tile_columns=slice(columns.start, columns.stop),
        rows=in_rows,
        columns=in_columns,
        inside=inside,
        shrunk=_map_pixel(grid, in_rows, in_columns, tile.pixel_m),
    )


def _overlap(begin: float, size: float, first: float, last: float) -> range:
    """The pixels of a tile's edge, which begins at ``begin``, whose centres may lie from ``first`` to ``last``."""
    low = math.floor((first - begin) / size) if first > begin else 0
    high = math.ceil((last - begin) / size) if last < begin + size * TILE_PX else TILE_PX
    return range(max(0, low), min(TILE_PX, high))


def _nodes(pixels: range) -> np.ndarray:
    """Places along a tile's edge that are projected exactly: of its first and last pixel centre, and between."""
    count = max(2, -(-len(pixels) // _NODE_DISTANCE_PX) + 1)
    return np.linspace(pixels.start + 0.5, max(pixels.stop - 0.5, pixels.start + 1.5), count)


def _between(at_nodes: np.ndarray, down: np.ndarray, across: np.ndarray, rows: range, columns: range) -> np.ndarray:
    """The values at all pixels, linear between those at the nodes; not a number where one of these has no place."""
    # Not as products of matrices: BLAS wakes all cores for it, which takes longer where they are busy.
    with np.errstate(invalid="ignore"):
        return _along_rows(_along_rows(at_nodes, down, rows).T, across, columns).T


def _along_rows(at_nodes: np.ndarray, nodes: np.ndarray, pixels: range) -> np.ndarray:
    """(pixel, ...) of (node, ...)."""
    places = (np.asarray(pixels) + 0.5 - nodes[0]) / (nodes[1] - nodes[0])
    before = np.minimum(places.astype(np.intp), nodes.size - 2)
    share = (places - before)[:, None]
    return at_nodes[before] * (1 - share) + at_nodes[before + 1] * share


def _map_pixel(grid: Grid, rows: np.ndarray, columns: np.ndarray, pixel_m: float) -> float:
    """Grid pixels along a pixel of the map, in the part of the map that is looked at."""
    if rows.shape[0] > 1 and columns.shape[1] > 1:
        down = abs(rows[-1, 0] - rows[0, 0]) / (rows.shape[0] - 1)
        across = abs(columns[0, -1] - columns[0, 0]) / (columns.shape[1] - 1)
        return float(max(down, across))
    west, _, east, _ = map_bounds(grid)
    return grid.width * pixel_m / (east - west)
