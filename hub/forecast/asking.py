"""A visitor's verb: ask how an order's area will be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from hub.archive import archive
from hub.errors import HubError
from hub.forecast import counting, keeping
from hub.forecast.counting import Counted, Scene
from hub.forecast.models import SceneMask, State
from hub.forecast.periods import others
from processing.errors import SourceUnreachable
from processing.granule import Granule
from processing.overviews.forecast import Seen, threshold_of
from processing.periods import CompositingPeriod
from processing.scenes import method_and_mask, options_of
from processing.spec import MosaicSpec

LEVELS = (1, 4, 8)
"""Numbers of observations that are told of."""

# What one wants of another period: clearly fewer gaps, or clearly more to choose from and no more gaps.
_FEWER_GAPS, _NO_MORE_GAPS, _MORE_CHOICE = 0.01, 0.005, 0.05
# A country's year; more would keep everybody else waiting.
_MOST_SCENES = 20_000
_MOST_SUGGESTIONS = 3
# Of fewer of a period's scenes nothing is claimed.
_ENOUGH_KNOWN = 0.9
_MOST_COMPARED = 1500
_MOST_WANTED_FOR_OTHERS = 100


class TooMuchToForecast(HubError):
    code = "too_much_to_forecast"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    sentence = _("The area or the period is too large for a forecast.")
    remedy = _("Choose a smaller area or a shorter period.")


@dataclass(frozen=True)
class SceneLine:
    """A scene as the list shows it."""

    sensed_at: datetime
    tile: str
    platform: str
    seen: Seen | None
    """None: not looked at yet, or unusable."""

    problem: str = ""
    """Why it is unusable, in the engine's words."""


@dataclass(frozen=True)
class Suggestion:
    """Another period, which is better."""

    period: CompositingPeriod
    level: int
    """The number of observations that it is better in: 1 where it has fewer gaps."""

    shares: dict[int, float]


@dataclass(frozen=True)
class Forecast:
    """How the area of an order will be seen."""

    period: CompositingPeriod
    counted: Counted
    scenes: tuple[SceneLine, ...]
    known: int
    """How many of the scenes were looked at."""

    threshold: int | None
    """From how many observations on the medoid decides."""

    suggestions: tuple[Suggestion, ...]
    others_known: bool
    """Whether the scenes of the other periods were looked at too."""

    @property
    def shares(self) -> dict[int, float]:
        return {level: self.counted.share(level) for level in LEVELS}

    @property
    def gaps(self) -> float:
        return self.counted.share(0, 1)

    @property
    def is_complete(self) -> bool:
        return self.known == len(self.scenes)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "period": self.period.model_dump(mode="json"),
            "scenes_known": self.known,
            "scenes": [_scene_json(scene) for scene in self.scenes],
            "share_with_at_least": {str(level): round(share, 4) for level, share in self.shares.items()},
            "share_without": round(self.gaps, 4),
            "histogram": [round(share, 4) for share in _trimmed(self.counted.histogram)],
            "gaps_lie": {name: round(share, 3) for name, share in self.counted.gap_sectors},
            "medoid_from": self.threshold,
            "cell_m": round(self.counted.cell_m, 1),
            "better_periods": [
                {
                    "period": suggestion.period.model_dump(mode="json"),
                    "share_with_at_least": {str(level): round(share, 4) for level, share in suggestion.shares.items()},
                }
                for suggestion in self.suggestions
            ],
        }


def forecast_of(spec: MosaicSpec) -> Forecast:
    """How the area will be seen in the order's period, as far as its scenes are known.

    What is not known is read now, as far as time allows, or put down for a worker. Raises TooMuchToForecast and the
    source's errors.
    """
    if spec.area_km2 > settings.ORDER_LIMIT_AREA_KM2:
        raise TooMuchToForecast
    method, mask = method_and_mask(spec)
    period = spec.period
    found = archive().search(spec.geometry, period.first_day, period.last_day)
    if len(found) > _MOST_SCENES:
        raise TooMuchToForecast
    granules = keeping.keys_of(found)
    lines = _look_up(granules, settings.FORECAST_READ_SECONDS)
    kept = [scene for key, granule in granules.items() if (scene := _scene(key, granule, lines)) is not None]
    counted = counting.count(spec.geometry, kept, mask.name)
    seen = dict(zip((scene.key for scene in kept), counted.seen, strict=False))
    compared, others_known = _compared(spec.geometry, period)
    suggestions = _better(spec.geometry, kept, compared, mask.name) if _known(granules, lines) == len(granules) else []
    return Forecast(
        period=period,
        counted=counted,
        scenes=tuple(_line(granule, lines.get(key), seen.get(key)) for key, granule in granules.items()),
        known=_known(granules, lines),
        threshold=threshold_of(method, options_of(spec)),
        suggestions=tuple(suggestions),
        others_known=others_known,
    )


Row = tuple[str, str, list]
"""State, reason and lattice of a kept scene."""


