"""What the rules of choice reckon from one spectrum, in plain Python.

Spectra are reflectances x 10000 by band, whole numbers, below 0 where so measured: ratios of them are exact.
Source: S2GM ATBD v1.3.3, 2.4.1 and Table 2-4. The compiled kernels reckon the same for whole mosaics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

from processing.kernels.masks import NDSI_OF_SNOW, TCB, TCB_OF_SNOW
from processing.sentinel2 import SceneClass

Spectrum = Mapping[str, int]

_SCALE = 1e-4


def total(values: Iterable[float]) -> float:
    """Their sum, one after the other as the kernels add; Python's own sum is more exact from version 3.12 on."""
    return reduce(add, values)


def normalised_difference(first: int, second: int) -> float:
    """(first - second) / (first + second), 0 where there is none."""
    return (first - second) / (first + second) if first + second else 0.0


def ndvi(s: Spectrum) -> float:
    return normalised_difference(s["B08"], s["B04"])


def mndwi(s: Spectrum) -> float:
    """Of water and snow; as a test of snow it is called NDSI."""
    return normalised_difference(s["B03"], s["B11"])


def ndwi(s: Spectrum) -> float:
    return normalised_difference(s["B03"], s["B08"])


def brightness(s: Spectrum, infrared: str = "B8A") -> float:
    """Tasselled-cap brightness (TCB), in reflectance."""
    bands = ("B02", "B03", "B04", infrared, "B11", "B12")
    return total(weight * s[band] for weight, band in zip(TCB, bands, strict=True)) * _SCALE


def haze(s: Spectrum) -> float:
    """The tasselled-cap index of haze (tcHaze): low over haze and cloud."""
    weights = {"B02": -0.8239, "B03": 0.0849, "B04": 0.4396, "B8A": -0.058, "B11": 0.2013, "B12": -0.2773}
    return total(weight * s[band] for band, weight in weights.items()) * _SCALE


def visible_sum(s: Spectrum) -> int:
    return s["B02"] + s["B03"] + s["B04"]


def visible_mean(s: Spectrum) -> float:
    """In reflectance."""
    return visible_sum(s) / 30000.0


def shortwave_mean(s: Spectrum) -> float:
    return (s["B11"] + s["B12"]) / 2


def exceeds(first: int, second: int) -> bool:
    """Whether first / second > 1, also where the second is 0 or below."""
    return first > second if second > 0 else first > 0


def has_bands_of_snow(s: Spectrum) -> bool:
    """Whether bright and snow-coloured enough to be snow and not cloud."""
    return mndwi(s) > NDSI_OF_SNOW and brightness(s) > TCB_OF_SNOW


def is_snow(s: Spectrum, scene_class: int) -> bool:
    """snowTest: by the scene class and by the bands."""
    return scene_class == SceneClass.SNOW_ICE and has_bands_of_snow(s)


def cloud_of(s: Spectrum) -> str:
    """cloudTest: which kind of cloud the bands look like, or nothing."""
    h, mean = haze(s), visible_mean(s)
    q = normalised_difference(s["B08"], s["B11"])
    green_wins, infrared_wins = exceeds(s["B03"], s["B11"]), exceeds(s["B11"], s["B03"])
    if mndwi(s) > 0.7 and not (green_wins and brightness(s, "B08") < TCB_OF_SNOW):
        return "snow-like cloud"
    if (
        h < -0.2
        or (green_wins and mean > 0.3 and (h < -0.1 or (h > -0.08 and q < 0.4)))
        or (green_wins and 0.12 < mean < 0.3 and h < -0.055)
        or (not (green_wins and mean < 0.3) and h < -0.09 and mean > 0.12)
    ):
        return "high cloud"
    if (
        (infrared_wins and mean < 0.2 and (h < -0.1 or (h < -0.08 and q < 0.4)))
        or (green_wins and 0.12 < mean < 0.2 and h < -0.055)
        or (not (green_wins and mean < 0.2) and h < -0.02 and mean > 0.12)
    ):
        return "low cloud"
    return ""


def indices(s: Mapping[str, int | None]) -> dict[str, float | None]:
    """The indices of one observation that rules look at; None where a band is missing."""
    wanted = {
        "ndvi": (("B08", "B04"), ndvi),
        "ndwi": (("B03", "B08"), ndwi),
        "mndwi": (("B03", "B11"), mndwi),
        "tcb": (("B02", "B03", "B04", "B8A", "B11", "B12"), brightness),
        "haze": (("B02", "B03", "B04", "B8A", "B11", "B12"), haze),
    }
    whole = {band: value for band, value in s.items() if value is not None}
    return {
        name: round(formula(whole), 4) if all(band in whole for band in bands) else None
        for name, (bands, formula) in wanted.items()
    }
