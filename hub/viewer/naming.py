"""What rasters, indices and their units are called, as people read them."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from hub.wording.titles import number, title
from processing.layers import LAYERS, RASTERS
from processing.pixels.indices import INDICES
from processing.sentinel2 import BANDS
from processing.viewing.readout import PixelReading, RasterValue

# The engine's, for makemessages to find.
INDEX_TITLES = (
    gettext_noop("NDVI, vegetation"),
    gettext_noop("NDWI, open water"),
    gettext_noop("NDMI, moisture"),
    gettext_noop("NBR, burnt ground"),
)
_DECIMALS = {1.0: 0, 0.01: 2, 0.001: 3}
_MOST_DECIMALS = 4


def name_of(shown: str) -> str:
    """Title of a raster or an index: "B04 Red", "Scene classification"."""
    if shown in INDICES:
        return title(INDICES[shown].title)
    if shown in BANDS:
        return f"{shown} {title(BANDS[shown].title)}"
    layer = LAYERS.get(shown)
    return title(layer.title if layer else RASTERS[shown].title)


def unit_of(shown: str) -> str:
    """ "°", "%", "days", or nothing."""
    unit = RASTERS[shown].unit if shown in RASTERS else ""
    return {"degree": "°", "percent": "%", "day": _("days")}.get(unit, "")


def text_of(value: RasterValue, reading: PixelReading) -> str:
    """What a pixel's number means, in words where it means more than itself."""
    layer = value.layer
    if value.value is None:
        return _("no data")
    if value.flag:
        return title(value.flag.title)
    if layer.name == "source_index" and reading.scene:
        return reading.scene.granule
    if layer.name == "observation_date" and reading.date:
        return day_of(reading.date)
    unit = unit_of(layer.name)
    told = number(value.value, _DECIMALS.get(layer.scale, _MOST_DECIMALS))
    return f"{told} {unit}".strip() if unit != "°" else f"{told}°"


def day_of(day: date) -> str:
    return str(date_format(day, "DATE_FORMAT"))
