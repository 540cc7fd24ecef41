"""Random worlds for the proof of the policy: releases with points around Dax, people, territories, grants and sites.

Each thing is drawn twice over: as rows of the database and as plain rows of tests/hub/policy_model.py. A draw depends
on nothing but its seed, so that any case can be had again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyproj
import shapely
import shapely.affinity
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection
from shapely.geometry.base import BaseGeometry

from hub.insar import partitions
from hub.insar.models import (
    Acceptance,
    Grant,
    Layer,
    Part,
    Release,
    SensitiveSite,
    Territory,
    Undertaking,
)
from hub.insar.pyramid import cells
from processing.insar.series_store import SeriesWriter
from tests.hub.policy_model import (
    NEAR_M,
    PlainGrant,
    PlainLayer,
    PlainRelease,
    PlainSite,
    PlainUndertaking,
    Viewer,
    make_cells,
)

CENTRE = (-116_885.0, 5_421_900.0)
HALF_M = 3000.0
_TO_GRID = pyproj.Transformer.from_crs(3857, 3035, always_xy=True)
_TO_MAP = pyproj.Transformer.from_crs(3035, 3857, always_xy=True)
_DATES = [date(2020, 1, 1) + timedelta(days=30 * step) for step in range(8)]
Rng = np.random.Generator


@dataclass
class World:
    """What stays: people, releases, points. What is drawn anew: everything else in it."""

    releases: list[PlainRelease]
    viewers: list[Viewer]
    users: dict[str, Any]
    """By the viewer's name: as a view meets them."""
    groups: list[Group]
    territories: list[tuple[Territory, BaseGeometry]]
    sites: list[PlainSite]
    grants: list[PlainGrant]
    now: datetime

    @property
    def places(self) -> np.ndarray:
        """The points of all layers."""
        return np.concatenate([layer.places for release in self.releases for layer in release.layers])


def make_world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    groups = [Group.objects.create(name=f"group {number} of {seed}") for number in range(2)]
    users: dict[str, Any] = {"visitor": AnonymousUser()}
    viewers = [Viewer("visitor", None)]
    for name in ("alice", "bob", "charlie", "inactive", "operator"):
        staff = name == "operator"
        user = get_user_model().objects.create(
            username=f"{name}{seed}",
            email=f"{name}{seed}@example.org",
            is_active=name != "inactive",
            is_superuser=staff,
            is_staff=staff,
        )
        joined = {"alice": groups, "bob": groups[:1], "inactive": groups[:1]}.get(name, [])
        user.groups.add(*joined)
        users[name] = user
        viewers.append(Viewer(name, user.pk, frozenset(group.pk for group in joined), user.is_active))
    releases = [_make_release(rng, seed, number) for number in range(int(rng.integers(1, 4)))]
    return World(releases, viewers, users, groups, [], [], [], datetime.now(UTC))


def _make_release(rng: Rng, seed: int, number: int) -> PlainRelease:
    key = f"world-{seed}-{number}"
    release = Release.objects.create(key=key, title=key, collection="Worlds", level="L2b")
    directions = ("ascending", "descending")[: int(rng.integers(1, 3))]
    layers = [_make_layer(rng, release, direction) for direction in directions]
    return PlainRelease(release.pk, key, release.least_points, release.overview_cell_m, None, layers)


def _make_layer(rng: Rng, release: Release, direction: str) -> PlainLayer:
    layer = Layer.objects.create(release=release, direction=direction, cells_wanted=1)
    partitions.create(layer)
    easting, northing = _places(rng)
    x, y = _TO_MAP.transform(easting, northing)
    velocity = np.round(rng.normal(0, 5, len(x)), 1).astype(np.float32).astype(np.float64)
    velocity[rng.random(len(x)) < 0.03] = np.nan
    halves = np.array_split(np.arange(len(x)), int(rng.integers(1, 3)))
    ids = np.concatenate([_make_part(rng, layer, own, number) for number, own in enumerate(halves)])
    pids = [f"p{layer.pk}x{at}" for at in range(len(x))]
    with connection.cursor() as cursor:
        cursor.executemany(
            'INSERT INTO insar_measurementpoint (layer_id, part_id, "row", pid, easting, northing, mean_velocity,'
            " mean_velocity_std, geom) VALUES (%s, %s, %s, %s, %s, %s, %s, 0.5,"
            " ST_SetSRID(ST_MakePoint(%s, %s), 3857))",
            [
                (layer.pk, each >> 32, each & 0xFFFFFFFF, pid, *place)
                for each, pid, *place in zip(
                    ids.tolist(), pids, easting.tolist(), northing.tolist(),
                    [None if value != value else value for value in velocity.tolist()], x.tolist(), y.tolist(),
                    strict=True,
                )
            ],
        )  # fmt: skip
    partitions.index(layer)
    west, south, east, north = x.min(), y.min(), x.max(), y.max()
    box = GEOSGeometry(memoryview(shapely.box(west, south, east, north).wkb), srid=3857)
    Layer.objects.filter(pk=layer.pk).update(points=len(x), indexed=True, extent=box)
    return PlainLayer(layer.pk, direction, ids, pids, x, y, easting, northing, velocity)


