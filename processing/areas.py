"""Checks of an order's area: a GeoJSON Polygon or MultiPolygon in degrees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from processing.grid import WGS84_EPSG, reproject

MOST_VERTICES = 50_000
# UTM, and with it the Sentinel-2 grid, ends at 84 degrees north and 80 degrees south.
SOUTHERNMOST, NORTHERNMOST = -80.0, 84.0

# Lambert's equal-area cylinder (EASE-Grid 2.0): pyproj's geodesic area takes what is larger than a
# hemisphere for the rest of the globe.
_EQUAL_AREA_EPSG = 6933
_LONGEST_WORD = 40


def area_geometry(area: Mapping[str, Any]) -> BaseGeometry:
    """The shapely geometry of a GeoJSON ``area``; ValueError with one plain sentence if it is no good."""
    kind = area.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(
            f"is a {_shown(kind) if kind else 'thing without a type'}; give a GeoJSON Polygon or MultiPolygon"
        )
    unknown = set(area) - {"type", "coordinates", "bbox"}
    if unknown:
        raise ValueError(f"has unknown keys: {', '.join(sorted(map(_shown, unknown))[:5])}")
    coordinates = area.get("coordinates")
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError("has no coordinates")
    _check_vertex_count(parts)
    geometry = shapely.multipolygons([_polygon(part) for part in parts])
    _check_shape(geometry)
    return geometry.geoms[0] if len(geometry.geoms) == 1 else geometry


def area_km2(geometry: BaseGeometry) -> float:
    """Area on the WGS84 ellipsoid in square kilometres."""
    return float(reproject(shapely.segmentize(geometry, 0.25), WGS84_EPSG, _EQUAL_AREA_EPSG).area / 1e6)


def plain_area(area: Mapping[str, Any]) -> dict[str, Any]:
    """An area that ``area_geometry`` accepts, as plain JSON: type and coordinates, in lists, nothing else."""
    return {"type": area["type"], "coordinates": _lists(area["coordinates"])}


def _lists(coordinates: Any) -> Any:
    return [_lists(inner) for inner in coordinates] if _is_row(coordinates) else coordinates


def _shown(word: object) -> str:
    return str(word)[:_LONGEST_WORD]


def _check_vertex_count(parts: Any) -> None:
    count = sum(len(ring) for part in parts if isinstance(part, list | tuple) for ring in part if _is_row(ring))
    if count > MOST_VERTICES:
        raise ValueError(f"has {count} corners, more than {MOST_VERTICES}; simplify it")


def _is_row(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _polygon(rings: Any) -> BaseGeometry:
    if not _is_row(rings) or not rings:
        raise ValueError("holds a polygon without a ring")
    checked = [_ring(ring) for ring in rings]
    return shapely.Polygon(checked[0], checked[1:])


def _ring(ring: Any) -> list[tuple[float, float]]:
    if not _is_row(ring) or len(ring) < 4:
        raise ValueError("holds a ring of fewer than four points; the last point repeats the first")
    points = [_point(point) for point in ring]
    if points[0] != points[-1]:
        raise ValueError("is not closed: its last point must equal its first")
    return points


def _point(point: Any) -> tuple[float, float]:
    if not _is_row(point) or len(point) not in (2, 3) or not all(_is_number(value) for value in point):
        raise ValueError("holds a point that is not a pair of numbers (longitude, latitude)")
    longitude, latitude = float(point[0]), float(point[1])
    if not -180 <= longitude <= 180:
        raise ValueError(f"reaches longitude {longitude:g}; longitudes run from -180 to 180 degrees")
    if not SOUTHERNMOST <= latitude <= NORTHERNMOST:
        raise ValueError(
            f"reaches latitude {latitude:g}; mosaics are made between {SOUTHERNMOST:g} and {NORTHERNMOST:g} degrees"
        )
    return longitude, latitude


def _is_number(value: Any) -> bool:
    # A Python integer may be too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6 and math.isfinite(value)


def _check_shape(geometry: BaseGeometry) -> None:
    if not geometry.is_valid:
        reason = shapely.is_valid_reason(geometry)
        where = reason[reason.find("[") + 1 : reason.find("]")] if "[" in reason else ""
        at = f" at {where}" if where else ""
        if reason.startswith("Self-intersection"):
            raise ValueError(f"crosses itself{at}; draw it so that its edges do not cross")
        raise ValueError(f"is not a valid area ({reason.split('[')[0].strip().lower()}{at}); draw it again")
    if geometry.area == 0:
        raise ValueError("is empty; draw an area with some extent")
