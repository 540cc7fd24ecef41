"""The short-term composite of S2GM V1.1.0: a decision tree on means of spectral indices.

Source: S2GM ATBD v1.3.3, Table 2-4 and Figures 2-15, 2-16. Where table and pseudo-code differ (rule 2)
the pseudo-code counts. Spectra are reflectances x 10000 in the columns below: of whole numbers ratios are
exact, so that what lies on a threshold is told from what lies beyond it. Ties go to the first.
"""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel
from processing.kernels.masks import SNOW, TCB, is_snow

B02, B03, B04, B08, B8A, B11, B12 = range(7)
"""Columns of the spectra."""

NO_DATA = -1

_NDVI, _MNDWI, _TCB = range(3)


@kernel
def ratio(numerator, denominator):
    """Their ratio, 0 where there is none."""
    if denominator == 0.0:
        return 0.0
    return numerator / denominator


@kernel
def _exceeds(a, b):
    """a / b > 1 for reflectances, also where b is 0 or below."""
    return a > b if b > 0.0 else a > 0.0


@kernel
def _brightness(s, infrared):
    """Tasselled-cap brightness with ``infrared`` as its near-infrared band (B8A, in one test B08)."""
    visible = TCB[0] * s[B02] + TCB[1] * s[B03] + TCB[2] * s[B04]
    return (visible + TCB[3] * infrared + TCB[4] * s[B11] + TCB[5] * s[B12]) * 1e-4


@kernel
def _is_cloud(s):
    """cloudTest of the ATBD: bright snow-like, high or low cloud."""
    mndwi = ratio(s[B03] - s[B11], s[B03] + s[B11])
    haze = -0.8239 * s[B02] + 0.0849 * s[B03] + 0.4396 * s[B04] - 0.058 * s[B8A] + 0.2013 * s[B11] - 0.2773 * s[B12]
    haze *= 1e-4
    mean = (s[B02] + s[B03] + s[B04]) / 30000.0
    q = ratio(s[B08] - s[B11], s[B08] + s[B11])
    green_wins = _exceeds(s[B03], s[B11])
    infrared_wins = _exceeds(s[B11], s[B03])

    if mndwi > 0.7 and not (green_wins and _brightness(s, s[B08]) < 0.36):
        return True
    if haze < -0.2:
        return True
    if green_wins and mean > 0.3 and (haze < -0.1 or (haze > -0.08 and q < 0.4)):
        return True
    if green_wins and 0.12 < mean < 0.3 and haze < -0.055:
        return True
    if not (green_wins and mean < 0.3) and haze < -0.09 and mean > 0.12:
        return True
    if infrared_wins and mean < 0.2 and (haze < -0.1 or (haze < -0.08 and q < 0.4)):
        return True
    if green_wins and 0.12 < mean < 0.2 and haze < -0.055:
        return True
    return not (green_wins and mean < 0.2) and haze < -0.02 and mean > 0.12


@kernel
def _extremes(spectra, count, index):
    """Mean, least and greatest of an index, and which observation is the first to have the least, the greatest."""
    total, least, greatest = 0.0, np.inf, -np.inf
    lowest, highest = 0, 0
    for i in range(count):
        s = spectra[i]
        if index == _NDVI:
            value = ratio(s[B08] - s[B04], s[B08] + s[B04])
        elif index == _MNDWI:
            value = ratio(s[B03] - s[B11], s[B03] + s[B11])
        else:
            value = _brightness(s, s[B8A])
        total += value
        if value < least:
            least, lowest = value, i
        if value > greatest:
            greatest, highest = value, i
    return total / count, least, greatest, lowest, highest


@kernel
def short_term(spectra, scene_class, count):
    """Position (0..count-1) of the observation to take, or -1: of clouds alone nothing is taken.

    ``spectra`` float64 (observation, 7), ``scene_class`` (observation,).
    """
    mean_ndvi, _, most_ndvi, least_green, greenest_one = _extremes(spectra, count, _NDVI)
    mean_mndwi, least_mndwi, _, _, wettest = _extremes(spectra, count, _MNDWI)
    mean_tcb, least_tcb, _, darkest, _ = _extremes(spectra, count, _TCB)
    s = spectra[darkest]

    if mean_mndwi < -0.55 and most_ndvi - mean_ndvi < 0.05:
        return greenest_one
    if mean_ndvi < -0.3 and mean_mndwi - least_mndwi < 0.05:
        return wettest
    if mean_ndvi > 0.6 and mean_tcb < 0.45:
        return greenest_one
    if not _is_cloud(s):
        return darkest
    snow = scene_class[darkest] == SNOW and is_snow(s[B02], s[B03], s[B04], s[B8A], s[B11], s[B12])
    if not snow:
        return NO_DATA if least_tcb > 1.0 else darkest
    if mean_ndvi < -0.2:
        return wettest
    if mean_tcb > 0.45:
        return least_green
    return greenest_one


@kernel
def greenest(spectra, red, infrared, count):
    """Position of the greatest NDVI: what is left of the tree without shortwave infrared."""
    best = 0
    highest = ratio(spectra[0, infrared] - spectra[0, red], spectra[0, infrared] + spectra[0, red])
    for i in range(1, count):
        ndvi = ratio(spectra[i, infrared] - spectra[i, red], spectra[i, infrared] + spectra[i, red])
        if ndvi > highest:
            best, highest = i, ndvi
    return best
