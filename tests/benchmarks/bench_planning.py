"""How long it takes to check a continent's outline and to split it into tiles.

Run alone: ``python tests/benchmarks/bench_planning.py [--corners 49000]``.
"""

import argparse
import time

import numpy as np

from processing.planning import split
from processing.spec import MosaicSpec


def continent(corners: int) -> dict:
    """A ragged outline of Africa's size."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 1 + 0.05 * np.sin(11 * angle) + 0.002 * np.sin(901 * angle)
    ring = np.column_stack([20 + 25 * radius * np.cos(angle), 5 + 30 * radius * np.sin(angle)]).tolist()
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corners", type=int, default=49_000)
    order = {
        "name": "Continent",
        "area": continent(parser.parse_args().corners),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "bands": ["B02"],
    }
    begun = time.perf_counter()
    spec = MosaicSpec.parse(order)
    checked = time.perf_counter()
    plans = split(spec)
    print(
        f"Checked in {checked - begun:.2f} s, split into {len(plans)} tiles in {time.perf_counter() - checked:.2f} s."
    )


if __name__ == "__main__":
    main()
