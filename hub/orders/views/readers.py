"""Who may look into an order: its owner by its number, and whoever holds a shared link by the link's token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from hub.errors import NotFound, ShareEnded
from hub.orders import sharing
from hub.orders.models import Order, Product, ShareLink

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Door:
    """An order that the reader may see, and how they came to it."""

    order: Order
    link: ShareLink | None = None
    token: str = ""
    """Of the shared link; "" for the owner."""

    def product(self, pk: int) -> Product:
        """One of the order's products; 404 where it is none of them."""
        product = self.order.products.filter(pk=pk).first()
        if product is None:
            raise Http404
        product.order = self.order
        return product

    def address(self, name: str, *args: Any) -> str:
        """The address ``app:name`` for this reader: ``app:shared_name`` with the token for those with a link."""
        if not self.token:
            return reverse(name, args=[self.order.pk, *args])
        app, _, view = name.partition(":")
        return reverse(f"{app}:shared_{view}", args=[self.token, *args])


class OrderRemoved(NotFound):
    """One of the reader's own orders, which they deleted while a page of it was still open."""


def for_readers(*, page: bool = False) -> Callable[[View], View]:
    """Have ``view(request, door, **others)`` see only readers of the order in its address, ``pk`` or ``token``.

    Asked anew at every request, so that nothing outlives a revoked link: answers are for the reader alone, and a
    kept one is only good once the service has said so (``no-cache``); whoever comes by a link leaves no trace in
    search engines. Strangers get 404. Where a link has ended 410: as a ``page``, to people, else without content.
    ``page``: visitors without an account are led to sign in. Parts that htmx asks for again lead the owner away
    from the page of an order that they deleted elsewhere.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(
            request: HttpRequest, *args: Any, pk: int | None = None, token: str = "", **kwargs: Any
        ) -> HttpResponseBase:
            if page and not token and not request.user.is_authenticated:
                return _reload() if request.htmx else redirect_to_login(request.get_full_path())
            try:
                response = view(request, _door(request, pk, token), *args, **kwargs)
            except OrderRemoved:
                response = HttpResponse(headers={"HX-Redirect": reverse("orders:list")})
            except NotFound:
                raise Http404 from None
            except ShareEnded as ended:
                response = _ended(request, ended, page=page)
            return _for_this_reader_alone(response, by_link=bool(token))

        return opened

    return decorate


def _door(request: HttpRequest, pk: int | None, token: str) -> Door:
    if token:
        link = sharing.opened(token)
        order = Order.objects.filter(pk=link.order_id, removed_at=None).first()
    else:
        link, order = None, Order.objects.visible_to(request.user).filter(pk=pk).first()
    if order is None:
        is_removed = request.htmx and not token and Order.objects.removed_by(request.user).filter(pk=pk).exists()
        raise OrderRemoved if is_removed else NotFound
    return Door(order, link, token)


def _ended(request: HttpRequest, ended: ShareEnded, *, page: bool) -> HttpResponse:
    if request.htmx:
        return _reload()
    if page:
        return render(request, "orders/shared_ended.html", {"ended": ended}, status=HTTPStatus.GONE)
    return HttpResponse(status=HTTPStatus.GONE)


def _reload() -> HttpResponse:
    """To htmx: load the whole page again, which then says why."""
    return HttpResponse(headers={"HX-Refresh": "true"})


def _for_this_reader_alone(response: HttpResponseBase, *, by_link: bool) -> HttpResponseBase:
    if "ETag" in response:
        response["Cache-Control"] = "private, no-cache"
    else:
        add_never_cache_headers(response)
    if by_link:
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
    return response
