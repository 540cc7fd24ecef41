"""Pages of forecasts: for everybody, signed in or not."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.errors import http_status, told_to_users
from hub.forecast import counting
from hub.forecast.asking import TooMuchToForecast, forecast_of
from hub.forecast.pictures import SHOWN, picture
from hub.forecast.wording import ShownForecast
from hub.orders.forms import OrderForm, sentence_of
from hub.orders.offer import Offer
from hub.orders.views.sent_area import sent_area
from hub.wording.sentences import told
from processing.errors import InvalidOrder, ProcessingError

_KEY = re.compile(r"[0-9a-f]{40}")
_MOST_POLLS = 99


@require_POST
def show(request: HttpRequest) -> HttpResponse:
    """How the order form's area will be seen: a part of a page for htmx, JSON for who accepts that, else a page."""
    if not _may_ask(request):
        return _answer(
            request,
            _("That are many forecasts at once; try again in a minute."),
            status=HTTPStatus.TOO_MANY_REQUESTS,
        )
    sent = sent_area(request.POST, request.FILES)
    form = OrderForm(sent.data, offer=Offer(), may_be_unnamed=True)
    if not form.is_valid():
        problem = sentence_of(sent.refused[0]) if sent.refused else form.first_problem
        return _answer(request, problem, status=http_status(InvalidOrder([])))
    try:
        forecast = forecast_of(form.spec)
    except TooMuchToForecast as refused:
        return _answer(request, f"{refused} {refused.remedy}", status=refused.status)
    except ProcessingError as refused:
        return _answer(request, told(told_to_users(refused)), status=http_status(refused))
    if _wants_json(request):
        return JsonResponse(forecast.to_json())
    return _answer(request, shown=ShownForecast(forecast, sent.data, _polls(request)))


@require_GET
def layer(request: HttpRequest, key: str) -> HttpResponse:
    """The map of a forecast of the last hour. Who has the key may see it: it says nothing of any order or user."""
    shown = request.GET.get("show", "count")
    counts = counting.map_of(key) if _KEY.fullmatch(key) and shown in SHOWN else None
    if counts is None:
        raise Http404
    headers = {"Cache-Control": f"private, max-age={counting.REMEMBERED_SECONDS}"}
    return HttpResponse(picture(counts, shown), content_type="image/png", headers=headers)


def _answer(request: HttpRequest, problem: str = "", *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"detail": problem}, status=status)
    context["problem"] = problem
    if request.htmx:
        # Else htmx would not show it.
        return render(request, "forecast/_forecast.html", context)
    return render(request, "forecast/forecast.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _polls(request: HttpRequest) -> int:
    text = request.POST.get("forecast_poll", "")
    return min(int(text), _MOST_POLLS) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _may_ask(request: HttpRequest) -> bool:
    """Count one more forecast of this person, or of this address, in the current minute."""
    person = request.user.pk if request.user.is_authenticated else get_adapter().get_client_ip(request)
    name = f"forecast-asked:{person}"
    if cache.add(name, 1, timeout=60):
        return True
    try:
        return cache.incr(name) <= settings.FORECASTS_PER_MINUTE
    except ValueError:  # it ran out between the two calls
        return True
