"""What the sensor records on one date: the landscape under that day's sun and sky, as numbers and scene classes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from processing.sample.grids import LATTICE_M, Window
from processing.sample.landscape import Landscape
from processing.sample.noise import cell_means, doubled, smoothstep
from processing.sample.passes import Pass
from processing.sample.quality import aerosol, cloud_percent, snow_percent
from processing.sample.spectra import BANDS, SNOW, reflectance_table
from processing.sample.weather import CIRRUS, HIGH_PROBABILITY, MEDIUM_PROBABILITY, SHADOW, Sky

RESOLUTION_M = {
    "B01": 60,
    "B02": 10,
    "B03": 10,
    "B04": 10,
    "B05": 20,
    "B06": 20,
    "B07": 20,
    "B08": 10,
    "B8A": 20,
    "B11": 20,
    "B12": 20,
}
LAYERS = ("SCL", "AOT", "CLD", "SNW")
"""What comes with the bands, at 20 m."""

PIXEL_M = RESOLUTION_M | dict.fromkeys(LAYERS, 20)

# In the order of BANDS. Clouds and cirrus: reflectance x 10000. Direct light: the share of the sunlight that hills and
# clouds can take away; the rest comes from the sky, more of it in the blue. Grain: noise of the sensor, in DN.
CLOUD = np.array((7400, 7200, 7000, 7050, 7150, 7300, 7350, 7400, 7500, 5000, 3900), dtype=np.float32)
CIRRUS_CLOUD = np.array((5200, 5100, 4900, 4900, 4950, 5000, 5050, 5100, 5150, 3200, 2500), dtype=np.float32)
DIRECT_LIGHT = np.array((0.60, 0.65, 0.71, 0.76, 0.79, 0.83, 0.85, 0.87, 0.88, 0.94, 0.95), dtype=np.float32)
GRAIN_DN = np.array((4, 8, 7, 7, 7, 8, 9, 14, 9, 8, 7), dtype=np.float32)

STRIP_ROWS = 60
"""Rows at 10 m that are computed together: small enough for the processor's cache, a multiple of six."""

TERRAIN_SHADOW_LIGHT = 0.22
"""Direct light, relative to level ground, below which a slope counts as a dark area."""

VEGETATED_NDVI = 0.40


@dataclass(frozen=True)
class Scene:
    """One date over a window; each raster at its native resolution, 0 where nothing was measured."""

    rasters: dict[str, np.ndarray]
    """(y, x) by name: the bands (uint16), SCL (uint8), AOT (uint16, x 1000), CLD and SNW (uint8, percent)."""

    @property
    def scene_class(self) -> np.ndarray:
        """uint8 (y, x) at 20 m: the Sen2Cor classes."""
        return self.rasters["SCL"]

    def part(self, grid: Window, whole: Window) -> "Scene":
        """What lies in ``grid``, a part of the ``whole`` window that this scene covers."""
        return Scene({name: pixels[grid.within(whole, PIXEL_M[name])] for name, pixels in self.rasters.items()})


@dataclass(frozen=True)
class Light:
    """How the sun and the sky change the ground's reflectance in one strip, float32 (y, x) at 10 m."""

    sunlight: np.ndarray
    """Direct light relative to level ground without clouds."""

    snow: np.ndarray
    """Share of snow."""

    cloud: np.ndarray | None
    brightness: np.ndarray | None
    cirrus: np.ndarray | None


