"""The land under the clouds, made once per archive: heights, what grows where, and the texture of single pixels."""

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString, Polygon

from processing.sample.covermap import burn, place
from processing.sample.noise import (
    cell_means,
    fractal_noise,
    nearest_seed,
    scramble,
    scrambled_unit,
    smoothstep,
    spline_noise,
)
from processing.sample.settlements import draw_settlements
from processing.sample.spectra import COVERS, FIRST_CODE, codes_of, texture_table
from processing.sample.terrain import PIXEL_M, Valley, heights, normals, river_line

CROPS = (("cereal", 0.30), ("maize", 0.26), ("meadow", 0.26), ("rape", 0.08), ("roots", 0.10))


@dataclass(frozen=True)
class Landscape:
    """The truth that every granule of the archive sees, arrays (y, x) at 10 m unless said otherwise."""

    code: np.ndarray
    """uint16: index into the tables of ``spectra``."""

    texture: np.ndarray
    """float32: relative deviation of the pixel from its cover's spectrum."""

    height: np.ndarray
    """float32 metres above the sea."""

    normal_east: np.ndarray
    normal_north: np.ndarray
    """float32: components of the surface normal, for the sun's shading."""

    water_share: np.ndarray
    """float32 (y, x) at 20 m: share of river and lake."""

    built_share: np.ndarray
    """float32 (y, x) at 20 m: share of roofs and roads."""


def make_landscape(shape: tuple[int, int], seed: int) -> Landscape:
    """A landscape of ``shape`` pixels at 10 m; the same seed and shape give the same land."""
    rng = np.random.default_rng([seed, 1])
    width_m = shape[1] * PIXEL_M
    valley = Valley.across(width_m, rng)
    height = heights(valley, shape, rng)
    east, north = normals(height)
    river = river_line(valley, width_m, rng)
    code, blocks = _farmland(shape, seed)
    slope = np.sqrt(east**2 + north**2)
    _grow_forests(code, height, slope, rng)
    _raise_above_tree_line(code, height, slope, rng)
    _clear_meadows(code, height, slope, blocks, rng)
    _draw_waters(code, river, valley, rng)
    draw_settlements(code, height, slope, river, rng)
    return Landscape(
        code=code,
        texture=_texture(code, rng),
        height=height,
        normal_east=east,
        normal_north=north,
        water_share=_share(code, "river", "lake"),
        built_share=_share(code, "roof", "hall", "asphalt"),
    )


