"""The catalogue: which releases there are for this person, and what is known of each."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hub.insar import audit, policy
from hub.insar.access import undertakings
from hub.insar.answers.describing import about, rough_extent
from hub.insar.answers.precisions import precisions_of
from hub.insar.models import Action, Grant, Layer, Part, Release, Right
from hub.insar.pages.frame import frame, outline_map, page
from hub.wording.titles import number

PARTS_PER_PAGE = 25
_WHERE = (("overview", Right.OVERVIEW), ("full", Right.FULL))


@page
@require_GET
def releases(request: HttpRequest) -> HttpResponse:
    """All releases that the person may know of, by collection."""
    found = list(policy.visible_releases(request.user).prefetch_related("layers"))
    for release in found:
        access = policy.access(request.user, release.key)
        audit.record(request.user, Action.RELEASE, access, detail={"page": "releases"})
    context = {
        **frame(request, "releases"),
        "collections": [
            (name, [_card(release) for release in members])
            for name, members in groupby(found, key=lambda release: release.collection)
        ],
        "missing": undertakings.missing(request.user),
        "now": timezone.now(),
    }
    return render(request, "insar/releases.html", context)


@page
@require_GET
def release(request: HttpRequest, key: str) -> HttpResponse:
    """One release: its metadata, layers and parts, and what the person may see of it, where and until when."""
    access = policy.access(request.user, key)
    audit.record(request.user, Action.RELEASE, access, detail={"page": "release"})
    found = access.release
    areas = {name: access.area(right) for name, right in _WHERE}
    context = {
        **frame(request, "releases"),
        "release": found,
        "access": access,
        "right_words": right_words(access.right),
        "layers": [_layer(layer) for layer in found.layers.filter(indexed=True)],
        "parts": Paginator(_parts(found), PARTS_PER_PAGE).get_page(request.GET.get("page")),
        "reports": _reports(access, areas["full"]),
        "grants": _grants(access),
        "precisions": precisions_of(found.level),
        "undertaking_stands": undertakings.stands(found.undertaking),
        "acceptance": undertakings.acceptance(request.user, found.undertaking) if found.undertaking else None,
        "under_embargo": bool(found.embargo_until and found.embargo_until > timezone.now()),
        "map_config": outline_map(
            *(("extent", rough_extent(layer.extent)) for layer in found.layers.filter(indexed=True)),
            *areas.items(),
        ),
    }
    return render(request, "insar/release.html", context)


def right_words(right: str) -> str:
    """A right as what a person can do with it."""
    return {
        Right.FULL: _("You may see points and their series."),
        Right.OVERVIEW: _("You may see cells; single points are kept back."),
        Right.EXISTS: _("You may know that it exists; what it shows is kept back."),
    }[Right(right)]


def _card(release: Any) -> dict[str, Any]:
    layers = [layer for layer in release.layers.all() if layer.indexed]
    return {
        "release": release,
        "right": release.right,
        "right_words": right_words(release.right),
        "layers": [layer.get_direction_display() for layer in layers],
        "points": number(about(sum(layer.points for layer in layers))),
    }


def _layer(layer: Layer) -> dict[str, Any]:
    found = layer.parts.aggregate(count=Count("pk"), most=Max("points"))
    return {
        "direction": layer.get_direction_display(),
        "code": layer.direction,
        "points": number(about(layer.points)),
        "parts": found["count"],
        **_days(layer.parts.all()),
    }


def _days(parts: QuerySet[Part]) -> dict[str, Any]:
    """First and last day of all of them; None where there are no dates."""
    return parts.exclude(dates=[]).aggregate(first=Min(KT("dates__0")), last=Max(KT("dates__-1")))


def _parts(release: Release) -> QuerySet[Part]:
    found = Part.objects.filter(layer__release=release, layer__indexed=True).select_related("layer")
    return found.order_by("layer__direction", "identity")


def _reports(access: policy.Access, full: Any) -> list[dict[str, Any]]:
    """How delivered fields differ from recomputed ones, by field, over the parts where the person sees everything."""
    if full is None:
        return []
    parts = _parts(access.release).filter(Q(outline__coveredby=full)).exclude(report={})
    fields: dict[str, dict[str, Any]] = {}
    for report in parts.values_list("report", flat=True):
        for name, found in _fields(report):
            total = fields.setdefault(name, {"name": name, "count": 0, "differing": 0, "largest": 0.0, "parts": 0})
            total["count"] += found["count"]
            total["differing"] += found["differing"]
            total["largest"] = max(total["largest"], found["max_difference"])
            total["parts"] += 1
    return list(fields.values())


def _fields(report: Any) -> list[tuple[str, dict[str, Any]]]:
    """The fields of a part's report, whatever else stands in it."""
    inner = report.get("fields", report) if isinstance(report, dict) else {}
    wanted = {"count", "differing", "max_difference"}
    return [(name, found) for name, found in inner.items() if isinstance(found, dict) and wanted <= found.keys()]


def _grants(access: policy.Access) -> list[Grant]:
    """The grants that count for the person now, the largest right first."""
    found = Grant.objects.raw(
        'SELECT g.* FROM insar_grants(%s::bigint, %s::bigint) g ORDER BY insar_rank(g."right") DESC, g.id',
        [access.viewer, access.release.pk],
    )
    return list(found.prefetch_related("territory", "group", "undertaking"))
