"""How series are worded on the pages; everything is read from the row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import shapely
from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from hub.orders.offer import KINDS
from hub.orders.templatetags.order_display import icon
from hub.series.states import State
from hub.wording.titles import number

if TYPE_CHECKING:
    from hub.series.models import Series

register = template.Library()

# The look of the order's badges that says the same.
LOOKS = {
    State.WAITING: "accepted",
    State.MAKING: "running",
    State.MADE: "successful",
    State.FAILED: "failed",
    State.STOPPED: "dismissed",
}


@register.filter
def state_badge(series: Series) -> SafeString:
    """A state as colour, picture and word."""
    state = State(series.state)
    look = LOOKS[state]
    return format_html('<span class="badge {0}">{1}{2}</span>', look, icon(f"status-{look}"), state.label)


@register.filter
def place_title(series: Series) -> str:
    """``46.0569° N, 14.5058° E``, with the pixels where there are nine; of an area its middle."""
    place = series.spec.get("place")
    if not place:
        middle = shapely.geometry.shape(series.spec["area"]).centroid
        return _("Area around %(point)s") % {"point": point(middle.x, middle.y)}
    said = point(place["lon"], place["lat"])
    return f"{said}, 3 × 3" if place.get("pixels") == 3 else said


@register.filter
def range_title(series: Series) -> str:
    """``Month, 1 Jan 2023 – 31 Dec 2023``."""
    days = f"{_day(series.spec['start'])} – {_day(series.spec['end'])}"
    kind = series.spec.get("kind")
    return days if series.spec.get("contents") == "observations" or kind not in KINDS else f"{KINDS[kind]}, {days}"


def point(lon: float, lat: float) -> str:
    """A place in degrees with the letters of its sides."""
    parts = {
        "lat": number(abs(lat), 4),
        "north": _("N") if lat >= 0 else _("S"),
        "lon": number(abs(lon), 4),
        "east": _("E") if lon >= 0 else _("W"),
    }
    return "{lat}° {north}, {lon}° {east}".format(**parts)


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "j N Y")
