"""Lines that are meant as outlines: tracks around a field, closed paths."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from hub.areas.repair import number
from hub.areas.simplifying import METRES_PER_DEGREE
from hub.areas.uploads.found import Found, Rings, cleaned

MOST_OPEN_SHARE = 0.1
"""How far from its start a walk around an area may end, as a share of its length."""


def as_outline(line: np.ndarray, *, name: str, found: Found) -> Rings | None:
    """The polygon that the line (point, 2) encloses, with a note; None where it does not come back to its start."""
    if len(line) < 3 or not np.isfinite(line[:, :2]).all():
        return None
    metres = line[:, :2] * METRES_PER_DEGREE * (np.cos(np.radians(np.clip(line[:, 1].mean(), -89, 89))), 1)
    length = float(np.hypot(*np.diff(metres, axis=0).T).sum())
    gap = float(np.hypot(*(metres[-1] - metres[0])))
    if not length or gap > MOST_OPEN_SHARE * length:
        return None
    title = cleaned(name)[:60]
    if len(found.notes) < 10:
        found.notes.append(_note(title, gap))
    return [line if gap == 0 else np.vstack([line, line[:1]])]


def _note(title: str, gap_m: float) -> str:
    if gap_m < 1:
        return (
            _("The closed line “%(name)s” was taken for the outline of an area.") % {"name": title}
            if title
            else _("A closed line was taken for the outline of an area.")
        )
    metres = number(gap_m)
    return (
        _("The line “%(name)s” ends %(metres)s m from its start; it was closed and taken for the outline of an area.")
        % {"name": title, "metres": metres}
        if title
        else _("A line ends %(metres)s m from its start; it was closed and taken for the outline of an area.")
        % {"metres": metres}
    )
