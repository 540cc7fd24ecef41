"""What would fit instead of an order that is beyond a limit: concrete changes, each of them estimated."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import shapely
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from shapely.geometry.base import BaseGeometry

from hub.archive import archive, archive_extent
from hub.orders.area_parts import SIDES, Side, centred, from_side, strips, within
from hub.orders.estimates import Estimate, Survey, check_area, check_credits, is_held
from hub.orders.form_fields import initial_from_spec
from hub.orders.period_titles import period_title
from hub.wording.titles import number
from processing.errors import InvalidOrder, ProcessingError
from processing.granule import Granule
from processing.periods import CompositingPeriod, PeriodKind
from processing.planning import Prospect, check_offered, prospects, prospects_among
from processing.sources.base import selected
from processing.spec import MosaicSpec

logger = logging.getLogger(__name__)

MOST = 3
TRUE_COLOUR = ("B04", "B03", "B02")
KEPT_LAYERS = ("valid_obs", "source_index", "scene_classification")
SHORTER: dict[PeriodKind, tuple[PeriodKind, ...]] = {
    "year": ("quarter", "month", "dekad"),
    "quarter": ("month", "dekad"),
    "month": ("dekad", "day"),
    "dekad": ("day",),
    "day": (),
}
# An address longer than this is cut by some servers on its way.
LONGEST_ADDRESS = 6_000
_MOST_STRIPS = 6
_SHRINKINGS = 8
# An archive that covers this much of an area covers it.
_COVERED = 0.99
# Parts of what fits already are halves.
_HALVED = 2.0
# What a part is made smaller than reckoned, so that whole pixels and tiles do not push it over the limit.
_MARGIN = 0.97


@dataclass(frozen=True)
class Change:
    """One way to change an order so that it fits."""

    title: str
    sentence: str
    before: MosaicSpec
    found: Survey
    rest: tuple[MosaicSpec, ...] = ()
    """Further orders that together with the changed one make the whole."""

    @property
    def spec(self) -> MosaicSpec:
        """The order as it would be."""
        return self.found.spec

    @property
    def estimate(self) -> Estimate:
        return self.found.estimate

    @cached_property
    def changes(self) -> dict[str, Any]:
        """Those keys of the order's JSON that differ, with their new values."""
        before = self.before.to_json()
        return {key: value for key, value in self.spec.to_json().items() if value != before[key]}

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """Those fields of the order form that differ, with their new values."""
        before, after = (initial_from_spec(spec.to_json()) for spec in (self.before, self.spec))
        return {name: _listed(value) for name, value in after.items() if value != before.get(name)}

    @property
    def address(self) -> str:
        """Of the order form with the change made; empty where the area is too long for an address."""
        return form_address(self.spec)

    @property
    def rest_addresses(self) -> list[str]:
        """Of the order form for each of the further orders."""
        return [form_address(spec) for spec in self.rest]


def form_address(spec: MosaicSpec) -> str:
    """Of the Mosaic Hub page with the choices of ``spec``; empty where they are too long for an address."""
    address = f"{reverse('orders:hub')}?{urlencode(initial_from_spec(spec.to_json()), doseq=True)}"
    return address if len(address) <= LONGEST_ADDRESS else ""


def changes_that_fit(spec: MosaicSpec, found: Survey | None = None) -> list[Change]:
    """Up to three changes, best first, by which ``spec`` is within all limits, and by which it is not held.

    Each was estimated and fits. Nothing for an order that fits as it is. ``found``: the order's survey, where the
    caller has it; without one the archive is asked for each change. An archive that does not answer ends the search.
    """
    search = _Search(spec, found)
    if search.excess <= 1:
        return []
    chosen: list[Change] = []
    kinds: set[str] = set()
    spare: list[Change] = []
    try:
        for kind, change in search.changes():
            (spare if kind in kinds else chosen).append(change)
            kinds.add(kind)
            if len(chosen) == MOST:
                return chosen
    except ProcessingError as error:
        logger.warning("Changes that fit were looked for in vain: %s", error)
    return (chosen + spare)[:MOST]


