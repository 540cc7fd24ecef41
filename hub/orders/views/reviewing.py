"""Every choice of an order as lines for its owner to look over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from hub.orders.offer import CRS
from hub.orders.period_titles import period_title
from processing import registry
from processing.layers import LAYERS
from processing.sentinel2 import BANDS

if TYPE_CHECKING:
    from hub.orders.forms import OrderForm
    from processing.spec import MosaicSpec

Line = tuple[str, str]
"""Title and value."""


def review_of(form: OrderForm) -> list[Line]:
    """The choices of ``form``, which is an order, in the order of the page."""
    spec = form.spec
    return [
        (_("Name"), spec.name),
        (_("Period"), period_title(spec.period)),
        (_("Area"), f"{_km2(spec.area_km2)} km²"),
        (_("Image format"), _title(registry.formats(), spec.format)),
        (_("Resolution"), f"{spec.resolution} m"),
        (_("Coordinate system"), str(CRS[spec.crs])),
        (_("Reflectance bands"), ", ".join(f"{name} {_(BANDS[name].title)}" for name in spec.bands) or "–"),
        (_("Other layers"), ", ".join(_(LAYERS[name].title) for name in spec.layers) or "–"),
        (_("Method"), _method(spec)),
        (_("Mask"), _title(registry.masks(), spec.mask) if spec.mask else _("As the method does")),
    ]


def _method(spec: MosaicSpec) -> str:
    title = _title(registry.methods(), spec.method)
    options = {option.name: _(option.title) for option in registry.methods()[spec.method].options}
    said = ", ".join(f"{options[name]}: {value}" for name, value in spec.method_options.items())
    return f"{title} ({said})" if said else title


def _title(offered: dict, name: str) -> str:
    return _(offered[name].title)


def _km2(area_km2: float) -> str:
    decimals = 0 if area_km2 >= 10 else 1
    # Django cuts decimals off.
    return number_format(round(area_km2, decimals), decimals, force_grouping=True)