def _places(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Metres of EPSG:3035: clusters of many sizes, lone points, and points on the very borders of cells."""
    grid = np.array(_TO_GRID.transform(*CENTRE))
    reach = HALF_M * 0.7
    found = [grid + rng.uniform(-reach, reach, (30, 2))]
    for _ in range(int(rng.integers(6, 12))):
        middle = grid + rng.uniform(-reach, reach, 2)
        found.append(middle + rng.normal(0, rng.uniform(15, 250), (int(rng.integers(2, 30)), 2)))
    found.append(np.round((grid + rng.uniform(-reach, reach, (12, 2))) / 100) * 100)
    places = np.concatenate(found)
    return places[:, 0].copy(), places[:, 1].copy()


def _make_part(rng: Rng, layer: Layer, own: np.ndarray, number: int) -> np.ndarray:
    part = Part.objects.create(
        layer=layer, identity=f"part {number}", file_name=f"part{number}.csv", sha256="0" * 64, format="egms",
        dates=[day.isoformat() for day in _DATES], points=len(own), columns=["mean_velocity", "easting", "northing"],
    )  # fmt: skip
    with SeriesWriter(part.series_folder, dates=_DATES, count=len(own)) as writer:
        writer.write(0, rng.integers(-300, 300, (len(own), len(_DATES))).astype(np.int16))
    return (np.int64(part.pk) << 32) + np.arange(len(own), dtype=np.int64)


def draw_ground(world: World, rng: Rng) -> None:
    """Territories, sites and the rules of cells anew; cells are made anew of that."""
    Grant.objects.all().delete()
    Territory.objects.all().delete()
    SensitiveSite.objects.all().delete()
    world.territories = []
    border = CENTRE[0] + rng.uniform(-HALF_M / 2, HALF_M / 2)
    south, north = CENTRE[1] - HALF_M, CENTRE[1] + HALF_M
    # Two that touch along a whole side, and one across both.
    lands = [
        shapely.box(CENTRE[0] - HALF_M, south, border, north),
        shapely.box(border, south, CENTRE[0] + HALF_M, north),
        draw_shape(rng, world.places),
    ]
    for number, land in enumerate(lands[: int(rng.integers(2, 4))]):
        row = Territory.objects.create(name=f"land {number}", authority="Survey", area=as_row(land))
        world.territories.append((row, land))
    world.sites = []
    for number in range(int(rng.integers(0, 4))):
        area, is_cut = draw_shape(rng, world.places, largest=900), bool(rng.random() < 0.5)
        concerned = None if rng.random() < 0.5 else world.releases[int(rng.integers(len(world.releases)))].number
        SensitiveSite.objects.create(
            name=f"site {number}", release_id=concerned, area=as_row(area), treatment="cut" if is_cut else "coarsened"
        )
        world.sites.append(PlainSite(concerned, area, is_cut))
    for release in world.releases:
        release.least = int(rng.integers(2, 8))
        release.overview_cell = int(rng.choice([100, 400, 400, 1600]))
    settle(world)


def settle(world: World) -> None:
    """Have the database say what the plain releases and sites say, and make all cells anew."""
    for release in world.releases:
        Release.objects.filter(pk=release.number).update(
            least_points=release.least, overview_cell_m=release.overview_cell
        )
        release.sites = [site for site in world.sites if site.release in (None, release.number)]
        make_cells(release)
        for layer in release.layers:
            cells.rebuild(Layer.objects.get(pk=layer.number))


def draw_policy(world: World, rng: Rng) -> None:
    """Undertakings, embargoes and grants anew."""
    Grant.objects.all().delete()
    Acceptance.objects.all().delete()
    Undertaking.objects.all().delete()
    promises = [_draw_undertaking(world, rng, number) for number in range(3)]
    for release in world.releases:
        release.embargo = _moment(world, rng, future=0.2, past=0.1)
        Release.objects.filter(pk=release.number).update(embargo_until=release.embargo)
    world.grants = [_draw_grant(world, rng, promises) for _ in range(int(rng.integers(0, 9)))]
    if rng.random() < 0.3:
        # What only chance would bring together seldom: points in some places, and an overview all around.
        release = world.releases[int(rng.integers(len(world.releases)))].number
        always = {"release": release, "is_revoked": False, "valid_until": None, "undertaking": None}
        always |= {"despite_embargo": True, "valid_from": world.now - timedelta(hours=1)}
        whole = {"right": "overview", "everybody": True, "user": None, "group": None, "area": None, "territory": None}
        world.grants += [
            _draw_grant(world, rng, promises, **always, **whole),
            _draw_grant(world, rng, promises, **always, right="full"),
        ]


def _draw_undertaking(world: World, rng: Rng, number: int) -> PlainUndertaking:
    withdrawn = _moment(world, rng, future=0.2, past=0.2)
    row = Undertaking.objects.create(title="Promise", version=number + 1, text_en="...", withdrawn_at=withdrawn)
    accepted = [viewer.number for viewer in world.viewers if viewer.number and rng.random() < 0.6]
    for person in accepted:
        Acceptance.objects.create(undertaking=row, user_id=person)
    return PlainUndertaking(row.pk, frozenset(accepted), withdrawn)


def _draw_grant(world: World, rng: Rng, promises: list[PlainUndertaking], **fixed: Any) -> PlainGrant:
    release = world.releases[int(rng.integers(len(world.releases)))]
    kind = rng.choice(["user", "group", "everybody"], p=[0.5, 0.25, 0.25])
    people = [viewer.number for viewer in world.viewers if viewer.number and viewer.name != "operator"]
    territory = world.territories[int(rng.integers(len(world.territories)))][1] if rng.random() < 0.6 else None
    area = draw_shape(rng, world.places) if rng.random() < 0.7 else None
    promise = promises[int(rng.integers(3))] if kind != "everybody" and rng.random() < 0.25 else None
    begun = rng.random() > 0.06
    plain = PlainGrant(
        release=release.number,
        right=str(rng.choice(["exists", "overview", "full"], p=[0.15, 0.45, 0.4])),
        user=int(rng.choice(people)) if kind == "user" else None,
        group=int(rng.choice([group.pk for group in world.groups])) if kind == "group" else None,
        everybody=bool(kind == "everybody"),
        territory=territory,
        area=area,
        valid_from=world.now - timedelta(hours=2) if begun else world.now + timedelta(hours=2),
        valid_until=_moment(world, rng, future=0.4, past=0.07),
        is_revoked=bool(rng.random() < 0.07),
        undertaking=promise,
        despite_embargo=bool(rng.random() < 0.4),
    )
    plain = replace(plain, **fixed)
    lands = {land.wkb: row for row, land in world.territories}
    Grant.objects.create(
        release_id=plain.release, right=plain.right, user_id=plain.user, group_id=plain.group,
        everybody=plain.everybody, territory=lands[plain.territory.wkb] if plain.territory is not None else None,
        area=as_row(plain.area) if plain.area is not None else None, valid_from=plain.valid_from,
        valid_until=plain.valid_until, revoked_at=world.now if plain.is_revoked else None,
        undertaking_id=plain.undertaking.number if plain.undertaking else None,
        despite_embargo=plain.despite_embargo,
    )  # fmt: skip
    return plain


def _moment(world: World, rng: Rng, *, future: float, past: float) -> datetime | None:
    drawn = rng.random()
    if drawn < future:
        return world.now + timedelta(hours=3)
    return world.now - timedelta(hours=3) if drawn < future + past else None


def draw_shape(rng: Rng, places: np.ndarray, *, largest: float = 3500) -> BaseGeometry:
    """A polygon of any kind that no point lies within a centimetre of."""
    while True:
        kind = rng.choice(["box", "star", "hole", "two", "sliver"])
        shape = _star(rng, largest)
        if kind == "box":
            shape = shapely.box(*shape.bounds)
        elif kind == "hole":
            inner = shapely.affinity.scale(shape, 0.5, 0.5, origin=tuple(shape.representative_point().coords[0]))
            shape = shape.difference(inner) if shape.contains(inner) else shape
        elif kind == "two":
            shape = shape.union(_star(rng, largest / 2))
        elif kind == "sliver":
            west, south, east, north = shape.bounds
            shape = shapely.LineString([(west, south), (east, north)]).buffer(rng.uniform(0.3, 30), cap_style="flat")
        if shape.is_valid and shape.area > 1 and not is_near(shape, places):
            return shape


def is_near(shape: BaseGeometry, places: np.ndarray) -> bool:
    """Whether any of the points lies within a centimetre of the shape's boundary."""
    return bool(shapely.dwithin(shape.boundary, places, NEAR_M).any())


def _star(rng: Rng, largest: float) -> BaseGeometry:
    middle = np.array(CENTRE) + rng.uniform(-HALF_M * 0.8, HALF_M * 0.8, 2)
    corners = int(rng.integers(3, 12))
    # Wide gaps between the corners would let it reach around its middle.
    angle = (np.arange(corners) + rng.uniform(0, 0.6, corners)) * 2 * np.pi / corners
    reach = rng.uniform(0.3, 1, corners) * rng.uniform(0.1, 1) * largest
    return shapely.Polygon(middle + reach[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def as_row(shape: BaseGeometry) -> MultiPolygon:
    """As the models take it."""
    parts = [GEOSGeometry(memoryview(part.wkb), srid=3857) for part in getattr(shape, "geoms", [shape])]
    return MultiPolygon(*parts, srid=3857)
