"""How long "why this pixel?" takes: a month of about twelve scenes, a year of about 150, and their thumbnails.

Three ages of the process: new (Python, imports and compiled kernels included); warm, but the scenes were never looked
at; and warm, the scenes known from another pixel. Run alone:
``python tests/benchmarks/bench_why.py [--repeats 5] [--threads 2]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from measuring import FOLDER, REPOSITORY, describe_machine

# A year of two orbits over the overlap of two tiles: every pass gives two scenes of a pixel.
ARCHIVE = ("--size-km", "10", "--dates", "73", "--start", "2023-01-03")
PERIODS: dict[str, dict[str, str]] = {
    "a month": {"kind": "month", "start": "2023-06-01"},
    "a quarter": {"kind": "quarter", "start": "2023-04-01"},
    "a year": {"kind": "year", "start": "2023-01-01"},
}


def make_sample() -> Path:
    """The archive, kept from run to run; made by a process of its own."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "processing.sample", str(FOLDER / "cog-why-73"), *ARCHIVE]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(made.stderr.strip().splitlines()[-1])
    return Path(made.stdout.strip())


class Asked(NamedTuple):
    """What one answer took, in seconds."""

    answer: float
    cpu: float
    thumbnails: float
    scenes: int


class Asker:
    """Asks why of one pixel after the other, all over the archive, as the hub does: with the ids of the scenes."""

    def __init__(self, items: Path, period: dict[str, str], threads: int) -> None:
        import shapely

        from processing.sources import open_source
        from processing.spec import MosaicSpec

        self._source, self._threads = open_source(str(items)), threads
        west, south, east, north = self._source.extent().bounds
        self._bounds = west, south, east, north
        shrunk = shapely.box(*self._bounds).buffer(-0.02)
        area = shapely.geometry.mapping(shrunk)
        order = {"name": "Why", "area": area, "period": period, "resolution": 10, "bands": ["B02", "B03", "B04"]}
        self._spec = MosaicSpec.parse(order)
        days = self._spec.period.first_day, self._spec.period.last_day
        found = self._source.search(shrunk, *days)
        self._items = [granule.item_id for granule in reversed(found)]
        self._number = count()

    def place(self) -> Any:
        """Another pixel in the middle of the archive."""
        from processing.pixels.places import pixel_grid

        number = next(self._number)
        west, south, east, north = self._bounds
        lon = west + (east - west) * (0.35 + 0.3 * (number * 0.618 % 1))
        lat = south + (north - south) * (0.4 + 0.2 * (number * 0.414 % 1))
        return pixel_grid(lon, lat, resolution_m=10)

    def ask(self) -> Asked:
        """One answer and its thumbnails."""
        from processing.pixels.explaining import explain
        from processing.pixels.thumbnails import thumbnails

        pixel = self.place()
        began, cpu = time.perf_counter(), time.process_time()
        explanation = explain(self._spec, pixel, source=self._source, items=self._items, threads=self._threads)
        explained, cpu = time.perf_counter(), time.process_time() - cpu
        thumbnails(explanation.granules, pixel, threads=self._threads)
        return Asked(explained - began, cpu, time.perf_counter() - explained, len(explanation.candidates))

    @staticmethod
    def forget() -> None:
        """What was found out of the scenes so far."""
        from processing.pixels.granule_facts import forget_all

        forget_all()


def measure(items: Path, period: str, *, threads: int, repeats: int) -> dict[str, Any]:
    """Median seconds of each age."""
    asker = Asker(items, PERIODS[period], threads)
    asker.ask()
    first, known = [], []
    for _ in range(repeats):
        asker.forget()
        first.append(asker.ask())
        known.append(asker.ask())
    return {
        "period": period,
        "scenes": known[0].scenes,
        "first_s": statistics.median(asked.answer for asked in first),
        "first_cpu_s": statistics.median(asked.cpu for asked in first),
        "known_s": statistics.median(asked.answer for asked in known),
        "known_cpu_s": statistics.median(asked.cpu for asked in known),
        "thumbnails_s": statistics.median(asked.thumbnails for asked in known),
    }


def measure_new_process(items: Path, period: str, threads: int) -> float:
    """Seconds of a process that answers one question and ends."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--once", period, "--items", str(items), "--threads", str(threads)]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--once", choices=list(PERIODS))
    parser.add_argument("--items", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.once:
        Asker(given.items, PERIODS[given.once], given.threads).ask()
        return
    items = given.items or make_sample()
    print(describe_machine())
    heads = ("new process", "first time", "CPU", "scenes known", "CPU", "thumbnails")
    print(f"{'why this pixel':16} {'scenes':>7}", *(f"{head:>14}" for head in heads))
    figures = []
    for period in PERIODS:
        figure = measure(items, period, threads=given.threads, repeats=given.repeats)
        figure["new_s"] = measure_new_process(items, period, given.threads)
        figures.append(figure)
        names = ("new_s", "first_s", "first_cpu_s", "known_s", "known_cpu_s", "thumbnails_s")
        times = (figure[name] for name in names)
        print(f"{period:16} {figure['scenes']:7}", *(f"{seconds:12.3f} s" for seconds in times), flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
