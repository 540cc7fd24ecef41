"""From the order form and the preview's own fields to what shall be seen: one mosaic, or two side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.http import QueryDict

from hub.orders.forms import OrderForm
from hub.orders.offer import Offer
from processing.periods import CompositingPeriod
from processing.spec import MosaicSpec

SAME = ""
"""The right side's method, mask or period is the left one's."""

AS_THE_METHOD_DOES = "default"
PERIODS = ("previous", "next")
COMPARED = ("right_method", "right_mask", "right_period")

# What does not change how a mosaic looks. Asked for in any case, so that nothing of it can be refused.
_PLAIN: Mapping[str, list[str]] = {
    "name": ["preview"],
    "bands": ["B04", "B03", "B02"],
    "layers": [],
    "resolution": ["60"],
    "crs": ["utm"],
    "format": ["geotiff"],
}


def left_form(data: QueryDict) -> OrderForm:
    """The form of the order that ``data`` would make, as far as it can be seen."""
    plain = data.copy()
    for name, values in _PLAIN.items():
        plain.setlist(name, values)
    return OrderForm(plain, offer=Offer())


def compares(data: QueryDict) -> bool:
    """Whether something is chosen to compare with."""
    return any(data.get(name, SAME) != SAME for name in COMPARED)


def right_form(data: QueryDict, left: MosaicSpec) -> OrderForm:
    """The form of the right side: the left one's choices but for those that are compared."""
    changed = data.copy()
    if method := data.get("right_method"):
        changed["method"] = method
    if mask := data.get("right_mask"):
        changed["mask"] = "" if mask == AS_THE_METHOD_DOES else mask
    if (which := data.get("right_period")) in PERIODS:
        changed[left.period.kind] = _shifted(left.period, which).first_day.isoformat()
    return left_form(changed)


def _shifted(period: CompositingPeriod, which: str) -> CompositingPeriod:
    if which == "next":
        return period.next()
    return CompositingPeriod.containing(period.kind, period.first_day - dt.timedelta(days=1))
