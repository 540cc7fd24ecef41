"""How long ground motion takes from EGMS's zips to searchable points, series and cells, and what it needs.

    python tests/benchmarks/bench_insar_intake.py [--points 100000 1000000] [--step 6] [--levels L2b L3] [--keep]

Releases are generated file by file by a process of its own, taken in, and the files deleted: what is measured is the
intake alone. The database is private to the benchmarks (var/benchmarks/insar); with ``--keep`` the releases stay in it,
under the keys bench-POINTS-LEVEL, for bench_insar_serving.py.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import FOLDER, REPOSITORY, describe_machine
from tables import write_json

VAR = FOLDER / "insar"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = parse()
    if os.environ.get("VAR") != str(options.folder):
        options.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "running", "--", sys.executable, *sys.argv]
        os.chdir(REPOSITORY)
        os.execve(sys.executable, command, os.environ | {"VAR": str(options.folder)})
    sys.path.insert(0, str(REPOSITORY))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(describe_machine())
    told = [run(points, level, options) for points in options.points for level in options.levels]
    show(told)
    write_json(options.json, told)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000], help="of each release")
    parser.add_argument("--levels", nargs="+", default=["L2b"], choices=["L2a", "L2b", "L3"])
    parser.add_argument("--step", type=int, default=6, help="days between dates of five years: 6 gives 304 of them")
    parser.add_argument("--keep", action="store_true", help="leave the releases in the database")
    parser.add_argument("--folder", type=Path, default=VAR, help="of the private database and the series")
    parser.add_argument("--json", type=Path, help="where to write the figures, too")
    return parser.parse_args()


def run(points: int, level: str, options: argparse.Namespace) -> dict[str, Any]:
    """Take a release of that size in; the figures."""
    from hub.insar.deliveries import intake
    from hub.insar.models import Layer

    key = f"bench-{points}-{level.lower()}"
    remove(key)
    told: dict[str, Any] = {"points": 0, "level": level, "files": 0, "delivered_bytes": 0, "intake_s": 0.0}
    stages: dict[str, float] = {}
    before = usage()
    with generated(points, level, options.step) as files:
        for path in files:
            told["delivered_bytes"] += path.stat().st_size
            begun = time.perf_counter()
            outcome = intake.take_in(path, release_key=key, finish=False, title=f"Benchmark {points} {level}")
            told["intake_s"] += time.perf_counter() - begun
            told["points"] += outcome.part.points
            told["files"] += 1
            told["dates"] = len(outcome.part.dates)
            for name, seconds in outcome.stages.items():
                stages[name] = stages.get(name, 0.0) + seconds
            differing = sum(each["differing"] for each in outcome.report["fields"].values())
            told["differing"] = told.get("differing", 0) + differing
            path.unlink()
    told["intake_cpu_s"] = usage() - before
    begun = time.perf_counter()
    before = usage()
    for layer in Layer.objects.filter(release__key=key):
        intake.finish_layer(layer)
    told["finish_s"], told["finish_cpu_s"] = time.perf_counter() - begun, usage() - before
    told |= {"stages": {name: round(seconds, 2) for name, seconds in stages.items()}}
    told |= peaks() | sizes(key)
    if not options.keep:
        remove(key)
    print(key, told, flush=True)
    return told


@contextmanager
def generated(points: int, level: str, step: int) -> Iterator[Iterator[Path]]:
    """The files of a release, each made when it is asked for, by another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ["VAR"]))
    process = context.Process(target=generate, args=(theirs, folder, points, level, step), daemon=True)
    process.start()

    def files() -> Iterator[Path]:
        while True:
            ours.send("next")
            path = ours.recv()
            if path is None:
                return
            yield path

    try:
        yield files()
    finally:
        process.kill()
        process.join()
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


def generate(pipe: Any, folder: Path, points: int, level: str, step: int) -> None:
    """Send a path for each message."""
    from processing.insar.generating import deliveries

    made = deliveries(folder, points=points, levels=(level,), step_days=step)
    while pipe.recv():
        each = next(made, None)
        pipe.send(None if each is None else each.path)


def usage() -> float:
    """Seconds of processor time that this process and its database backend have used."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    fields = Path(f"/proc/{backend()}/stat").read_text().rsplit(")", 1)[1].split()
    return own.ru_utime + own.ru_stime + (int(fields[11]) + int(fields[12])) / _TICKS


def backend() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def peaks() -> dict[str, float]:
    """The largest memory so far, MB; the backend's counts what it touched of the shared buffers."""
    status = Path(f"/proc/{backend()}/status").read_text()
    held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_mb": round(own / 1024), "backend_peak_mb": round(held / 1024)}


def sizes(key: str) -> dict[str, int]:
    """Bytes on the disk by kind."""
    from django.db import connection

    from hub.insar import partitions
    from hub.insar.models import Layer, Part

    found = {"table": 0, "indexes": 0, "cells": 0, "series": 0}
    for layer in Layer.objects.filter(release__key=key):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass),"
                " pg_total_relation_size(%s::regclass)",
                [partitions.points_table(layer)] * 2 + [partitions.cells_table(layer)],
            )
            for name, size in zip(("table", "indexes", "cells"), cursor.fetchone(), strict=True):
                found[name] += size
    for part in Part.objects.filter(layer__release__key=key):
        found["series"] += sum(path.stat().st_size for path in part.series_folder.rglob("*") if path.is_file())
    return {f"{name}_bytes": size for name, size in found.items()}


def remove(key: str) -> None:
    from hub.insar.deliveries import removal
    from hub.insar.models import Release

    for release in Release.objects.filter(key=key):
        removal.remove(release)


def show(told: list[dict[str, Any]]) -> None:
    print(
        f"\n{'level':6}{'points':>12}{'dates':>6}{'intake s':>10}{'points/s':>10}{'per core':>10}"
        f"{'index, cells s':>15}{'minutes':>9}{'peak MB':>9}{'backend MB':>11}"
    )
    for each in told:
        points = each["points"]
        print(
            f"{each['level']:6}{points:12,}{each['dates']:6}{each['intake_s']:10.1f}{points / each['intake_s']:10,.0f}"
            f"{points / each['intake_cpu_s']:10,.0f}{each['finish_s']:15.1f}"
            f"{(each['intake_s'] + each['finish_s']) / 60:9.2f}{each['peak_mb']:9}{each['backend_peak_mb']:11}"
        )
    columns = {"delivered": 10, "table": 8, "indexes": 9, "cells": 7, "series": 8}
    print(f"\n{'bytes per point':18}" + "".join(f"{name:>{width}}" for name, width in columns.items()))
    for each in told:
        row = "".join(f"{each[f'{name}_bytes'] / each['points']:{width}.0f}" for name, width in columns.items())
        print(f"{each['level']:6}{each['points']:12,}{row}")
    print("\nseconds by stage, some at the same time, per million points")
    for each in told:
        scale = 1e6 / each["points"]
        row = ", ".join(f"{name} {seconds * scale:.2f}" for name, seconds in each["stages"].items())
        print(f"{each['points']:12,} {row}")


if __name__ == "__main__":
    main()
