"""What the pages of a series fetch and send: its steps, its exports, stop, rename, remove. Its owner's alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from hub.api.problems import problem_response
from hub.errors import HubError
from hub.series import asking, exporting
from hub.series.models import Series
from hub.series.showing import standing, steps_after, told_step
from processing.errors import ProcessingError

NUMBER = re.compile(r"-?[0-9]{1,9}")

View = Callable[..., HttpResponseBase]


def of_its_owner(view: View) -> View:
    """Hand ``view`` the series with the address' key, if it is the reader's; refusals are problem+json."""

    @wraps(view)
    def found(request: HttpRequest, key: str, **kwargs: Any) -> HttpResponseBase:
        series = Series.objects.of(request.user).keyed(key).first()
        if series is None:
            raise Http404
        try:
            response = view(request, series, **kwargs)
        except (HubError, ProcessingError) as refused:
            response = problem_response(refused)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return found


@require_GET
@of_its_owner
def steps(request: HttpRequest, series: Series) -> HttpResponse:
    """How the series stands, and its steps after ``?after=``: up to 200, with ``more`` where there are others."""
    after = request.GET.get("after", "-1")
    found, more = steps_after(series, int(after) if NUMBER.fullmatch(after) else -1)
    kind = series.spec["kind"]
    return JsonResponse(standing(series) | {"steps": [told_step(step, kind) for step in found], "more": more})


@require_POST
@of_its_owner
def stop(request: HttpRequest, series: Series) -> HttpResponse:
    """Stop the making; what is there stays."""
    return _answer(request, asking.stop(series, by=request.user))


@require_POST
@of_its_owner
def rename(request: HttpRequest, series: Series) -> HttpResponse:
    """Call it by the posted ``name``."""
    return _answer(request, asking.rename(series, request.POST.get("name", ""), by=request.user))


@require_POST
@of_its_owner
def remove(request: HttpRequest, series: Series) -> HttpResponse:
    """Delete it."""
    asking.remove(series, by=request.user)
    return JsonResponse({"removed": True}) if _is_script(request) else _see_other("series:tool")


@require_GET
@of_its_owner
def export(request: HttpRequest, series: Series, kind: str) -> HttpResponseBase:
    """The series as a file."""
    return exporting.export(series, kind)


def _answer(request: HttpRequest, series: Series) -> HttpResponse:
    return JsonResponse(standing(series)) if _is_script(request) else _see_other(series)


def _see_other(where: Any) -> HttpResponse:
    response = redirect(where)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _is_script(request: HttpRequest) -> bool:
    """Whether a script asks, and not a plain form."""
    return bool(request.htmx) or request.accepts("application/json") and not request.accepts("text/html")
