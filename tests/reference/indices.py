"""Spectral indices (3.2, 3.6). A spectrum is reflectance x 10000 by band, whole numbers, below 0 where so measured.

Ratios are formed from the whole numbers, so that spectra of the same index are equal in it.
"""

Spectrum = dict[str, int]


def normalised_difference(a: int, b: int) -> float:
    """(a - b) / (a + b); 0 where a + b is 0."""
    return (a - b) / (a + b) if a + b else 0.0


def ndvi(spectrum: Spectrum) -> float:
    """High over vegetation."""
    return normalised_difference(spectrum["B08"], spectrum["B04"])


def mndwi(spectrum: Spectrum) -> float:
    """High over water and snow; the same as NDSI."""
    return normalised_difference(spectrum["B03"], spectrum["B11"])


def brightness(spectrum: Spectrum, *, infrared: str = "B8A") -> float:
    """Tasselled cap brightness (TCB), in reflectance; TCB' is the one with ``infrared`` B08."""
    return (
        0.3029 * spectrum["B02"]
        + 0.2786 * spectrum["B03"]
        + 0.4733 * spectrum["B04"]
        + 0.5599 * spectrum[infrared]
        + 0.508 * spectrum["B11"]
        + 0.1872 * spectrum["B12"]
    ) * 1e-4


def haze(spectrum: Spectrum) -> float:
    """tcHaze, in reflectance: low over haze and cloud."""
    return (
        -0.8239 * spectrum["B02"]
        + 0.0849 * spectrum["B03"]
        + 0.4396 * spectrum["B04"]
        - 0.058 * spectrum["B8A"]
        + 0.2013 * spectrum["B11"]
        - 0.2773 * spectrum["B12"]
    ) * 1e-4


def visible_mean(spectrum: Spectrum) -> float:
    """m: mean of blue, green and red, in reflectance."""
    return (spectrum["B02"] + spectrum["B03"] + spectrum["B04"]) / 3 / 10000


def ratio_above_one(a: int, b: int) -> bool:
    """Whether a / b > 1; where b is not above 0, whether a is."""
    return a > b if b > 0 else a > 0
