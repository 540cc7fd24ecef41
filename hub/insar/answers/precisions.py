"""How precise results of a level are stated to be, in words: the table on a release's page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hub.wording.titles import number
from processing.insar.reading_aloud import PRECISIONS, Precision

_DECIMALS_BELOW_ONE = 1


@dataclass(frozen=True)
class StatedPrecision:
    """One row of the table."""

    quantity: str
    direction: str
    product: str
    value: str
    source: str


def precisions_of(level: str, directions: Collection[str] | None = None) -> list[StatedPrecision]:
    """Those that a producer states for ``level``, or for the pilot that the service's figures were first taken from.

    ``directions``: only these, such as "los" and "height".
    """
    stated = (each for each in PRECISIONS if each.source == "pilot" or level in each.product.split(", "))
    return [_told(each) for each in stated if directions is None or each.direction in directions]


def _told(each: Precision) -> StatedPrecision:
    product = each.product if each.grid_m is None else _("%(metres)s m grid") % {"metres": each.grid_m}
    return StatedPrecision(_quantity(each), _direction(each), product, _value(each), _source(each))


def _value(each: Precision) -> str:
    ends = [number(end, 0 if float(end).is_integer() else _DECIMALS_BELOW_ONE) for end in (each.lowest, each.highest)]
    text = ends[0] if ends[0] == ends[1] else _("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]}
    return f"± {text} {_unit(each)}"


def _unit(each: Precision) -> str:
    return {"mm/yr": _("mm/year"), "mm": "mm", "m": "m"}[each.unit]


def _quantity(each: Precision) -> str:
    return {
        "velocity": _("mean velocity"),
        "displacement": _("a single displacement"),
        "position": _("position"),
    }[each.quantity]


def _direction(each: Precision) -> str:
    return {
        "los": _("line of sight"),
        "vertical": _("vertical"),
        "east-west": _("east-west"),
        "north": _("to the north"),
        "east": _("to the east"),
        "height": _("height"),
    }[each.direction]


def _source(each: Precision) -> str:
    return {
        "pilot": _("pilot study in south-west France: theoretical, 1 km from the reference, 55 images in 24 months"),
        "egms": _("European Ground Motion Service, product description 2.0; velocities where coherence is over 0.7"),
    }[each.source]
