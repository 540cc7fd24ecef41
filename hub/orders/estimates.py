"""What an order would come to: products, size, time and credits, and whether it is within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache

from django.conf import settings
from django.utils.translation import gettext as _

from hub.archive import archive
from hub.orders.foreseen import share_foreseen
from hub.orders.models import Product, ProductFile, Role
from hub.orders.states import Status
from hub.wording.titles import number
from processing.errors import FieldProblem, InvalidOrder
from processing.estimating import DESCRIPTIONS, QUICKLOOK, Measure, cell_of, credits_for, expected_share, is_slow
from processing.experience import DATA, Delivered, Experience
from processing.granule import Granule, newest_first
from processing.mosaic import ProductPlan
from processing.planning import Prospect, prospects
from processing.spec import MosaicSpec

# The newest products that an estimate learns from.
LEARNT_FROM = 40
_MEGABYTE = 1e6

_Stamp = tuple[int, datetime | None] | None


@dataclass(frozen=True)
class Estimate:
    """What an order would come to. Nothing was changed to find out."""

    area_km2: float
    products: int
    pixels: int
    scenes: int
    """Different granules that take part."""

    megabytes: float
    """Of all files but the zip, which holds the same once more."""

    megabytes_low: float
    megabytes_high: float
    seconds: float
    """In a worker, if one makes all products one after the other."""

    seconds_low: float
    seconds_high: float
    credits: float
    held: bool
    """Whether it would wait for an operator's approval."""


class OrderTooLarge(InvalidOrder):
    """The order is beyond a limit; ``hub.orders.alternatives`` knows what would fit."""

    def __init__(self, spec: MosaicSpec, message: str, *, found: Survey | None = None) -> None:
        super().__init__([FieldProblem("area", message)])
        self.spec = spec
        self.found = found
        """What the archive has for it, where that was looked up."""


@dataclass(frozen=True)
class Survey:
    """An order with everything that the archive has for it."""

    spec: MosaicSpec
    prospects: Sequence[Prospect]
    share: float | None = None
    """Of the area that will have data, where the caller knows it."""

    @property
    def plans(self) -> list[ProductPlan]:
        return [prospect.plan for prospect in self.prospects]

    @cached_property
    def measures(self) -> list[Measure]:
        """Of each product, as if all of it had data."""
        return [_measure(prospect) for prospect in self.prospects]

    @property
    def granules(self) -> list[Granule]:
        """All that take part, each once."""
        every = {one.item_id: one for prospect in self.prospects for one in prospect.granules}
        return newest_first(every.values())

    @cached_property
    def credits(self) -> float:
        return credits_for(self.spec, self.measures)

    @cached_property
    def estimate(self) -> Estimate:
        """What the order would come to, by what is known of the site's own products."""
        granules, measures = self.granules, self._measures_with_data()
        cell_m, slow = cell_of(granules), is_slow(granules)
        learnt = experience(cell_m=cell_m, slow_source=slow)
        size = learnt.size_range(sum(learnt.bytes(self.spec, one, cell_m=cell_m) for one in measures))
        time = learnt.time_range(
            sum(learnt.seconds(self.spec, one, cell_m=cell_m, slow_source=slow) for one in measures)
        )
        return Estimate(
            area_km2=round(self.spec.area_km2, 1),
            products=len(self.prospects),
            pixels=sum(one.pixels for one in measures),
            scenes=len(granules),
            megabytes=_rounded(size.expected / _MEGABYTE),
            megabytes_low=_rounded(size.low / _MEGABYTE),
            megabytes_high=_rounded(size.high / _MEGABYTE),
            seconds=_rounded(time.expected),
            seconds_low=_rounded(time.low),
            seconds_high=_rounded(time.high),
            credits=self.credits,
            held=is_held(self.spec),
        )

    def _measures_with_data(self) -> list[Measure]:
        """The measures with the share of data: as the caller knows it, as it was forecast, or as outlines have it."""
        share = share_foreseen(self.spec, self.granules) if self.share is None else self.share
        return [
            replace(
                one, share=expected_share(prospect.plan.grid.footprint, prospect.granules) if share is None else share
            )
            for prospect, one in zip(self.prospects, self.measures, strict=True)
        ]


