"""The page of one order: for its owner, and read-only for those who were given a link to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from hub.orders import downloads, sharing
from hub.orders.models import Order, OrderEvent, ProductFile
from hub.orders.scenes import scenes_of
from hub.orders.views.access import signed_in
from hub.orders.views.readers import Door, for_readers
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
@for_readers(page=True)
def panel(request: HttpRequest, door: Door) -> HttpResponse:
    """The part of the order page that changes, for the page to fetch again."""
    order = with_parts(Order.objects.filter(pk=door.order.pk)).get()
    status = HTTPStatus.OK if order.is_active else STOP_POLLING
    return render(request, "orders/_panel.html", {"order": order} | by_link(door), status=status)


@require_GET
@for_readers(page=True)
def scenes(request: HttpRequest, door: Door, product_pk: int) -> HttpResponse:
    """The scenes of one product of the order: the list alone for htmx, else a page."""
    product = door.product(product_pk)
    template = "orders/_scenes.html" if request.htmx else "orders/scenes.html"
    context = {"order": door.order, "product": product, "scenes": scenes_of(product)}
    return render(request, template, context | by_link(door))


@require_GET
@for_readers(page=True)
def file(request: HttpRequest, door: Door, file_pk: int) -> HttpResponse:
    """To the signed link of one file of the order; a visitor's is good for as long as the shared link is."""
    file = get_object_or_404(ProductFile.objects.filter(product__order=door.order), pk=file_pk)
    file.product.order = door.order
    return redirect(downloads.link_for_visitors(file, door.link) if door.link else downloads.link(file))


def by_link(door: Door) -> dict[str, Any]:
    """What the templates of an order ask to know whether they are shown by a link."""
    return {"shared_link": door.link, "shared_token": door.token} if door.link else {}


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