def _rows(keys: Sequence[str]) -> dict[str, Row]:
    found = SceneMask.objects.filter(key__in=keys).values_list("key", "state", "reason", "lattice")
    return {key: (state, reason, lattice) for key, state, reason, lattice in found}


def _look_up(granules: dict[str, Granule], read_seconds: float) -> dict[str, Row]:
    """What is known of the granules, after reading what can be read at once."""
    rows = _rows(list(granules))
    missing = {key: granule for key, granule in granules.items() if not _is_known(rows.get(key))}
    if missing and read_seconds > 0 and not keeping.is_remote(missing.values()):
        try:
            done = keeping.keep(missing, seconds=read_seconds)
        except SourceUnreachable:
            done = set()
        rows |= _rows(list(done))
        missing = {key: granule for key, granule in missing.items() if key not in done}
    if missing:
        keeping.want(missing, asked=True)
    return rows


def _is_known(row: Row | None) -> bool:
    return row is not None and row[0] != State.WANTED


def _known(granules: dict[str, Granule], rows: dict[str, Row]) -> int:
    return sum(_is_known(rows.get(key)) for key in granules)


def _scene(key: str, granule: Granule, rows: dict[str, Row]) -> Scene | None:
    row = rows.get(key)
    if row is None or row[0] != State.KEPT:
        return None
    return Scene(key, granule.datatake, granule.footprint, row[2])


def _line(granule: Granule, row: Row | None, seen: Seen | None) -> SceneLine:
    problem = row[1] if row is not None and row[0] == State.UNUSABLE else ""
    return SceneLine(granule.sensed_at, granule.tile, granule.platform, seen, problem)


def _compared(
    area: BaseGeometry, period: CompositingPeriod
) -> tuple[list[tuple[CompositingPeriod, list[Scene]]], bool]:
    """The known scenes of other periods, and whether those are all that one would want.

    Nothing where the archive would have to be asked over a network for each of them.
    """
    if keeping.is_behind_api():
        return [], True
    found = {other: archive().search(area, other.first_day, other.last_day) for other in others(period)}
    by_period, total = {}, 0
    for other, granules in sorted(found.items(), key=lambda item: len(item[1])):
        total += len(granules)
        if granules and total <= _MOST_COMPARED:
            by_period[other] = keeping.keys_of(granules)
    everything = {key: granule for keyed in by_period.values() for key, granule in keyed.items()}
    rows = _rows(list(everything))
    unknown = [key for key in everything if not _is_known(rows.get(key))]
    _want_for_others({key: everything[key] for key in unknown if key not in rows})
    compared = []
    for other, keyed in by_period.items():
        if _known(keyed, rows) >= _ENOUGH_KNOWN * len(keyed):
            kept = [scene for key, granule in keyed.items() if (scene := _scene(key, granule, rows)) is not None]
            compared.append((other, kept))
    return compared, not unknown


def _want_for_others(granules: dict[str, Granule]) -> None:
    few = dict(list(granules.items())[:_MOST_WANTED_FOR_OTHERS])
    if few:
        keeping.want(few, asked=False)


def _better(
    area: BaseGeometry, kept: list[Scene], compared: list[tuple[CompositingPeriod, list[Scene]]], mask: str
) -> list[Suggestion]:
    """Those of the other periods that are better, best first. All are counted alike, in few cells."""
    cells = counting.COMPARED_CELLS
    own = counting.count(area, kept, mask, most_cells=cells)
    better = []
    for period, scenes in compared:
        if not scenes:
            continue
        counted = counting.count(area, scenes, mask, most_cells=cells)
        fewer_gaps = counted.share(1) - own.share(1)
        more_choice = counted.share(4) - own.share(4)
        if fewer_gaps >= _FEWER_GAPS or (fewer_gaps >= -_NO_MORE_GAPS and more_choice >= _MORE_CHOICE):
            level = 1 if fewer_gaps >= _FEWER_GAPS else 4
            better.append(Suggestion(period, level, {level: counted.share(level) for level in LEVELS}))
    better.sort(key=lambda suggestion: (round(suggestion.shares[1], 2), suggestion.shares[4]), reverse=True)
    return better[:_MOST_SUGGESTIONS]


def _scene_json(scene: SceneLine) -> dict[str, Any]:
    seen = scene.seen
    return {
        "sensed_at": scene.sensed_at.isoformat(),
        "tile": scene.tile,
        "platform": scene.platform,
        "usable": not scene.problem,
        "share_of_area_seen": None if seen is None else round(seen.seen_share, 4),
        "share_of_clouds": None if seen is None else round(seen.cloud_share, 4),
        "share_of_area_valid": None if seen is None else round(seen.valid_share, 4),
    }


def _trimmed(histogram: Sequence[float]) -> list[float]:
    last = max((number for number, share in enumerate(histogram) if share > 0), default=0)
    return list(histogram[: last + 1])
