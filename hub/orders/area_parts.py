"""Parts of an area: its middle, what lies at one side, and strips that together make the whole."""

from __future__ import annotations

import math
from typing import Literal

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Side = Literal["west", "east", "north", "south"]
SIDES: tuple[Side, ...] = ("west", "east", "north", "south")
# About 10 cm: cut corners need no more, and shorter texts are kinder to addresses.
_PRECISION_DEGREES = 1e-6
# Slivers smaller than this part of what was cut are no part worth ordering.
_SLIVER = 1e-6


def centred(area: BaseGeometry, share: float) -> BaseGeometry:
    """What of ``area`` lies in a rectangle at its middle that takes ``share`` of its bounds; may be empty."""
    west, south, east, north = area.bounds
    middle = shapely.box(west, south, east, north).centroid
    if not area.contains(middle):
        middle = area.representative_point()
    half = math.sqrt(share) / 2
    width, height = (east - west) * half, (north - south) * half
    return _cut(area, middle.x - width, middle.y - height, middle.x + width, middle.y + height)


def from_side(area: BaseGeometry, side: Side, share: float) -> BaseGeometry:
    """What of ``area`` lies in the ``share`` of its bounds at one side; may be empty."""
    west, south, east, north = area.bounds
    width, height = (east - west) * share, (north - south) * share
    match side:
        case "west":
            return _cut(area, west, south, west + width, north)
        case "east":
            return _cut(area, east - width, south, east, north)
        case "north":
            return _cut(area, west, north - height, east, north)
        case "south":
            return _cut(area, west, south, east, south + height)


def within(area: BaseGeometry, bounds: tuple[float, float, float, float]) -> BaseGeometry:
    """What of ``area`` lies between west, south, east and north; may be empty."""
    return _cut(area, *bounds)


def strips(area: BaseGeometry, number: int) -> list[BaseGeometry]:
    """``area`` in ``number`` strips of equal width across its longer side; empty ones are left out."""
    west, south, east, north = area.bounds
    across = (east - west) * math.cos(math.radians((south + north) / 2)) >= north - south
    parts = []
    for index in range(number):
        low, high = index / number, (index + 1) / number
        if across:
            part = _cut(area, west + low * (east - west), south, west + high * (east - west), north)
        else:
            part = _cut(area, west, north - high * (north - south), east, north - low * (north - south))
        if not part.is_empty:
            parts.append(part)
    return parts


def _cut(area: BaseGeometry, west: float, south: float, east: float, north: float) -> BaseGeometry:
    """The polygons of ``area`` within the rectangle."""
    part = shapely.set_precision(area.intersection(shapely.box(west, south, east, north)), _PRECISION_DEGREES)
    polygons = [one for one in shapely.get_parts(part) if isinstance(one, Polygon)]
    whole = sum(one.area for one in polygons)
    polygons = [one for one in polygons if one.area > _SLIVER * whole]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
