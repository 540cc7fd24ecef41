"""Orders by a shared link: the owner makes and ends links; whoever holds one sees the order, and no more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hub.errors import HubError, NotFound
from hub.orders import sharing
from hub.orders.models import Order
from hub.orders.views.access import signed_in
from hub.orders.views.order_page import by_link, order_map, owners_page, with_parts
from hub.orders.views.readers import Door, for_readers
from hub.orders.views.user_area import own_order
from hub.orders.views.wording import explained

# --- The owner's side -----------------------------------------------------------------------------


@require_POST
@signed_in
@never_cache
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link and show its address: now, because nobody can tell it later."""
    order = own_order(request, pk)
    days = request.POST.get("days", "")
    try:
        made = sharing.share(order, days=int(days) if days in map(str, sharing.DAYS) else 0, by=request.user)
    except HubError as refused:
        if request.htmx:
            return _links(request, order, refused=explained(refused))
        messages.error(request, explained(refused))
        return redirect(order)
    new = {"new_link": made.link, "new_address": request.build_absolute_uri(made.path)}
    return _links(request, order, **new) if request.htmx else owners_page(request, pk, **new)


@require_POST
@signed_in
def unshare(request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
    """End a link at once."""
    order = own_order(request, pk)
    try:
        sharing.revoke(order, link_pk, by=request.user)
    except NotFound:
        raise Http404 from None
    if request.htmx:
        return _links(request, order, ended=True)
    messages.success(request, _("The shared link has ended."))
    return redirect(order)


def _links(request: HttpRequest, order: Order, **more: Any) -> HttpResponse:
    """The part of the order page about its links."""
    context = {"order": order, "links": order.share_links.usable(), "durations": sharing.DAYS}
    return render(request, "orders/_share.html", context | more)


# --- The visitor's side ---------------------------------------------------------------------------


@require_GET
@for_readers(page=True)
def shared(request: HttpRequest, door: Door) -> HttpResponse:
    """The order page, read-only, for whoever holds a link; its parts are those of the owner's page."""
    order = with_parts(Order.objects.filter(pk=door.order.pk)).get()
    return render(request, "orders/shared.html", {"order": order, "map_config": order_map(order)} | by_link(door))
