"""Two lands side by side, a release in both, and who manages what: for the tests of access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone

from hub.insar.access.requests import Wish
from hub.insar.models import Direction, Grant, Layer, Level, Release, Right, Territory, Undertaking

PURPOSE = "Monitoring of the quays in the old harbour."


def square(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """Metres of the map."""
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=3857)


@dataclass(frozen=True)
class Places:
    release: Release
    west: Territory
    east: Territory
    undertaking: Undertaking


def make_places(west_manager: AbstractUser, east_manager: AbstractUser) -> Places:
    """A release from 0 to 2000 m; West ends where East begins, at 1000 m. Everybody may know of it."""
    undertaking = Undertaking.objects.create(title="Promise", version=1, text_en="I keep it.", text_fr="Je le garde.")
    release = Release.objects.create(
        key="egms-l2b", title="EGMS L2b", collection="EGMS", level=Level.L2B, undertaking=undertaking
    )
    extent = Polygon.from_bbox((0, 0, 2000, 1000))
    extent.srid = 3857
    Layer.objects.create(release=release, direction=Direction.ASCENDING, indexed=True, extent=extent, points=123_456)
    west = Territory.objects.create(name="West", authority="Survey of West", area=square(-5000, -5000, 1000, 5000))
    east = Territory.objects.create(name="East", authority="Survey of East", area=square(1000, -5000, 7000, 5000))
    west.managers.add(west_manager)
    east.managers.add(east_manager)
    Grant.objects.create(release=release, right=Right.EXISTS, everybody=True)
    return Places(release, west, east, undertaking)


def tomorrow(days: int = 1) -> date:
    return timezone.now().date() + timedelta(days=days)


def wish(places: Places, **others: Any) -> Wish:
    """Points in West for a hundred days, with the undertaking accepted."""
    usual = {
        "right": "full",
        "purpose": PURPOSE,
        "until": tomorrow(100),
        "territories": (places.west.pk,),
        "accepts": places.undertaking.pk,
    }
    return Wish(**(usual | others))
