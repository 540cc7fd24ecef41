"""How long a preview takes: a drawn area of 20 x 20 km and a whole tile, a month and a year, on a disk and over HTTP.

``python tests/benchmarks/bench_preview.py [--dates 6] [--budget 4]``. Each twice in a process of its own: the first
preview of its scenes, and another one of the same scenes, as when two choices are compared. A whole tile takes
some 600 MB a date; the year is the month twelve times.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from archives import SLOVENIA, TILE_LEFT_M, TILE_SIDE_M, TILE_TOP_M, square, whole_tile
from bench_remote import slow_server
from measuring import describe_machine

MONTH, YEAR = {"kind": "month", "start": "2024-06-01"}, {"kind": "year", "start": "2024-01-01"}


def make_year(month: Path) -> Path:
    """Path of an ``items.json`` of the month's scenes in every month of 2024, each month with files of its own name."""
    folder = month.parent / "year"
    folder.mkdir(exist_ok=True)
    features = []
    for number in range(1, 13):
        for feature in json.loads(month.read_text())["features"]:
            features.append(_moved(feature, number, month.parent, folder))
    items = folder / "items.json"
    items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return items


def _moved(feature: dict[str, Any], month: int, source: Path, folder: Path) -> dict[str, Any]:
    """The scene as of another month; its files are links to those it has."""
    name = f"month-{month:02d}"
    if not (folder / name).exists():
        (folder / name).symlink_to(source, target_is_directory=True)
    day = date.fromisoformat(feature["properties"]["datetime"][:10])
    moved = day + timedelta(days=30 * (month - day.month))
    text = json.dumps(feature)
    for written in ("%Y-%m-%d", "%Y%m%d"):
        text = text.replace(day.strftime(written), moved.strftime(written))
    changed = json.loads(text)
    for key, asset in changed["assets"].items():
        asset["href"] = f"{name}/{feature['assets'][key]['href'].removeprefix('./')}"
    return changed


def over_http(items: Path, address: str) -> Path:
    """The items with absolute addresses of their files, which lie beside them."""
    text = re.sub(r'("href": ")(?:\./)?(?=[^"/:]+/)', rf"\g<1>{address}/", items.read_text())
    target = items.with_name("items-preview-remote.json")
    target.write_text(text)
    return target


def look_twice(items: str, order: dict[str, Any], budget_seconds: float) -> list[tuple[float, float, Any]]:
    """Seconds, seconds of CPU and what was seen, of the first and the second; kernels are compiled before."""
    from processing.mosaic import warm_up
    from processing.previewing import make_preview
    from processing.sources import open_source
    from processing.spec import MosaicSpec

    warm_up()
    source, found = open_source(items), []
    for method in ("s2gm", "latest"):
        spec = MosaicSpec.parse(order | {"method": method})
        begun, cpu_before = time.perf_counter(), time.process_time()
        seen = make_preview(spec, source, budget_seconds=budget_seconds)
        told = (
            len(seen.granules), seen.scenes_read, seen.grid.width, seen.grid.height, seen.pixel_m, 100 * seen.share
        )  # fmt: skip
        found.append((time.perf_counter() - begun, time.process_time() - cpu_before, told))
    return found


def report(title: str, items: Path, area: dict[str, Any], period: dict[str, str], budget_seconds: float) -> None:
    order = {"name": "Preview", "area": area, "period": period, "resolution": 60, "bands": ["B04"]}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        looks = pool.submit(look_twice, str(items), order, budget_seconds).result()
    for which, (seconds, cpu_seconds, (scenes, read, width, height, pixel_m, share)) in zip(
        ("s2gm, first", "latest, second"), looks, strict=True
    ):
        print(
            f"{title:34} {which:15} {seconds:6.2f} s {cpu_seconds:6.2f} s CPU  {read:3} of {scenes:3} scenes  "
            f"{width:3} x {height:3} px of {pixel_m:4.0f} m  {share:5.1f} % data"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dates", type=int, default=6)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds that the reading may take")
    parser.add_argument("--delay-ms", type=float, default=50, help="of every answer over HTTP")
    options = parser.parse_args()
    month = whole_tile(dates=options.dates).source
    year = make_year(month)
    tile = square(TILE_LEFT_M, TILE_TOP_M, TILE_SIDE_M)
    drawn = square(TILE_LEFT_M + 40_000, TILE_TOP_M - 40_000, 20_000)
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    for title, area in (("20 x 20 km", drawn), ("whole tile", tile)):
        report(f"{title}, month", month, area, MONTH, options.budget)
        report(f"{title}, year", year, area, YEAR, options.budget)
    with slow_server(month.parent, options.delay_ms) as address:
        for title, area in (("20 x 20 km", drawn), ("whole tile", tile)):
            report(f"{title}, month, HTTP", over_http(month, address), area, MONTH, options.budget)
    if SLOVENIA.exists():
        both = {"type": "Polygon", "coordinates": [[[15, 45.1], [16.3, 45.1], [16.3, 46.9], [15, 46.9], [15, 45.1]]]}
        period = {"kind": "month", "start": "2023-08-01"}
        report("real scenes of two tiles, month", SLOVENIA, both, period, options.budget)
    return 0


if __name__ == "__main__":
    sys.exit(main())