def survey(spec: MosaicSpec, *, share: float | None = None) -> Survey:
    """``spec`` with what the archive has for it.

    ``share``: of the area with data, where the caller knows it. Raises OrderTooLarge beyond a limit, NoScenes,
    InvalidOrder, SourceUnreachable.
    """
    check_area(spec)
    found = Survey(spec, prospects(spec, archive()), share)
    check_credits(found)
    return found


def is_held(spec: MosaicSpec) -> bool:
    """Whether an order so large waits for an operator's approval."""
    return spec.area_km2 > settings.ORDER_HOLD_AREA_KM2


def check_area(spec: MosaicSpec) -> None:
    """Raise OrderTooLarge when the area is; asks nothing of the archive."""
    if spec.area_km2 > settings.ORDER_LIMIT_AREA_KM2:
        message = _("is %(area)s km² large and the limit is %(limit)s km²; draw a smaller one") % {
            "area": number(spec.area_km2),
            "limit": number(settings.ORDER_LIMIT_AREA_KM2),
        }
        raise OrderTooLarge(spec, message)


def check_credits(found: Survey) -> None:
    """Raise OrderTooLarge when the order costs more credits than one order may."""
    if found.credits > settings.ORDER_LIMIT_CREDITS:
        message = _(
            "makes an order of %(credits)s credits and the limit is %(limit)s; "
            "choose a smaller one, a coarser resolution, fewer bands or a shorter period"
        ) % {"credits": number(found.credits, 1), "limit": number(settings.ORDER_LIMIT_CREDITS)}
        raise OrderTooLarge(found.spec, message, found=found)


def experience(*, cell_m: float = 0.0, slow_source: bool = False) -> Experience:
    """What the newest delivered products came to; read again when there is a newer one."""
    newest = _finished().values_list("pk", "finished_at").first()
    return _experience(newest, cell_m, slow_source)


@lru_cache(maxsize=4)
def _experience(newest: _Stamp, cell_m: float, slow_source: bool) -> Experience:
    if newest is None:
        return Experience()
    rows = _finished().select_related("order").defer("order__area")[:LEARNT_FROM]
    sizes = _bytes_by_part([product.pk for product in rows])
    delivered = (_delivered(product, sizes.get(product.pk, {}), cell_m, slow_source) for product in rows)
    return Experience(one for one in delivered if one is not None)


def _finished():
    return Product.objects.filter(status__in=(Status.SUCCESSFUL, Status.EXPIRED)).order_by("-pk")


def _bytes_by_part(product_pks: list[int]) -> dict[int, dict[str, float]]:
    """For each product the bytes of its files, by what ``processing.estimating`` calls its parts."""
    files = ProductFile.objects.filter(product__in=product_pks).exclude(role=Role.ARCHIVE)
    found: dict[int, dict[str, float]] = {pk: {} for pk in product_pks}
    for product_pk, role, layer, size in files.values_list("product_id", "role", "layer", "size_bytes"):
        part = {Role.DATA: layer or DATA, Role.THUMBNAIL: QUICKLOOK}.get(role, DESCRIPTIONS)
        parts = found[product_pk]
        parts[part] = parts.get(part, 0) + size
    return found


def _delivered(product: Product, parts: dict[str, float], cell_m: float, slow_source: bool) -> Delivered | None:
    """What can be learnt from a product; None where its row does not say how large it was."""
    told = product.statistics
    try:
        spec = product.order.mosaic_spec
        measure = Measure(
            width=int(told["width"]),
            height=int(told["height"]),
            latitude=product.footprint.centroid.y,
            scenes=int(told["granules"]),
            overpasses=int(told.get("overpasses", told["granules"])),
            share=float(told.get("valid_share", 1.0)),
        )
    except (KeyError, TypeError, ValueError, InvalidOrder):
        return None
    begin, end = product.started_at, product.finished_at
    seconds = (end - begin).total_seconds() if begin and end else None
    return Delivered(spec, measure, cell_m, parts, seconds, slow_source)


def _measure(prospect: Prospect) -> Measure:
    grid, granules = prospect.plan.grid, prospect.granules
    return Measure(
        width=grid.width,
        height=grid.height,
        latitude=grid.footprint.centroid.y,
        scenes=len(granules),
        overpasses=len({granule.datatake for granule in granules}),
    )


def _rounded(number: float) -> float:
    """To two figures that count, but no finer than a hundredth."""
    return float(f"{number:.3g}") if number >= 1 else max(0.01, round(number, 2))
