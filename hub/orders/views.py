"""The Mosaic Hub page, the user area and the order page. Reads by ``visible_to``, writes by ``ordering``."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.errors import HubError, http_status, told_to_users
from hub.orders import downloads, ordering
from hub.orders.forms import OrderForm, initial_from_data, initial_from_spec, sentence_of
from hub.orders.models import Order, OrderEvent, ProductFile
from hub.orders.offer import PRESETS, S2GM_LAYERS, Offer
from processing.errors import InvalidOrder, ProcessingError
from processing.sentinel2 import BANDS

logger = logging.getLogger(__name__)

ORDERS_PER_PAGE = 20
DRAFT = "order_draft"
"""Where the session keeps the choices of a visitor who still has to sign in."""


STOP_POLLING = 286
"""To htmx: show this, and do not ask again."""

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Let ``view`` see signed-in users only; a part of a page fetched by htmx reloads the page instead."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.htmx:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect_to_login(request.get_full_path())

    return checked


# --- Mosaic Hub page ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def hub(request: HttpRequest) -> HttpResponseBase:
    """Show the order form; take an order. Who is not signed in is sent there first, with the choices kept."""
    if request.method != "POST":
        return _hub_page(request, OrderForm(offer=Offer(), initial=_initial(request)))
    if not request.user.is_authenticated:
        request.session[DRAFT] = request.POST.urlencode()
        return redirect_to_login(reverse("orders:hub"))
    form = OrderForm(request.POST, offer=Offer())
    if not form.is_valid():
        return _hub_page(request, form, status=http_status(InvalidOrder([])))
    try:
        order = ordering.submit(request.user, form.spec, idempotency_key=_form_key(request))
    except (HubError, ProcessingError) as refused:
        _put(refused, form)
        return _hub_page(request, form, status=http_status(refused))
    request.session.pop(DRAFT, None)
    messages.success(request, f"“{order.name}” is ordered.")
    return redirect(order)


@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """What the choices would come to: the summary line for htmx, else the whole page with it."""
    form = OrderForm(request.POST, offer=Offer(), may_be_unnamed=True)
    result = None
    if form.is_valid():
        try:
            result = ordering.estimate(form.spec)
        except (HubError, ProcessingError) as refused:
            _put(refused, form)
    if request.htmx:
        return render(request, "orders/_estimate.html", {"form": form, "estimate": result})
    return _hub_page(request, form, estimate=result)


def _hub_page(request: HttpRequest, form: OrderForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {
        "form": form,
        "offer": form.offer,
        "presets": {title: " ".join(names) for title, names in PRESETS.items()},
        "everything_of_s2gm": " ".join((*BANDS, *S2GM_LAYERS)),
        "form_key": request.POST.get("form_key") or secrets.token_urlsafe(16),
        "map_config": _map_config() | {"extent": form.offer.bounds},
    }
    return render(request, "orders/hub.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the form starts with: an order of the user's to be changed, a link's choices, or the kept ones."""
    like = request.GET.get("like", "")
    if like:
        order = Order.objects.visible_to(request.user).filter(pk=like).first() if like.isdecimal() else None
        if order is None:
            raise Http404
        return initial_from_spec(order.spec)
    if request.GET:
        return initial_from_data(request.GET)
    return initial_from_data(QueryDict(request.session.get(DRAFT, "")))


def _form_key(request: HttpRequest) -> str:
    """The key of this rendering of the form, so that a form sent twice is one order."""
    key = request.POST.get("form_key", "")[:100]
    return f"form-{key}" if key.isascii() and key.isprintable() and key else ""


def _put(refused: HubError | ProcessingError, form: OrderForm) -> None:
    """Show ``refused`` at its field of ``form``, or above the form with a remedy."""
    if isinstance(refused, InvalidOrder):
        form.add_problems(refused.problems)
    else:
        form.add_error(None, _explained(refused))


def _explained(refused: HubError | ProcessingError) -> str:
    """What was refused and what to do, in plain sentences."""
    if isinstance(refused, InvalidOrder):
        return " ".join(sentence_of(problem) for problem in refused.problems)
    if isinstance(refused, ProcessingError):
        logger.warning("An order could not be taken: %s", refused)
        return f"Nothing was ordered. {told_to_users(refused)}"
    return f"{refused} {refused.remedy}".strip()


def _map_config() -> dict[str, Any]:
    return {"tiles": settings.MAP_TILES_URL, "attribution": settings.MAP_TILES_ATTRIBUTION}


# --- User area ------------------------------------------------------------------------------------


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
    return _map_config() | {"area": order.spec["area"], "footprints": footprints}


@require_POST
@signed_in
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    try:
        ordering.dismiss(order, by=request.user)
    except HubError as refused:
        messages.error(request, _explained(refused))
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
        messages.error(request, _explained(refused))
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
