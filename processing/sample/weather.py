"""The sky on one date: clouds with their shadows, cirrus, and a little haze that nobody detects.

Fields are float32 (y, x) at 20 m over the whole window.
"""

from dataclasses import dataclass

import numpy as np

from processing.sample.noise import fractal_noise, smoothstep, spline_noise
from processing.sample.passes import Pass

PIXEL_M = 20

# How opaque a pixel must be for its scene class.
MEDIUM_PROBABILITY = 0.25
HIGH_PROBABILITY = 0.70
CIRRUS = 0.07
SHADOW = 0.30

CLEAR_BELOW = 0.03
"""A smaller share of clouds than this is none."""


@dataclass(frozen=True)
class Sky:
    """What lies between the ground and the sensor."""

    cloud: np.ndarray
    """Opacity of clouds, 0 to 1."""

    brightness: np.ndarray
    """How bright the cloud is, relative to a thick white one."""

    shadow: np.ndarray
    """Share of the direct sunlight that clouds keep from the ground."""

    cirrus: np.ndarray
    """Opacity of cirrus and haze, at most about 0.3."""


def cover_shares(count: int, cloudiness: float) -> list[float]:
    """Cloud cover of each date: clear, half and overcast ones in turn, ``cloudiness`` on average."""
    if cloudiness in (0.0, 1.0):
        return [cloudiness] * count
    # Golden-ratio steps spread evenly over 0..1 however many dates there are.
    ranks = (0.5 + np.arange(count) * 0.6180339887) % 1 * 0.98 + 0.01
    low, high = 1e-3, 1e3
    for _ in range(60):
        power = float(np.sqrt(low * high))
        low, high = (power, high) if np.mean(ranks**power) > cloudiness else (low, power)
    shares = ranks**power
    return [float(share) if share >= CLEAR_BELOW else 0.0 for share in shares]


def make_sky(passing: Pass, shape: tuple[int, int], cover: float, seed: int) -> Sky | None:
    """The sky over a window of ``shape`` pixels at 20 m, or None where it is clear."""
    rng = np.random.default_rng([seed, 2, passing.day.toordinal()])
    if cover == 0:
        return None
    azimuth, elevation = np.radians(passing.sun())
    base_m = rng.uniform(1100, 2000)
    throw = base_m / np.tan(elevation) / PIXEL_M
    # A cloud shades the ground on the side away from the sun: look for it towards the sun.
    down, right = round(-throw * np.cos(azimuth)), round(throw * np.sin(azimuth))
    margin = max(abs(down), abs(right))
    padded = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    overcast = cover > 0.6 or passing.number % 3 == 2
    density = _deck(rng, padded) if overcast else _cumulus(rng, padded)
    inner = np.s_[margin : margin + shape[0], margin : margin + shape[1]]
    opacity, thickness = _clouds(density, inner, cover, softness=0.55 if overcast else 0.33)
    shaded = np.s_[margin + down : margin + down + shape[0], margin + right : margin + right + shape[1]]
    return Sky(
        cloud=opacity[inner],
        brightness=_brightness(thickness, azimuth, rng)[inner],
        shadow=np.ascontiguousarray(opacity[shaded]) * np.float32(0.92),
        cirrus=_cirrus(passing.number, shape, rng),
    )


def _cumulus(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Fields of separate clouds a few hundred metres to two kilometres wide."""
    groups = spline_noise(rng, shape, 330)
    return fractal_noise(rng, shape, 62, octaves=6, gain=0.58) + np.float32(0.75) * groups


def _deck(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A wide sheet with ragged edges and gaps."""
    return fractal_noise(rng, shape, 260, octaves=8, gain=0.56, stretch=1.5)


def _clouds(
    density: np.ndarray, inner: tuple[slice, slice], cover: float, *, softness: float
) -> tuple[np.ndarray, np.ndarray]:
    """Opacity and thickness of the clouds, thresholded so that ``cover`` of the window counts as cloudy."""
    seen = density[inner]
    if cover == 1:
        edge = np.float32(seen.min() - 1.0)
    else:
        step = max(1, len(seen) // 400)
        edge = np.quantile(seen[::step, ::step], 1 - cover)
    # smoothstep passes 0.25, the lower limit of a detected cloud, at a third of its width.
    opacity = smoothstep(edge - softness / 3, edge + softness * 2 / 3, density)
    return opacity.astype(np.float32), smoothstep(edge, edge + 1.6, density)


def _brightness(thickness: np.ndarray, azimuth: float, rng: np.random.Generator) -> np.ndarray:
    """Brighter where thick and on the side that faces the sun."""
    down_south, down_east = np.gradient(thickness)
    facing = down_south * np.cos(azimuth) - down_east * np.sin(azimuth)
    puffs = fractal_noise(rng, thickness.shape, 14, octaves=3)
    return np.clip(0.50 + 0.46 * thickness + 4.5 * facing + 0.035 * puffs, 0.32, 1.15).astype(np.float32)


def _cirrus(number: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Streaks of cirrus on one date of twelve, thin haze below every threshold on two others."""
    if number % 12 == 6:
        streaks = fractal_noise(rng, shape, 70, octaves=5, gain=0.6, stretch=4.0)
        return (0.30 * smoothstep(0.1, 1.9, streaks)).astype(np.float32)
    if number % 12 in (1, 7):
        return (0.055 * smoothstep(0.3, 1.5, fractal_noise(rng, shape, 160, octaves=3))).astype(np.float32)
    return np.zeros(shape, dtype=np.float32)
