"""The pages that say something and do nothing."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hub.archive import archive
from hub.wording.titles import number
from portal.pages.models import News
from processing import registry
from processing.errors import ProcessingError
from processing.layers import GROUPS, LAYERS
from processing.masks.base import Mask
from processing.sentinel2 import BANDS, REFLECTANCE_NODATA, REFLECTANCE_SCALE, SceneClass

logger = logging.getLogger(__name__)

CHAPTERS = (
    "ordering", "area", "periods", "forecast", "preview", "estimate", "grid", "methods", "layers", "files", "formats",
    "opening", "viewing", "why", "series", "quality", "orders", "status", "sharing", "ground_motion",
    "ground_motion_access", "ground_motion_data", "limits", "languages", "api", "command", "weaknesses",
)  # fmt: skip
"""Of the manual; each is a template per language."""
NEWS_PER_PAGE = 10
NEWS_ON_HOME = 3


def home(request: HttpRequest) -> HttpResponse:
    """What the service is, how to begin, and what its archive holds."""
    context = {"extent": archive_extent(), "news": News.objects.published()[:NEWS_ON_HOME]}
    return render(request, "pages/home.html", context)


def archive_extent() -> dict[str, Any] | None:
    """First and last day and the bounds in words, or None while the archive cannot be reached."""
    try:
        extent = archive().extent()
    except ProcessingError as error:
        logger.warning("The home page cannot show the archive's extent: %s", error)
        return None
    west, south, east, north = extent.bounds
    return {
        "first_day": extent.first_day,
        "last_day": extent.last_day,
        "longitudes": _range(west, east, _("W"), _("E")),
        "latitudes": _range(south, north, _("S"), _("N")),
        "is_global": east - west >= 359 and north - south >= 120,
    }


def _range(low: float, high: float, negative: str, positive: str) -> str:
    """``15.00 to 16.44° E``, or with both letters where the range passes zero."""
    if low >= 0:
        return _("%(low)s to %(high)s° %(side)s") % {"low": number(low, 2), "high": number(high, 2), "side": positive}
    if high <= 0:
        return _("%(low)s to %(high)s° %(side)s") % {"low": number(-high, 2), "high": number(-low, 2), "side": negative}
    ends = {"low": number(-low, 2), "negative": negative, "high": number(high, 2), "positive": positive}
    return _("%(low)s° %(negative)s to %(high)s° %(positive)s") % ends


def manual(request: HttpRequest) -> HttpResponse:
    """How to order and what comes back. Lists and limits are those of this very installation."""
    context = {
        "chapters": [f"pages/manual/{_written()}/{chapter}.html" for chapter in CHAPTERS],
        "bands": BANDS.values(),
        "layer_groups": [
            (title, [layer for layer in LAYERS.values() if layer.group == group]) for group, title in GROUPS.items()
        ],
        "classified": [raster for layer in LAYERS.values() for raster in layer.rasters if raster.flags],
        "methods": registry.methods().values(),
        "masks": [(mask, counted_classes(mask)) for mask in registry.masks().values()],
        "formats": registry.formats().values(),
        "reflectance_nodata": REFLECTANCE_NODATA,
        "reflectance_scale": REFLECTANCE_SCALE,
        "limits": {
            "area_km2": settings.ORDER_LIMIT_AREA_KM2,
            "hold_km2": settings.ORDER_HOLD_AREA_KM2,
            "credits": settings.ORDER_LIMIT_CREDITS,
            "upload_mb": getattr(settings, "AREA_UPLOAD_MAX_MB", 10),
            "active": settings.ORDER_LIMIT_ACTIVE_PER_USER,
            "kept_days": settings.ORDER_KEPT_DAYS,
            "link_hours": settings.DOWNLOAD_LINK_SECONDS / 3600,
            "api_rate": settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["user"],
        },
    }
    return render(request, "pages/manual.html", context)


def counted_classes(mask: Mask) -> str:
    """The scene classes that can count under ``mask``: ``2, 4, 5``."""
    return ", ".join(str(scene_class.value) for scene_class in SceneClass if not mask.reasons[scene_class])


def about(request: HttpRequest) -> HttpResponse:
    """Where the data come from, under which licence, and who answers."""
    return render(request, "pages/about.html", {"text": f"pages/about/{_written()}.html"})


def _written() -> str:
    """The language that long texts are shown in: they are written in each, not put together from pieces."""
    language = get_language() or settings.LANGUAGE_CODE
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def news(request: HttpRequest) -> HttpResponse:
    """All news, newest first, in pages."""
    page = Paginator(News.objects.published(), NEWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "pages/news.html", {"page": page})
