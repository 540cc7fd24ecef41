"""The short-term composite of the Mosaics V1.0 (3.7): observations compared two by two, as the script did it."""

from collections.abc import Sequence
from dataclasses import dataclass

from .indices import Spectrum, ndvi, normalised_difference

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
DARK, VEGETATION, SOIL, WATER, SNOW = 2, 4, 5, 6, 11
LAND = {VEGETATION, SOIL}
RANKS = {VEGETATION: 4, SOIL: 4, SNOW: 3, WATER: 2, DARK: 1}
"""Of two classes the one of higher rank wins; snow before water as in the script, not as in the document."""


@dataclass(frozen=True)
class Candidate:
    """A valid observation."""

    scene_class: int
    spectrum: Spectrum
    cloud: int
    """Percent; 0 where unknown."""


def pairwise(candidates: Sequence[Candidate]) -> int:
    """Position of the winner among observations, newest first. Without all six bands it is the newest."""
    if not all(band in candidates[0].spectrum for band in BANDS):
        return 0
    best = 0
    for position in range(1, len(candidates)):
        if replaces(candidates[position], candidates[best]):
            best = position
    return best


def replaces(a: Candidate, b: Candidate) -> bool:
    """Whether the older ``a`` takes the place of ``b``, the best so far."""
    if RANKS[a.scene_class] != RANKS[b.scene_class]:
        return RANKS[a.scene_class] > RANKS[b.scene_class]
    return a.cloud <= b.cloud and looks_better(a, b)


def looks_better(a: Candidate, b: Candidate) -> bool:
    """Whether ``a`` of the same class, or both of them land, is preferred to ``b`` by its spectrum."""
    if a.scene_class == b.scene_class == VEGETATION:
        # The script's defect, kept: it took the sample of greater NDVI, or else the one of smaller NDVI.
        return ndvi(a.spectrum) != ndvi(b.spectrum)
    if a.scene_class in LAND:
        return visible(a.spectrum) < visible(b.spectrum)
    if a.scene_class == WATER:
        return ndwi(a.spectrum) > ndwi(b.spectrum) or shortwave(a.spectrum) < shortwave(b.spectrum)
    return visible(a.spectrum) > visible(b.spectrum)


def visible(spectrum: Spectrum) -> int:
    """Brightness: B02 + B03 + B04, reflectance x 10000."""
    return spectrum["B02"] + spectrum["B03"] + spectrum["B04"]


def ndwi(spectrum: Spectrum) -> float:
    return normalised_difference(spectrum["B03"], spectrum["B08"])


def shortwave(spectrum: Spectrum) -> float:
    """S: mean of B11 and B12, reflectance x 10000."""
    return (spectrum["B11"] + spectrum["B12"]) / 2
