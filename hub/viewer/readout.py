"""Numbers of products: a pixel, the distribution of values, the legend."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.orders.views.readers import Door, for_readers
from hub.viewer.naming import day_of, name_of, text_of, unit_of
from hub.viewer.rendering import Viewed, all_viewed, answering_problems, bounds_of, degrees, look_of, unchanged, viewed
from hub.wording.titles import title
from processing.layers import RASTERS, Flag
from processing.viewing.legend import ClassEntry, ramp_stops
from processing.viewing.look import Look, is_classes
from processing.viewing.product import Scene
from processing.viewing.readout import PixelReading, RasterValue
from processing.viewing.statistics import ChannelStatistics
from processing.viewing.view import ProductView


@require_safe
@for_readers()
@answering_problems
def pixel(request: HttpRequest, door: Door) -> HttpResponseBase:
    """All that the order's products say of a place: nothing where none of them reaches it."""
    lon, lat = degrees(request.GET.get("lon"), 180), degrees(request.GET.get("lat"), 90)
    readings = [(viewed, viewed.view().pixel(lon, lat)) for viewed in all_viewed(door)]
    found = [_reading(viewed, reading) for viewed, reading in readings if reading]
    return JsonResponse({"lon": lon, "lat": lat, "products": found})


@require_safe
@for_readers()
@answering_problems
def statistics(request: HttpRequest, door: Door, product_pk: int) -> HttpResponseBase:
    """How the numbers of what is shown are distributed, over the product or within the query's ``bounds``."""
    look, bounds = look_of(request), bounds_of(request)
    product = viewed(door, product_pk)
    etag = product.etag("statistics", look.show, bounds, get_language())
    if kept := unchanged(request, etag):
        return kept
    channels, every = product.view().statistics(look, bounds)
    told = {"every": every, "channels": [_channel(channel) for channel in channels]}
    return JsonResponse(told, headers={"ETag": etag})


@require_safe
@for_readers()
@answering_problems
def legend(request: HttpRequest, door: Door, product_pk: int) -> HttpResponseBase:
    """What the colours of what is shown mean."""
    look = look_of(request)
    product = viewed(door, product_pk)
    etag = product.etag("legend", look, get_language())
    if kept := unchanged(request, etag):
        return kept
    return JsonResponse(_legend(product.view(), look), headers={"ETag": etag})


def _reading(viewed: Viewed, reading: PixelReading) -> dict[str, Any]:
    return {
        "product": viewed.product.pk,
        "name": viewed.product.name,
        "row": reading.row,
        "column": reading.column,
        "x": reading.x,
        "y": reading.y,
        "epsg": reading.epsg,
        "lon": reading.lon,
        "lat": reading.lat,
        "outline": [list(corner) for corner in reading.outline],
        "values": [_value(value, reading) for value in reading.values],
        "date": reading.date.isoformat() if reading.date else None,
        "date_text": day_of(reading.date) if reading.date else "",
        "granule": reading.scene.granule if reading.scene else None,
    }


def _value(value: RasterValue, reading: PixelReading) -> dict[str, Any]:
    return {
        "name": value.layer.name,
        "title": name_of(value.layer.name),
        "stored": value.stored,
        "value": value.value,
        "unit": unit_of(value.layer.name),
        "text": text_of(value, reading),
    }


def _channel(channel: ChannelStatistics) -> dict[str, Any]:
    told = asdict(channel)
    histogram = {key: told.pop(key) for key in ("edges", "counts", "below", "above")}
    percentiles = {str(percent): value for percent, value in channel.percentiles.items()}
    return told | {"title": name_of(channel.name), "percentiles": percentiles, "histogram": histogram}


def _legend(view: ProductView, look: Look) -> dict[str, Any]:
    view.product.check(look)
    if len(look.show) > 1:
        ranges = view.ranges(look)
        return {
            "kind": "composite",
            "channels": [
                {"name": name, "title": name_of(name), "low": low, "high": high}
                for name, (low, high) in zip(look.show, ranges, strict=True)
            ],
        }
    name = look.show[0]
    told = {"name": name, "title": name_of(name)}
    if name in RASTERS and is_classes(RASTERS[name]):
        return told | {"kind": "classes", "entries": [_entry(entry) for entry in view.classes(look)]}
    low, high = view.ranges(look)[0]
    return told | {
        "kind": "ramp",
        "low": low,
        "high": high,
        "unit": unit_of(name),
        "scale": RASTERS[name].scale if name in RASTERS else 1.0,
        "colours": look.ramp,
        "stops": [list(stop) for stop in ramp_stops(look, (low, high))],
    }


def _entry(entry: ClassEntry) -> dict[str, Any]:
    return {
        "value": entry.value,
        "title": _meaning(entry),
        "colour": entry.colour,
        "share": round(entry.share, 6),
    }


def _meaning(entry: ClassEntry) -> str:
    match entry.meaning:
        case Flag() as flag:
            return title(flag.title)
        case Scene() as scene:
            return f"{day_of(scene.sensed_at.date())}, {scene.tile}"
        case _:
            return _("unknown: %(value)s") % {"value": entry.value}
