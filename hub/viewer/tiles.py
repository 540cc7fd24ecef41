"""Map tiles of a product."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from hub.errors import NotFound
from hub.orders.views.readers import Door, for_readers
from hub.viewer.rendering import answering_problems, look_of, unchanged, viewed
from processing.viewing.map_tiles import MapTile
from processing.viewing.view import nothing

_NUMBER = re.compile(r"[0-9]{1,9}")


@require_safe
@for_readers()
@answering_problems
def tile(request: HttpRequest, door: Door, product_pk: int, z: str, x: str, y: str) -> HttpResponseBase:
    """256 x 256 pixels of the Web Mercator map as PNG; beyond the product's edge a tile that is all transparent.

    Browsers keep it, and ask each time whether it is still good: who may not see it any more gets no 304 either.
    """
    place = _place(z, x, y)
    look = look_of(request)
    product = viewed(door, product_pk)
    etag = product.etag(look, place)
    if kept := unchanged(request, etag):
        return kept
    picture = product.view().tile(look, place.z, place.x, place.y) or nothing()
    return HttpResponse(picture, content_type="image/png", headers={"ETag": etag})


def _place(z: str, x: str, y: str) -> MapTile:
    if not all(_NUMBER.fullmatch(part) for part in (z, x, y)):
        raise NotFound
    place = MapTile(int(z), int(x), int(y))
    if not place.exists:
        raise NotFound
    return place
