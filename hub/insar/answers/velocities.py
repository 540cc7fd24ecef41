"""The velocity of any window of dates, for all points in view at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from hub.insar.answers.packed import fetch
from hub.insar.answers.places import Box
from hub.insar.answers.references import Reference
from hub.insar.answers.refusals import BadQuestion, TooManyPoints
from hub.insar.answers.series import ROWS_PER_PART, read_series
from hub.insar.models import Layer, Part
from hub.insar.policy import POINTS, Access, parameters
from processing.insar.windows import window_velocity

_IN_VIEW = f"""
    SELECT p.part_id, p."row"
    FROM {POINTS} p
    WHERE ST_Intersects(%(near)s::geometry, p.geom)  -- Boxes alone are compared in single precision.
    ORDER BY p.part_id, p."row"
    LIMIT %(most)s
"""  # noqa: S608
# Of one part at a time, so that memory stays small however many dates there are.
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Window:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def read(cls, first: Any, last: Any) -> Window:
        """Raises BadQuestion."""
        window = cls(read_day(first), read_day(last))
        if window.first >= window.last:
            raise BadQuestion(_("The first day of a window lies before its last."))
        return window


@dataclass(frozen=True)
class Velocities:
    """Of the points in view, in rising order of their ids."""

    ids: np.ndarray
    velocity: np.ndarray
    """float64, mm/yr; NaN where the window has too few dates."""
    std: np.ndarray

    def document(self) -> dict[str, Any]:
        return {
            "ids": self.ids.tolist(),
            "velocity": _numbers(self.velocity),
            "std": _numbers(self.std),
            "count": int(self.ids.size),
            "complete": True,
        }


def read_day(sent: Any) -> date:
    """A day that was sent as YYYY-MM-DD. Raises BadQuestion."""
    try:
        if isinstance(sent, str) and len(sent) == len("2020-01-01"):
            return date.fromisoformat(sent)
    except ValueError:
        pass
    raise BadQuestion(_("A day is written as 2020-01-31."))


def velocities(access: Access, layer: Layer, box: Box, window: Window, reference: Reference | None) -> Velocities:
    """Velocity and its standard deviation of each visible point in the box, relative to the reference.

    Raises TooManyPoints where there are more than one answer holds.
    """
    most = settings.INSAR_LIMIT_VIEW_POINTS
    found = fetch(
        _IN_VIEW, parameters(access, layer, box.ewkt, most=most + 1), {"part_id": "int32", "row": "int32"}
    )  # fmt: skip
    parts, rows = found["part_id"].astype(np.int64), found["row"]
    if rows.size > most:
        raise TooManyPoints(_("There are more points in view than can be computed at once."), remedy=_("Zoom in."))
    velocity, std = np.full((2, rows.size), np.nan)
    known = Part.objects.in_bulk(np.unique(parts).tolist())
    for part in known.values():
        (own,) = np.nonzero(parts == part.pk)
        for first in range(0, own.size, _ROWS_AT_ONCE):
            some = own[first : first + _ROWS_AT_ONCE]
            velocity[some], std[some] = _of_part(part, rows[some], window, reference)
    return Velocities(parts * ROWS_PER_PART + rows, velocity, std)


def _of_part(
    part: Part, rows: np.ndarray, window: Window, reference: Reference | None
) -> tuple[np.ndarray, np.ndarray]:
    found = read_series(part, rows)
    if found is None:
        return np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    moved = found.displacement if reference is None else found.displacement - reference.on(found.dates)
    return window_velocity(moved, found.dates, window.first, window.last)


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if value != value else value for value in np.round(values, 2).tolist()]
