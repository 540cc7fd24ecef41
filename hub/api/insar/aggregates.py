"""What the points of a polygon do together."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.request import Request

from hub.api.insar.answering import InsarView, Response
from hub.api.insar.questions import body_of, flag
from hub.insar.answers import aggregates, references
from hub.insar.answers.aggregate_words import words
from hub.insar.answers.shapes import middle_of, read_polygon
from hub.insar.models import Action, Right
from hub.wording.titles import number


class AggregateView(InsarView):
    """Mean, spread and series of the points in a polygon; of its whole cells where only an overview is allowed."""

    def post(self, request: Request, key: str, direction: str) -> Response:
        """Both halves are null where nothing may be seen, as where nothing is."""
        access = self.access(key, at_least=Right.OVERVIEW)
        layer = access.layer(direction)
        asked = body_of(request, "polygon", "series", "reference")
        shape, with_series = read_polygon(asked.get("polygon")), flag(asked, "series")
        told_against = references.read(access, layer, asked.get("reference"))
        points = aggregates.points_inside(access, layer, shape)
        cells = aggregates.cells_inside(access, layer, shape)
        count = len(points)
        answer: dict[str, Any] = {"points": None, "cells": cells, "mended": shape.mended, "reference": None}
        left_out = with_series and count > settings.INSAR_LIMIT_VIEW_POINTS
        if count:
            series = aggregates.mean_series(points, told_against) if with_series and not left_out else []
            answer["points"] = aggregates.statistics(points, told_against) | {"series": series}
        if told_against is not None:
            answer["reference"] = told_against.document(*middle_of(shape))
        answer["words"] = words(answer, direction, referenced=bool(count) and told_against is not None)
        if left_out:
            text = _("The mean series is left out: it is made of up to %(most)s points.")
            limit = {"most": number(settings.INSAR_LIMIT_VIEW_POINTS)}
            answer["words"].append({"code": "aggregate.series_left_out", "text": text % limit})
        self.record(
            Action.AGGREGATE, access, direction=direction, area=shape.ewkb, points=count,
            cells=cells["cells"] if cells else 0, detail={"series": with_series},
        )  # fmt: skip
        return Response(answer)
