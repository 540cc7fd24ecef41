"""Layers as they are stored (2.1): data types, no data, rounding."""

import math

import numpy as np

from .archive import REFLECTANCES
from .prefilter import REASONS

NO_REFLECTANCE = 65535
NO_ANGLE = -32768
MOST_COUNTED = 254
# Far more than what adding in another order changes, far less than what angles are known to.
SAME_HUNDREDTH = 1e-9

LAYERS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(REFLECTANCES, ("uint16", NO_REFLECTANCE)),
    "aot": ("uint16", 65535),
    "cloud_confidence": ("uint8", 255),
    "snow_confidence": ("uint8", 255),
    "scene_classification": ("uint8", 255),
    "source_index": ("int16", -1),
    "valid_obs": ("uint8", 0),
    "medoid_mos": ("uint16", 65535),
    "sun_zenith": ("int16", NO_ANGLE),
    "sun_azimuth": ("int16", NO_ANGLE),
    "view_zenith_mean": ("int16", NO_ANGLE),
    "view_azimuth_mean": ("int16", NO_ANGLE),
    "observation_date": ("int16", -1),
    "method": ("uint8", 0),
    **{f"rejected_obs_{reason}": ("uint8", 0) for reason in REASONS},
}
"""Data type of every raster, and what stands in it where nothing was chosen or counted."""

NONE, SINGLE, SHORT_TERM, MEDOID = range(4)
"""Values of the layer method."""


def empty_layers(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Every layer with nothing in it."""
    return {name: np.full(shape, empty, dtype) for name, (dtype, empty) in LAYERS.items()}


def stored_reflectance(number: int, offset: int) -> int:
    """Reflectance x 10000, below 0 stored as 0; 65535 where nothing was measured."""
    return NO_REFLECTANCE if number <= 0 else min(max(number + offset, 0), NO_REFLECTANCE - 1)


def stored_aot(number: int) -> int:
    """AOT x 1000; 65535 where unknown."""
    return 65535 if number <= 0 else number


def stored_percentage(percent: int) -> int:
    """0 to 100; 255 where unknown."""
    return 255 if percent < 0 else min(percent, 100)


def stored_spread(spread: float) -> int:
    """Reflectance x 10000, rounded half up."""
    return min(math.floor(spread + 0.5), 65534)


def stored_angle(degrees: float) -> int:
    """Hundredths of a degree, rounded half up; azimuths that int16 does not hold less 360 degrees.

    A half is one also where floating point makes it a little less.
    """
    if math.isnan(degrees):
        return NO_ANGLE
    hundredths = math.floor(degrees * 100 + 0.5 + SAME_HUNDREDTH)
    return hundredths - 36000 if hundredths > 32767 else hundredths


def stored_count(count: int) -> int:
    """At most 254: 255 stands for no data."""
    return min(count, MOST_COUNTED)
