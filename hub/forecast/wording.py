"""A forecast as people read it, in the language of the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hub.forecast.asking import LEVELS, Forecast, SceneLine, Suggestion
from hub.forecast.pictures import CLASSES, ENOUGH, TOO_FEW
from hub.orders.period_titles import period_title
from hub.wording.sentences import told

SECTORS = {
    "nw": gettext_lazy("in the north-west"),
    "n": gettext_lazy("in the north"),
    "ne": gettext_lazy("in the north-east"),
    "w": gettext_lazy("in the west"),
    "c": gettext_lazy("in the middle"),
    "e": gettext_lazy("in the east"),
    "sw": gettext_lazy("in the south-west"),
    "s": gettext_lazy("in the south"),
    "se": gettext_lazy("in the south-east"),
}
_MOST_BARS = 16
_BAR_HEIGHT, _BAR_WIDTH, _BAR_STEP = 60, 14, 18
_LONGEST_LINK = 4000
# Fields of the form that are not choices.
_NO_CHOICES = ("csrfmiddlewaretoken", "form_key", "forecast_poll")


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram; numbers as SVG wants them, whatever the language."""

    label: str
    x: int
    middle: int
    y: int
    height: int
    colour: str


@dataclass(frozen=True)
class ShownSuggestion:
    """Another period as a link that the page's script turns into a choice."""

    suggestion: Suggestion
    chosen: QueryDict

    @property
    def kind(self) -> str:
        return self.suggestion.period.kind

    @property
    def start(self) -> str:
        return self.suggestion.period.start.isoformat()

    @property
    def title(self) -> str:
        return period_title(self.suggestion.period)

    @property
    def share(self) -> str:
        return percent(self.suggestion.shares[self.suggestion.level])

    @property
    def level(self) -> int:
        return self.suggestion.level

    @property
    def address(self) -> str:
        """The form with this period and, unless that makes too long a link, all other choices as they are."""
        choices = self.chosen.copy()
        for name in _NO_CHOICES:
            choices.pop(name, None)
        choices["kind"], choices[self.kind] = self.kind, self.start
        query = choices.urlencode()
        if len(query) > _LONGEST_LINK:
            query = urlencode({"kind": self.kind, self.kind: self.start})
        return f"{reverse('orders:hub')}?{query}"


@dataclass(frozen=True)
class ShownScene:
    """A line of the list of scenes."""

    scene: SceneLine

    @property
    def clouds(self) -> str:
        seen = self.scene.seen
        return percent(seen.cloud_share) if seen and seen.seen_share else "–"

    @property
    def valid(self) -> str:
        return percent(self.scene.seen.valid_share) if self.scene.seen else "–"

    @property
    def note(self) -> str:
        if self.scene.problem:
            return _("left out: %(reason)s") % {"reason": told(self.scene.problem)}
        return "" if self.scene.seen else _("not looked at yet")


