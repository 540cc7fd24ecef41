"""Whether the spectra of a product look like those of the ground, by a sample of its pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from processing.quality.report import Check, Level
from processing.sentinel2 import BANDS, REFLECTANCE_NODATA, SceneClass

_FEWEST = 50
# Of each class: the band whose median is the larger, and the smaller.
_CONTRASTS = {SceneClass.VEGETATION: ("B08", "B04"), SceneClass.WATER: ("B03", "B08")}


def check_spectra(sample: Mapping[str, np.ndarray]) -> list[Check]:
    """L1: medians between 0 and 1; plants brighter in the near infrared than in red, water darker than in green.

    ``sample``: pixels (y, x) of the reflectances and scene classes, by name, all of the same places.
    """
    return [*_medians(sample), *_contrasts(sample)]


def _medians(sample: Mapping[str, np.ndarray]) -> Iterator[Check]:
    for band, values in sample.items():
        known = values[values != REFLECTANCE_NODATA]
        if band not in BANDS or known.size < _FEWEST:
            continue
        median = float(np.median(known)) / 10000
        message = f"The median reflectance is {median:.3f}."
        yield Check(Level.PLAUSIBILITY, "median", 0 < median <= 1, message, band, round(median, 4))


def _contrasts(sample: Mapping[str, np.ndarray]) -> Iterator[Check]:
    classes = sample.get("scene_classification")
    if classes is None:
        return
    for scene_class, (brighter, darker) in _CONTRASTS.items():
        if not {brighter, darker} <= set(sample):
            continue
        here = (
            (classes == scene_class) & (sample[brighter] != REFLECTANCE_NODATA) & (sample[darker] != REFLECTANCE_NODATA)
        )
        if np.count_nonzero(here) < _FEWEST:
            continue
        more, less = (float(np.median(sample[band][here])) / 10000 for band in (brighter, darker))
        words = scene_class.name.lower().replace("_", " ")
        message = f"Over {words} the median of {brighter} is {more:.3f}, that of {darker} {less:.3f}."
        yield Check(Level.PLAUSIBILITY, "spectrum", more > less, message, words, round(more - less, 4))
