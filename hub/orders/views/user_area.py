"""The user area and the order page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from hub.errors import HubError
from hub.orders import downloads, ordering
from hub.orders.models import Order, OrderEvent, ProductFile
from hub.orders.views.access import signed_in
from hub.orders.views.wording import explained, map_config
from processing.errors import ProcessingError

ORDERS_PER_PAGE = 20
STOP_POLLING = 286
"""To htmx: show this, and do not ask again."""


@require_GET
@signed_in
def order_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(Order.objects.visible_to(request.user).for_rows(), ORDERS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "orders/list.html", {"page": page})


@require_GET
@signed_in
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the table, for the page to poll."""
    order = get_object_or_404(Order.objects.visible_to(request.user).for_rows(), pk=pk)
    return render(request, "orders/_row.html", {"order": order})


@require_GET
@signed_in
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    order = _whole_order(request, pk)
    return render(request, "orders/detail.html", {"order": order, "map_config": _order_map(order)})


@require_GET
@signed_in
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the order page that changes, for the page to fetch again."""
    order = _whole_order(request, pk)
    status = HTTPStatus.OK if order.is_active else STOP_POLLING
    return render(request, "orders/_panel.html", {"order": order}, status=status)


def _whole_order(request: HttpRequest, pk: int) -> Order:
    events = Prefetch("events", OrderEvent.objects.select_related("product", "who"))
    orders = Order.objects.visible_to(request.user).prefetch_related("products__files", events)
    return get_object_or_404(orders, pk=pk)


def _order_map(order: Order) -> dict[str, Any]:
    """The order's area and its products' footprints for the map."""
    footprints = [{"name": product.name, "coordinates": product.footprint.coords} for product in order.products.all()]
    return map_config() | {"area": order.spec["area"], "footprints": footprints}


@require_POST
@signed_in
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    try:
        ordering.dismiss(order, by=request.user)
    except HubError as refused:
        messages.error(request, explained(refused))
    else:
        messages.success(request, f"“{order.name}” is dismissed.")
    return _back(request, order)


@require_POST
@signed_in
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    try:
        again = ordering.repeat(order, by=request.user)
    except (HubError, ProcessingError) as refused:
        messages.error(request, explained(refused))
        return _back(request, order)
    messages.success(request, f"“{again.name}” is ordered again.")
    return _back(request, again)


def _back(request: HttpRequest, order: Order) -> HttpResponse:
    """To the page that the button stood on: the table, or the page of ``order``."""
    return redirect("orders:list") if request.POST.get("back") == "list" else redirect(order)


@require_GET
@signed_in
def file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """To the signed link of one file of the user's order."""
    files = ProductFile.objects.visible_to(request.user).filter(product__order_id=pk)
    files = files.select_related("product__order")
    return redirect(downloads.link(get_object_or_404(files, pk=file_pk)))
