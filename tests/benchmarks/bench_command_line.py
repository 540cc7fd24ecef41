"""What an order costs on the command line: wall time, CPU, peak memory, seconds by kind of work.

Run alone: ``python tests/benchmarks/bench_command_line.py [--whole-tile] [--json FILE]``. Orders on a generated
archive (kept in var/benchmarks) and, where it is there, on the Slovenian sample beside the repository.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from whole_tile import whole_tile_archive

from processing.layers import LAYERS as ALL_LAYERS
from processing.profiling import KINDS
from processing.sample import make_archive

REPOSITORY = Path(__file__).resolve().parents[2]
SLOVENIA = REPOSITORY.parent / "shared" / "data" / "s2" / "slovenia_2023" / "items.json"
MEMORY_LIMIT_MB = 1024
ALL_BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
FOUR_BANDS = ["B02", "B03", "B04", "B08"]
LAYERS = ["valid_obs", "source_index", "scene_classification"]
S2GM_LAYERS = [name for name, layer in ALL_LAYERS.items() if layer.group != "history"]


@dataclass
class Figure:
    """What one run took."""

    order: str
    pixels: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    seconds: dict[str, float]
    """By kind of work, summed over threads."""


def box(west: float, south: float, east: float, north: float) -> dict:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def run(title: str, order: dict, items: Path, threads: int) -> Figure:
    """Run the order as a process of its own and read off what it took."""
    order = {"name": "Benchmark", "layers": LAYERS, "method": "s2gm", "format": "geotiff"} | order
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "var" / "benchmarks") as folder:
        path = Path(folder) / "order.json"
        path.write_text(json.dumps(order))
        errors = (Path(folder) / "errors").open("w+")
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "processing", path, "--source", items, "--out", folder]
            + ["--quiet", "--profile-json", Path(folder) / "profile.json", "--threads", str(threads)],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        errors.seek(0)
        told = errors.read().strip().splitlines()
        if status:
            raise SystemExit(f"{title}: {told[-1] if told else status}")
        pixels = sum(
            json.loads(metadata.read_text())["Geometry"]["Image_width"]
            * json.loads(metadata.read_text())["Geometry"]["Image_height"]
            for metadata in Path(folder).glob("S2GM_*/*/metadata_*.json")
        )
        spent = json.loads((Path(folder) / "profile.json").read_text())["seconds"]
    return Figure(
        title,
        pixels,
        round(wall, 2),
        round(usage.ru_utime + usage.ru_stime, 2),
        round(usage.ru_maxrss / 1024, 1),
        spent,
    )


def orders(options: argparse.Namespace) -> list[tuple[str, dict, Path]]:
    folder = REPOSITORY / "var" / "benchmarks"
    # In a process of its own: the peak of a child counts from what its parent held when it was started.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        named = {"size_km": options.size_km, "dates": options.dates}
        generated = pool.submit(make_archive, folder / f"archive-{options.size_km}-{options.dates}", **named).result()
        whole = pool.submit(whole_tile_archive, folder, dates=options.tile_dates).result()
    here = box(15.59, 45.93, 15.83, 46.09)
    year, month = {"kind": "year", "start": "2024-01-01"}, {"kind": "month", "start": "2024-06-01"}
    chosen = [
        ("generated, 10 m, 11 bands, month", {"area": here, "period": month,
         "resolution": 10, "bands": ALL_BANDS}, generated),
        ("generated, 10 m, degrees, 4 bands, month", {"area": here, "period": month,
         "resolution": 10, "crs": "wgs84", "bands": FOUR_BANDS}, generated),
        ("generated, 10 m, 11 bands, year", {"area": here, "period": year, "resolution": 10,
         "bands": ALL_BANDS}, generated),
        ("generated, 60 m, 11 bands, year", {"area": here, "period": year, "resolution": 60,
         "bands": ALL_BANDS}, generated),
    ]  # fmt: skip
    chosen += [
        (f"whole tile, 60 m, all 22 layers, {format_}", {"area": box(15.0, 45.08, 16.37, 46.03), "period": month,
         "resolution": 60, "bands": ALL_BANDS, "layers": S2GM_LAYERS, "format": format_}, whole)
        for format_ in ("netcdf", "geotiff", "jp2")
    ]  # fmt: skip
    if SLOVENIA.exists():
        both = box(15.05, 45.1, 16.35, 46.9)
        august = {"kind": "month", "start": "2023-08-01"}
        chosen += [
            ("Slovenia, both tiles, 60 m", {"area": both, "period": august, "resolution": 60,
             "bands": FOUR_BANDS}, SLOVENIA),
            ("Slovenia, both tiles, 60 m, degrees", {"area": both, "period": august, "resolution": 60, "crs": "wgs84",
             "bands": FOUR_BANDS}, SLOVENIA),
        ]  # fmt: skip
        if options.whole_tile:
            chosen.append(("Slovenia, both tiles, 10 m", {"area": both, "period": august, "resolution": 10,
                           "bands": FOUR_BANDS}, SLOVENIA))  # fmt: skip
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-km", type=int, default=20)
    parser.add_argument("--dates", type=int, default=12)
    parser.add_argument("--tile-dates", type=int, default=6, help="of the archive of a whole tile; some 600 MB each")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--whole-tile", action="store_true", help="both Slovenian tiles at 10 m too: minutes")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    (REPOSITORY / "var" / "benchmarks").mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in KINDS if kind != "import"]
    print(f"{'order':44} {'Mpx':>7} {'wall s':>7} {'CPU s':>7} {'peak MB':>8}", *(f"{kind:>8}" for kind in kinds))
    figures = []
    for title, order, items in orders(options):
        figure = run(title, order, items, options.threads)
        figures.append(figure)
        print(
            f"{title:44} {figure.pixels / 1e6:7.2f} {figure.wall_s:7.2f} {figure.cpu_s:7.2f} {figure.peak_mb:8.1f} "
            + "".join(f"{figure.seconds.get(kind, 0.0):8.2f} " for kind in kinds),
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2))
    most = max(figure.peak_mb for figure in figures)
    print(f"Peak memory of the command line: {most:.0f} MB, {'under' if most < MEMORY_LIMIT_MB else 'OVER'} 1 GiB.")
    return 0 if most < MEMORY_LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