def make_scene(landscape: Landscape, passing: Pass, sky: Sky | None, window: Window, seed: int) -> Scene:
    """All rasters of one pass over the window."""
    shape = window.shape(10)
    bands = {name: np.zeros(window.shape(metres), dtype=np.uint16) for name, metres in RESOLUTION_M.items()}
    scene_class = np.zeros(window.shape(20), dtype=np.uint8)
    snow = np.zeros(window.shape(20), dtype=np.float32)
    table = reflectance_table(passing.day_of_year)
    grain = np.random.default_rng([seed, 3, passing.day.toordinal()]).standard_normal((997, 1024), dtype=np.float32)
    lights = _lights(landscape, passing, sky, shape)
    for first, light in zip(range(0, shape[0], STRIP_ROWS), lights, strict=True):
        rows = slice(first, min(first + STRIP_ROWS, shape[0]))
        means = {}
        for number, name in enumerate(BANDS):
            seen = _seen(landscape, rows, table[number], light, number)
            factor = RESOLUTION_M[name] // 10
            coarse = cell_means(seen, factor) if factor > 1 else seen
            part = slice(rows.start // factor, rows.stop // factor)
            bands[name][part] = _digital(coarse, GRAIN_DN[number], grain, number, part.start, passing.dn_offset)
            if name in ("B04", "B8A"):
                means[name] = cell_means(seen, 2)
        half = slice(rows.start // 2, rows.stop // 2)
        snow[half] = cell_means(light.snow, 2)
        scene_class[half] = _classify(landscape, sky, light, half, snow[half], means["B04"], means["B8A"])
    layers = {
        "SCL": scene_class,
        "AOT": aerosol(passing, sky, window.shape(20), seed),
        "CLD": cloud_percent(sky, scene_class, passing, seed),
        "SNW": snow_percent(snow, sky),
    }
    scene = Scene(bands | layers)
    measured = _measured(passing, window)
    for name, pixels in scene.rasters.items():
        pixels *= _spread(measured, LATTICE_M // PIXEL_M[name])
    return scene


def _measured(passing: Pass, window: Window) -> np.ndarray:
    """bool (y, x) at 60 m, so that every band ends at the same edge."""
    height, width = window.shape(LATTICE_M)
    east = window.left + (np.arange(width) + 0.5) * LATTICE_M
    north = window.top - (np.arange(height) + 0.5) * LATTICE_M
    swath = passing.swath(window)
    shapely.prepare(swath)
    return shapely.contains_xy(swath, *np.meshgrid(east, north))


def _spread(cells: np.ndarray, factor: int) -> np.ndarray:
    return cells.repeat(factor, axis=0).repeat(factor, axis=1)


def _lights(landscape: Landscape, passing: Pass, sky: Sky | None, shape: tuple[int, int]) -> Iterator[Light]:
    """The light in each strip from the top down."""
    azimuth, elevation = np.radians(passing.sun()).astype(np.float32)
    snow_line = np.float32(1380 - 1000 * np.cos(2 * np.pi * (passing.day_of_year - 35) / 365))
    fields = {} if sky is None else vars(sky)
    padded = {name: np.pad(field, 1, mode="edge") for name, field in fields.items()}
    for first in range(0, shape[0], STRIP_ROWS):
        rows = slice(first, min(first + STRIP_ROWS, shape[0]))
        east, north = landscape.normal_east[rows], landscape.normal_north[rows]
        up = np.sqrt(np.maximum(0, 1 - east**2 - north**2))
        sunlight = up + (east * np.sin(azimuth) + north * np.cos(azimuth)) / np.tan(elevation)
        np.clip(sunlight, 0, 1.6, out=sunlight)
        # Snow stays longer on slopes that face away from the sun.
        height = landscape.height[rows] - 160 * (sunlight - 1) + 400 * landscape.texture[rows]
        snow = smoothstep(snow_line - 40, snow_line + 90, height)
        fine = {name: doubled(field[first // 2 : rows.stop // 2 + 2]) for name, field in padded.items()}
        if sky is not None:
            sunlight = sunlight * (1 - fine["shadow"])
        yield Light(sunlight, snow, fine.get("cloud"), fine.get("brightness"), fine.get("cirrus"))


def _seen(landscape: Landscape, rows: slice, spectrum: np.ndarray, light: Light, band: int) -> np.ndarray:
    """Reflectance x 10000 of one band in a strip at 10 m, as the sensor sees it."""
    seen = spectrum[landscape.code[rows]]
    seen *= 1 + landscape.texture[rows]
    if light.snow.any():
        seen += light.snow * (SNOW[band] * np.float32(0.95) - seen)
    seen *= (1 - DIRECT_LIGHT[band]) + DIRECT_LIGHT[band] * light.sunlight
    if light.cirrus is not None:
        seen += light.cirrus * (CIRRUS_CLOUD[band] - seen)
    if light.cloud is not None:
        seen += light.cloud * (CLOUD[band] * light.brightness - seen)
    return seen


def _digital(
    reflectance: np.ndarray, grain_dn: float, grain: np.ndarray, number: int, first_row: int, offset: int
) -> np.ndarray:
    """uint16 digital numbers, never below 1: 0 is kept for what was not measured."""
    # One sheet of noise serves all bands, each from another place of it.
    rows = (np.arange(reflectance.shape[0]) + first_row + 83 * number) % grain.shape[0]
    cols = (np.arange(reflectance.shape[1]) + 91 * number) % grain.shape[1]
    values = reflectance + grain_dn * grain[rows][:, cols] + np.float32(offset + 0.5)
    return np.clip(values, 1, 65535).astype(np.uint16)


def _classify(
    landscape: Landscape,
    sky: Sky | None,
    light: Light,
    rows: slice,
    snow: np.ndarray,
    red: np.ndarray,
    nir: np.ndarray,
) -> np.ndarray:
    """Sen2Cor classes (uint8) of a strip at 20 m, from what is there and what the bands show."""
    ndvi = (nir - red) / np.maximum(nir + red, 1)
    classes = np.where(ndvi > VEGETATED_NDVI, 4, 5).astype(np.uint8)
    built = landscape.built_share[rows]
    classes[(built >= 0.75) & (classes == 5) & (ndvi < 0.16)] = 7
    # The direct light without the clouds' part: their shadow has a class of its own.
    shadow = np.zeros_like(red) if sky is None else sky.shadow[rows]
    classes[cell_means(light.sunlight, 2) < TERRAIN_SHADOW_LIGHT * (1 - shadow)] = 2
    classes[landscape.water_share[rows] > 0.5] = 6
    classes[snow > 0.4] = 11
    if sky is not None:
        classes[shadow > SHADOW] = 3
        classes[sky.cirrus[rows] > CIRRUS] = 10
        classes[sky.cloud[rows] > MEDIUM_PROBABILITY] = 8
        classes[sky.cloud[rows] > HIGH_PROBABILITY] = 9
    return classes
