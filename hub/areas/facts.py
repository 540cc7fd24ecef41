"""What there is to know about an area before it is ordered, and the text that stands for the map."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import shapely
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from shapely.geometry.base import BaseGeometry

from hub.areas.places import countries_of
from hub.areas.regions import Region, find
from hub.areas.repair import number
from hub.areas.simplifying import METRES_PER_DEGREE
from processing.areas import area_geometry, area_km2
from processing.tiles import tiles_for, utm_parts

MOST_NAMED = 4
FINEST_RESOLUTION_M = 10
_REMEMBERED_SECONDS = 24 * 3600
# The tiles and countries of more than this take longer to find than a page may take.
_REMEMBERED_FROM_KM2 = 1_000_000


@dataclass(frozen=True)
class AreaFacts:
    """An area in numbers and in words."""

    area_km2: float
    tiles: tuple[str, ...]
    """Names of the Sentinel-2 tiles that a mosaic of it in UTM is made of, where it is more than one product."""

    limit_km2: int
    """The most that can be ordered."""

    held_km2: int
    """From here on an order waits for an operator."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""

    summary: str
    """One sentence in the active language: size, tiles, countries, place."""

    @property
    def fits(self) -> bool:
        return self.area_km2 <= self.limit_km2

    @property
    def held(self) -> bool:
        return self.fits and self.area_km2 > self.held_km2

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"fits": self.fits, "held": self.held}


def describe(geometry: Mapping[str, Any], *, resolution_m: int = FINEST_RESOLUTION_M) -> AreaFacts:
    """The facts about a GeoJSON Polygon or MultiPolygon.

    ``resolution_m``: the order's; what is thinner than a pixel makes no tile. Raises ValueError, as MosaicSpec
    would, where the area is no good.
    """
    area = area_geometry(geometry)
    size = round(area_km2(area), 1)
    tiles, countries = _place(area, size, resolution_m)
    return AreaFacts(
        area_km2=size,
        tiles=tiles,
        limit_km2=settings.ORDER_LIMIT_AREA_KM2,
        held_km2=settings.ORDER_HOLD_AREA_KM2,
        bounds=area.bounds,
        summary=", ".join(
            [
                _("%(size)s km²") % {"size": _number(size)},
                _named_tiles(tiles),
                _countries(countries),
                _bounds(*area.bounds),
                _extent(*area.bounds),
            ]
        ),
    )


def _place(area: BaseGeometry, size_km2: float, resolution_m: int) -> tuple[tuple[str, ...], list[Region]]:
    """The tiles and the countries of ``area``, remembered where they are many."""
    if size_km2 < _REMEMBERED_FROM_KM2:
        return _tiles(area, resolution_m), countries_of(area)
    digest = hashlib.sha256(shapely.to_wkb(area)).hexdigest()
    tiles, codes = cache.get_or_set(
        f"areas:place:{resolution_m}:{digest}",
        lambda: (_tiles(area, resolution_m), [region.code for region in countries_of(area)]),
        _REMEMBERED_SECONDS,
    )
    return tiles, [region for code in codes if (region := find(code))]


def _tiles(area: BaseGeometry, resolution_m: int) -> tuple[str, ...]:
    found = (
        tile.name
        for epsg, part in utm_parts(area).items()
        for tile, _held in tiles_for(part, epsg=epsg, margin_m=resolution_m)
    )
    return tuple(sorted(found))


def _named_tiles(tiles: tuple[str, ...]) -> str:
    count = len(tiles)
    text = ngettext("%(count)s tile (%(names)s)", "%(count)s tiles (%(names)s)", count)
    return text % {"count": number(count), "names": _some(tiles)}


def _some(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMED])
    if len(names) <= MOST_NAMED:
        return shown
    return _("%(names)s and %(count)s more") % {"names": shown, "count": number(len(names) - MOST_NAMED)}


def _countries(regions: list[Region]) -> str:
    titles = [region.title for region in regions]
    if not titles:
        return _("in the open sea")
    if 1 < len(titles) <= MOST_NAMED:
        names = _("%(names)s and %(last)s") % {"names": ", ".join(titles[:-1]), "last": titles[-1]}
    else:
        names = _some(tuple(titles))
    return _("in %(countries)s") % {"countries": names}


def _bounds(west: float, south: float, east: float, north: float) -> str:
    narrow = round(min(east - west, north - south), 6)
    decimals = 1 if narrow >= 0.3 else 2 if narrow >= 0.03 else 3
    return _("from %(west)s to %(east)s and from %(south)s to %(north)s") % {
        "west": _degrees(west, _("E"), _("W"), decimals),
        "east": _degrees(east, _("E"), _("W"), decimals),
        "south": _degrees(south, _("N"), _("S"), decimals),
        "north": _degrees(north, _("N"), _("S"), decimals),
    }


def _degrees(value: float, positive: str, negative: str, decimals: int) -> str:
    return f"{number(abs(value), decimals)}° {positive if value >= 0 else negative}"


def _extent(west: float, south: float, east: float, north: float) -> str:
    """Width and height in kilometres, the width where it is greatest."""
    widest = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    width = (east - west) * math.cos(math.radians(widest)) * METRES_PER_DEGREE / 1000
    height = (north - south) * METRES_PER_DEGREE / 1000
    return _("about %(width)s × %(height)s km") % {"width": _number(width), "height": _number(height)}


def _number(value: float) -> str:
    return number(value, 0 if value >= 100 else 1 if value >= 1 else 2)
