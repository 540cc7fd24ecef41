"""The short-term composite of S2GM V1.0 (July 2018 to March 2019): a decision tree on scene classes, pair by pair.

Source: the script that the service ran (sentinel-hub/custom-scripts, sentinel-2/s2gm) and S2GM ATBD v1.1,
Table 2-4; where they disagree on snow and water the script counts. Its defect is kept: of two vegetated
observations both branches of the NDVI test give the same one, so that the older wins whenever the NDVI differ.
"""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel
from processing.kernels.stc import B02, B03, B04, B08, B11, B12, ratio

CLOUD_PROBABILITY = 7
"""Column of the spectra, after those of kernels.stc."""

# Larger is preferred. Classes that no mask lets through are ranked all the same, as in the script.
_RANK = np.array([0, 1, 7, 6, 10, 10, 8, 5, 3, 2, 4, 9], dtype=np.int64)
_DARK, _VEGETATION, _BARE_SOIL, _WATER, _SNOW = 2, 4, 5, 6, 11


@kernel
def _brightness(s):
    return s[B02] + s[B03] + s[B04]


@kernel
def _is_better(s, t, class_s, class_t):
    """Whether ``s`` replaces ``t``, both of one class or both of vegetation and bare soil."""
    if class_s == _VEGETATION and class_t == _VEGETATION:
        return ratio(s[B08] - s[B04], s[B08] + s[B04]) != ratio(t[B08] - t[B04], t[B08] + t[B04])
    if class_s in (_VEGETATION, _BARE_SOIL):
        return _brightness(s) < _brightness(t)
    if class_s in (_DARK, _SNOW):
        return _brightness(s) > _brightness(t)
    if class_s == _WATER:
        wetter = ratio(s[B03] - s[B08], s[B03] + s[B08]) > ratio(t[B03] - t[B08], t[B03] + t[B08])
        return wetter or (s[B11] + s[B12]) / 2 < (t[B11] + t[B12]) / 2
    return False


@kernel
def _replaces(s, t, class_s, class_t):
    rank_s, rank_t = _RANK[min(class_s, 11)], _RANK[min(class_t, 11)]
    if rank_s != rank_t:
        return rank_s > rank_t
    return s[CLOUD_PROBABILITY] <= t[CLOUD_PROBABILITY] and _is_better(s, t, class_s, class_t)


@kernel
def pairwise(spectra, scene_class, count):
    """Position (0..count-1) of the observation that is left when each has met the best before it.

    ``spectra`` float64 (observation, 8): the columns of kernels.stc and the cloud probability;
    ``scene_class`` (observation,). Newest first.
    """
    best = 0
    for i in range(1, count):
        if _replaces(spectra[i], spectra[best], scene_class[i], scene_class[best]):
            best = i
    return best
