"""What the processor says about a date beside the reflectance: aerosol, cloud and snow probability.

Arrays are (y, x) at 20 m over the whole window.
"""

import numpy as np

from processing.sample.noise import fractal_noise, scramble
from processing.sample.passes import Pass
from processing.sample.weather import CIRRUS, HIGH_PROBABILITY, MEDIUM_PROBABILITY, SHADOW, Sky

AOT_SCALE = 1000
"""Digital numbers per unit of optical thickness."""

# Sen2Cor calls a cloud medium from 35 % and high from 65 %; the opacities are those of the scene classes.
CLOUD_OPACITY = (0.0, MEDIUM_PROBABILITY, HIGH_PROBABILITY, 1.0)
CLOUD_PERCENT = (0.0, 35.0, 65.0, 100.0)
CIRRUS_OPACITY = (0.0, CIRRUS, 0.30)
CIRRUS_PERCENT = (0.0, 15.0, 45.0)
SNOW_SHARE = (0.0, 0.4, 1.0)
SNOW_PERCENT = (0.0, 50.0, 100.0)

DOUBT_PERCENT = np.array((1, 4, 4, 7, 4, 7, 9, 19, 4, 4, 4, 14), dtype=np.uint8)
"""The most that a clear pixel of a class is taken for a cloud: bright roofs and snow often, forests hardly."""


def aerosol(passing: Pass, sky: Sky | None, shape: tuple[int, int], seed: int) -> np.ndarray:
    """Aerosol optical thickness x 1000, uint16, never 0: a smooth field, thicker under haze and near clouds."""
    rng = np.random.default_rng([seed, 4, passing.day.toordinal()])
    level = rng.uniform(0.06, 0.22)
    thickness = level * (1 + 0.15 * fractal_noise(rng, shape, 400, octaves=2))
    if sky is not None:
        thickness += 1.2 * sky.cirrus + 0.10 * sky.cloud
    return np.clip(thickness * AOT_SCALE + 0.5, 10, 65534).astype(np.uint16)


def cloud_percent(sky: Sky | None, scene_class: np.ndarray, passing: Pass, seed: int) -> np.ndarray:
    """Cloud probability, uint8: 65 and more in class 9, from 35 in class 8, from 15 in class 10, less on the ground."""
    rows, cols = np.ogrid[: scene_class.shape[0], : scene_class.shape[1]]
    doubt = scramble(seed, passing.day.toordinal(), rows, cols) % (DOUBT_PERCENT[scene_class] + np.uint32(1))
    if sky is None:
        return doubt.astype(np.uint8)
    cloud = np.interp(sky.cloud, CLOUD_OPACITY, CLOUD_PERCENT)
    cirrus = np.interp(sky.cirrus, CIRRUS_OPACITY, CIRRUS_PERCENT)
    # Whole percents are cut, not rounded, so that 35 and 65 keep to their side of the classes' limits.
    return np.maximum(np.maximum(cloud, cirrus), doubt).astype(np.uint8)


def snow_percent(snow_share: np.ndarray, sky: Sky | None) -> np.ndarray:
    """Snow probability, uint8: 50 and more where the class is snow, less where clouds hide it."""
    percent = np.interp(snow_share, SNOW_SHARE, SNOW_PERCENT)
    if sky is not None:
        percent *= np.interp(np.maximum(sky.cloud, sky.shadow), (SHADOW, HIGH_PROBABILITY), (1.0, 0.0))
    return percent.astype(np.uint8)
