"""Points of an area as a file, sent while it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from hub.api.insar.answering import InsarView
from hub.api.insar.questions import asked_of, flag, shape_of
from hub.api.insar.quotas import check_points, who
from hub.errors import NotFound
from hub.insar.answers.exports.about import About
from hub.insar.answers.exports.kinds import KINDS, sent
from hub.insar.answers.exports.rows import Keys, all_keys, batches, parts_of
from hub.insar.answers.shapes import Shape
from hub.insar.models import Action, Layer, Right
from hub.insar.policy import Access


class Giving(InsarView):
    """What gives points away: counted against a day's, written down with whoever takes them."""

    def give(
        self, action: Action, access: Access, layer: Layer, shape: Shape, found: Keys, detail: dict[str, Any]
    ) -> None:  # fmt: skip
        """Count and write down, in one go. Raises QuotaUsedUp."""
        if not self.request.user.is_authenticated:
            detail = detail | {"from": who(self.request)}
        with transaction.atomic():
            check_points(self.request, len(found))
            self.record(
                action, access, direction=layer.direction, area=shape.ewkb, points=len(found), detail=detail
            )  # fmt: skip

    def about(self, access: Access, layer: Layer, found: Keys, question: Mapping[str, Any]) -> About:
        """What goes with the points."""
        parts = sorted(parts_of(found).values(), key=lambda part: part.identity)
        return About(
            access, layer, parts, points=len(found), taken_by=self.request.user.get_username(),
            question=dict(question), taken_at=timezone.now(),
        )  # fmt: skip


class ExportView(Giving):
    """All points of an area in one file."""

    def get(self, request: Request, key: str, direction: str, kind: str) -> StreamingHttpResponse:
        """Of a window, with ?bbox=."""
        return self._export(request, key, direction, kind)

    def post(self, request: Request, key: str, direction: str, kind: str) -> StreamingHttpResponse:
        """Of a polygon, or a window."""
        return self._export(request, key, direction, kind)

    def _export(self, request: Request, key: str, direction: str, kind: str) -> StreamingHttpResponse:
        access = self.access(key, at_least=Right.FULL)
        layer = access.layer(direction)
        if kind not in KINDS:
            raise NotFound
        asked = asked_of(request, "bbox", "polygon", "series")
        shape, series = shape_of(asked), flag(asked, "series")
        found = all_keys(access, layer, shape, most=settings.INSAR_LIMIT_EXPORT_POINTS)
        self.give(Action.EXPORT, access, layer, shape, found, {"kind": kind, "series": series})
        about = self.about(access, layer, found, asked)
        return sent(KINDS[kind], batches(access, layer, shape, found, series=series), about, series=series)
