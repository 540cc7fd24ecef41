"""How long map tiles, points, series, polygons and windows of ground motion take to answer, and what memory they need.

    python tests/benchmarks/bench_insar_serving.py [--points 100000 1000000] [--tiles 100] [--many 5000] [--json FILE]

Through Django's test client: the session, the policy, the audit log and the answer's bytes are in it; the network and
the server's own work on a request are not. Releases that bench_insar_intake.py has left (``--keep``) are used, others
made first, in the same private database. Tiles are chosen where points are: one with more of them is drawn more often.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench_insar_intake import VAR
from bench_insar_intake import run as take_in
from measuring import REPOSITORY, describe_machine
from tables import write_json

ZOOMS = range(17)
POLYGON_POINTS = 10_000


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
    # The visitor's 404 are wanted.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    call_command("migrate", verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.INSAR_TILES_PER_MINUTE = settings.INSAR_ANSWERS_PER_MINUTE = 10**9
    print(describe_machine())
    told = [serve(points, options) for points in options.points]
    write_json(options.json, told)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000], help="of each release")
    parser.add_argument("--tiles", type=int, default=100, help="of each zoom and person")
    parser.add_argument("--many", type=int, default=5000, help="tiles over which memory is watched")
    parser.add_argument("--step", type=int, default=6, help="days between dates, where a release must be made first")
    parser.add_argument("--json", type=Path, help="where to write the figures, too")
    return parser.parse_args()


def serve(points: int, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of a release of that size."""
    from hub.insar.models import Layer, Release

    key = f"bench-{points}-l2b"
    if not Release.objects.filter(key=key).exists():
        take_in(points, "L2b", argparse.Namespace(keep=True, step=options.step))
    layer = Layer.objects.filter(release__key=key, indexed=True).order_by("-points").first()
    if layer is None:
        raise SystemExit(f"{key} has no layer that is indexed: take it in again.")
    people = clients(layer)
    places = where_points_are(layer)
    print(f"\n{key}, {layer.direction}: {layer.points:,} points")
    told: dict[str, Any] = {"points": points, "layer_points": layer.points, "tiles": {}}
    for name, client in people.items():
        told["tiles"][name] = {zoom: tiles(client, layer, zoom, places, options.tiles) for zoom in ZOOMS}
        worst = max(told["tiles"][name].values(), key=lambda each: each["p95_ms"])
        print(f"  tiles, {name}: worst p95 {worst['p95_ms']} ms")
    told["answers"] = answers(people["full"], layer, places)
    told["memory"] = memory(people["full"], layer, places, options.many)
    show(told)
    return told


