"""How many pixels a second one core chooses: methods, numbers of observations, patterns of clouds.

Run alone: ``python tests/benchmarks/bench_kernels.py [--observations 4 8 12 24 48] [--methods s2gm] [--json FILE]``.
Bands as in the product: B02 B03 B04 B08 at 10 m, B06 B8A B11 B12 at 20 m. Best of several runs, one thread, CPU time.
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from processing import registry
from processing.stack import BandCells, Stack

CELL_PX = {"B02": 1, "B03": 1, "B04": 1, "B06": 2, "B08": 1, "B8A": 2, "B11": 2, "B12": 2}
PATTERNS = ("all valid", "one of n missing", "half in clouds")


def patterned(pattern, observations, height, width, rng):
    """bool (observation, y, x): all; each missing at 1/n of the pixels; half of them under clouds of some 32 px."""
    shape = (observations, height, width)
    if pattern == "all valid":
        return np.ones(shape, bool)
    if pattern == "one of n missing":
        return rng.random(shape) >= 1 / observations
    coarse = rng.random((observations, height // 32 + 2, width // 32 + 2)) < 0.5
    # Edges waver by up to 8 pixels, in steps of the scene classes' 20 m.
    rows = np.arange(height)[:, None] // 2 * 2 + rng.integers(0, 5, (height, width)) // 4 * 8
    columns = (
        np.arange(width)[None, :] // 2 * 2 + rng.integers(0, 5, (height // 2 + 1, width)).repeat(2, axis=0)[:height]
    )
    return coarse[:, rows // 32, columns // 32]


def stack_of(observations, height, width, pattern, seed=0):
    """A block of textured ground with that many observations."""
    rng = np.random.default_rng(seed)
    shapes = {band: (observations, height // px, width // px) for band, px in CELL_PX.items()}
    edges = [0, *np.cumsum([np.prod(shape) for shape in shapes.values()])]
    buffer = np.empty(edges[-1], np.uint16)
    bands = {}
    for (band, shape), (begin, end) in zip(shapes.items(), pairwise(edges), strict=True):
        values = buffer[begin:end].reshape(shape)
        values[:] = rng.integers(1200, 5000, shape[1:]) + rng.integers(0, 600, shape)
        row, column = (np.arange(size, dtype=np.int32) // CELL_PX[band] for size in (height, width))
        bands[band] = BandCells(values, row, column, np.full(observations, -1000, np.int32))
    return Stack(
        observations=range(observations),
        scene_class=np.full((observations, height, width), 4, np.uint8),
        valid=patterned(pattern, observations, height, width, rng),
        bands=bands,
        buffer=buffer,
    )


def megapixels_per_second(method, stack, repeats):
    options = {option.name: option.default for option in method.options}
    method.choose(stack, options)
    seconds = []
    for _ in range(repeats):
        begun = time.thread_time()
        method.choose(stack, options)
        seconds.append(time.thread_time() - begun)
    return stack.valid[0].size / min(seconds) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, nargs="+", default=[4, 8, 12, 24, 48])
    parser.add_argument("--methods", nargs="+", default=["s2gm"], choices=sorted(registry.methods()))
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--height", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    args = parser.parse_args()
    print(f"Block of {args.width} x {args.height} px; million pixels per second and core")
    print(f"{'method':<10}{'validity':<20}" + "".join(f"{n:>8}" for n in args.observations) + "  observations")
    rows = []
    for name in args.methods:
        for pattern in PATTERNS:
            speeds = [
                megapixels_per_second(
                    registry.methods()[name], stack_of(n, args.height, args.width, pattern), args.repeats
                )
                for n in args.observations
            ]
            print(f"{name:<10}{pattern:<20}" + "".join(f"{speed:8.2f}" for speed in speeds), flush=True)
            rows += [
                {"method": name, "validity": pattern, "observations": n, "megapixels_per_second": round(speed, 2)}
                for n, speed in zip(args.observations, speeds, strict=True)
            ]
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
