"""The Mosaic Hub page: the order form."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hub.errors import HubError, http_status
from hub.orders import ordering
from hub.orders.forms import OrderForm, initial_from_data, initial_from_spec, sentence_of
from hub.orders.models import Order
from hub.orders.offer import Offer
from hub.orders.views.hub_page import hub_page
from hub.orders.views.reviewing import review_of
from hub.orders.views.sent_area import SentArea, sent_area
from hub.orders.views.wording import explained
from processing.errors import InvalidOrder, ProcessingError

DRAFT = "order_draft"
"""Where the session keeps the choices of a visitor who still has to sign in."""


@require_http_methods(["GET", "HEAD", "POST"])
def hub(request: HttpRequest) -> HttpResponseBase:
    """Show the order form; take an order. Who is not signed in is sent there first, with the choices kept."""
    if request.method != "POST":
        return _filled_page(request)
    sent = sent_area(request.POST, request.FILES)
    if not request.user.is_authenticated:
        request.session[DRAFT] = sent.data.urlencode()
        return redirect_to_login(reverse("orders:hub"))
    form = OrderForm(sent.data, offer=Offer())
    if not is_sound(form, sent):
        return hub_page(request, form, status=http_status(InvalidOrder([])), notes=sent.notes)
    try:
        order = ordering.submit(request.user, form.spec, idempotency_key=_form_key(request))
    except (HubError, ProcessingError) as refused:
        put(refused, form)
        return hub_page(request, form, status=http_status(refused), notes=sent.notes)
    request.session.pop(DRAFT, None)
    messages.success(request, _("“%(name)s” is ordered.") % {"name": order.name})
    return redirect(order)


@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """What the choices would come to: the summary line for htmx, else the whole page with it."""
    form, result, sent = _estimated(request, may_be_unnamed=True)
    if request.htmx:
        return render(request, "hub/_estimate.html", {"form": form, "estimate": result})
    return hub_page(request, form, estimate=result, notes=sent.notes)


@require_POST
def review(request: HttpRequest) -> HttpResponse:
    """Every choice once more for the last step of the order panel, and whether the order comes in tiles."""
    form, result, _sent = _estimated(request)
    context = {
        "form": form,
        "review": review_of(form) if result else (),
        "products": result.products if result else 0,
    }
    return render(request, "hub/_reviewed.html", context)


def is_sound(form: OrderForm, sent: SentArea) -> bool:
    """Whether ``form`` is an order; a file or a name that was refused as area is said at the area."""
    sound = form.is_valid()
    if sent.refused:
        form.errors.pop("area", None)
        form.add_problems(sent.refused)
    return sound and not sent.refused


def put(refused: HubError | ProcessingError, form: OrderForm) -> None:
    """Show ``refused`` at its field of ``form``, or above the form with a remedy."""
    if isinstance(refused, InvalidOrder):
        form.add_problems(refused.problems)
    else:
        form.add_error(None, explained(refused))


def _estimated(
    request: HttpRequest, *, may_be_unnamed: bool = False
) -> tuple[OrderForm, ordering.Estimate | None, SentArea]:
    sent = sent_area(request.POST, request.FILES)
    form = OrderForm(sent.data, offer=Offer(), may_be_unnamed=may_be_unnamed)
    result = None
    if is_sound(form, sent):
        try:
            result = ordering.estimate(form.spec)
        except (HubError, ProcessingError) as refused:
            put(refused, form)
    return form, result, sent


def _filled_page(request: HttpRequest) -> HttpResponse:
    """The form with an order of the user's to be changed, a link's choices, or those kept over signing in."""
    like = request.GET.get("like", "")
    if like:
        order = Order.objects.visible_to(request.user).filter(pk=like).first() if like.isdecimal() else None
        if order is None:
            raise Http404
        return hub_page(request, OrderForm(offer=Offer(), initial=initial_from_spec(order.spec)))
    kept = "" if request.GET else request.session.get(DRAFT, "")
    sent = sent_area(request.GET or QueryDict(kept), {})
    form = OrderForm(offer=Offer(), initial=initial_from_data(sent.data))
    open_step = "confirm" if kept and request.user.is_authenticated else ""
    notes = (*sent.notes, *(sentence_of(problem) for problem in sent.refused))
    return hub_page(request, form, notes=notes, open_step=open_step)


def _form_key(request: HttpRequest) -> str:
    """The key of this rendering of the form, so that a form sent twice is one order."""
    key = request.POST.get("form_key", "")[:100]
    return f"form-{key}" if key.isascii() and key.isprintable() and key else ""
