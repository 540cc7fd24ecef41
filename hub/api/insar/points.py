"""One point: what is known of it, and its series."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.insar.answering import InsarView
from hub.insar.answers import references
from hub.insar.answers.series import SeenPoint, find_point
from hub.insar.answers.showing_points import DEFAULT_MODEL, point_document, series_document
from hub.insar.answers.velocities import read_day
from hub.insar.models import Action, Layer, Right
from hub.insar.models.words import MAP_SRID
from hub.insar.policy import Access


class _PointView(InsarView):
    """Finds the point of an address; what is not there and what may not be seen are answered alike."""

    def find(self, key: str, direction: str, point_id: str) -> tuple[Access, Layer, SeenPoint]:
        access = self.access(key, at_least=Right.FULL)
        layer = access.layer(direction)
        return access, layer, find_point(access, layer, point_id)

    def written_down(self, action: Action, access: Access, layer: Layer, point: SeenPoint, **detail: Any) -> None:
        self.record(
            action, access, direction=layer.direction, area=_place(point), points=1, detail={"id": point.id, **detail}
        )


class PointView(_PointView):
    """A point with its attributes, its geometry, the stated precisions, and what they mean in words."""

    def get(self, request: Request, key: str, direction: str, point_id: str) -> HttpResponse:
        """404 also for a point that one may not see."""
        access, layer, point = self.find(key, direction, point_id)
        etag = self.etag(access)
        if self.is_unchanged(etag):
            return self.unchanged(Action.POINT, access, etag, direction=direction, area=_place(point))
        document = point_document(layer, point)
        self.written_down(Action.POINT, access, layer, point)
        return Response(document, headers={"ETag": etag})


class PointSeriesView(_PointView):
    """The series of a point, with a curve through it."""

    def get(self, request: Request, key: str, direction: str, point_id: str) -> HttpResponse:
        """``model``, ``reference`` (a point's id) and ``reference_date`` may be given."""
        access, layer, point = self.find(key, direction, point_id)
        asked = request.query_params
        day = read_day(asked["reference_date"]) if asked.get("reference_date") else None
        other = asked.get("reference")
        # Before the answer is said to be unchanged: the reference must still be one that may be seen.
        reference = references.of_point(access, layer, other) if other else None
        model = asked.get("model") or DEFAULT_MODEL
        etag = self.etag(access, model, day, other)
        if self.is_unchanged(etag):
            return self.unchanged(Action.SERIES, access, etag, direction=direction, area=_place(point))
        document = series_document(layer, point, model=model, reference=reference, reference_day=day)
        detail = {"reference": reference.ids[0]} if reference else {}
        self.written_down(Action.SERIES, access, layer, point, **detail)
        return Response(document, headers={"ETag": etag})


def _place(point: SeenPoint) -> str:
    return f"SRID={MAP_SRID};POINT({point.x!r} {point.y!r})"