def clients(layer: Any) -> dict[str, Any]:
    """A browser of each kind of person."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from hub.insar.models import Grant

    found = {"visitor": Client()}
    Grant.objects.filter(release=layer.release).delete()
    for right in ("full", "overview"):
        name = f"bench-{right}"
        user, _ = get_user_model().objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
        Grant.objects.create(release=layer.release, right=right, user=user)
        found[right] = Client()
        found[right].force_login(user)
    return found


def where_points_are(layer: Any) -> list[tuple[float, float, int]]:
    """Some thousand points by chance: x, y, id."""
    from django.db import connection

    from hub.insar.partitions import points_table

    share = min(100.0, 100 * 20_000 / max(1, layer.points))
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT ST_X(geom), ST_Y(geom), part_id * 4294967296 + "row" FROM {points_table(layer)}'  # noqa: S608
            " TABLESAMPLE bernoulli(%s) REPEATABLE (1)",
            [share],
        )
        found = cursor.fetchall()
    return random.Random(1).sample(found, min(10_000, len(found)))  # noqa: S311


def tiles(client: Any, layer: Any, zoom: int, places: list[Any], count: int) -> dict[str, Any]:
    """Times of tiles of one zoom."""
    chosen = [tile_address(layer, zoom, x, y) for x, y, _ in random.Random(zoom).sample(places, count)]  # noqa: S311
    sizes: list[int] = []

    def ask(address: str) -> None:
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        if answer.status_code not in (200, 204, 404):
            raise SystemExit(f"{address}: {answer.status_code} {answer.content[:300]!r}")
        sizes.append(len(answer.content))

    return timed(ask, chosen) | {"largest_kb": round(max(sizes) / 1000, 1)}


def tile_address(layer: Any, zoom: int, x: float, y: float) -> str:
    from hub.insar.answers.places import HALF_WIDTH_M

    side = 2 * HALF_WIDTH_M / 2**zoom
    column, row = int((x + HALF_WIDTH_M) // side), int((HALF_WIDTH_M - y) // side)
    return f"{base(layer)}tiles/{zoom}/{column}/{row}.mvt"


def base(layer: Any) -> str:
    return f"/api/v1/insar/releases/{layer.release.key}/{layer.direction}/"


def answers(client: Any, layer: Any, places: list[Any]) -> dict[str, Any]:
    """Times of everything else, for who may see all."""
    from django.db import connection

    from hub.insar.answers.series import _store

    ids = [number for _, _, number in places[:200]]

    def get(address: str) -> None:
        checked(client.get(address))

    def get_cold(address: str) -> None:
        _store.cache_clear()
        get(address)

    def get_anew(address: str) -> None:
        # As a server does that keeps no connection to the database from one request to the next.
        connection.close()
        get(address)

    series = [f"{base(layer)}points/{number}/series/" for number in ids]
    told = {
        "point": timed(get, [f"{base(layer)}points/{number}/" for number in ids]),
        "series, store opened": timed(get_cold, series[:100]),
        "series": timed(get, series),
        "tile at zoom 14, database connected anew": timed(
            get_anew, [tile_address(layer, 14, x, y) for x, y, _ in places[:50]]
        ),
        "releases": timed(get, ["/api/v1/insar/releases/"] * 20),
    }
    window, number = window_of(layer, places, POLYGON_POINTS)
    west, south, east, north = window
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"polygon": {"type": "Polygon", "coordinates": [ring]}}
    for series_too in (False, True):
        name = f"mean of {number:,} points" + (" with series" if series_too else "")
        told[name] = timed(post(client, f"{base(layer)}aggregate/"), [polygon | {"series": series_too}] * 10)
    for most in (10_000, 50_000):
        window, number = window_of(layer, places, most)
        asked = {"bbox": list(window), "first": "2019-01-01", "last": "2021-12-31"}
        told[f"velocities of {number:,} points"] = timed(post(client, f"{base(layer)}velocities/"), [asked] * 5)
    return told


def post(client: Any, address: str) -> Callable[[Any], None]:
    return lambda document: checked(client.post(address, json.dumps(document), content_type="application/json"))


def checked(answer: Any) -> None:
    if answer.status_code != 200:
        raise SystemExit(f"{answer.status_code}: {answer.content[:500]!r}")


def window_of(layer: Any, places: list[Any], most: int) -> tuple[tuple[float, float, float, float], int]:
    """The largest box around a place with many points that holds at most ``most``, in degrees; and how many."""
    from hub.insar.answers.places import Box, to_degrees
    from hub.insar.models import MeasurementPoint

    x, y = densest(places)
    low, high = 10.0, 200_000.0
    held = 0
    for _ in range(25):
        half = (low + high) / 2
        box = Box(x - half, y - half, x + half, y + half)
        count = MeasurementPoint.objects.filter(layer_id=layer.pk, geom__bboverlaps=box.ewkt).count()
        low, high, held = (half, high, count) if count <= most else (low, half, held)
    return (*to_degrees(x - low, y - low), *to_degrees(x + low, y + low)), held


def densest(places: list[Any]) -> tuple[float, float]:
    """The middle of the square of 2 km that most of the places lie in."""
    squares = [(x // 2000, y // 2000) for x, y, _ in places]
    column, row = statistics.mode(squares)
    return (column + 0.5) * 2000, (row + 0.5) * 2000


def memory(client: Any, layer: Any, places: list[Any], count: int) -> dict[str, Any]:
    """Of this process, before and after many tiles of every zoom."""
    chance = random.Random(2)  # noqa: S311
    chosen = [tile_address(layer, chance.choice(ZOOMS), x, y) for x, y, _ in chance.choices(places, k=count)]
    before = resident_mb()
    figures = timed(lambda address: client.get(address), chosen)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures | {"before_mb": before, "after_mb": resident_mb(), "peak_mb": round(peak)}


def resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def timed(ask: Callable[[Any], Any], questions: Iterable[Any]) -> dict[str, Any]:
    taken = []
    for question in questions:
        begun = time.perf_counter()
        ask(question)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    return {
        "count": len(taken),
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(taken[min(len(taken) - 1, int(0.95 * len(taken)))], 1),
        "max_ms": round(taken[-1], 1),
    }


def show(told: dict[str, Any]) -> None:
    print(f"  {'zoom':>4}" + "".join(f"{name:>28}" for name in told["tiles"]) + "   p50 / p95 ms, largest kB")
    for zoom in ZOOMS:
        cells = [told["tiles"][name][zoom] for name in told["tiles"]]
        texts = [f"{each['p50_ms']:.1f} / {each['p95_ms']:.1f}, {each['largest_kb']:.0f}" for each in cells]
        print(f"  {zoom:>4}" + "".join(f"{text:>28}" for text in texts))
    for name, each in told["answers"].items():
        print(f"  {name}: p50 {each['p50_ms']} ms, p95 {each['p95_ms']} ms")
    print(f"  memory over {told['memory']['count']} tiles: {told['memory']}", flush=True)


if __name__ == "__main__":
    main()
