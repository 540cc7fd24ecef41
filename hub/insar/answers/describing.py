"""Releases in words and numbers, for the API and the map page: metadata, as much as a viewer may know."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import Prefetch

from hub.insar.answers.places import to_degrees
from hub.insar.models import Acceptance, Layer, Part, Release, Right
from hub.insar.models.words import MAP_SRID
from hub.insar.policy import Access, viewer_of, visible_releases

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.contrib.gis.geos import GEOSGeometry

_ROUGH_M = 2000
_ENOUGH_POINTS = 100
_SPANS = """
    SELECT layer_id, min(dates ->> 0), max(dates ->> -1), max(jsonb_array_length(dates))
    FROM insar_part WHERE layer_id = ANY(%s) GROUP BY layer_id
"""
# For a look at where one may see what; what counts is the policy's own area.
_AREA = """
    SELECT ST_AsGeoJSON(ST_Transform(ST_Multi(ST_SimplifyPreserveTopology(area, greatest(
        ST_XMax(area) - ST_XMin(area), ST_YMax(area) - ST_YMin(area)
    ) / 4000)), 4326), 5)
    FROM (SELECT insar_area(%s::bigint, %s, %s) AS area) found
"""


@dataclass(frozen=True)
class _Span:
    """From when to when a layer was seen."""

    first: str | None = None
    last: str | None = None
    dates: int = 0


def releases(user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
    """Every release that ``user`` may know of, as JSON. Who shows it writes that down."""
    found = list(_with_layers(visible_releases(user)))
    return _described(found, {release.pk: Right(release.right) for release in found}, user)


def release(access: Access, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """One release with its parts, and with where ``user`` has which right, as JSON."""
    found = _with_layers(Release.objects.filter(pk=access.release.pk)).get()
    (told,) = _described([found], {found.pk: access.right}, user)
    areas = {str(right): _area(access, right) for right in (Right.OVERVIEW, Right.FULL) if access.reaches(right)}
    directions = {layer.pk: layer.direction for layer in found.layers.all()}
    parts = Part.objects.filter(layer__in=directions).order_by("layer__direction", "identity")
    return told | {
        "parts": [_part(part, directions[part.layer_id]) for part in parts],
        "areas": {"overview": None, "full": None} | areas,
    }


def about(count: int) -> int:
    """``count`` to two digits: what a total tells to those who may not see all of it."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return (count + unit // 2) // unit * unit


def part_document(part: Part) -> dict[str, Any]:
    """A part as JSON, without its outline."""
    return {
        "identity": part.identity,
        "track": part.track,
        "facility": part.facility,
        "version": part.version,
        "first_date": part.dates[0] if part.dates else None,
        "last_date": part.dates[-1] if part.dates else None,
        "dates": len(part.dates),
    }


def _with_layers(found: Any) -> Any:
    layers = Prefetch("layers", Layer.objects.filter(indexed=True))
    return found.select_related("undertaking").prefetch_related(layers)


def _described(
    found: Iterable[Release], rights: dict[int, Right], user: AbstractBaseUser | AnonymousUser
) -> list[dict[str, Any]]:
    found = list(found)
    spans = _spans([layer.pk for each in found for layer in each.layers.all()])
    promised = [each.undertaking_id for each in found if each.undertaking_id]
    accepted = set(
        Acceptance.objects.filter(user=viewer_of(user), undertaking__in=promised).values_list("undertaking", flat=True)
    )
    return [_release(each, rights[each.pk], spans, accepted) for each in found]


def _release(release: Release, right: Right, spans: dict[int, _Span], accepted: set[int]) -> dict[str, Any]:
    promise = release.undertaking
    return {
        "key": release.key,
        "title": release.title,
        "collection": release.collection,
        "level": release.level,
        "first_year": release.first_year,
        "last_year": release.last_year,
        "version": release.version,
        "right": str(right),
        "summary": release.summary,
        "attribution": release.attribution,
        "licence": release.licence,
        "least_points": release.least_points,
        "overview_cell_m": release.overview_cell_m,
        "undertaking": None if promise is None else {
            "id": promise.pk, "title": promise.title, "version": promise.version, "accepted": promise.pk in accepted,
        },
        "layers": [_layer(layer, right, spans.get(layer.pk, _Span())) for layer in release.layers.all()],
    }  # fmt: skip


def _layer(layer: Layer, right: Right, span: _Span) -> dict[str, Any]:
    # How fast the ground moves is told by the results, which are not for those who may only know that there are any.
    # Of few points a percentile is nearly the velocity of one of them.
    is_known = right != Right.EXISTS and layer.points >= _ENOUGH_POINTS
    told = is_known and layer.velocity_p02 is not None and layer.velocity_p98 is not None
    return {
        "direction": layer.direction,
        "points_about": about(layer.points),
        "extent": _box(layer.extent),
        "velocity_range": [round(layer.velocity_p02, 1), round(layer.velocity_p98, 1)] if told else None,
        "first_date": span.first,
        "last_date": span.last,
        "dates": span.dates,
    }


def _part(part: Part, direction: str) -> dict[str, Any]:
    return part_document(part) | {"direction": direction, "outline": _outline(part.outline)}


def _spans(layers: list[int]) -> dict[int, _Span]:
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, [layers])
        return {layer: _Span(first, last, dates) for layer, first, last, dates in cursor.fetchall()}


def _area(access: Access, right: Right) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(_AREA, [access.viewer, access.release.pk, str(right)])
        (found,) = cursor.fetchone()
    return None if found is None else json.loads(found)


def rough_extent(extent: GEOSGeometry | None) -> Polygon | None:
    """A layer's box, grown to squares of some kilometres.

    The box itself tells where its outermost points lie, also to those who may not see them.
    """
    if extent is None:
        return None
    west, south, east, north = (each / _ROUGH_M for each in extent.extent)
    box = Polygon.from_bbox([each * _ROUGH_M for each in (floor(west), floor(south), ceil(east), ceil(north))])
    box.srid = MAP_SRID
    return box


def _box(extent: GEOSGeometry | None) -> list[float] | None:
    rough = rough_extent(extent)
    if rough is None:
        return None
    west, south, east, north = rough.extent
    return [round(each, 5) for each in (*to_degrees(west, south), *to_degrees(east, north))]


def _outline(outline: GEOSGeometry | None) -> dict[str, Any] | None:
    if outline is None:
        return None
    parts = [
        [[[round(each, 5) for each in to_degrees(x, y)] for x, y, *_ in ring] for ring in polygon.coords]
        for polygon in outline
    ]
    return {"type": "MultiPolygon", "coordinates": parts}
