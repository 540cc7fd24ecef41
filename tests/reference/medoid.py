"""The medoid (3.5): the observation that is nearest to all others."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from .indices import Spectrum

BANDS = ("B02", "B03", "B04", "B06", "B08", "B11", "B12")
# Two sums of the same distances may differ by as much when they are added in another order.
SAME_SUM = 1e-12


class Medoid(NamedTuple):
    """Which observation it is, and how far it lies from the others."""

    position: int
    spread: float
    """Sum of its distances to all observations, divided by their number: reflectance x 10000."""


def medoid(spectra: Sequence[Spectrum]) -> Medoid:
    """The medoid of two or more spectra, newest first; of equal ones the newest.

    Distances are Euclidean over those of the seven bands that the spectra have.
    """
    bands = [band for band in BANDS if band in spectra[0]]
    sums = [sum(distance(one, other, bands) for other in spectra) for one in spectra]
    least = min(sums)
    position = next(place for place, total in enumerate(sums) if total <= least * (1 + SAME_SUM))
    return Medoid(position, sums[position] / len(spectra))


def distance(one: Spectrum, other: Spectrum, bands: Sequence[str]) -> float:
    """Euclidean distance of two spectra."""
    return math.sqrt(sum((one[band] - other[band]) ** 2 for band in bands))
