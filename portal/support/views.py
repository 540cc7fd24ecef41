"""The pages of the service desk: write to it, read one's own tickets."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from hub.orders.models import Order
from hub.pixels.models import State
from hub.pixels.wording import Answer
from portal.support import desk
from portal.support.forms import UNKNOWN_PIXEL, ContactForm
from portal.support.models import Ticket

TICKETS_PER_PAGE = 20
SENT = "support_ticket"


@never_cache
def contact(request: HttpRequest) -> HttpResponse:
    """The contact form; ``?order=`` chooses one of the user's own orders beforehand, ``?pixel=`` one of its pixels."""
    sender: dict[str, Any] = {"user": request.user, "address": get_adapter().get_client_ip(request)}
    if request.method != "POST":
        form = ContactForm(initial=_known(request), **sender)
        return _form(request, form, asked=request.GET.get("pixel", ""))
    form = ContactForm(request.POST, **sender)
    if not form.is_valid():
        return _form(request, form, asked=request.POST.get("pixel", ""), status=422)
    ticket = desk.open_ticket(
        email=form.cleaned_data["email"],
        subject=form.cleaned_data["subject"],
        message=form.cleaned_data["message"],
        owner=request.user if request.user.is_authenticated else None,
        order=form.cleaned_data.get("order"),
        pixel=form.cleaned_data["pixel"],
    )
    request.session[SENT] = ticket.pk
    return redirect("support:sent")


def _form(request: HttpRequest, form: ContactForm, *, asked: str, status: int = 200) -> HttpResponse:
    """The form's page, with what goes along, or that it cannot. ``asked``: the key of the pixel that should."""
    place = form.place
    context = {
        "form": form,
        "place": place,
        "answer": Answer(place) if place and place.state == State.MADE else None,
        "unknown_pixel": UNKNOWN_PIXEL if asked and place is None else "",
    }
    return render(request, "support/contact.html", context, status=status)


def _known(request: HttpRequest) -> dict[str, Any]:
    """What the form can say by itself: the user's address, and the order and the pixel that they came from."""
    if not request.user.is_authenticated:
        return {}
    wanted = request.GET.get("order", "")
    order = Order.objects.visible_to(request.user).filter(pk=wanted).first() if _is_key(wanted) else None
    known = {"email": request.user.email, "order": order, "pixel": request.GET.get("pixel", "")}
    if order is not None and known["pixel"]:
        known["subject"] = _("A pixel of %(order)s") % {"order": order.name}
    return known


def _is_key(text: str) -> bool:
    """Whether ``text`` is a number that a row may have."""
    return text.isascii() and text.isdigit() and len(text) <= 18


@never_cache
def sent(request: HttpRequest) -> HttpResponse:
    """The thanks after the form, with the ticket's number."""
    number = request.session.get(SENT)
    return render(request, "support/sent.html", {"number": number}) if number else redirect("support:contact")


@login_required
def tickets(request: HttpRequest) -> HttpResponse:
    """The user's own tickets, newest first."""
    page = Paginator(Ticket.objects.visible_to(request.user).select_related("order"), TICKETS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "support/tickets.html", {"page": page})


@login_required
def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the user's own tickets with its messages; a stranger's is a 404."""
    mine = Ticket.objects.visible_to(request.user).select_related("order").prefetch_related("messages")
    return render(request, "support/ticket.html", {"ticket": get_object_or_404(mine, pk=pk)})
