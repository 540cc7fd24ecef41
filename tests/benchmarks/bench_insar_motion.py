"""What the arithmetic of motion costs: figures, windows, fits, order, the store of series, the generator.

Measured in one process, single-threaded but for the generator, on noise with trends, 304 dates. Run alone:
``python tests/benchmarks/bench_insar_motion.py [--series 200000] [--points 300000] [--json FILE]``; ten million
generated points: ``--points 10000000``; files are taken away as they are made.
"""

from __future__ import annotations

import argparse
import os

# Before NumPy is imported: one core is what is measured.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from measuring import describe_machine
from tables import write_json

from processing.insar import hilbert
from processing.insar.fitting import fit
from processing.insar.generating import deliveries
from processing.insar.motion import fields, temporal_coherence
from processing.insar.series_store import SeriesStore, SeriesWriter
from processing.insar.windows import window_velocity

DATES = [date(2018, 1, 1) + timedelta(6 * number) for number in range(304)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / 365
_MILLION = 1_000_000


def seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """Of the quickest run."""
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def made_series(count: int) -> np.ndarray:
    """int16 tenths of a millimetre: trends, and noise of 1.5 to 4.5 mm."""
    rng = np.random.default_rng(1)
    made = np.empty((count, len(DATES)), np.int16)
    for start in range(0, count, 50_000):
        some = made[start : start + 50_000]
        noise = rng.uniform(1.5, 4.5, (len(some), 1)) * rng.standard_normal(some.shape)
        some[:] = np.rint(10 * (rng.normal(-1, 2, (len(some), 1)) * YEARS + noise))
    return made


def arithmetic(series: np.ndarray) -> dict[str, float]:
    """Seconds for a million series; of a single fit, milliseconds."""
    scale = _MILLION / len(series)
    gaps = series.copy()
    gaps[::2, 100:120] = -32768
    rng = np.random.default_rng(2)
    lon, lat = rng.random((2, _MILLION))
    one = series[0] / 10
    return {
        "figures of a million series, s": scale * seconds(lambda: fields(series, YEARS)),
        "the same, two patterns of gaps, s": scale * seconds(lambda: fields(gaps, YEARS)),
        "temporal coherence, s": scale * seconds(lambda: temporal_coherence(series, YEARS)),
        "velocity of two years, s": scale
        * seconds(lambda: window_velocity(series, DATES, date(2019, 1, 1), date(2021, 6, 1))),
        "Hilbert order of a million points, s": seconds(lambda: hilbert.order(lon, lat)),
        "one fit with correlated noise, ms": 1000 * seconds(lambda: fit(one, YEARS), 20),
    }


def store(series: np.ndarray, folder: Path) -> dict[str, float]:
    """Writing, size, and reading; what is read first is in the page cache, as after an intake."""
    start = time.perf_counter()
    with SeriesWriter(folder / "part", dates=DATES, count=len(series)) as writer:
        for first in range(0, len(series), 50_000):
            writer.write(first, series[first : first + 50_000])
    took = time.perf_counter() - start
    size = sum(path.stat().st_size for path in (folder / "part").rglob("*") if path.is_file())
    rng = np.random.default_rng(3)
    rows = rng.integers(0, len(series), 200).tolist()

    def once(index: int) -> float:
        return seconds(lambda: SeriesStore(folder / "part").row(index), 1)

    found = SeriesStore(folder / "part")
    singles = [1000 * once(row) for row in rows]
    middle = len(series) // 2
    return {
        "a million series written, s": took * _MILLION / len(series),
        "bytes a value": size / series.size,
        "bytes a series": size / len(series),
        "one series, store opened, median ms": statistics.median(singles),
        "one series, store opened, 95 %, ms": statistics.quantiles(singles, n=20)[-1],
        "10,000 neighbours, ms": 1000 * seconds(lambda: found.rows(np.arange(middle, middle + 10_000)), 10),
        "their mean and its fit, ms": 1000
        * seconds(lambda: fit(found.rows(np.arange(middle, middle + 10_000)).mean(axis=0), YEARS), 10),
        "1,000 from all over, ms": 1000 * seconds(lambda: found.rows(rng.integers(0, len(series), 1000)), 3),
    }


def generator(points: int, folder: Path, levels: list[str]) -> dict[str, float]:
    """Whole, both cores; files taken away as they come."""
    start, cpu = time.perf_counter(), time.process_time()
    made = size = files = 0
    for each in deliveries(folder / "release", points=points, levels=levels):
        made += each.count
        files += 1
        size += each.path.stat().st_size
        each.path.unlink()
    took = time.perf_counter() - start
    return {
        "points": made,
        "files": files,
        "GB zipped": size / 1e9,
        "s": took,
        "CPU s": time.process_time() - cpu,
        "points a second": made / took,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=200_000)
    parser.add_argument("--points", type=int, default=300_000)
    parser.add_argument("--levels", nargs="+", default=["L2b"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print(describe_machine())
    series = made_series(asked.series)
    told: dict[str, Any] = {"arithmetic": arithmetic(series)}
    with tempfile.TemporaryDirectory() as scratch:
        told["store"] = store(series, Path(scratch))
        told["generator"] = generator(asked.points, Path(scratch), asked.levels)
    for title, figures in told.items():
        print(f"\n{title}")
        for name, value in figures.items():
            print(f"  {name:44} {value:12,.3f}")
    write_json(asked.json, told)


if __name__ == "__main__":
    main()
