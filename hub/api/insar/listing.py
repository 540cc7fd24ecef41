"""Points page by page, with all that is known of each."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.insar.exports import Giving
from hub.api.insar.questions import asked_of, chosen, flag, shape_of, whole_number
from hub.insar.answers.exports import csv_files, geojson_files, parquet_files
from hub.insar.answers.exports.kinds import CSV, GEOJSON, PARQUET
from hub.insar.answers.exports.rows import batches, cursor_behind, keys, page_after
from hub.insar.models import Action, Right

MOST_ON_PAGE, USUAL_ON_PAGE, MOST_WITH_SERIES = 10_000, 1_000, 2_000
FORMATS = ("geojson", "csv", "parquet")


class PointsView(Giving):
    """Points of an area, a page at a time, by part and row: what comes in meanwhile comes at the end."""

    def get(self, request: Request, key: str, direction: str) -> HttpResponse:
        """Of a window, with ?bbox=."""
        return self._page(request, key, direction)

    def post(self, request: Request, key: str, direction: str) -> HttpResponse:
        """Of a polygon, or a window."""
        return self._page(request, key, direction)

    def _page(self, request: Request, key: str, direction: str) -> HttpResponse:
        access = self.access(key, at_least=Right.FULL)
        layer = access.layer(direction)
        asked = asked_of(request, "bbox", "polygon", "after", "limit", "format", "series")
        shape, written, series = shape_of(asked), chosen(asked, "format", FORMATS), flag(asked, "series")
        most = MOST_WITH_SERIES if series else MOST_ON_PAGE
        limit = whole_number(asked, "limit", usual=min(USUAL_ON_PAGE, most), least=1, most=most)
        found = keys(access, layer, shape, most=limit, after=page_after(asked.get("after")))
        self.give(Action.POINTS, access, layer, shape, found, {"format": written})
        following = cursor_behind(found)
        page = list(batches(access, layer, shape, found, series=series))
        if written == "geojson":
            features = list(chain.from_iterable(geojson_files.features(batch) for batch in page))
            response = _json({
                "type": "FeatureCollection", "next": following, "attribution": access.release.attribution,
                "licence": access.release.licence, "dates": _dates(page), "features": features,
            })  # fmt: skip
        else:
            about = self.about(access, layer, found, asked)
            pieces = (
                csv_files.flat(page, about) if written == "csv" else parquet_files.table(page, about, series=series)
            )
            response = HttpResponse(b"".join(pieces), content_type=CSV if written == "csv" else PARQUET)
        if following:
            response["X-Next"] = following
        return response


def _json(document: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(document, ensure_ascii=False, allow_nan=False), content_type=GEOJSON)


def _dates(page: list[Any]) -> dict[str, list[str]]:
    """The dates of each part's series, where series are given."""
    return {batch.part.identity: [day.isoformat() for day in batch.dates] for batch in page if batch.series is not None}
