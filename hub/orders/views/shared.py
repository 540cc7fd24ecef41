"""Orders by a shared link: the owner makes and ends links; whoever holds one sees the order, and no more."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from hub.errors import HubError, NotFound, ShareEnded
from hub.orders import downloads, sharing
from hub.orders.models import Order, Product, ProductFile, ShareLink
from hub.orders.views.access import signed_in
from hub.orders.views.order_page import changing_part, order_map, owners_page, scene_list, with_parts
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

View = Callable[..., HttpResponseBase]


def by_link(view: View) -> View:
    """Hand ``view`` the link that the token in the address opens; 404 where there is none, 410 where there was.

    No answer is kept by caches or found by search engines, and the address goes to no other site.
    """

    @require_GET
    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, sharing.opened(token), token, *args, **kwargs)
        except NotFound:
            raise Http404 from None
        except ShareEnded as ended:
            response = _ended(request, ended)
        response["X-Robots-Tag"] = "noindex, nofollow"
        # Not "no-referrer": browsers then hide the origin from the site itself, which refuses every form.
        response["Referrer-Policy"] = "same-origin"
        return response

    return opened


def _ended(request: HttpRequest, ended: ShareEnded) -> HttpResponse:
    if request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "orders/shared_ended.html", {"ended": ended}, status=HTTPStatus.GONE)


@by_link
def shared(request: HttpRequest, link: ShareLink, token: str) -> HttpResponse:
    """The order page without anything to change, and without its owner."""
    order = _order_of(link)
    context = {"order": order, "shared_link": link, "shared_token": token, "map_config": order_map(order)}
    return render(request, "orders/shared.html", context)


@by_link
def panel(request: HttpRequest, link: ShareLink, token: str) -> HttpResponse:
    return changing_part(request, _order_of(link), shared_link=link, shared_token=token)


@by_link
def scenes(request: HttpRequest, link: ShareLink, token: str, product_pk: int) -> HttpResponse:
    products = Product.objects.filter(order_id=link.order_id).select_related("order")
    return scene_list(request, get_object_or_404(products, pk=product_pk), shared_link=link, shared_token=token)


@by_link
def file(request: HttpRequest, link: ShareLink, token: str, file_pk: int) -> HttpResponse:
    """To the signed link of one file, good for as long as the shared link is."""
    files = ProductFile.objects.filter(product__order_id=link.order_id)
    return redirect(downloads.link_for_visitors(get_object_or_404(files, pk=file_pk), link))


def _order_of(link: ShareLink) -> Order:
    return get_object_or_404(with_parts(Order.objects.filter(removed_at=None)), pk=link.order_id)