@dataclass(frozen=True)
class ShownForecast:
    """What the page says."""

    forecast: Forecast
    chosen: QueryDict
    polls: int
    """How often the page has asked again already."""

    @property
    def period(self) -> str:
        return period_title(self.forecast.period)

    @property
    def total(self) -> int:
        return len(self.forecast.scenes)

    @property
    def bounds(self) -> str:
        return ",".join(f"{value:.7f}" for value in self.forecast.counted.bounds)

    @property
    def layer(self) -> str:
        return reverse("forecast:layer", args=[self.forecast.counted.key])

    @property
    def next_poll(self) -> int | None:
        """Number of the next time to ask; None when there is nothing more to learn, or no end to it."""
        most = 3 if self.forecast.is_complete else 20
        waits = not (self.forecast.is_complete and self.forecast.others_known)
        return self.polls + 1 if waits and self.polls < most else None

    @cached_property
    def numbers(self) -> list[tuple[int, str]]:
        return [(level, percent(share)) for level, share in self.forecast.shares.items()]

    @property
    def gaps(self) -> str:
        """How much is not seen at all, and where."""
        share, sectors = self.forecast.gaps, self.forecast.counted.gap_sectors
        if not sectors:
            return _("No gaps: every place has a valid observation.")
        return _("Gaps: %(share)s of the area has no valid observation; %(where)s.") % {
            "share": percent(share),
            "where": _where(sectors),
        }

    @property
    def decision(self) -> str:
        """What will choose the pixels."""
        counted, threshold = self.forecast.counted, self.forecast.threshold
        if threshold is None:
            return _("The newest valid observation is taken everywhere.")
        words = {
            "single": percent(counted.share(1, 2)),
            "tree": percent(counted.share(2, max(2, threshold))),
            "medoid": percent(counted.share(threshold)),
            "threshold": threshold,
        }
        if threshold <= 2:
            return _("%(medoid)s is chosen by the medoid, %(single)s has a single observation.") % words
        return (
            _(
                "%(medoid)s is chosen by the medoid (%(threshold)s observations or more), "
                "%(tree)s by the short-term tree, %(single)s has a single observation."
            )
            % words
        )

    @property
    def bars(self) -> list[Bar]:
        histogram = self._histogram
        highest = max([*histogram, 0.01])
        return [
            Bar(
                f"{number}+" if number == len(histogram) - 1 == _MOST_BARS - 1 else str(number),
                number * _BAR_STEP + 2,
                number * _BAR_STEP + 2 + _BAR_WIDTH // 2,
                _BAR_HEIGHT - round(_BAR_HEIGHT * share / highest),
                round(_BAR_HEIGHT * share / highest),
                next(colour for start, colour in reversed(CLASSES) if number >= start),
            )
            for number, share in enumerate(histogram)
        ]

    @property
    def chart_width(self) -> int:
        return len(self._histogram) * _BAR_STEP + 2

    @property
    def chart_text(self) -> str:
        parts = [
            ngettext("%(number)s observation: %(share)s", "%(number)s observations: %(share)s", number)
            % {"number": number, "share": percent(share)}
            for number, share in enumerate(self._histogram)
            if share > 0
        ]
        return _("Share of the area by number of valid observations. %(parts)s.") % {"parts": "; ".join(parts)}

    @cached_property
    def _histogram(self) -> list[float]:
        whole = self.forecast.counted.histogram
        last = max((number for number, share in enumerate(whole) if share > 0), default=0)
        length = min(_MOST_BARS, max(9, last + 1))
        return [*whole[: length - 1], sum(whole[length - 1 :])]

    @property
    def suggestions(self) -> list[ShownSuggestion]:
        return [ShownSuggestion(suggestion, self.chosen) for suggestion in self.forecast.suggestions]

    @property
    def scenes(self) -> list[ShownScene]:
        return [ShownScene(scene) for scene in self.forecast.scenes]

    @property
    def legends(self) -> dict[str, list[tuple[str, str]]]:
        """For each picture its colours and what they mean."""
        starts = [start for start, _colour in CLASSES]
        ranges = [_range(start, following) for start, following in zip(starts, [*starts[1:], None], strict=True)]
        counts = [(colour, words) for (_start, colour), words in zip(CLASSES, ranges, strict=True)]
        return {"count": counts} | {
            str(level): [(ENOUGH, _("%(number)s or more") % {"number": level}), (TOO_FEW, _("fewer"))]
            for level in LEVELS
        }

    @property
    def cell(self) -> str:
        return _("%(metres)s m") % {"metres": int(max(10, round(self.forecast.counted.cell_m, -1)))}


def percent(share: float) -> str:
    """A share without decimals, which never rounds to nothing or to everything."""
    if 0 < share < 0.005:
        return _("<1 %")
    if 0.995 <= share < 1 - 1e-9:
        return _(">99 %")
    return _("%(number)s %%") % {"number": round(100 * share)}


def _range(start: int, following: int | None) -> str:
    if following is None:
        return _("%(number)s or more") % {"number": start}
    if following == start + 1:
        return _("none") if start == 0 else str(start)
    return _("%(first)s to %(last)s") % {"first": start, "last": following - 1}


def _where(sectors: tuple[tuple[str, float], ...]) -> str:
    first = sectors[0]
    if first[1] >= 0.5:
        return _("most of that lies %(where)s") % {"where": SECTORS[first[0]]}
    if len(sectors) > 1 and first[1] + sectors[1][1] >= 0.6:
        return _("most of that lies %(where)s and %(also)s") % {
            "where": SECTORS[first[0]],
            "also": SECTORS[sectors[1][0]],
        }
    return _("that is spread over the area")
