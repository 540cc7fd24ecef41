"""The Mosaic Hub page: the order form."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hub.errors import HubError, http_status
from hub.orders import ordering
from hub.orders.forms import OrderForm, initial_from_data, initial_from_spec
from hub.orders.models import Order
from hub.orders.offer import PRESETS, S2GM_LAYERS, Offer
from hub.orders.views.wording import explained, map_config
from processing.errors import InvalidOrder, ProcessingError
from processing.sentinel2 import BANDS

DRAFT = "order_draft"
"""Where the session keeps the choices of a visitor who still has to sign in."""


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
        return render(request, "hub/_estimate.html", {"form": form, "estimate": result})
    return _hub_page(request, form, estimate=result)


def _hub_page(request: HttpRequest, form: OrderForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {
        "form": form,
        "offer": form.offer,
        "presets": {title: " ".join(names) for title, names in PRESETS.items()},
        "everything_of_s2gm": " ".join((*BANDS, *S2GM_LAYERS)),
        "form_key": request.POST.get("form_key") or secrets.token_urlsafe(16),
        "map_config": map_config() | {"extent": form.offer.bounds},
    }
    return render(request, "hub/hub.html", context, status=status)


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
        form.add_error(None, explained(refused))
