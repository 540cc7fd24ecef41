"""Which observations are valid, and why others are not (3.2)."""

from collections.abc import Collection
from dataclasses import dataclass

from .indices import Spectrum, brightness, mndwi

SPECTRUM = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
"""The bands that an observation must have measured, as far as all scenes have them."""

SNOW_BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")
MOST_VIEW_ZENITH_DEG = 11.0
VALID_CLASSES = {2, 4, 5, 6, 11}
SNOW = 11
REASON_BY_CLASS = {1: "no_data", 3: "shadow", 7: "cloud", 8: "cloud", 9: "cloud", 10: "cloud"}
REASONS = ("cloud", "shadow", "snow", "edge", "no_data")


@dataclass(frozen=True)
class Sample:
    """What one overpass saw at one pixel."""

    scene: int
    """Number of the scene in S2GM's order, newest first."""

    scene_class: int

    view_zenith: float | None
    """Mean over bands, degrees; NaN where unknown, None where the granule has no metadata and is not judged."""

    numbers: dict[str, int]
    """Digital numbers of the bands of the spectrum; 0 where nothing was measured."""

    reflectance: Spectrum
    """Digital numbers with their offsets: reflectance x 10000."""

    cloud: int = 0
    """Cloud probability in percent; 0 where there is none."""


def rejection(sample: Sample, *, refine_snow: bool) -> str | None:
    """Why the sample is no valid observation, the first of the reasons that holds; None if it is valid."""
    if sample.scene_class not in VALID_CLASSES:
        return REASON_BY_CLASS.get(sample.scene_class, "no_data")
    if sample.view_zenith is not None and not sample.view_zenith < MOST_VIEW_ZENITH_DEG:
        return "edge"
    if any(number == 0 for number in sample.numbers.values()):
        return "no_data"
    if refine_snow and sample.scene_class == SNOW and not is_snow(sample.scene_class, sample.reflectance):
        return "snow"
    return None


def can_refine_snow(bands: Collection[str]) -> bool:
    """Whether the bands of the L2A snow refinement are all there."""
    return all(band in bands for band in SNOW_BANDS)


def is_snow(scene_class: int, spectrum: Spectrum) -> bool:
    """The L2A snow refinement: snow by its class, its colour and its brightness."""
    return scene_class == SNOW and mndwi(spectrum) > 0.6 and brightness(spectrum) > 0.36
