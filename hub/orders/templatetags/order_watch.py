"""How an order is watched: where its files are reached, how long it waits, which of its workers are silent."""

from __future__ import annotations

import math
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.orders import troubles, waiting
from hub.orders.models import Order, Product, ProductFile
from hub.orders.states import Status

register = template.Library()

MINUTE = 60
HOUR = 3600


@register.simple_tag(takes_context=True)
def file_url(context: dict[str, Any], file: ProductFile) -> str:
    """Where the page's reader fetches ``file``: by their account, or by the link that was shared with them."""
    if token := context.get("shared_token"):
        return reverse("orders:shared_file", args=[token, file.pk])
    return reverse("orders:file", args=[context["order"].pk, file.pk])


@register.simple_tag(takes_context=True)
def scenes_url(context: dict[str, Any], product: Product) -> str:
    """Where the page's reader finds the scenes of ``product``."""
    if token := context.get("shared_token"):
        return reverse("orders:shared_scenes", args=[token, product.pk])
    return reverse("orders:scenes", args=[product.order_id, product.pk])


@register.filter
def failed_count(order: Order) -> int:
    """How many of the order's products failed, so that they can be tried again."""
    return sum(product.status == Status.FAILED for product in order.products.all())


@register.filter
def ready_count(order: Order) -> int:
    """How many of the order's products are delivered."""
    return sum(product.status == Status.SUCCESSFUL for product in order.products.all())


@register.filter
def remedy_of(product: Product) -> str:
    """What the owner can do about what went wrong with ``product``."""
    return troubles.remedy({product.error_code})


@register.filter
def silent_minutes(product: Product) -> int:
    """For how many minutes the worker of ``product`` has given no sign of life; 0 while that is no worry."""
    if product.status != Status.RUNNING or product.seen_at is None:
        return 0
    silent = (timezone.now() - product.seen_at).total_seconds()
    return 0 if silent < settings.WORKER_SILENT_SECONDS else max(1, int(silent // MINUTE))


@register.filter
def tries_again(product: Product) -> bool:
    """Whether an attempt at ``product`` came to nothing and another one is to come."""
    return product.status == Status.ACCEPTED and product.failures > 0


@register.filter
def wait(order: Order) -> dict[str, Any]:
    """``place`` in the queue, from 1, where the order waits, and ``left``: ``about 3 to 6 minutes``."""
    found = waiting.waits([order]).get(order.pk)
    return {"place": found.position, "left": span(*found.seconds)} if found else {}


def span(low: float, high: float) -> str:
    """A time between ``low`` and ``high`` seconds in words, in the unit that suits the larger."""
    if high < MINUTE:
        return _("less than a minute")
    unit = MINUTE if high < 2 * HOUR else HOUR
    first, last = max(1, math.floor(low / unit)), max(1, math.ceil(high / unit))
    times = {"first": first, "last": last}
    if unit == MINUTE:
        one = ngettext("about %(last)s minute", "about %(last)s minutes", last)
        return (one if first >= last else _("about %(first)s to %(last)s minutes")) % times
    one = ngettext("about %(last)s hour", "about %(last)s hours", last)
    return (one if first >= last else _("about %(first)s to %(last)s hours")) % times
