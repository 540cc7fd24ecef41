"""Attacks by arithmetic: all that somebody is told of cells and areas, put together, singles out no few points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from tests.hub.asked_motion import document
from tests.hub.attacked_motion import AROUND, browser, post, without_limits
from tests.hub.policy_model import (
    COARSE,
    SIZES,
    PlainLayer,
    PlainRelease,
    TooNear,
    Viewer,
    beyond_full,
    standing,
    visible_points,
)
from tests.hub.policy_places import as_geojson
from tests.hub.policy_worlds import World, draw_ground, draw_policy, draw_shape, make_world

pytestmark = pytest.mark.django_db
SEED, GROUNDS, POLICIES = 17, 5, 12
POLYGONS = 6


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> World:
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)
    return make_world(SEED)


def test_no_few_points_are_told_by_all_answers_together(world: World):
    """Each answer is a sum over points. What is a sum of answers is known; sums over few hidden points must not be.

    Everything is taken into account that a viewer is told: points, cells of all sizes, and polygons that overlap.
    """
    attacked = 0
    for ground in range(GROUNDS):
        draw_ground(world, np.random.default_rng([SEED, ground]))
        for policy in range(POLICIES):
            rng = np.random.default_rng([SEED, ground, policy])
            draw_policy(world, rng)
            for viewer in world.viewers:
                for release in world.releases:
                    attacked += _attack(world, viewer, release, rng)
    assert attacked > GROUNDS * POLICIES


def _attack(world: World, viewer: Viewer, release: PlainRelease, rng: np.random.Generator) -> bool:
    """Whether there was anything to attack with."""
    own = standing(viewer, release, world.grants, world.now)
    if not own.has("overview"):
        return False
    layer = release.layers[0]
    user = world.users[viewer.name]
    client = browser(user if user.is_authenticated and user.is_active else None)
    seen = visible_points(release, layer, own)
    told = [*np.eye(len(layer.ids))[seen], *_told_by_cells(client, release, layer)]
    _check_polygons(client, world, viewer, release, rng)
    known = _basis(np.array(told)) if told else np.zeros((0, len(layer.ids)))
    for few in _few_hidden(release, layer, seen):
        wanted = np.zeros(len(layer.ids))
        wanted[few] = 1
        left = wanted - known.T @ (known @ wanted)
        assert np.linalg.norm(left) > 1e-6, (viewer.name, release.key, layer.ids[few])
    return bool(told)


def _told_by_cells(client: Client, release: PlainRelease, layer: PlainLayer) -> list[np.ndarray]:
    """For each cell that is given, over which points it is a sum; that it is one is checked by its count."""
    found = []
    for size in SIZES:
        path = f"/api/v1/insar/releases/{release.key}/{layer.direction}/cells/"
        for feature in document(client.get(path, {"bbox": AROUND, "size": size}))["features"]:
            about = feature["properties"]
            members = _counted(release, layer, size)
            members &= (layer.easting // size == about["column"]) & (layer.northing // size == about["row"])
            assert members.sum() == about["count"]
            found.append(members.astype(float))
    return found


def _counted(release: PlainRelease, layer: PlainLayer, size: int) -> np.ndarray:
    """Which points count in cells of a size at all."""
    import shapely

    found = ~np.isnan(layer.velocity)
    coarsened = np.zeros(len(layer.ids), bool)
    for site in release.sites:
        inside = shapely.covers(site.area, layer.places)
        if site.is_cut:
            found &= ~inside
        else:
            coarsened |= inside
    if size < COARSE:
        return found & ~coarsened
    keys = np.stack([layer.easting // COARSE, layer.northing // COARSE], axis=1)
    _, number, counts = np.unique(keys[found & coarsened], axis=0, return_inverse=True, return_counts=True)
    enough = np.ones(len(layer.ids), bool)
    enough[np.flatnonzero(found & coarsened)] = counts[number.ravel()] >= release.least
    return found & (~coarsened | enough)


def _few_hidden(release: PlainRelease, layer: PlainLayer, seen: np.ndarray) -> list[np.ndarray]:
    """Each hidden point alone, and the hidden points of each cell where they are fewer than the least number."""
    hidden = np.flatnonzero(~seen & ~np.isnan(layer.velocity))
    found = [np.array([at]) for at in hidden]
    for size in SIZES:
        keys = np.stack([layer.easting[hidden] // size, layer.northing[hidden] // size], axis=1)
        _, number = np.unique(keys, axis=0, return_inverse=True)
        groups = [hidden[number.ravel() == each] for each in range(number.max(initial=-1) + 1)]
        found += [group for group in groups if 1 < len(group) < release.least]
    return found


def _basis(rows: np.ndarray) -> np.ndarray:
    """An orthonormal basis of all sums of the rows."""
    _, weight, basis = np.linalg.svd(rows, full_matrices=False)
    return basis[weight > 1e-9 * max(1.0, weight.max(initial=0))]


def _check_polygons(
    client: Client, world: World, viewer: Viewer, release: PlainRelease, rng: np.random.Generator
) -> None:
    """Polygons tell of whole cells that are given anyhow, and of visible points: they are sums of what is known."""
    import shapely

    layer, own = release.layers[0], standing(viewer, release, world.grants, world.now)
    size = release.overview_cell
    cells = release.cells[layer.number][size]
    seen = visible_points(release, layer, own)
    first = draw_shape(rng, world.places)
    for number in range(POLYGONS):
        # Each a little different from the one before.
        shape = shapely.affinity.translate(first, number * 30.0, number * -17.0)
        path = f"/api/v1/insar/releases/{release.key}/{layer.direction}/aggregate/"
        told = document(post(client, path, {"polygon": as_geojson(shape)}))
        try:
            given = beyond_full(release, layer, own, size)
        except TooNear:
            return
        surely = given & shapely.covers(shape.buffer(-0.02), cells.geometry)
        maybe = given & shapely.covers(shape.buffer(0.02), cells.geometry)
        count = told["cells"]["points"] if told["cells"] else 0
        assert cells.count[surely].sum() <= count <= cells.count[maybe].sum()
        inside = [(seen & shapely.covers(shape.buffer(by), layer.places)).sum() for by in (-0.02, 0.02)]
        assert inside[0] <= (told["points"] or {"count": 0})["count"] <= inside[1]
