"""In which countries an area lies."""

from __future__ import annotations

from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from hub.areas.regions import Region, countries, find
from hub.areas.simplifying import polygons

LEAST_SHARE = 0.01
# Beyond this an outline's details neither matter nor are they quick.
_LARGE_SQUARE_DEGREES = 25.0
_COARSE_DEGREES = 0.05


def countries_of(area: BaseGeometry) -> list[Region]:
    """The countries that hold at least one percent of ``area`` (EPSG:4326), the largest share first."""
    west, south, east, north = area.bounds
    large = (east - west) * (north - south) > _LARGE_SQUARE_DEGREES
    if large:
        area = _coarse(area)
    shares = []
    for region in countries():
        left, bottom, right, top = region.bounds
        if left > east or right < west or bottom > north or top < south:
            continue
        share = _shared(area, _coarse_shape(region.code) if large else region.shape)
        if share >= LEAST_SHARE * area.area:
            shares.append((share, region))
    return [region for _, region in sorted(shares, key=lambda pair: -pair[0])]


def _shared(area: BaseGeometry, country: BaseGeometry) -> float:
    """How much of ``area`` lies in ``country``, in square degrees."""
    near = shapely.make_valid(shapely.clip_by_rect(country, *area.bounds))
    return shapely.intersection(area, near).area


@lru_cache(maxsize=256)
def _coarse_shape(code: str) -> BaseGeometry:
    region = find(code)
    return _coarse(region.shape) if region else shapely.MultiPolygon()


def _coarse(shape: BaseGeometry) -> BaseGeometry:
    thin = shapely.make_valid(shapely.simplify(shape, _COARSE_DEGREES, preserve_topology=False))
    # What is too small to be left is kept as it was.
    return shapely.MultiPolygon(polygons(thin)) if thin.area else shape
