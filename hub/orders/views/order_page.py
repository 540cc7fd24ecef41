"""The page of one order: for its owner, and read-only for those who were given a link to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hub.orders import downloads, sharing
from hub.orders.models import Order, OrderEvent, Product, ProductFile
from hub.orders.scenes import scenes_of
from hub.orders.views.access import signed_in
from hub.orders.views.wording import map_config

STOP_POLLING = 286
"""To htmx: show this, and do not ask again."""


@require_GET
@signed_in
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return owners_page(request, pk)


def owners_page(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
    """The order page with ``more`` in its context; 404 for everybody but the owner."""
    order = get_object_or_404(with_parts(Order.objects.visible_to(request.user)), pk=pk)
    context = {
        "order": order,
        "map_config": order_map(order),
        "links": order.share_links.usable(),
        "durations": sharing.DAYS,
    }
    return render(request, "orders/detail.html", context | more)


@require_GET
@signed_in
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the order page that changes, for the page to fetch again."""
    # Deleted from another of its owner's pages: this one has nothing left to show.
    if request.htmx and Order.objects.removed_by(request.user).filter(pk=pk).exists():
        return HttpResponse(headers={"HX-Redirect": reverse("orders:list")})
    order = get_object_or_404(with_parts(Order.objects.visible_to(request.user)), pk=pk)
    return changing_part(request, order)


def changing_part(request: HttpRequest, order: Order, **more: Any) -> HttpResponse:
    status = HTTPStatus.OK if order.is_active else STOP_POLLING
    return render(request, "orders/_panel.html", {"order": order} | more, status=status)


@require_GET
@signed_in
def scenes(request: HttpRequest, pk: int, product_pk: int) -> HttpResponse:
    """The scenes of one product of the user's order."""
    products = Product.objects.visible_to(request.user).filter(order_id=pk).select_related("order")
    return scene_list(request, get_object_or_404(products, pk=product_pk))


def scene_list(request: HttpRequest, product: Product, **more: Any) -> HttpResponse:
    """The scenes of ``product``: the list alone for htmx, else a page."""
    template = "orders/_scenes.html" if request.htmx else "orders/scenes.html"
    context = {"order": product.order, "product": product, "scenes": scenes_of(product)}
    return render(request, template, context | more)


@require_GET
@signed_in
def file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """To the signed link of one file of the user's order."""
    files = ProductFile.objects.visible_to(request.user).filter(product__order_id=pk)
    files = files.select_related("product__order")
    return redirect(downloads.link(get_object_or_404(files, pk=file_pk)))


def with_parts(orders: QuerySet[Order]) -> QuerySet[Order]:
    """``orders`` with all that their page shows, in a few queries however many products there are."""
    events = Prefetch("events", OrderEvent.objects.select_related("product", "who"))
    return orders.prefetch_related("products__files", events)


def order_map(order: Order) -> dict[str, Any]:
    """The order's area and its products' footprints for the map."""
    footprints = [
        {
            "id": product.pk,
            "name": product.name,
            "status": product.status,
            "coordinates": product.footprint.coords,
        }
        for product in order.products.all()
    ]
    return map_config() | {"area": order.spec["area"], "footprints": footprints}
