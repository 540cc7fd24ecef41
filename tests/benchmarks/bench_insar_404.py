"""Whether the time of a refusal tells what is hidden from what is not there: medians of many, asked by turns.

    python tests/benchmarks/bench_insar_404.py [--points 100000] [--times 300] [--json FILE]

Through Django's test client, as a person with rights on half of a release, and as one with none. The release is one
that bench_insar_serving.py uses, or is made first. What is compared: a release that one may not know of with one that
is not there; a point outside one's area with an id of none; the tile, the list and the export of both releases.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from bench_insar_intake import VAR
from bench_insar_intake import run as take_in
from measuring import REPOSITORY, describe_machine
from tables import write_json

MISSING = 2**53 - 1
BOX = "-1.1,43.6,-1.0,43.8"


def main() -> None:
    options = parse()
    if os.environ.get("VAR") != str(VAR):
        VAR.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "running", "--", sys.executable, *sys.argv]
        os.chdir(REPOSITORY)
        os.execve(sys.executable, command, os.environ | {"VAR": str(VAR)})
    sys.path.insert(0, str(REPOSITORY))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    # Every answer here is a 404.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    call_command("migrate", verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.INSAR_TILES_PER_MINUTE = settings.INSAR_ANSWERS_PER_MINUTE = 10**9
    print(describe_machine())
    write_json(options.json, measure(options))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100_000, help="of the release")
    parser.add_argument("--times", type=int, default=300, help="each question is asked")
    parser.add_argument("--json", type=Path, help="where to write the figures, too")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Medians in ms of each pair, and their difference."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from hub.insar.models import Grant, Layer, Release

    key = f"bench-{options.points}-l2b"
    if not Release.objects.filter(key=key).exists():
        take_in(options.points, "L2b", argparse.Namespace(keep=True, step=24))
    layer = Layer.objects.filter(release__key=key, indexed=True).order_by("-points").first()
    half, nobody = (get_user_model().objects.get_or_create(
        username=f"bench404-{name}", defaults={"email": f"bench404-{name}@example.org"}
    )[0] for name in ("half", "nobody"))  # fmt: skip
    Grant.objects.filter(user__in=(half, nobody)).delete()
    hidden = _hidden_point(layer, half)
    clients = {}
    for person in (half, nobody):
        clients[person] = Client()
        clients[person].force_login(person)
    there, missing = f"/api/v1/insar/releases/{key}/", "/api/v1/insar/releases/bench-none-l2b/"
    own = f"{there}{layer.direction}/"
    pairs = [("release", nobody, there, missing)]
    for name in ("tiles/12/2035/1494.mvt", f"points/?bbox={BOX}", f"export.csv?bbox={BOX}", f"cells/?bbox={BOX}"):
        short = name.partition("/")[0].partition("?")[0]
        pairs.append((short, nobody, own + name, f"{missing}{layer.direction}/{name}"))
    for name in ("", "series/"):
        pairs.append((f"point {name}".strip(), half, f"{own}points/{hidden}/{name}", f"{own}points/{MISSING}/{name}"))
    told = [_compared(name, clients[person], paths, options.times) for name, person, *paths in pairs]
    Grant.objects.filter(user__in=(half, nobody)).delete()
    return told


def _hidden_point(layer: Any, half: Any) -> int:
    """Give ``half`` the west half of the layer; the id of a point in the east."""
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from hub.insar.models import Grant, MeasurementPoint

    west, south, east, north = layer.extent.extent
    area = Polygon.from_bbox((west, south, (west + east) / 2, north))
    area.srid = 3857
    Grant.objects.create(release=layer.release, right="full", user=half, area=MultiPolygon(area, srid=3857))
    beyond = Polygon.from_bbox(((west + 3 * east) / 4, south, east, north))
    beyond.srid = 3857
    point = (
        MeasurementPoint.objects.filter(layer_id=layer.pk, geom__intersects=beyond).order_by("part_id", "row").last()
    )
    return int(point.part_id * 2**32 + point.row)


def _compared(name: str, client: Any, paths: list[str], times: int) -> dict[str, Any]:
    took: list[list[float]] = [[], []]
    for number in range(times + 10):
        # By turns, each first as often as the other.
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            status = client.get(paths[which]).status_code
            elapsed = time.perf_counter() - start
            if status != 404:
                raise SystemExit(f"{paths[which]} answers {status}")
            if number >= 10:
                took[which].append(1000 * elapsed)
    hidden, missing = (statistics.median(each) for each in took)
    spread = statistics.quantiles(took[1], n=4)
    print(f"{name:14} hidden {hidden:7.2f} ms  not there {missing:7.2f} ms  difference {hidden - missing:+.2f} ms"
          f"  (middle half of one question: {spread[2] - spread[0]:.2f} ms)", flush=True)  # fmt: skip
    return {
        "question": name, "hidden_ms": hidden, "missing_ms": missing, "difference_ms": hidden - missing,
        "middle_half_ms": spread[2] - spread[0], "times": times,
    }  # fmt: skip


if __name__ == "__main__":
    main()
