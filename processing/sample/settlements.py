"""Villages, a few halls, and the roads between them."""

import math
from functools import partial

import numpy as np
from shapely.geometry import LineString, MultiLineString, Point

from processing.sample.covermap import burn, place
from processing.sample.noise import scramble, scrambled_unit, smoothstep, spline_noise
from processing.sample.spectra import FIRST_CODE
from processing.sample.terrain import PIXEL_M

SPACING_M = 1350
VILLAGES_PER_KM2 = 0.16


def draw_settlements(
    code: np.ndarray, height: np.ndarray, slope: np.ndarray, river: LineString, rng: np.random.Generator
) -> None:
    """Write villages on dry, level land into the code map, and join each to its neighbours by road."""
    lake = code == FIRST_CODE["lake"]
    water = lake | (code == FIRST_CODE["river"])
    villages = _sites(height, slope, river, rng)
    _draw_roads(code, [centre for centre, _ in villages], lake | (height > 620), rng)
    edge = 0.35 * spline_noise(rng, code.shape, 14) + 0.25 * spline_noise(rng, code.shape, 5)
    edge[water] = np.inf
    for centre, radius_m in villages:
        _draw_village(code, centre, radius_m, edge)


def _sites(
    height: np.ndarray, slope: np.ndarray, river: LineString, rng: np.random.Generator
) -> list[tuple[tuple[float, float], float]]:
    """Centres (metres east, south) and radii of the villages."""
    rows, cols = height.shape
    wanted = max(1, round(rows * cols * PIXEL_M**2 / 1e6 * VILLAGES_PER_KM2))
    sites: list[tuple[tuple[float, float], float]] = []
    for _ in range(wanted * 12):
        if len(sites) == wanted:
            break
        east, south = rng.uniform(0, cols * PIXEL_M), rng.uniform(0, rows * PIXEL_M)
        radius_m = float(np.clip(rng.lognormal(5.35, 0.45), 120, 620))
        row, col = int(south / PIXEL_M), int(east / PIXEL_M)
        level = height[row, col] < 480 and slope[row, col] < 0.10
        dry = river.distance(Point(east, south)) > 160 + 0.5 * radius_m
        if level and dry and _is_free(east, south, sites):
            sites.append(((east, south), radius_m))
    return sites


def _is_free(east: float, south: float, sites: list[tuple[tuple[float, float], float]]) -> bool:
    return all(math.hypot(east - x, south - y) > SPACING_M for (x, y), _ in sites)


def _draw_roads(
    code: np.ndarray, centres: list[tuple[float, float]], barred: np.ndarray, rng: np.random.Generator
) -> None:
    """A road from every village to its two nearest neighbours, unless lakes or mountains bar the way."""
    roads = []
    for start in centres:
        by_distance = sorted(centres, key=partial(math.dist, start))
        for end in by_distance[1:3]:
            road = _road(start, end, rng)
            cols, rows = (np.array(road.segmentize(50).coords) / PIXEL_M).astype(int).T
            if not barred[rows.clip(0, barred.shape[0] - 1), cols.clip(0, barred.shape[1] - 1)].any():
                roads.append(road)
    if roads:
        place(code, burn(code.shape, MultiLineString(roads).buffer(6.5)), "asphalt", 3)


def _road(start: tuple[float, float], end: tuple[float, float], rng: np.random.Generator) -> LineString:
    along = np.linspace(0, 1, 12)[:, None]
    line = np.array(start) + along * (np.array(end) - np.array(start))
    across = np.array([start[1] - end[1], end[0] - start[0]])
    bend = rng.normal(0, 0.05) * np.sin(np.pi * along) + rng.normal(0, 0.03) * np.sin(2 * np.pi * along)
    return LineString(line + bend * across)


def _draw_village(code: np.ndarray, centre: tuple[float, float], radius_m: float, edge: np.ndarray) -> None:
    """Roofs, streets and gardens, denser towards the middle."""
    reach = int(1.8 * radius_m / PIXEL_M) + 1
    row, col = int(centre[1] / PIXEL_M), int(centre[0] / PIXEL_M)
    rows = slice(max(0, row - reach), row + reach + 1)
    cols = slice(max(0, col - reach), col + reach + 1)
    part = code[rows, cols]
    y = np.arange(rows.start, rows.start + part.shape[0])[:, None]
    x = np.arange(cols.start, cols.start + part.shape[1])[None, :]
    distance = np.hypot((x - col) * PIXEL_M, (y - row) * PIXEL_M) / radius_m + edge[rows, cols]
    draw, plot = scrambled_unit(31, y, x), scramble(33, y // 2, x // 2)
    density = 1 - smoothstep(0.3, 1.0, distance)
    inside = distance < 1
    place(part, inside, "garden", plot)
    place(part, inside & (draw < 0.25 + 0.45 * density), "roof", scramble(35, y, x))
    streets = ((y * 3 + x) % 17 == 0) | ((x * 3 - y) % 19 == 0)
    place(part, inside & streets, "asphalt", plot)
    halls = inside & (distance > 0.65) & (scramble(37, y // 4, x // 4) % 23 == 0)
    place(part, halls, "hall", scramble(39, y // 4, x // 4))
