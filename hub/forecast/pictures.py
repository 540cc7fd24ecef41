"""Counts of observations as a picture for the web map."""

from __future__ import annotations

import numpy as np

from hub.forecast.asking import LEVELS
from hub.forecast.counting import OUTSIDE, CountMap
from processing.sidecars.png import png

CLASSES: tuple[tuple[int, str], ...] = ((0, "#c8402b"), (1, "#f0c24b"), (4, "#4fb3a2"), (8, "#0b5563"))
"""From how many observations on a colour holds."""

ENOUGH, TOO_FEW = "#0b7a63", "#c8402b"
_OPAQUE, _FAINT = 200, 130

SHOWN = ("count", *(str(level) for level in LEVELS))
"""What a picture can show: the counts, or where there are at least so many."""


def picture(counts: CountMap, shown: str) -> bytes:
    """A PNG whose rows are those of the web map's projection; transparent outside the area."""
    number = np.arange(256)
    colours = np.zeros((256, 4), np.uint8)
    if shown == "count":
        for start, colour in CLASSES:
            colours[number >= start] = _rgba(colour, _OPAQUE)
    else:
        colours[:] = _rgba(TOO_FEW, _FAINT)
        colours[number >= int(shown)] = _rgba(ENOUGH, _OPAQUE)
    colours[OUTSIDE] = 0
    return png(np.ascontiguousarray(np.moveaxis(colours[counts.count], -1, 0)))


def _rgba(colour: str, alpha: int) -> tuple[int, int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue, alpha
