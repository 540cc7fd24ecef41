"""Areas as people give them, in degrees, and as the policy has them, in EPSG:3857: corner by corner, either way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from hub.areas.repair import repaired
from hub.areas.simplifying import polygons
from hub.areas.text import read_area
from hub.insar.answers.places import RADIUS_M
from hub.insar.models.words import MAP_SRID
from processing.areas import area_geometry
from processing.errors import FieldProblem, InvalidOrder

LONGEST_TEXT = 400_000
_DECIMALS = 6
# Beyond this the square map ends; a little less, so that rounding stays within.
_NORTHERNMOST = 85.05


def read_outline(text: str) -> tuple[MultiPolygon, tuple[str, ...]]:
    """The area that ``text`` gives as WKT or GeoJSON in degrees, and what was mended, in sentences.

    Raises InvalidOrder on "area".
    """
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise InvalidOrder([FieldProblem("area", "is too long a text; simplify its outline")])
    geometry, notes = repaired(read_area(text))
    return to_map(geometry), notes


def to_map(geometry: Mapping[str, Any]) -> MultiPolygon:
    """A sound GeoJSON Polygon or MultiPolygon in degrees as the policy has it."""
    return _as_geos(shapely.transform(area_geometry(geometry), _mercator))


def to_degrees(area: GEOSGeometry, *, tolerance_m: float = 0) -> dict[str, Any]:
    """An area of EPSG:3857 as a GeoJSON MultiPolygon in degrees.

    ``tolerance_m``: corners that matter less on the map are left out; only for showing it.
    """
    shape = shapely.from_wkb(bytes(area.wkb))
    if tolerance_m:
        shape = shapely.simplify(shape, tolerance_m)
    shape = shapely.multipolygons(polygons(shapely.transform(shape, _inverse_mercator)))
    return dict(mapping(shapely.transform(shape, lambda points: np.round(points, _DECIMALS))))


def box_of(area: GEOSGeometry) -> tuple[float, float, float, float]:
    """West, south, east and north of an area of EPSG:3857, in degrees."""
    west, south, east, north = area.extent
    corners = _inverse_mercator(np.array([[west, south], [east, north]]))
    (west, south), (east, north) = np.round(corners, _DECIMALS).tolist()
    return west, south, east, north


def shared(area: GEOSGeometry, other: GEOSGeometry) -> MultiPolygon | None:
    """What two areas have in common; None where that has no surface."""
    parts = polygons(shapely.intersection(shapely.from_wkb(bytes(area.wkb)), shapely.from_wkb(bytes(other.wkb))))
    return _as_geos(shapely.multipolygons(parts)) if parts else None


def _as_geos(shape: BaseGeometry) -> MultiPolygon:
    if not shape.is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    whole = shapely.multipolygons(polygons(shape))
    found = GEOSGeometry(memoryview(shapely.to_wkb(whole)), srid=MAP_SRID)
    assert isinstance(found, MultiPolygon)
    return found


def _mercator(points: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(points[:, 0]), np.radians(np.clip(points[:, 1], -_NORTHERNMOST, _NORTHERNMOST))
    return np.column_stack([RADIUS_M * lon, RADIUS_M * np.log(np.tan(np.pi / 4 + lat / 2))])


def _inverse_mercator(points: np.ndarray) -> np.ndarray:
    lon = np.degrees(points[:, 0] / RADIUS_M)
    lat = np.degrees(2 * np.arctan(np.exp(points[:, 1] / RADIUS_M)) - np.pi / 2)
    return np.column_stack([np.clip(lon, -180, 180), lat])