class _Search:
    """Looks for changes of one order, from those that cost its user least."""

    def __init__(self, spec: MosaicSpec, found: Survey | None) -> None:
        self.spec = spec
        self.too_wide = spec.area_km2 > settings.ORDER_LIMIT_AREA_KM2 or is_held(spec)
        self.granules: Sequence[Granule] | None = None
        if found is None and not spec.area_km2 > settings.ORDER_LIMIT_AREA_KM2:
            found = Survey(spec, prospects(spec, archive()))
        self.excess = self._excess(found)
        if found is not None:
            self.granules = found.granules

    def changes(self) -> Iterator[tuple[str, Change]]:
        """Changes that fit, each with its kind."""
        if not self.too_wide:
            yield from self._coarser(self.spec)
            yield from self._fewer_bands()
            yield from self._shorter()
        else:
            yield from self._where_scenes_are()
        yield from self._several_orders()
        yield from self._parts(self.spec.geometry, self.excess)
        if not self.too_wide:
            yield from self._coarser(_with(self.spec, **_true_colour(self.spec)))

    def _excess(self, found: Survey | None) -> float:
        """How many times the order is larger than it may be."""
        widest = min(settings.ORDER_LIMIT_AREA_KM2, settings.ORDER_HOLD_AREA_KM2)
        dear = found.credits / settings.ORDER_LIMIT_CREDITS if found else 0
        return max(self.spec.area_km2 / widest, dear)

    def _fitting(self, spec: MosaicSpec) -> Survey | None:
        """The survey of ``spec`` if it is within all limits and the archive has something for it."""
        try:
            check_area(spec)
            if is_held(spec):
                return None
            survey = Survey(spec, self._prospects(spec))
            check_credits(survey)
        except InvalidOrder:
            return None
        return survey

    def _fitting_part(self, part: BaseGeometry) -> Survey | None:
        """The survey of the order for a part of its area."""
        try:
            spec = _with(self.spec, area=shapely.geometry.mapping(part))
        except InvalidOrder:
            return None
        return self._fitting(spec)

    def _prospects(self, spec: MosaicSpec) -> list[Prospect]:
        if self.granules is None:
            return prospects(spec, archive())
        among = selected(self.granules, spec.geometry, spec.period.first_day, spec.period.last_day)
        if not among:
            raise InvalidOrder([])
        check_offered(spec, among)
        return prospects_among(spec, among)

    def _change(self, title: str, sentence: str, spec: MosaicSpec) -> Change | None:
        fits = self._fitting(spec)
        return Change(title, sentence, self.spec, fits) if fits else None

    def _coarser(self, spec: MosaicSpec) -> Iterator[tuple[str, Change]]:
        for resolution in (20, 60):
            if resolution > spec.resolution:
                title = _("%(new)s m instead of %(old)s m") % {"new": resolution, "old": spec.resolution}
                sentence = _("The same area and period in coarser pixels.")
                if spec.bands != self.spec.bands:
                    title = _("%(new)s m and true colour only") % {"new": resolution}
                if change := self._change(title, sentence, _with(spec, resolution=resolution)):
                    yield "resolution", change

    def _fewer_bands(self) -> Iterator[tuple[str, Change]]:
        fewer = _true_colour(self.spec)
        if fewer and (
            change := self._change(
                _("True colour only"),
                _("%(bands)s and the quality layers; the same area and period.") % {"bands": ", ".join(fewer["bands"])},
                _with(self.spec, **fewer),
            )
        ):
            yield "bands", change

    def _shorter(self) -> Iterator[tuple[str, Change]]:
        """Of each shorter kind the period with most scenes."""
        for kind in SHORTER[self.spec.period.kind]:
            days = (granule.sensed_at.date() for granule in self.granules or ())
            counted = Counter(CompositingPeriod.containing(kind, day).first_day for day in days)
            for first_day, _count in counted.most_common(1):
                period = CompositingPeriod.containing(kind, first_day)
                if not _within(period, self.spec.period):
                    continue
                title = _("%(new)s instead of %(old)s") % {
                    "new": period_title(period),
                    "old": period_title(self.spec.period),
                }
                sentence = _("Within the period, this one has most scenes.")
                if change := self._change(title, sentence, _with(self.spec, period=period.model_dump(mode="json"))):
                    yield "period", change

    def _several_orders(self) -> Iterator[tuple[str, Change]]:
        for count in range(max(2, math.ceil(self.excess)), _MOST_STRIPS + 1):
            fitting = [self._fitting_part(part) for part in strips(self.spec.geometry, count)]
            found = [survey for survey in fitting if survey]
            if len(found) < count:
                continue
            title = ngettext("%(number)s order", "%(number)s orders, side by side", count) % {"number": count}
            sentence = _("Nothing is left out: order the first part, then the others.")
            yield "orders", Change(title, sentence, self.spec, found[0], tuple(one.spec for one in found[1:]))
            return

    def _where_scenes_are(self) -> Iterator[tuple[str, Change]]:
        """For an area that reaches beyond the archive: what the archive covers of it, and parts of that."""
        covered = within(self.spec.geometry, archive_extent().bounds)
        if covered.is_empty or covered.area > _COVERED * self.spec.geometry.area:
            return
        if fits := self._fitting_part(covered):
            yield "covered", Change(_("Where the archive has scenes"), self._share_told(fits), self.spec, fits)
        excess = self.excess * covered.area / self.spec.geometry.area
        yield from self._parts(covered, max(_HALVED, excess))

    def _parts(self, whole: BaseGeometry, excess: float) -> Iterator[tuple[str, Change]]:
        """Parts of ``whole``, which is so many times as large as it may be."""
        if change := self._part(_("The middle of the area"), excess, lambda share: centred(whole, share)):
            yield "part", change
        for side, title in _side_titles().items():

            def cut(share: float, side: Side = side) -> BaseGeometry:
                return from_side(whole, side, share)

            if change := self._part(title, excess, cut):
                yield f"part-{side}", change

    def _part(self, title: str, excess: float, cut: Callable[[float], BaseGeometry]) -> Change | None:
        """The largest part of a kind that fits, solved from how far the order is beyond the limit."""
        share = min(1.0, 1 / excess) * _MARGIN
        for _attempt in range(_SHRINKINGS):
            if fits := self._fitting_part(cut(share)):
                return Change(title, self._share_told(fits), self.spec, fits)
            share *= 0.85
        return None

    def _share_told(self, part: Survey) -> str:
        percent = 100 * part.spec.area_km2 / self.spec.area_km2
        told = {"share": number(percent, 0 if percent >= 1 else 4), "area": _km2(part.spec)}
        return _("%(share)s %% of the area: %(area)s km².") % told


def _side_titles() -> dict[Side, str]:
    titles = (
        _("The west of the area"),
        _("The east of the area"),
        _("The north of the area"),
        _("The south of the area"),
    )
    return dict(zip(SIDES, titles, strict=True))


def _true_colour(spec: MosaicSpec) -> dict[str, Any]:
    """Bands and layers of a true colour picture, where the order has more."""
    bands = [band for band in TRUE_COLOUR if band in spec.bands] or list(spec.bands[:1])
    layers = [layer for layer in spec.layers if layer in KEPT_LAYERS]
    if len(bands) == len(spec.bands) and len(layers) == len(spec.layers):
        return {}
    return {"bands": bands, "layers": layers} if bands or layers else {}


def _within(period: CompositingPeriod, whole: CompositingPeriod) -> bool:
    return whole.first_day <= period.first_day and period.last_day <= whole.last_day


def _with(spec: MosaicSpec, **changes: Any) -> MosaicSpec:
    return MosaicSpec.parse(spec.to_json() | changes)


def _km2(spec: MosaicSpec) -> str:
    return number(spec.area_km2, 0 if spec.area_km2 >= 10 else 1)


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
