"""What can be looked at of an order: colours from three bands, indices, and each of its rasters alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from hub.orders.models import Order
from hub.viewer.naming import name_of, unit_of
from hub.wording.titles import title
from processing.layers import LAYERS, RASTERS
from processing.pixels.indices import INDICES
from processing.sentinel2 import BANDS
from processing.viewing.look import is_classes
from processing.viewing.ramps import RAMPS

ANY_BANDS = "bands"
"""Key of the look whose three bands the reader chooses."""

COLOURS = {
    "true_colour": (gettext_lazy("True colour"), (("B04",), ("B03",), ("B02",))),
    "false_colour": (gettext_lazy("False colour, near infrared"), (("B08", "B8A"), ("B04",), ("B03",))),
    "swir": (gettext_lazy("Shortwave infrared"), (("B12", "B11"), ("B8A", "B08"), ("B04",))),
}
"""Title, and for red, green and blue the bands that will do, the better one first."""

# The engine's titles of RAMPS, for makemessages to find.
RAMP_TITLES = (
    gettext_noop("Grey"),
    gettext_noop("Viridis, blue to yellow"),
    gettext_noop("Cividis, blue to yellow"),
    gettext_noop("Magma, black to light"),
    gettext_noop("Yellow to blue"),
    gettext_noop("Brown to blue-green"),
    gettext_noop("Orange to purple"),
    gettext_noop("Red to blue"),
)


class Kind(StrEnum):
    """How a look is coloured."""

    COMPOSITE = "composite"
    INDEX = "index"
    RAMP = "ramp"
    CLASSES = "classes"


@dataclass(frozen=True)
class OfferedLook:
    """One way to look at an order."""

    key: str
    title: str
    kind: Kind
    show: tuple[str, ...]
    """What the map tiles are asked for."""

    unit: str = ""
    scale: float = 1.0
    """Value = stored number x this."""

    missing: tuple[str, ...] = ()
    """The bands that it needs and the order does not have."""

    @property
    def lack(self) -> str:
        """Why it cannot be had; empty where it can."""
        return _("needs %(bands)s") % {"bands": ", ".join(self.missing)} if self.missing else ""

    def to_json(self) -> dict[str, Any]:
        """What the page's script wants to know of it."""
        return {
            "key": self.key,
            "title": self.title,
            "kind": str(self.kind),
            "show": list(self.show),
            "unit": self.unit,
            "scale": self.scale,
        }


def rasters_of(order: Order) -> list[str]:
    """The rasters that the order's products hold: bands first, each group as order forms list it."""
    ordered = set(order.spec["bands"]) | {
        raster.name for layer in order.spec["layers"] if layer in LAYERS for raster in LAYERS[layer].rasters
    }
    return [name for name in RASTERS if name in ordered]


def looks_of(order: Order) -> list[tuple[str, list[OfferedLook]]]:
    """The looks by the title of their group; those that the order has no bands for say what they lack."""
    rasters = rasters_of(order)
    bands = [name for name in rasters if name in BANDS]
    groups = [
        (_("Colours"), [*_colours(bands), *_any_bands(bands)]),
        (_("Indices"), [_index(name, bands) for name in INDICES]),
        (_("Layers"), [_single(name) for name in rasters if name not in BANDS]),
        (_("Single bands"), [_single(name) for name in bands]),
    ]
    return [(group, looks) for group, looks in groups if looks]


def band_titles(order: Order) -> list[tuple[str, str]]:
    """The order's bands for a choice: ``("B04", "B04 Red")``."""
    return [(name, name_of(name)) for name in rasters_of(order) if name in BANDS]


def ramp_titles() -> list[tuple[str, str]]:
    """The colour ramps for a choice: ``("viridis", "Viridis, blue to yellow")``."""
    return [(name, title(words)) for name, words in RAMPS.items()]


def _colours(bands: Sequence[str]) -> list[OfferedLook]:
    looks = []
    for key, (name, wanted) in COLOURS.items():
        found = [next((band for band in choices if band in bands), None) for choices in wanted]
        missing = tuple(choices[0] for choices, band in zip(wanted, found, strict=True) if band is None)
        show = () if missing else tuple(band for band in found if band)
        looks.append(OfferedLook(key, str(name), Kind.COMPOSITE, show, scale=1e-4, missing=missing))
    return looks


def _any_bands(bands: Sequence[str]) -> list[OfferedLook]:
    """Three bands of the reader's choice, where there is a choice."""
    if len(bands) < 2:
        return []
    return [OfferedLook(ANY_BANDS, _("Any three bands"), Kind.COMPOSITE, tuple((*bands, bands[0])[:3]), scale=1e-4)]


def _index(name: str, bands: Sequence[str]) -> OfferedLook:
    missing = tuple(band for band in INDICES[name].bands if band not in bands)
    return OfferedLook(name, name_of(name), Kind.INDEX, (name,), missing=missing)


def _single(name: str) -> OfferedLook:
    raster = RASTERS[name]
    kind = Kind.CLASSES if is_classes(raster) else Kind.RAMP
    return OfferedLook(name, name_of(name), kind, (name,), unit_of(name), raster.scale)
