"""Footprints of granules: polygons in longitude and latitude, cut in two where they cross the antimeridian."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from processing.grid import WGS84_EPSG, reproject
from processing.sentinel2 import TILE_SIZE_M

# Edges of tiles are straight in UTM and bent in degrees: by less than a pixel over this length.
_EDGE_M = 10_000


def sound(footprint: BaseGeometry) -> BaseGeometry:
    """``footprint`` in two dimensions and without self-crossings; ValueError if it covers nothing or is nowhere."""
    footprint = shapely.make_valid(shapely.force_2d(footprint))
    if not (all(map(math.isfinite, footprint.bounds)) and footprint.area > 0):
        raise ValueError("no area")
    return footprint


def of_positions(text: str) -> BaseGeometry:
    """The polygon of an EXT_POS_LIST: latitude, longitude, latitude ... in degrees. ValueError if it is none."""
    numbers = np.array(text.split(), dtype=np.float64)
    if numbers.size < 8 or numbers.size % 2:
        raise ValueError("not a list of positions")
    latitude, longitude = numbers[0::2], numbers[1::2]
    if not (np.all(np.abs(latitude) <= 90) and np.all(np.abs(longitude) <= 180)):
        raise ValueError("positions beyond the globe")
    return _of_ring(np.column_stack([longitude, latitude]))


def of_tile(epsg: int, left_m: float, top_m: float) -> BaseGeometry:
    """The outline of the whole tile whose upper left corner is ``left_m``, ``top_m`` in the UTM zone ``epsg``."""
    outline = shapely.segmentize(shapely.box(left_m, top_m - TILE_SIZE_M, left_m + TILE_SIZE_M, top_m), _EDGE_M)
    return _of_ring(shapely.get_coordinates(reproject(outline, epsg, WGS84_EPSG)))


def _of_ring(ring: np.ndarray) -> BaseGeometry:
    """The polygon of a ring (vertex, longitude and latitude), each edge taken the short way round the globe."""
    whole = sound(shapely.Polygon(np.column_stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]])))
    globe = shapely.box(-180, -90, 180, 90)
    if globe.covers(whole):
        return whole
    turned = (shapely.transform(whole, lambda xy, turn=turn: xy + (turn, 0)) for turn in (-360, 0, 360))
    return sound(shapely.union_all([part.intersection(globe) for part in turned]))
