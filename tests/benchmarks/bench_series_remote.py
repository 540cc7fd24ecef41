"""Series over HTTP: requests per date, bytes and time, on the first visit of an archive and on later ones.

And on the first visit of an archive whose layouts were learned before, as the site does when scenes arrive.

``python tests/benchmarks/bench_series_remote.py [--delay-ms 50] [--dates 100] [--json FILE]``. The server is local, a
process of its own, and waits so long before every answer. The archive's scenes are served many times over, under an
address of their own for each date: whole COGs of 2040 px with tiles of 1024 px.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from archives import FOLDER, extent, make_sample
from bench_remote import slow_server, take_counts
from measuring import describe_machine, measure
from tables import write_json

PIXELS, SCENES = 2040, 12
FIRST_DAY = date(2021, 1, 2)
STEP = timedelta(days=3)
LEARNING = "all files learned ahead"
TABLE = FOLDER / "series.csv"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--dates", type=int, default=100)
    parser.add_argument("--kinds", default=",".join(KINDS), help="which of them, by name")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kinds = [KINDS[name] for name in options.kinds.split(",")]
    archive = make_sample(pixels=PIXELS, dates=SCENES, layout="cog")
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    with slow_server(archive.parent, options.delay_ms) as address:
        features, lon, lat = repeated(archive, address, options.dates)
        items = archive.with_name("items-series.json")
        items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        print(f"\n{len(features)} dates at one pixel, {options.delay_ms:.0f} ms per request, imports and all")
        print(f"{'':69} {'requests':>9} {'per date':>9} {'MB':>7} {'s':>6}")
        told = [row for kind in kinds for row in visits(kind, items, address, len(features), (lon, lat))]
    write_json(options.json, told)
    return 0


KINDS: dict[str, tuple[str, list[str]]] = {
    "index": ("observations, SCL + 2 bands", ["--contents", "observations", "--bands", "B04,B08", "--layers="]),
    "angles": (
        "the same with view angles and class",
        ["--contents", "observations", "--bands", "B04,B08", "--layers", "view_zenith_mean,scene_classification"],
    ),
    "all": ("observations, all bands and layers", ["--contents", "observations"]),
    "months": ("monthly composites, all bands and layers", ["--kind", "month"]),
}


def visits(
    kind: tuple[str, list[str]], items: Path, address: str, dates: int, place: tuple[float, float]
) -> list[dict[str, Any]]:
    """Figures of a visit that keeps nothing, of a first one that does and later ones; of learning, and visits then."""
    title, chosen = kind
    folder, known = FOLDER / "series-headers", FOLDER / "series-learned"
    for each in (folder, known):
        shutil.rmtree(each, ignore_errors=True)
    lon, lat = place
    until = FIRST_DAY + (dates - 1) * STEP
    told = []
    for name, headers, at in (
        ("nothing kept", None, lon),
        ("first visit", folder, lon),
        ("second visit", folder, lon),
        ("another pixel, 2 km east", folder, lon + 0.026),
        (LEARNING, known, lon),
        ("archive known, first visit", known, lon),
        ("archive known, another pixel", known, lon + 0.026),
    ):
        command = ["--source", items, *([] if headers is None else ["--headers", headers]), "--quiet"]
        if name == LEARNING:
            command = ["learn", *command]
        else:
            when = ["--from", str(FIRST_DAY), "--to", str(until)]
            command = ["series", *command, "--lon", str(at), "--lat", str(lat), *when, *chosen, "--out", TABLE]
        told.append(visit(title, name, command, address, dates))
    return told


def visit(title: str, name: str, command: Sequence[str | Path], address: str, dates: int) -> dict[str, Any]:
    """Figures of one run of the command line."""
    take_counts(address)
    cost = measure([sys.executable, "-m", "processing", *command])
    served = take_counts(address)
    per_date = served["requests"] / dates
    print(
        f"{title + ', ' + name:69} {served['requests']:9} {per_date:9.2f} {served['bytes'] / 1e6:7.1f} "
        f"{cost.wall_s:6.2f}",
        flush=True,
    )
    return {"series": title, "visit": name, "per_date": per_date, "wall_s": cost.wall_s, **served}


def repeated(archive: Path, address: str, dates: int) -> tuple[list[dict[str, Any]], float, float]:
    """Items of ``dates`` dates that all show one place, and its longitude and latitude."""
    from pyproj import Transformer
    from shapely.geometry import Point, shape

    left, top, side = extent(PIXELS)
    lon, lat = Transformer.from_crs(32633, 4326, always_xy=True).transform(left + 0.3 * side, top - 0.6 * side)
    scenes = json.loads(archive.read_text())["features"]
    scenes = [scene for scene in scenes if shape(scene["geometry"]).buffer(-0.04).contains(Point(lon, lat))]
    features = [moved(scenes[number % len(scenes)], FIRST_DAY + number * STEP, address) for number in range(dates)]
    return features, lon, lat


def moved(scene: dict[str, Any], day: date, address: str) -> dict[str, Any]:
    """The scene as if of another day: the same files at addresses of their own."""
    before = date.fromisoformat(scene["properties"]["datetime"][:10])
    hrefs = {name: asset["href"] for name, asset in scene["assets"].items()}
    text = json.dumps(scene)
    for form in ("%Y%m%d", "%Y-%m-%d"):
        text = text.replace(before.strftime(form), day.strftime(form))
    feature: dict[str, Any] = json.loads(text)
    for name, href in hrefs.items():
        feature["assets"][name]["href"] = f"{address}/{href.removeprefix('./')}?day={day}"
    return feature


if __name__ == "__main__":
    sys.exit(main())
