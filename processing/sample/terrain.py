"""The shape of the generated land: a valley with a meandering river, hills to the south, mountains to the north.

Positions are metres east and south of the window's upper left corner; arrays are float32 (y, x) at 10 m.
"""

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString

from processing.sample.noise import eroded_noise, fractal_noise, smoothstep, spline_noise

PIXEL_M = 10
VALLEY_FLOOR_M = 190.0
MOUNTAINS_M = 2300.0
HILLS_M = 640.0


@dataclass(frozen=True)
class Valley:
    """The line that the river follows, as a sum of two waves across the window."""

    south_m: float
    phases: tuple[float, float]

    @classmethod
    def across(cls, size_m: int, rng: np.random.Generator) -> "Valley":
        # South of the middle, so that the mountains have room; never outside a small window.
        long, short = rng.uniform(0, 2 * np.pi, 2)
        return cls(size_m / 2 + min(2400.0, 0.12 * size_m), (float(long), float(short)))

    def axis(self, east_m: np.ndarray) -> np.ndarray:
        """Metres south of the window's top at which the valley lies."""
        long, short = self.phases
        reach = min(1.0, self.south_m / 10_000)
        waves = 1500 * np.sin(2 * np.pi * east_m / 21_000 + long) + 420 * np.sin(2 * np.pi * east_m / 7_300 + short)
        return self.south_m + reach * waves

    def offset(self, shape: tuple[int, int]) -> np.ndarray:
        """Signed distance from the axis in metres, positive to the south."""
        east = np.arange(shape[1]) * PIXEL_M
        axis = self.axis(east)
        lean = np.sqrt(1 + np.gradient(axis, PIXEL_M) ** 2)
        south = np.arange(shape[0], dtype=np.float32)[:, None] * PIXEL_M
        return ((south - axis.astype(np.float32)) / lean.astype(np.float32)).astype(np.float32)


def river_line(valley: Valley, width_m: int, rng: np.random.Generator) -> LineString:
    """Course of the river from beyond the western to beyond the eastern edge.

    A sine-generated curve (Langbein and Leopold 1966) with slowly changing swing and wavelength.
    """
    step_m, margin_m = 20.0, 2500
    count = int(3 * (width_m + 2 * margin_m) / step_m)
    drift = spline_noise(rng, (1, count), 110)[0]
    swing = np.clip(0.95 + 0.35 * spline_noise(rng, (1, count), 160)[0], 0.35, 1.5)
    heading = swing * np.sin(2 * np.pi * np.arange(count) * step_m / 1650 + 1.5 * drift)
    east = np.cumsum(np.cos(heading)) * step_m - margin_m
    sway = np.cumsum(np.sin(heading)) * step_m
    wave = int(2 * 1650 / step_m)
    padded = np.pad(sway, wave // 2, mode="edge")
    sway -= np.convolve(padded, np.ones(wave) / wave, mode="same")[wave // 2 : wave // 2 + count]
    inside = east < width_m + margin_m
    return LineString(np.column_stack([east[inside], valley.axis(east[inside]) + sway[inside]]))


def heights(valley: Valley, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Height above the sea in metres."""
    offset = valley.offset(shape)
    bays = spline_noise(rng, (1, shape[1]), 260)[0]
    border = spline_noise(rng, shape, 170)
    mountains = eroded_noise(rng, shape, 360, octaves=7)
    hills = fractal_noise(rng, shape, 150, octaves=6, gain=0.52)
    # Far from this valley other lowlands open, so that a window of 100 km is not all mountain.
    basin = smoothstep(9_000, 15_000, np.abs(offset)) * smoothstep(-0.2, 0.9, spline_noise(rng, shape, 1400))
    north = -offset - np.float32(1900) - 450 * bays - 260 * border
    south = offset - np.float32(1500) + 350 * bays - 220 * border
    rise_north = smoothstep(0, 9_500, north) ** 0.8
    rise_south = smoothstep(0, 4_500, south) ** 0.7
    land = VALLEY_FLOOR_M + 2.5 * fractal_noise(rng, shape, 60, octaves=4)
    land += MOUNTAINS_M * rise_north * (1 - 0.9 * basin) * np.clip(0.55 + 0.36 * mountains, 0.05, None)
    land += 120 * smoothstep(0, 900, north) * (0.6 + 0.5 * hills)
    land += HILLS_M * rise_south * (1 - 0.8 * basin) * np.clip(0.4 + 0.3 * hills, 0, None)
    return land.astype(np.float32)


def normals(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eastern and northern component (y, x) of the upward unit normal."""
    down_south, down_east = np.gradient(height, np.float32(PIXEL_M))
    length = np.sqrt(1 + down_south**2 + down_east**2)
    return (-down_east / length).astype(np.float32), (down_south / length).astype(np.float32)
