"""What a polygon's points or cells say, in plain words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.wording.titles import number
from processing.insar.reading_aloud import PRECISION_MM_YR

_WHOLE_FROM = 1.0


def words(answer: dict[str, Any], direction: str, *, referenced: bool) -> list[dict[str, str]]:
    """Sentences about an aggregate, the most important first."""
    told = []
    if points := answer["points"]:
        told += _of_points(points, direction)
    if cells := answer["cells"]:
        told += _of_cells(cells, direction)
    if not told:
        told.append(_word("aggregate.nothing", _("There is nothing here that you may see.")))
    if referenced:
        text = _("Told against the reference that was chosen; its uncertainty is included.")
        told.append(_word("aggregate.referenced", text))
    if answer["mended"]:
        text = _("The outline crossed itself and was cut there.")
        told.append(_word("aggregate.mended", text))
    return told


def _of_points(points: dict[str, Any], direction: str) -> list[dict[str, str]]:
    count = points["count"]
    if points["mean"] is None:
        text = ngettext("%(count)s point, without a velocity.", "%(count)s points, without velocities.", count)
        return [_word("aggregate.no_velocity", text % {"count": number(count)})]
    mean, std = points["mean"], points["std"]
    decimals = 0 if (std or 0) >= _WHOLE_FROM else 1
    motion = _motion(mean, number(abs(mean), decimals), _error(std, decimals), direction)
    of = ngettext("%(count)s point.", "Mean of %(count)s points.", count) % {"count": number(count)}
    told = [_word("aggregate.mean", motion), _word("aggregate.count", of)]
    if count > 1:
        text = _("Its points differ by ±%(spread)s mm a year; nine in ten lie between %(low)s and %(high)s.")
        spread, low, high = (_signed(points[name]) for name in ("spread", "p05", "p95"))
        told.append(_word("aggregate.spread", text % {"spread": spread, "low": low, "high": high}))
    return told + _doubts(mean, std)


def _of_cells(cells: dict[str, Any], direction: str) -> list[dict[str, str]]:
    count = cells["cells"]
    text = ngettext(
        "%(count)s whole cell of %(size)s m with %(points)s points.",
        "%(count)s whole cells of %(size)s m with %(points)s points.",
        count,
    )
    head = text % {"count": number(count), "size": number(cells["size_m"]), "points": number(cells["points"])}
    motion = _motion(cells["mean"], number(abs(cells["mean"]), 1), None, direction)
    note = _("Only whole cells count: what a polygon cuts is left out.")
    told = [_word("aggregate.cells", head), _word("aggregate.mean", motion), _word("aggregate.whole_cells", note)]
    return told + _doubts(cells["mean"], None)


def _doubts(mean: float, std: float | None) -> list[dict[str, str]]:
    if abs(mean) <= PRECISION_MM_YR:
        text = _("Not significant: within ±%(precision)s mm a year nothing can be said.")
        return [_word("velocity.within_precision", text % {"precision": number(PRECISION_MM_YR)})]
    if std is not None and abs(mean) <= 2 * std:
        text = _("Not significant: the motion is less than twice its uncertainty.")
        return [_word("velocity.not_significant", text)]
    return []


def _error(std: float | None, decimals: int) -> str | None:
    return None if std is None else number(max(std, 0.1), decimals)


def _signed(value: float) -> str:
    """With a minus sign, as the words around it are set."""
    return number(value, 1).replace("-", "−")


def _motion(mean: float, amount: str, error: str | None, direction: str) -> str:
    figure = amount if error is None else _("%(amount)s ± %(error)s") % {"amount": amount, "error": error}
    forward, backward = {
        "east": (
            _("On average %(figure)s mm a year eastward."),
            _("On average %(figure)s mm a year westward."),
        ),
        "up": (
            _("On average %(figure)s mm a year upward."),
            _("On average %(figure)s mm a year downward."),
        ),
    }.get(
        direction,
        (
            _("On average %(figure)s mm a year towards the satellite."),
            _("On average %(figure)s mm a year away from the satellite."),
        ),
    )
    return (forward if mean >= 0 else backward) % {"figure": figure}


def _word(code: str, text: str) -> dict[str, str]:
    return {"code": code, "text": text}
