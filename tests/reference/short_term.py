"""The short-term composite of the Mosaics V1.1.0 (3.6): a tree over means of indices."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .indices import (
    Spectrum,
    brightness,
    haze,
    mndwi,
    ndvi,
    normalised_difference,
    ratio_above_one,
    visible_mean,
)
from .prefilter import is_snow

BANDS = ("B02", "B03", "B04", "B08", "B8A", "B11", "B12")


class Decided(NamedTuple):
    """What the tree says."""

    position: int | None
    """Of the observation it takes; None where it takes none."""

    rule: str
    """"1" to "8", "no data" for the part of rule 5 that takes none; else which bands were left to go by."""


def short_term(spectra: Sequence[Spectrum], scene_classes: Sequence[int]) -> Decided:
    """The tree's choice among two or more valid observations, newest first; of equal ones the newest."""
    if not all(band in spectra[0] for band in BANDS):
        return with_few_bands(spectra)
    ndvis = [ndvi(spectrum) for spectrum in spectra]
    mndwis = [mndwi(spectrum) for spectrum in spectra]
    mean_ndvi, mean_mndwi = mean(ndvis), mean(mndwis)
    brightnesses = [brightness(spectrum) for spectrum in spectra]
    mean_brightness = mean(brightnesses)
    darkest = first_of(brightnesses, min)

    if mean_mndwi < -0.55 and max(ndvis) - mean_ndvi < 0.05:
        return Decided(first_of(ndvis, max), "1")
    if mean_ndvi < -0.3 and mean_mndwi - min(mndwis) < 0.05:
        return Decided(first_of(mndwis, max), "2")
    if mean_ndvi > 0.6 and mean_brightness < 0.45:
        return Decided(first_of(ndvis, max), "3")
    if not is_cloud(spectra[darkest]):
        return Decided(darkest, "4")
    if not is_snow(scene_classes[darkest], spectra[darkest]):
        return Decided(None, "no data") if brightnesses[darkest] > 1.0 else Decided(darkest, "5")
    if mean_ndvi < -0.2:
        return Decided(first_of(mndwis, max), "6")
    if mean_brightness > 0.45:
        return Decided(first_of(ndvis, min), "7")
    return Decided(first_of(ndvis, max), "8")


def with_few_bands(spectra: Sequence[Spectrum]) -> Decided:
    """The choice where the archive lacks some of the tree's bands: the greatest NDVI, or else the newest."""
    if "B04" in spectra[0] and "B08" in spectra[0]:
        return Decided(first_of([ndvi(spectrum) for spectrum in spectra], max), "NDVI only")
    return Decided(0, "newest")


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def first_of(values: Sequence[float], extreme: Callable[[Sequence[float]], float]) -> int:
    """Where the extreme value stands, the first time."""
    return list(values).index(extreme(values))


def is_cloud(spectrum: Spectrum) -> bool:
    """cloudTest."""
    return is_bright_snow(spectrum) or is_high_cloud(spectrum) or is_low_cloud(spectrum)


def is_bright_snow(spectrum: Spectrum) -> bool:
    """isSnow2."""
    dim = brightness(spectrum, infrared="B08") < 0.36
    return mndwi(spectrum) > 0.7 and not (ratio_above_one(spectrum["B03"], spectrum["B11"]) and dim)


def is_high_cloud(spectrum: Spectrum) -> bool:
    """highCloud: its four brackets, in their order."""
    h, m = haze(spectrum), visible_mean(spectrum)
    q = normalised_difference(spectrum["B08"], spectrum["B11"])
    green = ratio_above_one(spectrum["B03"], spectrum["B11"])
    return (
        (green and m > 0.3 and (h < -0.1 or (h > -0.08 and q < 0.4)))
        or h < -0.2
        or (green and m < 0.3 and h < -0.055 and m > 0.12)
        or (not (green and m < 0.3) and h < -0.09 and m > 0.12)
    )


def is_low_cloud(spectrum: Spectrum) -> bool:
    """lowCloud: its four brackets, in their order."""
    h, m = haze(spectrum), visible_mean(spectrum)
    q = normalised_difference(spectrum["B08"], spectrum["B11"])
    green = ratio_above_one(spectrum["B03"], spectrum["B11"])
    infrared = ratio_above_one(spectrum["B11"], spectrum["B03"])
    return (
        (infrared and m < 0.2 and (h < -0.1 or (h < -0.08 and q < 0.4)))
        or h < -0.2
        or (green and m < 0.2 and h < -0.055 and m > 0.12)
        or (not (green and m < 0.2) and h < -0.02 and m > 0.12)
    )
