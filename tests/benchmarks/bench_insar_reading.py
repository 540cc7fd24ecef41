"""Reading EGMS deliveries: points and bytes of CSV a second on one core, from the zip to arrays; peak memory.

``python tests/benchmarks/bench_insar_reading.py [--points N]``. Each case runs in a process of its own, bound to one
core, so that unpacking and parsing share it; then once more with all cores. Points per CPU second are those of a core
that nobody else uses.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from measuring import REPOSITORY, describe_machine

_HEADER = (
    "pid,mp_type,latitude,longitude,easting,northing,height,height_wgs84,line,pixel,rmse,temporal_coherence,"
    "amplitude_dispersion,incidence_angle,track_angle,los_east,los_north,los_up,mean_velocity,mean_velocity_std,"
    "acceleration,acceleration_std,seasonality,seasonality_std"
)
_DATES = (60, 300)


def write_burst(folder: Path, points: int, dates: int) -> tuple[Path, int]:
    """A zip of random walks, and the bytes of its CSV."""
    random = np.random.default_rng(1)
    days = [date(2018, 1, 3) + timedelta(days=6 * number) for number in range(dates)]
    path = folder / "EGMS_L2b_088_0282_IW2_VV_2018_2022_1.zip"
    length = 0
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        archive.open(path.with_suffix(".csv").name, "w", force_zip64=True) as file,
    ):
        length += file.write((",".join([_HEADER, *(f"{day:%Y%m%d}" for day in days)]) + "\n").encode())
        for first in range(0, points, 1000):
            steps = random.normal(0, 1, (min(1000, points - first), dates)).cumsum(axis=1)
            series = np.round(steps + random.normal(0, 3, steps.shape), 1).tolist()
            length += file.write("".join(_row(first + n, each, random) for n, each in enumerate(series)).encode())
    return path, length


def _row(number: int, series: list[float], random: np.random.Generator) -> str:
    lat, lon = 43.7 + random.random() / 5, -1.05 + random.random() / 5
    attributes = (
        f"3ODTn{number:05d},0,{lat:.6f},{lon:.6f},{3456789.12 + number:.2f},{2301234.56 + number:.2f},67.4,115.3,"
        f"{number % 1500},{number % 20000},2.3,0.87,0.23,38.12,349.12,-0.611,-0.112,0.778,{series[-1] / 5:.1f},0.3,"
        "0.12,0.11,2.3,0.4,"
    )
    return attributes + ",".join(map(str, series)) + "\n"


def read(path: str) -> None:
    """Read it three times, as a child; print the best seconds, points, CPU seconds (both threads'), peak memory."""
    from processing.insar.opening import open_delivery

    wall_s = cpu_s = float("inf")
    points = 0
    for _ in range(3):
        begun, cpu = time.perf_counter(), time.process_time()
        with open_delivery(path) as delivery:
            points = sum(len(batch) for batch in delivery.batches())
        wall_s, cpu_s = min(wall_s, time.perf_counter() - begun), min(cpu_s, time.process_time() - cpu)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "points": points, "peak_mb": peak_mb}))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=100_000)
    arguments.add_argument("--read", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.read:
        read(given.read)
        return
    print(describe_machine())
    print(f"{'dates':>6} {'cores':>6} {'points/s':>10} {'CSV MB/s':>9} {'points/CPU s':>13} {'peak MB':>8}")
    for dates in _DATES:
        with tempfile.TemporaryDirectory() as folder:
            path, length = write_burst(Path(folder), given.points, dates)
            for cores in ({min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)):
                command = ["taskset", "-c", ",".join(map(str, cores)), sys.executable, __file__, "--read", str(path)]
                environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
                told = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
                print(
                    f"{dates:>6} {len(cores):>6} {told['points'] / told['wall_s']:>10,.0f} "
                    f"{length / told['wall_s'] / 1e6:>9.0f} {told['points'] / told['cpu_s']:>13,.0f} "
                    f"{told['peak_mb']:>8.0f}"
                )


if __name__ == "__main__":
    main()
