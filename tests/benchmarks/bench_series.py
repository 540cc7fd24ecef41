"""How long time series take: twelve months at a pixel, a hundred raw observations, statistics of a square kilometre.

Three ages of the process: new (Python, imports and compiled kernels included); warm, but the scenes were never looked
at; and warm, the scenes known from a series of another pixel. Run alone:
``python tests/benchmarks/bench_series.py [--repeats 5] [--threads 2]``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from measuring import FOLDER, REPOSITORY, describe_machine

# 73 of the 100 passes lie in the first year.
ARCHIVE = ("--size-km", "10", "--dates", "100", "--start", "2023-01-03", "--tiles", "33TWL")
PASSES = 100
YEAR = {"start": "2023-01-01", "end": "2023-12-31"}
SERIES: dict[str, dict[str, Any]] = {
    "12 months, 1 pixel": {"contents": "composites", **YEAR},
    "12 months, 3 x 3 pixels": {"contents": "composites", "pixels": 3, **YEAR},
    "36 dekads, 1 pixel": {"contents": "composites", "kind": "dekad", **YEAR},
    "100 observations": {"contents": "observations", "start": "2023-01-01", "end": "2024-12-31"},
    "100 observations, 2 bands": {
        "contents": "observations", "start": "2023-01-01", "end": "2024-12-31", "bands": ["B04", "B08"], "layers": [],
    },
    "12 months, 1 square km": {"contents": "statistics", **YEAR},
}  # fmt: skip


@dataclass(frozen=True)
class Times:
    """Of one series, in seconds."""

    first_step: float
    whole: float
    cpu: float
    steps: int


def make_sample() -> Path:
    """The archive, kept from run to run; made by a process of its own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "processing.sample", str(FOLDER / "cog-series-100"), *ARCHIVE]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(made.stderr.strip().splitlines()[-1])
    return Path(made.stdout.strip())


def places(items: Path) -> Iterator[tuple[float, float]]:
    """Points all over the archive that every pass covers."""
    import shapely

    from processing.sources import open_source

    source = open_source(str(items))
    extent = source.extent()
    (west, south, east, north), days = extent.bounds, (extent.first_day, extent.last_day)
    for number in count(1):
        # Multiples of irrational numbers come near each other late.
        lon = west + (east - west) * (0.2 + 0.6 * (number * 0.618034 % 1))
        lat = south + (north - south) * (0.2 + 0.6 * (number * 0.754878 % 1))
        if len(source.search(shapely.box(lon, lat, lon + 1e-3, lat + 1e-3), *days)) == PASSES:
            yield lon, lat


def asked(name: str, lon: float, lat: float) -> Any:
    """The series ``name`` at a point."""
    from processing.pixels.series_spec import SeriesSpec

    series = dict(SERIES[name])
    if series["contents"] == "statistics":
        x, y = 0.0065, 0.0045
        ring = [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y], [lon - x, lat - y]]
        return SeriesSpec.parse(series | {"area": {"type": "Polygon", "coordinates": [ring]}})
    return SeriesSpec.parse(series | {"place": {"lon": lon, "lat": lat, "pixels": series.pop("pixels", 1)}})


def timed(name: str, items: Path, point: tuple[float, float], threads: int) -> Times:
    """How long the series takes in this process."""
    from processing.pixels.series import make_series
    from processing.sources import open_source

    spec, source = asked(name, *point), open_source(str(items))
    begun, cpu_begun, first, steps = time.perf_counter(), time.process_time(), 0.0, 0
    for step in make_series(spec, source, threads=threads):
        step.to_json()
        first = first or time.perf_counter() - begun
        steps += 1
    return Times(first, time.perf_counter() - begun, time.process_time() - cpu_begun, steps)


def new_process(name: str, items: Path, point: tuple[float, float]) -> float:
    """How long it takes a process that does nothing else, in seconds."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import bench_series as bench\n"
        "bench.timed(sys.argv[2], Path(sys.argv[3]), (float(sys.argv[4]), float(sys.argv[5])), 2)"
    )
    begun = time.perf_counter()
    folder = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", code, folder, name, str(items), *map(str, point)], cwd=REPOSITORY, check=True)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    items = make_sample()
    from processing.pixels.granule_facts import forget_all
    from processing.warming import warm_up

    warm_up()
    points = places(items)
    print(describe_machine())
    print(f"{'seconds, medians of ' + str(given.repeats):28} {'new':>6} {'unknown':>8} {'first':>6} {'CPU':>6} "
          f"{'known':>6} {'first':>6} {'CPU':>6} {'steps':>6}")  # fmt: skip
    for name in SERIES:
        new = new_process(name, items, next(points))
        unknown, known = [], []
        for _ in range(given.repeats):
            forget_all()
            unknown.append(timed(name, items, next(points), given.threads))
            known.append(timed(name, items, next(points), given.threads))
        figures = [statistics.median(getattr(times, what) for times in ages)
                   for ages in (unknown, known) for what in ("whole", "first_step", "cpu")]  # fmt: skip
        print(f"{name:28} {new:6.2f} {figures[0]:8.2f} {figures[1]:6.2f} {figures[2]:6.2f} "
              f"{figures[3]:6.2f} {figures[4]:6.2f} {figures[5]:6.2f} {known[0].steps:6}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
