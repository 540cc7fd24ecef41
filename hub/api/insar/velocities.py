"""Velocities of a window of dates for the points in view."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.insar.answering import InsarView
from hub.insar.answers import references
from hub.insar.answers.places import read_box
from hub.insar.answers.refusals import BadQuestion
from hub.insar.answers.velocities import Window, velocities
from hub.insar.models import Action, Right


class VelocitiesView(InsarView):
    """The velocity of every visible point in a box, computed anew from its series."""

    def post(self, request: Request, key: str, direction: str) -> Response:
        """Send ``bbox``, ``first``, ``last``, and a ``reference`` where motion shall be relative to one."""
        access = self.access(key, at_least=Right.FULL)
        layer = access.layer(direction)
        asked = request.data
        if not isinstance(asked, Mapping):
            raise BadQuestion(_("Send one JSON object."))
        box = read_box(asked.get("bbox"))
        window = Window.read(asked.get("first"), asked.get("last"))
        reference = references.read(access, layer, asked.get("reference"))
        found = velocities(access, layer, box, window, reference)
        detail = {"first": window.first.isoformat(), "last": window.last.isoformat()}
        if reference is not None:
            detail["reference"] = reference.ids[0]
        self.record(
            Action.VELOCITIES, access, direction=direction, area=box.ewkt, points=int(found.ids.size), detail=detail
        )
        return Response(found.document())
