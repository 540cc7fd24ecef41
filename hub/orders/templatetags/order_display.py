"""How orders are worded on the pages; everything here is read from the row, so partials can be rendered anywhere."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.orders import period_titles, troubles
from hub.orders.models import Order, OrderEvent, ProductFile, Role
from hub.orders.offer import CRS
from hub.orders.states import Status
from hub.wording import sentences, titles
from processing import registry
from processing.layers import LAYERS
from processing.periods import CompositingPeriod
from processing.sentinel2 import BANDS

register = template.Library()

MEANINGS = {
    Status.HELD: _("Large orders wait until an operator has looked at them."),
    Status.ACCEPTED: _("Waiting for a free worker."),
    Status.RUNNING: _("A worker is making the mosaic."),
    Status.SUCCESSFUL: _("The mosaic is ready to download."),
    Status.PARTIAL: _("Some products are ready; others could not be made."),
    Status.FAILED: _("The mosaic could not be made."),
    Status.DISMISSED: _("You stopped this order."),
    Status.EXPIRED: _("The files are kept no longer; repeat the order to have them made again."),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """The picture ``name`` of static/img/icons.svg, in the colour of the text around it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name
    )


@register.simple_tag
def badge(status: str) -> SafeString:
    """A status as colour, picture and word."""
    return format_html('<span class="badge {0}">{1}{2}</span>', status, icon(f"status-{status}"), Status(status).label)


@register.filter
def meaning(status: str) -> str:
    return str(MEANINGS[Status(status)])


@register.filter
def told(sentence: str) -> str:
    """A sentence of the engine's, or what a worker left in a row, in the language of the page."""
    return sentences.told(str(sentence))


@register.filter
def titled(text: str) -> str:
    """A title, a summary or a stage of the engine's in the language of the page."""
    return titles.title(str(text))


@register.filter
def period_title(order: Order) -> str:
    return period_titles.period_title(_period(order))


@register.filter
def period_start(order: Order) -> date:
    return _period(order).first_day


@register.filter
def crs_title(order: Order) -> str:
    return CRS.get(order.spec["crs"], order.spec["crs"])


@register.filter
def format_title(order: Order) -> str:
    return _title(registry.formats(), order.spec["format"])


@register.filter
def method_title(order: Order) -> str:
    return _title(registry.methods(), order.spec["method"])


@register.filter
def mask_title(order: Order) -> str:
    """The mask that was chosen; empty where the method's own is used."""
    name = order.spec.get("mask")
    return _title(registry.masks(), name) if name else ""


@register.filter
def method_settings(order: Order) -> list[tuple[str, int]]:
    """What was set of the method's options: ``("Medoid from", 6)``."""
    method = registry.methods().get(order.spec["method"])
    options = {option.name: titles.title(option.title) for option in method.options} if method else {}
    return [(options.get(name, name), value) for name, value in order.spec.get("method_options", {}).items()]


@register.filter
def band_titles(order: Order) -> list[str]:
    """The ordered bands: ``B04 Red``."""
    return [f"{name} {titles.title(BANDS[name].title)}" if name in BANDS else name for name in order.spec["bands"]]


@register.filter
def layer_titles(order: Order) -> list[str]:
    """The other ordered layers: ``Valid observations``."""
    return [_title(LAYERS, name) for name in order.spec["layers"]]


@register.filter
def thousands(number: float) -> str:
    """``1,234``; below ten with one decimal, and never zero for something."""
    if number >= 10:
        return titles.number(number)
    return (
        titles.number(number, 1)
        if number >= 0.1
        else gettext("less than %(number)s") % {"number": titles.number(0.1, 1)}
    )


@register.filter
def megabytes(number: float) -> str:
    """A size of so many megabytes in a unit that suits it."""
    if number >= 1000:
        return gettext("%(size)s GB") % {"size": titles.number(number / 1000, 1)}
    return gettext("%(size)s MB") % {"size": titles.number(max(number, 1))}


@register.filter
def as_json(spec: dict[str, Any]) -> str:
    """``spec`` as text that the API and the command line take as it is."""
    return json.dumps(spec, indent=2, ensure_ascii=False)


@register.filter
def archives(order: Order) -> list[ProductFile]:
    """The zip files of the order's products; no query when products and files are prefetched."""
    return [file for product in order.products.all() for file in product.files.all() if file.role == Role.ARCHIVE]


@register.filter
def told_events(order: Order) -> list[OrderEvent]:
    """The history as its owner reads it: with a single product only the order's own changes.

    Notes are left out: they are written for operators and may name paths and hosts.
    """
    single = len(order.products.all()) < 2
    return [event for event in order.events.all() if not (single and event.product_id)]


@register.filter
def remedy(order: Order) -> str:
    """What the owner can do about what went wrong."""
    return troubles.remedy({product.error_code for product in order.products.all()})


@register.filter
def has_files(order: Order) -> bool:
    """Whether anything of the order can be downloaded now."""
    return order.status != Status.EXPIRED and bool(archives(order))


def _period(order: Order) -> CompositingPeriod:
    return CompositingPeriod.model_validate(order.spec["period"])


def _title(offered: dict[str, Any], name: str) -> str:
    """A plug-in may have been taken away since the order was made; its name still says something."""
    return titles.title(offered[name].title) if name in offered else name
