"""How a delivered product is shown: its files by what they are for, its picture, what quality control said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from hub.orders.models import Product, ProductFile, Role
from hub.wording.sentences import told
from processing.layers import LAYERS
from processing.sentinel2 import BANDS

register = template.Library()

COMPANION = ".aux.xml"
COMPANIONS_NOTE = gettext_noop("Each belongs beside the file that it is named for: GIS read no-data and scale from it.")
QUALITY_PAGE = "qc.html"
MOST_FAILED_CHECKS = 10
# As .quicklook in orders.css has it.
QUICKLOOK_SHOWN_PX = 240
RASTERS = [*BANDS, *(raster.name for layer in LAYERS.values() for raster in layer.rasters)]


@dataclass(frozen=True)
class FileGroup:
    """Files that are shown together."""

    title: str
    note: str
    files: list[ProductFile]
    is_open: bool = False
    """Whether they are shown at once, or only when asked for."""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class Verdict:
    """What quality control said of a product."""

    made: int
    failed_count: int
    failed: list[str]
    """The first of the failed checks, but those that stand among the warnings already."""
    more: int
    """How many there are beyond those."""
    page: ProductFile | None
    """The whole report."""


@register.filter
def file_groups(product: Product) -> list[FileGroup]:
    """The files of ``product`` in the order they are wanted; groups without files are left out."""
    files = list(product.files.all())
    companions = [file for file in files if file.name.endswith(COMPANION)]
    left = [file for file in files if file not in companions]
    data = sorted((file for file in left if file.role == Role.DATA), key=_place)
    looks = [file for file in left if file.role in (Role.THUMBNAIL, Role.STYLE)]
    archives = [file for file in left if file.role == Role.ARCHIVE]
    told = [file for file in left if file not in data + looks + archives]
    groups = [
        FileGroup(_("All files in one"), _("A zip of the whole product."), archives, is_open=True),
        FileGroup(_("Reflectances"), "", [file for file in data if file.layer in BANDS], is_open=True),
        FileGroup(_("All layers"), "", [file for file in data if not file.layer], is_open=True),
        FileGroup(
            _("Other layers"), "", [file for file in data if file.layer and file.layer not in BANDS], is_open=True
        ),
        FileGroup(_("Metadata and quality control"), "", told),
        FileGroup(_("For looking at"), _("The quicklook, and what gives the layers their colours in QGIS."), looks),
        FileGroup(_("Companions"), _(COMPANIONS_NOTE), companions),
    ]
    return [group for group in groups if group.files]


def _place(file: ProductFile) -> tuple[int, str]:
    """As the order form lists bands and layers; what it does not know comes last."""
    return RASTERS.index(file.layer) if file.layer in RASTERS else len(RASTERS), file.name


@register.filter
def quicklook(product: Product) -> ProductFile | None:
    """The picture of ``product``, if it has one."""
    return next((file for file in product.files.all() if file.role == Role.THUMBNAIL), None)


@register.filter
def is_small(product: Product) -> bool:
    """Whether the picture of ``product`` is smaller than it is shown."""
    edges = [product.statistics.get("width"), product.statistics.get("height")]
    return all(edge is not None and edge < QUICKLOOK_SHOWN_PX for edge in edges)


@register.filter
def verdict(product: Product) -> Verdict | None:
    """What quality control said of ``product``; None for products that were made before there was any."""
    said: dict[str, Any] = product.statistics.get("quality") or {}
    if not said.get("checks_made"):
        return None
    failed = [sentence for sentence in said.get("failed", []) if sentence not in product.warnings]
    return Verdict(
        made=said["checks_made"],
        failed_count=said.get("checks_failed", len(failed)),
        failed=[told(sentence) for sentence in failed[:MOST_FAILED_CHECKS]],
        more=max(0, len(failed) - MOST_FAILED_CHECKS),
        page=next((file for file in product.files.all() if file.name == QUALITY_PAGE), None),
    )
