"""What the order form offers, read from the archive and from processing's plug-ins each time a page is made."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from hub.archive import archive_extent
from hub.orders.period_titles import period_title, short_title
from processing import registry
from processing.errors import ProcessingError
from processing.layers import GROUPS, LAYERS, Layer
from processing.methods.base import Option
from processing.periods import EARLIEST, CompositingPeriod, PeriodKind
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

logger = logging.getLogger(__name__)

KINDS: dict[PeriodKind, str] = {
    "year": _("Year"),
    "quarter": _("Quarter"),
    "month": _("Month"),
    "dekad": _("Ten days"),
    "day": _("Day"),
}
RESOLUTIONS = {"10": "10 m", "20": "20 m", "60": "60 m"}
CRS = {"utm": "UTM", "wgs84": "WGS 84"}
CRS_SUMMARIES = {
    "utm": _("Metres, on the Sentinel-2 grid; large areas come as one product per tile"),
    "wgs84": _("Longitude and latitude (EPSG:4326), always one product"),
}
BAND_SETS = (
    (_("True colour"), ("B04", "B03", "B02")),
    (_("False colour"), ("B08", "B04", "B03")),
    (_("All"), tuple(BANDS)),
)
# What S2GM offered beside the reflectances; the other groups are this service's own.
S2GM_GROUPS = ("quality", "geometry", "validation", "medoid")
S2GM_LAYERS = tuple(layer.name for layer in LAYERS.values() if layer.group in S2GM_GROUPS)
AS_THE_METHOD_DOES = ""


@dataclass(frozen=True)
class Choice:
    """One thing to choose, as a radio button, a tick box or an option shows it."""

    value: str
    title: str
    summary: str = ""
    disabled: bool = False
    options: tuple[Option, ...] = ()
    """What a method lets its user set."""


@dataclass(frozen=True)
class LayerGroup:
    """Layers that belong together, under one heading."""

    title: str
    choices: tuple[Choice, ...]
    is_s2gm: bool


@dataclass(frozen=True)
class Year:
    """The periods of one kind that begin in one year."""

    number: int
    periods: tuple[Choice, ...]


class Offer:
    """Everything that can be chosen, as of ``today``."""

    def __init__(self, today: dt.date | None = None) -> None:
        self.today = today or dt.datetime.now(dt.UTC).date()
        self.first_day, self.last_day = EARLIEST, self.today
        self.bounds: tuple[float, float, float, float] | None = None
        self.archive_known = True
        self.days: frozenset[dt.date] | None = None
        try:
            extent = archive_extent()
        except ProcessingError as error:
            logger.warning("The order form is shown without the archive's extent: %s", error)
            self.archive_known = False
            return
        self.bounds = extent.bounds
        self.first_day = extent.first_day or EARLIEST
        self.last_day = min(extent.last_day or self.today, self.today)
        self.days = extent.days

    @cached_property
    def periods(self) -> dict[str, list[Year]]:
        """For each kind but the day the years of its periods, newest year first."""
        years = range(self.last_day.year, self.first_day.year - 1, -1)
        return {
            kind: [Year(year, tuple(self._choices(kind, year))) for year in years] for kind in KINDS if kind != "day"
        }

    def _choices(self, kind: PeriodKind, year: int) -> Iterator[Choice]:
        for period in _periods_of(kind, year):
            disabled = not self._has_scenes(period)
            yield Choice(period.first_day.isoformat(), short_title(period), period_title(period), disabled=disabled)

    def _has_scenes(self, period: CompositingPeriod) -> bool:
        """Whether the archive has any in ``period``, as far as it says on which days it has."""
        first, last = max(period.first_day, self.first_day), min(period.last_day, self.last_day)
        days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
        return any(self.days is None or day in self.days for day in days)

    @cached_property
    def days_with_scenes(self) -> str:
        """A letter for each day from the archive's first to its last: 1 where there are scenes; empty if not known."""
        if self.days is None:
            return ""
        count = (self.last_day - self.first_day).days + 1
        return "".join("01"[self.first_day + dt.timedelta(days=number) in self.days] for number in range(count))

    @cached_property
    def suggested_periods(self) -> dict[str, str]:
        """For each kind the newest period with scenes that the archive covers to its end, else its last one."""
        return {kind: self._newest(kind).first_day.isoformat() for kind in KINDS}

    def _newest(self, kind: PeriodKind) -> CompositingPeriod:
        touched = newest = CompositingPeriod.containing(kind, self.last_day)
        while newest.last_day > self.last_day or not self._has_scenes(newest):
            if newest.first_day <= self.first_day:
                return touched
            newest = CompositingPeriod.containing(kind, newest.first_day - dt.timedelta(days=1))
        return newest

    @cached_property
    def fixed(self) -> dict[str, tuple[Choice, ...]]:
        """The choices that do not depend on the archive, by the form's field."""
        return {
            "kind": _titled(KINDS),
            "resolution": _titled(RESOLUTIONS),
            "crs": tuple(Choice(value, title, CRS_SUMMARIES[value]) for value, title in CRS.items()),
            "bands": tuple(Choice(band.name, band.name, _now(band.title)) for band in BANDS.values()),
            "layers": tuple(_layer(layer) for layer in LAYERS.values()),
            "method": _plug_ins("method", registry.methods()),
            "mask": (Choice(AS_THE_METHOD_DOES, _now("As the method does")), *_plug_ins("mask", registry.masks())),
            "format": _plug_ins("format", registry.formats()),
        }

    @cached_property
    def layer_groups(self) -> tuple[LayerGroup, ...]:
        """The layers beside the reflectances, S2GM's groups first."""
        return tuple(
            LayerGroup(
                _now(title),
                tuple(_layer(layer) for layer in LAYERS.values() if layer.group == group),
                is_s2gm=group in S2GM_GROUPS,
            )
            for group, title in sorted(GROUPS.items(), key=lambda item: item[0] not in S2GM_GROUPS)
        )


def _titled(titles: dict[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, title) for value, title in titles.items())


def _layer(layer: Layer) -> Choice:
    return Choice(layer.name, _now(layer.title), _now(layer.summary))


def _plug_ins(field: str, found: dict) -> tuple[Choice, ...]:
    """The default of an order's ``field`` first, the others by name."""
    default = MosaicSpec.model_fields[field].default
    choices = (
        Choice(name, _now(plug_in.title), _now(plug_in.summary), options=getattr(plug_in, "options", ()))
        for name, plug_in in found.items()
    )
    return tuple(sorted(choices, key=lambda choice: (choice.value != default, choice.value)))


def _periods_of(kind: PeriodKind, year: int) -> Iterator[CompositingPeriod]:
    period = CompositingPeriod.containing(kind, dt.date(year, 1, 1))
    while period.first_day.year == year:
        yield period
        period = period.next()