def _farmland(shape: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of parcels, and the number of the block of land (int32) that each pixel belongs to.

    Each block is divided along its own direction into strips and each strip into parcels, as inherited land is.
    """
    blocks = nearest_seed(shape, 85, seed)
    number = np.arange(int(blocks.max()) + 1)
    angle = scrambled_unit(seed, 3, number) * np.pi
    strip_m = 55 + 110 * scrambled_unit(seed, 4, number) ** 1.5
    parcel_m = 220 + 420 * scrambled_unit(seed, 5, number)
    code = np.empty(shape, dtype=np.uint16)
    x = np.arange(shape[1], dtype=np.float32) * PIXEL_M
    for row in range(0, shape[0], 120):
        part = blocks[row : row + 120]
        y = np.arange(row, row + part.shape[0], dtype=np.float32)[:, None] * PIXEL_M
        cos, sin = np.cos(angle)[part], np.sin(angle)[part]
        strip = np.floor((x * cos + y * sin) / strip_m[part]).astype(np.int32)
        # Some neighbours have been merged: strips of two and three widths.
        strip -= (scramble(seed, 6, part, strip) % 3 == 0).astype(np.int32)
        shift = scrambled_unit(seed, 7, part, strip)
        piece = np.floor((y * cos - x * sin) / parcel_m[part] + shift).astype(np.int32)
        code[row : row + 120] = _crop_codes()[scramble(seed, 8, part, strip, piece) % 4096]
    return code, blocks


def _crop_codes() -> np.ndarray:
    """uint16 (4096): the cover code of a parcel by its hash, in the shares of ``CROPS``."""
    parts = []
    for name, share in CROPS:
        parts.append(FIRST_CODE[name] + np.arange(round(share * 4096)) % COVERS[name].variants)
    return np.concatenate(parts)[np.arange(4096) % sum(map(len, parts))].astype(np.uint16)


def _grow_forests(code: np.ndarray, height: np.ndarray, slope: np.ndarray, rng: np.random.Generator) -> None:
    """Forest on slopes and heights, woods here and there in the plain; spruce takes over with height."""
    wood = fractal_noise(rng, code.shape, 130, octaves=6, gain=0.55)
    likely = 2.2 * smoothstep(0.03, 0.16, slope) + 1.6 * smoothstep(230, 520, height) - 1.75
    forest = wood + likely > 0
    kind = fractal_noise(rng, code.shape, 60, octaves=5, gain=0.6)
    spruce = forest & (kind + (height - 750) / 420 > 0)
    stands = scramble(17, nearest_seed(code.shape, 33, 17)) % 4096
    place(code, forest & ~spruce, "beech_forest", stands)
    place(code, spruce, "spruce_forest", stands)


def _raise_above_tree_line(code: np.ndarray, height: np.ndarray, slope: np.ndarray, rng: np.random.Generator) -> None:
    """Alpine meadow above about 1450 m, rock above about 1750 m and on the steepest slopes."""
    ragged = fractal_noise(rng, code.shape, 40, octaves=5, gain=0.65)
    variant = (scramble(19, np.floor(8 * ragged).astype(np.int32))).astype(np.int64)
    high = height + 90 * ragged
    place(code, high > 1430, "alpine_meadow", variant)
    place(code, (high > 1830) | ((high > 1430) & (slope + 0.06 * ragged > 0.66)), "rock", variant)


def _clear_meadows(
    code: np.ndarray, height: np.ndarray, slope: np.ndarray, blocks: np.ndarray, rng: np.random.Generator
) -> None:
    """Grassland where the land is too high or too steep for the plough, and clearings in the forest."""
    open_land = code < FIRST_CODE["beech_forest"]
    grazed = open_land & ((height > 330) | (slope > 0.10))
    clearing = spline_noise(rng, code.shape, 34) + 0.5 * spline_noise(rng, code.shape, 9)
    cleared = (clearing > 1.75) & (slope < 0.34) & (height > 260) & (height < 1350)
    place(code, grazed | cleared, "meadow", scramble(9, code, blocks))


def _draw_waters(code: np.ndarray, river: LineString, valley: Valley, rng: np.random.Generator) -> None:
    """River with gravel banks and a belt of willows, and lakes beside it."""
    belt = fractal_noise(rng, code.shape, 22, octaves=4)
    tone = np.floor(4 * belt).astype(np.int64)
    wood = burn(code.shape, river.buffer(150)) & (belt > 0.1)
    wood |= burn(code.shape, river.buffer(62)) & (belt > -0.7)
    place(code, wood, "willow_wood", tone)
    bars = burn(code.shape, river.buffer(58)) & (spline_noise(rng, code.shape, 16) > 0.75)
    place(code, bars, "gravel", tone)
    place(code, burn(code.shape, river.buffer(34)), "river")
    for lake in _lakes(valley, code.shape[1] * PIXEL_M, rng):
        place(code, burn(code.shape, lake.buffer(25)), "willow_wood", tone)
        place(code, burn(code.shape, lake), "lake")


def _lakes(valley: Valley, width_m: int, rng: np.random.Generator) -> list[Polygon]:
    """A gravel-pit lake near the middle and larger lakes every dozen kilometres along the valley."""
    places = [(0.42 * width_m, 0.05 * min(width_m, 14_000), 210.0)]
    places += [(float(east), 1150.0, 620.0) for east in range(4200, width_m, 12_500)]
    lakes = []
    for east, north_of_axis, radius in places:
        lakes.append(_lake(east, float(valley.axis(np.array(east))) - north_of_axis, radius, rng))
    return lakes


def _lake(east_m: float, south_m: float, radius_m: float, rng: np.random.Generator) -> Polygon:
    """An oblong outline with bays about its middle."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    bays = sum(rng.normal(0, 0.3 / k) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(2, 8))
    radius = radius_m * np.exp(np.clip(bays, -0.7, 0.7))
    outline = (east_m + 1.5 * radius * np.cos(angle), south_m + 0.75 * radius * np.sin(angle))
    return Polygon(np.column_stack(outline)).buffer(0)


def _texture(code: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grain of the covers: mostly single pixels, some over a few pixels."""
    grain = 0.62 * spline_noise(rng, code.shape, 1) + 0.62 * spline_noise(rng, code.shape, 2.6)
    grain += 0.48 * spline_noise(rng, code.shape, 11)
    np.clip(grain, -2.5, 2.5, out=grain)
    return grain * texture_table()[code]


def _share(code: np.ndarray, *covers: str) -> np.ndarray:
    mask = np.zeros(code.shape, dtype=np.float32)
    for name in covers:
        run = codes_of(name)
        mask[(code >= run.start) & (code < run.stop)] = 1
    return cell_means(mask, 2)
