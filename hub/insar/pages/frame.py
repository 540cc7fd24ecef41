"""What all pages of ground motion share: who may see them, and how refusals are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hub.errors import HubError, NotFound
from hub.insar.access import desk
from hub.insar.access.outlines import to_degrees
from hub.insar.access.refusals import AccessRefused
from hub.orders.views.access import signed_in
from hub.orders.views.wording import explained, map_config

View = Callable[..., HttpResponseBase]

_SHOWN_WITHIN = 4000
"""How many times smaller than itself what is left out of an area's outline on a page's small map is."""


def page(view: View) -> View:
    """A page that nobody keeps: what is not there and what one may not know of are both a 404."""

    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotFound as missing:
            raise Http404 from missing

    return checked


def of_managers(view: View) -> View:
    """A page of the desk: for others there is nothing there, signed in or not."""

    @page
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            desk.need_manager(request.user)
        return signed_in(view)(request, *args, **kwargs)

    return checked


def add_refusal(form: forms.Form, refused: HubError) -> None:
    """Put a refusal at the field that it is about, or above the form."""
    field = refused.field if isinstance(refused, AccessRefused) and refused.field in form.fields else None
    form.add_error(field, explained(refused))


def frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """For insar/_tabs.html: which page this is, and whether there is a desk."""
    is_manager = desk.is_manager(request.user)
    return {
        "tab": tab,
        "is_manager": is_manager,
        "waiting_count": desk.waiting(request.user).count() if is_manager else 0,
    }


def outline_map(*outlines: tuple[str, Any]) -> dict[str, Any]:
    """For the page's small map: areas in degrees, each with a word for its look; None is left out."""
    shown = [
        {"look": look, "geometry": to_degrees(area, tolerance_m=_width(area) / _SHOWN_WITHIN)}
        for look, area in outlines
        if area is not None
    ]
    looks = [look for look, area in outlines if area is not None]
    return {
        **map_config(),
        "outlines": shown,
        "looks": looks,
        "unreadable": _("The text is no area that can be shown on the map yet."),
    }


def _width(area: Any) -> float:
    west, south, east, north = area.extent
    return max(east - west, north - south)
