"""Cells of a window as GeoJSON: what an overview shows."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from hub.api.insar.answering import InsarView
from hub.api.insar.questions import asked_of, chosen
from hub.insar import policy
from hub.insar.answers.exports.kinds import GEOJSON
from hub.insar.answers.places import read_box
from hub.insar.answers.refusals import BadQuestion, TooManyPoints
from hub.insar.models import Action, Right
from hub.insar.models.words import CELL_SIZES_M
from hub.wording.titles import number

_FIGURES = ("count", "mean", "spread", "median", "p05", "p95", "low", "high", "coherence", "std")
_CELLS = f"""
    SELECT ST_AsGeoJSON(ST_Transform(c.geom, 4326), 7), c.size_m, c."column", c."row",
        {", ".join(f"c.{name}" for name in _FIGURES)}
    FROM {policy.CELLS} c
    ORDER BY c."row", c."column"
    LIMIT %(most)s + 1
"""  # noqa: S608  the names are the policy's own


class CellsView(InsarView):
    """The cells of one size in a window that may be seen."""

    def get(self, request: Request, key: str, direction: str) -> HttpResponse:
        """With ?bbox= and ?size=; without a size, the smallest that an overview shows."""
        access = self.access(key, at_least=Right.OVERVIEW)
        layer = access.layer(direction)
        asked = asked_of(request, "bbox", "size")
        if "bbox" not in asked:
            raise BadQuestion(_("Give bbox: west,south,east,north in degrees."))
        box = read_box(asked["bbox"])
        asked.setdefault("size", str(access.release.overview_cell_m))
        size = int(chosen(asked, "size", tuple(str(each) for each in CELL_SIZES_M)))
        most = settings.INSAR_LIMIT_VIEW_POINTS
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, policy.parameters(access, layer, box.ewkt, size=size, most=most))
            rows = cursor.fetchall()
        if len(rows) > most:
            text = _("There are more than %(most)s cells in this window.")
            raise TooManyPoints(text % {"most": number(most)}, remedy=_("Ask for larger cells, or a smaller window."))
        self.record(Action.CELLS, access, direction=direction, area=box.ewkt, cells=len(rows), detail={"size": size})
        document = {
            "type": "FeatureCollection", "attribution": access.release.attribution, "licence": access.release.licence,
            "features": [_feature(*row) for row in rows],
        }  # fmt: skip
        return HttpResponse(json.dumps(document, ensure_ascii=False), content_type=GEOJSON)


def _feature(geometry: str, size: int, column: int, row: int, *figures: float | None) -> dict[str, Any]:
    known = {name: _rounded(value) for name, value in zip(_FIGURES, figures, strict=True)}
    return {
        "type": "Feature",
        "geometry": json.loads(geometry),
        "properties": {"size_m": size, "column": column, "row": row, **known},
    }


def _rounded(value: float | None) -> float | None:
    if value is None or value != value:
        return None
    return value if isinstance(value, int) else round(value, 3)
