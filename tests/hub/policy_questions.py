"""Asks one viewer's questions at every address of ground motion, and compares each answer with the plain policy.

What an answer must hold is said by tests/hub/policy_model.py alone. Cells at the very side of a window may be given or
not; nothing else is left open.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate
from shapely.geometry.base import BaseGeometry

from tests.hub.asked_motion import body
from tests.hub.policy_model import (
    SIZES,
    PlainLayer,
    PlainRelease,
    Standing,
    TooNear,
    Viewer,
    beyond_full,
    standing,
    visible_cells,
    visible_points,
)
from tests.hub.policy_places import TO_DEGREES, Strip, as_geojson, draw_box, ids_of_csv, ids_of_parquet
from tests.hub.policy_worlds import CENTRE, HALF_M, Rng, World, draw_shape
from tests.hub.vector_tiles import read_tile

_WORLD_M = 40_075_016.685578488
_SIDE_M = 1.0
"""So near to a window's side a cell may be given or not: boxes are compared in single precision."""
_requests = APIRequestFactory()


@dataclass
class Asking:
    """One viewer and one layer; collects what the audit log must say in the end."""

    world: World
    viewer: Viewer
    release: PlainRelease
    layer: PlainLayer
    rng: Rng
    own: Standing = field(init=False)
    seen: np.ndarray = field(init=False)
    """Which points may be seen."""
    logged: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Action, release, points, cells."""

    def __post_init__(self) -> None:
        self.own = standing(self.viewer, self.release, self.world.grants, self.world.now)
        self.seen = visible_points(self.release, self.layer, self.own)

    def everything(self) -> None:
        """Every question once. Raises AssertionError, or TooNear where the plain policy cannot tell."""
        for question in (
            ask_releases, ask_release, ask_fine_tile, ask_coarse_tile, ask_points_of_box, ask_points_of_polygon,
            ask_point, ask_velocities, ask_aggregate, ask_profile, ask_cells, ask_export,
        ):  # fmt: skip
            question(self)

    def get(self, path: str, asked: dict[str, Any] | None = None) -> Any:
        return self._answer(_requests.get(path, asked or {}))

    def post(self, path: str, asked: dict[str, Any]) -> Any:
        return self._answer(_requests.post(path, asked, format="json"))

    def address(self, what: str = "") -> str:
        return f"/api/v1/insar/releases/{self.release.key}/{self.layer.direction}/{what}"

    def logs(self, action: str, points: int = 0, cells: int = 0, *, release: str | None = None) -> None:
        self.logged.append((action, self.release.key if release is None else release, points, cells))

    def _answer(self, request: Any) -> Any:
        found = resolve(request.path)
        user = self.world.users[self.viewer.name]
        if user.is_authenticated:
            force_authenticate(request, user)
        response = found.func(request, *found.args, **found.kwargs)
        return response.render() if hasattr(response, "render") else response


def is_refused(response: Any) -> None:
    assert response.status_code == 404, (response.status_code, response)
    assert json.loads(response.content)["code"] == "not_found"


def document(response: Any) -> Any:
    assert response.status_code == 200, (response.status_code, getattr(response, "content", b"")[:500])
    return json.loads(body(response))


def ask_releases(asking: Asking) -> None:
    world = asking.world
    own = {each.key: standing(asking.viewer, each, world.grants, world.now).right for each in world.releases}
    listed = document(asking.get("/api/v1/insar/releases/"))["releases"]
    assert {each["key"]: each["right"] for each in listed} == {key: right for key, right in own.items() if right}
    asking.logs("release", release="")


def ask_release(asking: Asking) -> None:
    response = asking.get(f"/api/v1/insar/releases/{asking.release.key}/")
    if asking.own.right is None:
        return is_refused(response)
    told = document(response)
    assert told["right"] == asking.own.right
    assert {name for name, area in told["areas"].items() if area} == {
        name for name in ("overview", "full") if asking.own.has(name)
    }
    for layer in told["layers"]:
        assert layer["velocity_range"] is None or asking.own.has("overview")
    return asking.logs("release")


def ask_fine_tile(asking: Asking) -> None:
    _ask_tile(asking, int(asking.rng.integers(14, 17)))


def ask_coarse_tile(asking: Asking) -> None:
    _ask_tile(asking, int(asking.rng.integers(6, 14)))


def _ask_tile(asking: Asking, zoom: int) -> None:
    layer, side = asking.layer, _WORLD_M / 2**zoom
    at = int(asking.rng.integers(len(layer.ids)))
    column, row = int((layer.x[at] + _WORLD_M / 2) // side), int((_WORLD_M / 2 - layer.y[at]) // side)
    west, north = column * side - _WORLD_M / 2, _WORLD_M / 2 - row * side
    window = (west, north - side, west + side, north)
    response = asking.get(asking.address(f"tiles/{zoom}/{column}/{row}.mvt"))
    if asking.own.right is None:
        return is_refused(response)
    assert response.status_code in (200, 204), response.status_code
    tile = read_tile(body(response)) if response.status_code == 200 else {}
    points = tile.get("points", [])
    wanted = next((size for most, size in ((7, 6400), (9, 1600), (11, 400), (13, 100)) if zoom <= most), None)
    inside = asking.seen & (layer.x >= west) & (layer.x < west + side) & (layer.y > north - side) & (layer.y <= north)
    expected = set(layer.ids[inside].tolist()) if wanted is None else set()
    assert {feature.id for feature in points} == expected
    assert len(points) == len(expected)
    least = asking.release.overview_cell
    found = Counter((feature.properties["size"], feature.id) for feature in tile.get("cells", []))
    assert not found or max(found.values()) == 1
    # What may be given in this window, by size: the wanted cells, or the overview's where those are too fine.
    if wanted is not None and wanted >= least:
        given = {wanted: visible_cells(asking.release, layer, asking.own, wanted)}
    else:
        given = {least: beyond_full(asking.release, layer, asking.own, least)}
        if wanted is not None:
            given[wanted] = visible_cells(asking.release, layer, asking.own, wanted)
    _compare_cells(asking, given, window, {(size, *_place(number)) for size, number in found})
    return asking.logs("tile", len(points), sum(found.values()))


def _place(number: int) -> tuple[int, int]:
    return number >> 20, number & (2**20 - 1)


def _compare_cells(
    asking: Asking, given: dict[int, np.ndarray], window: tuple[float, ...], found: set[tuple[int, int, int]]
) -> None:
    """``found``: size, column and row. All that lie in the window must be there; those at its side may be."""
    must, may = set(), set()
    for size, which in given.items():
        cells = asking.release.cells[asking.layer.number][size]
        for by, into in ((-_SIDE_M, must), (_SIDE_M, may)):
            near = which & _boxes_meet(cells.geometry, window, by)
            into.update((size, int(cells.column[at]), int(cells.row[at])) for at in np.flatnonzero(near))
    assert must <= found, f"{len(must - found)} cells are missing"
    assert found <= may, f"{len(found - may)} cells too many"


def _boxes_meet(geometry: np.ndarray, window: tuple[float, ...], by: float) -> np.ndarray:
    box = shapely.bounds(geometry).reshape(-1, 4)
    west, south, east, north = window
    return (
        (box[:, 0] <= east + by) & (box[:, 2] >= west - by) & (box[:, 1] <= north + by) & (box[:, 3] >= south - by)
    )  # fmt: skip


def ask_points_of_box(asking: Asking) -> None:
    """All pages."""
    box, degrees = draw_box(asking.rng, asking.layer)
    expected = _inside(asking, box)
    asked = {"bbox": degrees, "limit": max(1, len(expected) // 2)}
    found: list[int] = []
    while True:
        response = asking.get(asking.address("points/"), asked)
        if not asking.own.has("full"):
            return is_refused(response)
        page = document(response)
        found += [feature["id"] for feature in page["features"]]
        asking.logs("points", len(page["features"]))
        if page["next"] is None:
            break
        asked["after"] = page["next"]
    assert found == sorted(expected)
    return None


def ask_points_of_polygon(asking: Asking) -> None:
    shape = draw_shape(asking.rng, asking.layer.places)
    written = str(asking.rng.choice(["geojson", "csv", "parquet"]))
    asked = {"polygon": as_geojson(shape), "format": written, "limit": 10_000}
    response = asking.post(asking.address("points/"), asked)
    if not asking.own.has("full"):
        return is_refused(response)
    assert response.status_code == 200
    content = body(response)
    if written == "geojson":
        found = {feature["id"] for feature in json.loads(content)["features"]}
    else:
        found = ids_of_csv(asking.layer, content) if written == "csv" else ids_of_parquet(content)
    assert found == _inside(asking, shape)
    return asking.logs("points", len(found))


def ask_point(asking: Asking) -> None:
    """One point, whichever; its series; and its series against another point, whichever."""
    layer = asking.layer
    at, other = (int(each) for each in asking.rng.integers(len(layer.ids), size=2))
    path = asking.address(f"points/{layer.ids[at]}/")
    response = asking.get(path)
    allowed = asking.own.has("full") and asking.seen[at]
    if allowed:
        assert document(response)["pid"] == layer.pids[at]
        asking.logs("point", 1)
    else:
        is_refused(response)
    response = asking.get(path + "series/", {"reference": int(layer.ids[other])})
    if not (allowed and asking.seen[other]):
        return is_refused(response)
    assert document(response)["reference"]["id"] == layer.ids[other]
    return asking.logs("series", 1)


def ask_velocities(asking: Asking) -> None:
    box, degrees = draw_box(asking.rng, asking.layer)
    other = int(asking.rng.integers(len(asking.layer.ids)))
    asked: dict[str, Any] = {"bbox": [float(each) for each in degrees.split(",")]}
    asked |= {"first": "2020-01-01", "last": "2020-12-31"}
    with_reference = asking.rng.random() < 0.3
    if with_reference:
        asked["reference"] = {"id": int(asking.layer.ids[other])}
    response = asking.post(asking.address("velocities/"), asked)
    if not asking.own.has("full") or (with_reference and not asking.seen[other]):
        return is_refused(response)
    told = document(response)
    expected = _inside(asking, box)
    assert set(told["ids"]) == expected
    assert told["count"] == len(told["ids"]) == len(told["velocity"]) == len(expected)
    return asking.logs("velocities", len(expected))


def ask_aggregate(asking: Asking) -> None:
    shape = draw_shape(asking.rng, asking.layer.places)
    response = asking.post(asking.address("aggregate/"), {"polygon": as_geojson(shape)})
    if not asking.own.has("overview"):
        return is_refused(response)
    told = document(response)
    inside = asking.seen & shapely.covers(shape, asking.layer.places)
    points, velocity = told["points"], asking.layer.velocity[inside]
    assert (points["count"] if points else 0) == inside.sum()
    if points:
        known = velocity[~np.isnan(velocity)]
        assert points["mean"] is None if not known.size else abs(points["mean"] - known.mean()) < 2e-3
    size = asking.release.overview_cell
    cells = asking.release.cells[asking.layer.number][size]
    whole = beyond_full(asking.release, asking.layer, asking.own, size)
    given = [whole & shapely.covers(shape.buffer(by), cells.geometry) for by in (-0.01, 0.01)]
    if not np.array_equal(*given):
        raise TooNear
    expected = given[0]
    if not expected.any():
        assert told["cells"] is None
    else:
        count = cells.count[expected]
        mean = (cells.mean[expected] * count).sum() / count.sum()
        assert (told["cells"]["cells"], told["cells"]["points"]) == (expected.sum(), count.sum())
        assert abs(told["cells"]["mean"] - mean) < 2e-3
    return asking.logs("aggregate", int(inside.sum()), int(expected.sum()))


def ask_profile(asking: Asking) -> None:
    rng, layer = asking.rng, asking.layer
    width = float(rng.choice([50, 200, 800]))
    while True:
        ends = np.array(CENTRE) + rng.uniform(-HALF_M * 0.7, HALF_M * 0.7, (2, 2))
        strip = Strip(ends)
        if np.linalg.norm(ends[1] - ends[0]) > 100 and not strip.is_near(layer.x, layer.y, width / 2):
            break
    line = {"type": "LineString", "coordinates": [list(TO_DEGREES.transform(*end)) for end in ends]}
    response = asking.post(asking.address("profile/"), {"line": line, "width_m": width})
    if not asking.own.has("overview"):
        return is_refused(response)
    told = document(response)
    aside, beyond = strip.reach(layer.x, layer.y)
    inside = asking.seen & (aside <= width / 2) & ~beyond
    assert {point["id"] for point in told["points"]} == set(layer.ids[inside].tolist())
    assert told["count"] == inside.sum()
    known = inside & ~np.isnan(layer.velocity)
    assert sum(piece["count"] for piece in told["bins"]) == known.sum()
    _compare_profile_cells(asking, strip, width, told["cells"])
    return asking.logs("profile", int(inside.sum()), len(told["cells"]))


def _compare_profile_cells(asking: Asking, strip: Strip, width: float, told: list[dict[str, Any]]) -> None:
    size = asking.release.overview_cell
    cells = asking.release.cells[asking.layer.number][size]
    which = beyond_full(asking.release, asking.layer, asking.own, size)
    middle = shapely.centroid(cells.geometry)
    aside, beyond = strip.reach(shapely.get_x(middle), shapely.get_y(middle))
    limit = max(width / 2, size * 0.71)
    met = strip.distance_to(cells.geometry) <= width / 2 - 1
    must = which & (aside <= limit - 1) & ~beyond & met
    may = which & (aside <= limit + 1)
    figures = [(int(count), round(float(mean), 3)) for count, mean in zip(cells.count, cells.mean, strict=True)]
    found = Counter((each["count"], each["mean"]) for each in told)
    assert _fits(Counter(figures[at] for at in np.flatnonzero(must)), found), "cells of the profile are missing"
    assert _fits(found, Counter(figures[at] for at in np.flatnonzero(may))), "cells of the profile are too many"


def _fits(fewer: Counter, more: Counter) -> bool:
    """Whether each figure of ``fewer`` is among ``more``, give or take a rounding."""
    left = Counter(more)
    for (count, mean), times in fewer.items():
        for _ in range(times):
            near = next((key for key in left if left[key] and key[0] == count and abs(key[1] - mean) < 2.1e-3), None)
            if near is None:
                return False
            left[near] -= 1
    return True


def ask_cells(asking: Asking) -> None:
    box, degrees = draw_box(asking.rng, asking.layer)
    size = int(asking.rng.choice(SIZES))
    response = asking.get(asking.address("cells/"), {"bbox": degrees, "size": size})
    if not asking.own.has("overview"):
        return is_refused(response)
    found = document(response)["features"]
    given = {size: visible_cells(asking.release, asking.layer, asking.own, size)}
    keys = [tuple(each["properties"][name] for name in ("size_m", "column", "row")) for each in found]
    _compare_cells(asking, given, box.bounds, set(keys))
    cells = asking.release.cells[asking.layer.number][size]
    counts = {(size, *key): count for *key, count in zip(cells.column, cells.row, cells.count, strict=True)}
    assert [each["properties"]["count"] for each in found] == [counts[key] for key in keys]
    return asking.logs("cells", 0, len(found))


def ask_export(asking: Asking) -> None:
    kind = str(asking.rng.choice(["csv", "geojson", "parquet"]))
    asked: dict[str, Any] = {"series": bool(asking.rng.random() < 0.5)}
    if asking.rng.random() < 0.5:
        shape, asked["bbox"] = draw_box(asking.rng, asking.layer)
        response = asking.get(asking.address(f"export.{kind}"), asked | {"series": int(asked["series"])})
    else:
        shape = draw_shape(asking.rng, asking.layer.places)
        response = asking.post(asking.address(f"export.{kind}"), asked | {"polygon": as_geojson(shape)})
    if not asking.own.has("full"):
        return is_refused(response)
    assert response.status_code == 200
    content = body(response)
    if kind == "geojson":
        found = {feature["id"] for feature in json.loads(content)["features"]}
    elif kind == "parquet":
        found = ids_of_parquet(content)
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            tables = [archive.read(name) for name in archive.namelist() if name.endswith(".csv")]
        found = set().union(*(ids_of_csv(asking.layer, table) for table in tables))
    assert found == _inside(asking, shape)
    return asking.logs("export", len(found))


def _inside(asking: Asking, shape: BaseGeometry) -> set[int]:
    return set(asking.layer.ids[asking.seen & shapely.covers(shape, asking.layer.places)].tolist())
