"""Smooth random fields, reproducible hashes and small filters that the landscape and the weather are made of.

Sizes are in pixels and fields are float32 (y, x) throughout. Nothing here goes through BLAS, so that
the same seed gives the same bytes whatever the number of threads.
"""

import numpy as np

SPLINE_DEVIATION = 151 / 315
"""Standard deviation of white noise after cubic B-spline interpolation in two dimensions."""


def spline_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell_px: float, *, stretch: float = 1.0
) -> np.ndarray:
    """Field of unit deviation whose features are about ``cell_px`` wide; ``stretch`` makes them longer in x."""
    if cell_px < 2:
        return rng.standard_normal(shape, dtype=np.float32)
    rows, row_weights = _spline_weights(shape[0], cell_px, rng.random())
    cols, col_weights = _spline_weights(shape[1], cell_px * stretch, rng.random())
    lattice = rng.standard_normal((int(rows[-1]) + 4, int(cols[-1]) + 4), dtype=np.float32)
    lattice /= np.float32(SPLINE_DEVIATION)
    wide = sum(col_weights[k] * lattice[:, cols + k] for k in range(4))
    field = np.empty(shape, dtype=np.float32)
    # A few rows at a time stay in the processor's cache.
    for first in range(0, shape[0], 32):
        part = slice(first, first + 32)
        strip = row_weights[0][part, None] * wide[rows[part]]
        for k in range(1, 4):
            strip += row_weights[k][part, None] * wide[rows[part] + k]
        field[part] = strip
    return field


def _spline_weights(length: int, cell_px: float, phase: float) -> tuple[np.ndarray, np.ndarray]:
    """First lattice index of every pixel and the four cubic B-spline weights (4, length)."""
    position = np.arange(length) / cell_px + phase
    index = np.floor(position).astype(np.intp)
    f = position - index
    weights = np.stack([(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3]) / 6
    return index, weights.astype(np.float32)


def fractal_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell_px: float,
    *,
    octaves: int,
    gain: float = 0.5,
    stretch: float = 1.0,
) -> np.ndarray:
    """Sum of ``octaves`` noises, each half as wide and ``gain`` times as strong as the one before; deviation 1."""
    total = np.zeros(shape, dtype=np.float32)
    power = 0.0
    for octave in range(octaves):
        amplitude = gain**octave
        total += np.float32(amplitude) * spline_noise(rng, shape, cell_px / 2**octave, stretch=stretch)
        power += amplitude**2
    total /= np.float32(np.sqrt(power))
    return total


def eroded_noise(rng: np.random.Generator, shape: tuple[int, int], cell_px: float, *, octaves: int) -> np.ndarray:
    """Mountain relief of about -1 to 1: ridges above smooth valley floors.

    Every octave is damped where the coarser ones are steep already, which looks like erosion
    (Quilez, "Value noise derivatives").
    """
    total = np.zeros(shape, dtype=np.float32)
    slope_y = np.zeros(shape, dtype=np.float32)
    slope_x = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        cell = cell_px / 2**octave
        noise = spline_noise(rng, shape, cell)
        if octave < 4:
            noise = 0.9 - 1.5 * np.sqrt(noise**2 + np.float32(0.004))
        noise *= np.float32(0.6**octave)
        total += noise / (1 + 0.10 * (slope_y**2 + slope_x**2))
        dy, dx = np.gradient(noise)
        slope_y += dy * np.float32(cell_px * 0.5)
        slope_x += dx * np.float32(cell_px * 0.5)
    return total


def smoothstep(low: float | np.floating, high: float | np.floating, values: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, and a smooth rise between them."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def scramble(*keys: np.ndarray | int) -> np.ndarray:
    """uint32 hash of whole numbers, the same for the same keys; arrays are broadcast."""
    state = np.zeros(np.broadcast_shapes(*(np.shape(key) for key in keys)), dtype=np.uint32)
    for key in keys:
        state = state ^ (np.asarray(key).astype(np.int64) & 0xFFFFFFFF).astype(np.uint32)
        # Finaliser of MurmurHash3; the added constant keeps zeros from staying zeros.
        state = state + np.uint32(0x9E3779B9)
        state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        state = state ^ (state >> np.uint32(16))
    return state


def scrambled_unit(*keys: np.ndarray | int) -> np.ndarray:
    """float32 in 0..1 from :func:`scramble`."""
    return scramble(*keys).astype(np.float32) / np.float32(2**32)


def cell_means(values: np.ndarray, factor: int) -> np.ndarray:
    """Mean of every ``factor`` x ``factor`` cell; both sides must be multiples of ``factor``."""
    total = np.zeros((values.shape[0] // factor, values.shape[1] // factor), dtype=np.float32)
    for row in range(factor):
        for col in range(factor):
            total += values[row::factor, col::factor]
    total /= np.float32(factor * factor)
    return total


def doubled(values: np.ndarray) -> np.ndarray:
    """Field at twice the resolution, interpolated linearly, without its outermost ring: (h, w) gives (2h-4, 2w-4)."""
    tall = np.empty((2 * values.shape[0] - 4, values.shape[1]), dtype=np.float32)
    tall[0::2] = 0.25 * values[:-2] + 0.75 * values[1:-1]
    tall[1::2] = 0.75 * values[1:-1] + 0.25 * values[2:]
    wide = np.empty((tall.shape[0], 2 * values.shape[1] - 4), dtype=np.float32)
    wide[:, 0::2] = 0.25 * tall[:, :-2] + 0.75 * tall[:, 1:-1]
    wide[:, 1::2] = 0.75 * tall[:, 1:-1] + 0.25 * tall[:, 2:]
    return wide


def nearest_seed(shape: tuple[int, int], cell_px: int, seed: int) -> np.ndarray:
    """Voronoi patchwork (y, x): int32 number of the nearest of one jittered seed per ``cell_px`` square."""
    rows, cols = -(-shape[0] // cell_px) + 2, -(-shape[1] // cell_px) + 2
    grid_y, grid_x = np.mgrid[0:rows, 0:cols]
    seed_y = (grid_y - 1 + 0.1 + 0.8 * scrambled_unit(seed, 1, grid_y, grid_x)) * cell_px
    seed_x = (grid_x - 1 + 0.1 + 0.8 * scrambled_unit(seed, 2, grid_y, grid_x)) * cell_px
    number = (grid_y * cols + grid_x).astype(np.int32)
    nearest = np.empty(shape, dtype=np.int32)
    for gy in range(1, rows - 1):
        for gx in range(1, cols - 1):
            window = np.s_[(gy - 1) * cell_px : gy * cell_px, (gx - 1) * cell_px : gx * cell_px]
            around = np.s_[gy - 1 : gy + 2, gx - 1 : gx + 2]
            patch = nearest[window]
            y = np.arange(patch.shape[0], dtype=np.float32)[:, None] + (gy - 1) * cell_px
            x = np.arange(patch.shape[1], dtype=np.float32)[None, :] + (gx - 1) * cell_px
            best = np.full(patch.shape, np.inf, dtype=np.float32)
            for sy, sx, n in zip(seed_y[around].flat, seed_x[around].flat, number[around].flat, strict=True):
                distance = (y - np.float32(sy)) ** 2 + (x - np.float32(sx)) ** 2
                closer = distance < best
                np.copyto(best, distance, where=closer)
                patch[closer] = n
    return nearest
