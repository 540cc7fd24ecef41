"""Vector tiles, as the map page and other programs fetch them."""

from __future__ import annotations

import zlib
from http import HTTPStatus

from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.insar.answering import InsarView
from hub.api.insar.quotas import TilesThrottle
from hub.insar.answers.tiles import MapTile, draw
from hub.insar.models import Action, Right

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
WORTH_PACKING_BYTES = 1024


class TileView(InsarView):
    """One vector tile of a layer, with what this person may see of it."""

    throttle_classes = (TilesThrottle,)

    def get(self, request: Request, key: str, direction: str, zoom: str, column: str, row: str) -> HttpResponse:
        """200 with a vector tile; 204 where there is nothing to be seen; 304 where the browser has it already."""
        access = self.access(key, at_least=Right.EXISTS)
        layer = access.layer(direction)
        tile = MapTile.read(zoom, column, row)
        area, etag = tile.box.ewkt, self.etag(access, spoken=False)
        if self.is_unchanged(etag):
            return self.unchanged(Action.TILE, access, etag, direction=direction, area=area)
        drawn = draw(access, layer, tile)
        name = f"{tile.zoom}/{tile.column}/{tile.row}"
        self.record(
            Action.TILE, access, direction=direction, area=area, points=drawn.points, cells=drawn.cells,
            detail={"tile": name},
        )  # fmt: skip
        if not drawn.content:
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"ETag": etag})
        return _packed(request, HttpResponse(drawn.content, content_type=MEDIA_TYPE, headers={"ETag": etag}))


def _packed(request: Request, response: HttpResponse) -> HttpResponse:
    """The answer gzipped, if that is understood and worth it."""
    response["Vary"] = "Accept-Encoding"
    accepted = {each.split(";")[0].strip() for each in request.headers.get("Accept-Encoding", "").lower().split(",")}
    if "gzip" in accepted and len(response.content) >= WORTH_PACKING_BYTES:
        # The quickest level: tiles are small numbers, of which the slower ones make little less.
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        response.content = packer.compress(response.content) + packer.flush()
        response["Content-Encoding"] = "gzip"
        # The same tile in other bytes.
        response["ETag"] = f"W/{response['ETag']}"
    return response
