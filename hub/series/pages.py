"""The pages of time series: the tool with the user's kept series, and the page of one. Only its owner sees a series."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.errors import HubError, http_status
from hub.orders.offer import Offer
from hub.orders.views.access import signed_in
from hub.orders.views.drawing import drawing_texts
from hub.orders.views.wording import explained, map_config
from hub.series import asking, page_shown, page_steps
from hub.series.models import Series
from hub.series.page_form import (
    FIELDS,
    SeriesForm,
    defaults,
    initial_from_data,
    initial_from_spec,
    read_degrees,
    sentence_of,
)
from processing.errors import InvalidOrder, ProcessingError
from processing.pixels.places import pixel_place

DRAFT = "series_draft"
"""Where the session keeps the choices of a visitor who has to sign in, if they are too long for an address."""
LONGEST_QUERY = 3000
SERIES_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def tool(request: HttpRequest) -> HttpResponseBase:
    """The form with the user's series below; takes a series. Who is not signed in is sent there with the choices."""
    if request.method != "POST":
        return _filled_page(request)
    if not request.user.is_authenticated:
        return redirect_to_login(f"{reverse('series:tool')}{_kept_choices(request)}")
    form = SeriesForm(request.POST, offer=Offer())
    if not form.is_valid():
        return _tool_page(request, form, status=http_status(InvalidOrder([])))
    try:
        series = asking.ask(request.user, form.spec)
    except InvalidOrder as refused:
        form.add_problems(refused.problems)
        return _tool_page(request, form, status=http_status(refused))
    except (HubError, ProcessingError) as refused:
        form.add_error(None, explained(refused))
        return _tool_page(request, form, status=http_status(refused))
    request.session.pop(DRAFT, None)
    return HttpResponseRedirect(series.get_absolute_url(), status=HTTPStatus.SEE_OTHER)


@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """The choices as code that asks for the same series; or what they lack."""
    form = SeriesForm(request.POST, offer=Offer())
    snippets = page_shown.snippets(form.spec) if form.is_valid() else ()
    template = "hub/_code.html" if request.htmx else "series/code.html"
    return render(request, template, {"form": form, "snippets": snippets})


@require_GET
def place(request: HttpRequest) -> JsonResponse:
    """The pixel that holds a point: its centre, and the outlines of the chosen pixels; problems by field else."""
    asked = {name: request.GET.get(name, "") for name in ("lon", "lat", "resolution", "crs", "pixels")}
    lon, lat = (read_degrees(asked.pop(name)) for name in ("lon", "lat"))
    if lon is None or lat is None:
        return JsonResponse({"problems": []}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        grid = page_shown.grid_of(lon, lat, **asked)
    except InvalidOrder as refused:
        problems = [{"field": problem.field, "message": sentence_of(problem)} for problem in refused.problems]
        return JsonResponse({"problems": problems}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    centre = pixel_place(grid)
    answer = {"lon": round(centre.lon, 7), "lat": round(centre.lat, 7), "epsg": centre.epsg}
    return JsonResponse(answer | {"outlines": page_shown.outlines(grid)})


@require_GET
@signed_in
def shown(request: HttpRequest, key: str) -> HttpResponse:
    """The page of one series; ``part``: only what changes ("now") or one step's data ("data"), for its script."""
    series = Series.objects.of(request.user).keyed(key).first()
    if series is None:
        raise Http404
    spec = series.series_spec
    context: dict[str, Any] = {
        "series": series,
        "spec": spec,
        "problems": page_shown.problems_of(series),
        **page_shown.table(
            series,
            spec,
            pixel=page_shown.chosen_pixel(spec, request.GET.get("pixel", "")),
            band=page_shown.chosen_band(spec, request.GET.get("band", "")),
            page=request.GET.get("page"),
        ),
    }
    if request.GET.get("part") == "now":
        return render(request, "series/_now.html", context)
    context["data"] = _data(request, series, context)
    if request.GET.get("part") == "data":
        return render(request, "series/_data.html", context)
    return render(request, "series/shown.html", context | _whole(series, spec))


def _data(request: HttpRequest, series: Series, context: dict[str, Any]) -> dict[str, Any] | None:
    """The data of the step that the address asks for; None where it asks for none; 404 where there is none such."""
    number = request.GET.get("step", "")
    if not number:
        return None
    numbers = list(series.steps.order_by("-number").values_list("number", flat=True)[:1])
    step = series.steps.filter(number=int(number)).first() if number.isdecimal() and len(number) < 6 else None
    if step is None:
        raise Http404
    return page_shown.data_panel(context["spec"], step.content, pixel=context["pixel"], last=numbers[0])


def _whole(series: Series, spec: Any) -> dict[str, Any]:
    """What the whole page needs beyond its changing part."""
    lines = page_steps.lines(spec)
    return {
        "contents_title": page_shown.contents_title(series.spec),
        "lines": lines,
        "has_quality": any(line.group == "quality" for line in lines),
        "pixel_choices": page_shown.pixel_choices(spec),
        "snippets": page_shown.snippets(spec),
        "config": page_shown.shown_config(series, spec),
    }


def _filled_page(request: HttpRequest) -> HttpResponse:
    """The form with a series of the user's to be changed, with a link's choices, or those kept over signing in."""
    offer = Offer()
    like = request.GET.get("like", "")
    if like:
        series = Series.objects.of(request.user).keyed(like).first()
        if series is None:
            raise Http404
        initial = initial_from_spec(series.spec | {"name": series.name})
        return _tool_page(request, SeriesForm(offer=offer, initial=initial))
    kept = "" if set(request.GET) & set(FIELDS) else request.session.get(DRAFT, "")
    initial = initial_from_data(QueryDict(kept) if kept else request.GET)
    return _tool_page(request, SeriesForm(offer=offer, initial=initial))


def _kept_choices(request: HttpRequest) -> str:
    """The choices as a query for after signing in; what is too long for an address is kept in the session."""
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    query = sent.urlencode()
    if len(query) <= LONGEST_QUERY:
        return f"?{query}"
    request.session[DRAFT] = query
    return ""


def _tool_page(request: HttpRequest, form: SeriesForm, *, status: int = 200) -> HttpResponse:
    kept = Paginator(Series.objects.of(request.user), SERIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "offer": form.offer,
        "choices": form.choices,
        "kept": kept,
        "rows": [(series, page_shown.contents_title(series.spec)) for series in kept.object_list],
        "map_config": map_config() | {"extent": form.offer.bounds},
        "drawing_texts": drawing_texts(),
        "defaults": defaults(form.offer),
    }
    return render(request, "series/tool.html", context, status=status)
