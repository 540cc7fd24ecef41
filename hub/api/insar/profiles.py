"""Motion along a line."""

from __future__ import annotations

from rest_framework.request import Request

from hub.api.insar.answering import InsarView, Response
from hub.api.insar.questions import body_of
from hub.insar.answers import references
from hub.insar.answers.profiles import profile, strip
from hub.insar.answers.shapes import middle_of, read_line
from hub.insar.models import Action, Right


class ProfileView(InsarView):
    """Points of a strip along a line, and means of equal pieces of it; cells where only an overview is allowed."""

    def post(self, request: Request, key: str, direction: str) -> Response:
        """Distances are metres on the ground."""
        access = self.access(key, at_least=Right.OVERVIEW)
        layer = access.layer(direction)
        asked = body_of(request, "line", "width_m", "reference")
        along = strip(read_line(asked.get("line")), asked.get("width_m"))
        told_against = references.read(access, layer, asked.get("reference"))
        answer = profile(access, layer, along, told_against)
        answer["reference"] = told_against.document(*middle_of(along.shape)) if told_against is not None else None
        self.record(
            Action.PROFILE, access, direction=direction, area=along.shape.ewkb, points=answer["count"],
            cells=len(answer["cells"]), detail={"width_m": along.width_m},
        )  # fmt: skip
        return Response(answer)
