"""The map page of ground motion: everything it draws is asked of the API, which asks the policy each time."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hub.insar import audit, policy
from hub.insar.answers import describing
from hub.insar.models import Action, Right
from hub.insar.pages.frame import frame, page
from hub.orders.views.wording import map_config

API = "/api/v1/insar/"
PLACEHOLDER = "key"
"""Stands for a release's key in the addresses that the scripts fill in."""
_RANGES_MM_YR = (2, 5, 10, 20, 50)


@page
@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """The map with the releases that this person may know of; without any of them only the world's outline."""
    releases = describing.releases(request.user)
    _write_down(request, releases)
    overlays = outside_overlays()
    context: dict[str, Any] = {
        **frame(request, "map"),
        "releases": releases,
        "overlays": overlays,
        "ranges": _RANGES_MM_YR,
        "has_tiles": bool(settings.MAP_TILES_URL),
        "config": _config(releases, overlays),
    }
    return render(request, "insar/map.html", context)


def outside_overlays() -> list[dict[str, str]]:
    """The pictures from elsewhere that the settings name: key, title, url, attribution. What is no map is left out."""
    return [
        {
            "key": f"{number}-{re.sub(r'[^a-z0-9]+', '-', overlay['title'].lower()).strip('-')}"[:30].strip("-"),
            "title": overlay["title"],
            "url": overlay["url"],
            "attribution": overlay.get("attribution", ""),
        }
        for number, overlay in enumerate(settings.INSAR_OVERLAYS)
        if overlay.get("title") and urlsplit(overlay.get("url", "")).scheme in {"http", "https"}
    ]


def _write_down(request: HttpRequest, releases: list[dict[str, Any]]) -> None:
    """Being told of a release is an answer like any other."""
    for release in releases:
        access = policy.access(request.user, release["key"], at_least=Right.EXISTS)
        audit.record(request.user, Action.RELEASE, access, detail={"page": "map"})


def _config(releases: list[dict[str, Any]], overlays: list[dict[str, str]]) -> dict[str, Any]:
    """What the page's scripts need to know."""
    return map_config() | {
        "api": API,
        "releases": releases,
        "overlays": overlays,
        "world": static("vendor/world/countries-50m.geojson"),
        "worker": static("vendor/maplibre/maplibre-gl-worker.mjs"),
        "ask": reverse("insar:ask", args=[PLACEHOLDER]),
        "page": reverse("insar:release", args=[PLACEHOLDER]),
        "locale": {
            "Map.Title": _("Map of ground motion"),
            "NavigationControl.ZoomIn": _("Zoom in"),
            "NavigationControl.ZoomOut": _("Zoom out"),
            "AttributionControl.ToggleAttribution": _("Show or hide the sources"),
            "AttributionControl.MapFeedback": _("Report an error of the map"),
            "Marker.Title": _("Mark on the map"),
            "Popup.Close": _("Close"),
            "ScaleControl.Feet": "ft",
            "ScaleControl.Meters": "m",
            "ScaleControl.Kilometers": "km",
            "ScaleControl.Miles": "mi",
            "ScaleControl.NauticalMiles": "nm",
        },
    }
