"""Places that people send, in degrees, as the policy compares them: EPSG:3857, checked first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from hub.errors import MalformedBody
from hub.insar.models.words import MAP_SRID

RADIUS_M = 6_378_137.0
HALF_WIDTH_M = math.pi * RADIUS_M
NORTHERNMOST = 85.0511
"""Where the square map ends, either way."""


class BadPlace(MalformedBody):
    """A place that was sent cannot be used."""

    code = "bad_place"
    remedy = ""


@dataclass(frozen=True)
class Box:
    """A window of the map, EPSG:3857."""

    west: float
    south: float
    east: float
    north: float

    @property
    def ewkt(self) -> str:
        w, s, e, n = self.west, self.south, self.east, self.north
        return f"SRID={MAP_SRID};POLYGON(({w!r} {s!r},{e!r} {s!r},{e!r} {n!r},{w!r} {n!r},{w!r} {s!r}))"


def to_map(lon: float, lat: float) -> tuple[float, float]:
    """EPSG:3857 of a place in degrees, as PostGIS has it."""
    x = RADIUS_M * math.radians(lon)
    return x, RADIUS_M * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """(lon, lat) of a place of EPSG:3857."""
    return math.degrees(x / RADIUS_M), math.degrees(2 * math.atan(math.exp(y / RADIUS_M)) - math.pi / 2)


def map_metres(lat: float) -> float:
    """How many units of the map one metre on the ground is."""
    return 1 / math.cos(math.radians(lat))


def degrees(value: Any, most: float) -> float:
    """``value`` as a number from ``-most`` to ``most``. Raises BadPlace."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or abs(value) > most:
        raise BadPlace(_("Places are numbers in degrees: longitude, latitude."))
    return float(value)


def read_place(lon: Any, lat: Any) -> tuple[float, float]:
    """A place that was sent, checked: (lon, lat). Raises BadPlace."""
    return degrees(lon, 180), degrees(lat, NORTHERNMOST)


def read_box(sent: Any) -> Box:
    """The window that was sent as ``w,s,e,n`` or as a list of four numbers, in degrees. Raises BadPlace."""
    if isinstance(sent, str):
        sent = _numbers(sent)
    if not isinstance(sent, Sequence) or len(sent) != 4:
        raise BadPlace(_("A window is four numbers in degrees: west, south, east, north."))
    west, south = read_place(sent[0], sent[1])
    east, north = read_place(sent[2], sent[3])
    if west >= east or south >= north:
        raise BadPlace(_("A window's west lies west of its east, and its south south of its north."))
    return Box(*to_map(west, south), *to_map(east, north))


def _numbers(text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")] if len(text) <= 200 else []
    except ValueError:
        return []
