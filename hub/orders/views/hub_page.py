"""The Mosaic Hub page around an order form: what its templates need beside the form."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from hub.areas import regions
from hub.orders import presets
from hub.orders.form_fields import defaults
from hub.orders.forms import OrderForm
from hub.orders.offer import BAND_SETS, S2GM_LAYERS
from hub.orders.views.drawing import drawing_texts
from hub.orders.views.wording import map_config
from processing.sentinel2 import BANDS


def hub_page(request: HttpRequest, form: OrderForm, *, status: int = 200, **context: Any) -> HttpResponse:
    """The whole page around ``form``, whose choices it keeps."""
    sent = request.POST or request.GET
    context |= {
        "form": form,
        "offer": form.offer,
        "steps": _steps(),
        "ways": _ways(),
        "chosen_way": sent.get("way") or ("wkt" if form.errors.get("area") else "draw"),
        "countries": regions.countries(),
        "continents": regions.continents(),
        "chosen_region": sent.get("area_region") or sent.get("area_continent") or "",
        "band_sets": [(title, " ".join(names)) for title, names in BAND_SETS],
        "everything_of_s2gm": " ".join((*BANDS, *S2GM_LAYERS)),
        "form_key": request.POST.get("form_key") or secrets.token_urlsafe(16),
        "presets": presets.of(request.user),
        "area_limit_km2": settings.ORDER_LIMIT_AREA_KM2,
        "map_config": map_config() | {"extent": form.offer.bounds},
        "drawing_texts": drawing_texts(),
        "defaults": defaults(form.offer),
    }
    return render(request, "hub/hub.html", context, status=status)


def _steps() -> tuple[tuple[str, str, str], ...]:
    """The steps of the order panel: name, title, subtitle."""
    return (
        ("format", _("Data format"), _("Choose data format options")),
        ("bands", _("Band selection"), _("Choose bands for your mosaic")),
        ("order", _("Order"), _("Enter order information")),
        ("confirm", _("Confirm order"), _("Confirm order details")),
    )


def _ways() -> tuple[tuple[str, str], ...]:
    """The ways to give the area."""
    return (
        ("draw", _("Draw")),
        ("file", _("File upload")),
        ("country", _("Country")),
        ("continent", _("Continent")),
        ("wkt", _("WKT")),
    )
