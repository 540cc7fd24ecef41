"""What the colours of a look mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from processing.layers import RASTERS, Flag
from processing.viewing.look import Look, Range
from processing.viewing.product import Scene, ViewedProduct
from processing.viewing.ramps import class_colours, hex_colour, ramp
from processing.viewing.statistics import Sample

_STOPS = 9


@dataclass(frozen=True)
class ClassEntry:
    """One class or scene of a legend."""

    value: int
    colour: str
    """#rrggbb"""

    share: float
    """Of the pixels with data, 0..1."""

    meaning: Flag | Scene | None
    """None for a number that nothing is known of."""


def class_entries(product: ViewedProduct, look: Look, sample: Sample) -> list[ClassEntry]:
    """The classes or scenes of the look's raster, those first that its legend knows, by their numbers."""
    layer = RASTERS[look.show[0]]
    colours = class_colours(layer, len(product.scenes))
    pixels = sample.arrays[0]
    values, counts = np.unique(pixels[pixels != layer.nodata], return_counts=True)
    total = int(counts.sum())
    shares = {int(value): int(count) / total for value, count in zip(values, counts, strict=True)}
    meanings: Mapping[int, Flag | Scene] = {flag.value: flag for flag in layer.flags} or dict(enumerate(product.scenes))
    unknown = sorted(set(shares) - set(colours))
    return [
        ClassEntry(value, colours.get(value, "#ff00ff"), shares.get(value, 0.0), meanings.get(value))
        for value in [*colours, *unknown]
    ]


def ramp_stops(look: Look, limits: Range) -> Sequence[tuple[float, str]]:
    """Values, evenly spread over the ramp's range, and their colours."""
    low, high = limits
    colours = ramp(look.ramp)
    shares = np.linspace(0, 1, _STOPS)
    steps = np.rint((len(colours) - 1) * shares ** (1 / look.gamma)).astype(int)
    return [
        (float(low + share * (high - low)), hex_colour(colours[step]))
        for share, step in zip(shares, steps, strict=True)
    ]
