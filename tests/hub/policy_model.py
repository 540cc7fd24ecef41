"""The access policy as its words say it, over plain lists: what answers are compared with. It asks no database.

Who has a right: a grant counts for the person it names, for members of the group it names, for everybody; not before
it begins, not once it has ended or was revoked, not under an embargo unless it says so, not without the undertaking it
rests on, accepted by this very person and still standing. Its area lies within its territory. People who are not
active are visitors. Being an operator is no right.

What a right shows: full, points, less those of sensitive sites; overview, cells of the release's size or larger that
lie wholly where it holds, touch nothing where points are shown, and are not suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

SIZES = (100, 400, 1600, 6400)
RIGHTS = ("exists", "overview", "full")
COARSE = 1600
NEAR_M = 0.01
"""What lies nearer to a boundary than this is not asked about."""
_TO_MAP = pyproj.Transformer.from_crs(3035, 3857, always_xy=True)


class TooNear(Exception):
    """Something lies within a centimetre of a boundary: to be drawn again."""


@dataclass(frozen=True)
class Viewer:
    name: str
    number: int | None
    """None: a visitor."""
    groups: frozenset[int] = frozenset()
    is_active: bool = True


@dataclass(frozen=True)
class PlainUndertaking:
    number: int
    accepted_by: frozenset[int]
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class PlainGrant:
    release: int
    right: str
    user: int | None
    group: int | None
    everybody: bool
    territory: BaseGeometry | None
    area: BaseGeometry | None
    valid_from: datetime
    valid_until: datetime | None
    is_revoked: bool
    undertaking: PlainUndertaking | None
    despite_embargo: bool

    def counts(self, viewer: Viewer, now: datetime, embargo: datetime | None) -> bool:
        if self.is_revoked or self.valid_from > now or (self.valid_until is not None and self.valid_until <= now):
            return False
        if embargo is not None and embargo > now and not self.despite_embargo:
            return False
        known = viewer.number if viewer.is_active else None
        named = known is not None and (self.user == known or self.group in viewer.groups)
        if not (self.everybody or named):
            return False
        promise = self.undertaking
        if promise is None:
            return True
        stands = promise.withdrawn_at is None or promise.withdrawn_at > now
        return stands and viewer.number in promise.accepted_by

    @cached_property
    def place(self) -> BaseGeometry:
        """Where it holds."""
        if self.territory is None:
            return self.area if self.area is not None else shapely.box(-2e7, -2e7, 2e7, 2e7)
        if self.area is None:
            return self.territory
        return polygons_of(self.territory.intersection(self.area))


@dataclass(frozen=True)
class PlainSite:
    release: int | None
    area: BaseGeometry
    is_cut: bool


@dataclass
class PlainLayer:
    """Points of one direction: arrays, in the order of their ids."""

    number: int
    direction: str
    ids: np.ndarray
    pids: list[str]
    x: np.ndarray
    y: np.ndarray
    easting: np.ndarray
    northing: np.ndarray
    velocity: np.ndarray
    """NaN where there is none."""

    @cached_property
    def places(self) -> np.ndarray:
        return shapely.points(self.x, self.y)


@dataclass
class PlainCells:
    """Cells of one size: arrays."""

    size: int
    column: np.ndarray
    row: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    shown: np.ndarray
    geometry: np.ndarray


@dataclass
class PlainRelease:
    number: int
    key: str
    least: int
    overview_cell: int
    embargo: datetime | None
    layers: list[PlainLayer]
    sites: list[PlainSite] = field(default_factory=list)
    cells: dict[int, dict[int, PlainCells]] = field(default_factory=dict)
    """By layer and size."""


@dataclass
class Standing:
    """What a viewer has on a release."""

    right: str | None
    full: BaseGeometry
    overview: BaseGeometry

    def has(self, right: str) -> bool:
        return self.right is not None and RIGHTS.index(self.right) >= RIGHTS.index(right)


def standing(viewer: Viewer, release: PlainRelease, grants: list[PlainGrant], now: datetime) -> Standing:
    """The highest right anywhere, and where which holds."""
    own = [
        grant
        for grant in grants
        if grant.release == release.number and grant.counts(viewer, now, release.embargo) and not grant.place.is_empty
    ]
    if not own:
        return Standing(None, shapely.Polygon(), shapely.Polygon())
    highest = max(RIGHTS.index(grant.right) for grant in own)
    return Standing(
        RIGHTS[highest],
        shapely.union_all([grant.place for grant in own if grant.right == "full"]),
        shapely.union_all([grant.place for grant in own if grant.right in ("overview", "full")]),
    )


def visible_points(release: PlainRelease, layer: PlainLayer, own: Standing) -> np.ndarray:
    """Which of the layer's points may be seen one by one."""
    seen = shapely.covers(own.full, layer.places) if own.has("full") else np.zeros(len(layer.ids), bool)
    for site in release.sites:
        seen &= ~shapely.covers(site.area, layer.places)
    return seen


def visible_cells(release: PlainRelease, layer: PlainLayer, own: Standing, size: int) -> np.ndarray:
    """Which cells of one size may be seen. Raises TooNear."""
    cells = release.cells[layer.number][size]
    if not len(cells.count) or not own.has("overview"):
        return np.zeros(len(cells.count), bool)
    wholly_full = _surely(shapely.covers, own.full, cells.geometry)
    touches_full = _surely(shapely.intersects, own.full, cells.geometry)
    if size < release.overview_cell:
        return wholly_full
    in_overview = _surely(shapely.covers, own.overview, cells.geometry)
    return wholly_full | (cells.shown & in_overview & ~touches_full)


def beyond_full(release: PlainRelease, layer: PlainLayer, own: Standing, size: int) -> np.ndarray:
    """Those of the visible cells that touch nothing where points are shown. Raises TooNear."""
    geometry = release.cells[layer.number][size].geometry
    return visible_cells(release, layer, own, size) & ~_surely(shapely.intersects, own.full, geometry)


def make_cells(release: PlainRelease) -> None:
    """Count the cells of all layers anew, one point at a time."""
    for layer in release.layers:
        cut = _in_sites(layer, [site for site in release.sites if site.is_cut])
        coarsened = _in_sites(layer, [site for site in release.sites if not site.is_cut])
        there = ~cut & ~np.isnan(layer.velocity)
        together = _members(layer, there & coarsened, COARSE)
        enough = {key for key, members in together.items() if len(members) >= release.least}
        coarse_key = [_key(layer, at, COARSE) for at in range(len(layer.ids))]
        in_large = there & (~coarsened | np.array([key in enough for key in coarse_key], bool))
        members = {size: _members(layer, in_large if size >= COARSE else there & ~coarsened, size) for size in SIZES}
        counts = {size: {key: len(each) for key, each in own.items()} for size, own in members.items()}
        shown = shown_cells(counts, release.least)
        release.cells[layer.number] = {size: _plain_cells(layer, size, members[size], shown[size]) for size in SIZES}


def shown_cells(counts: dict[int, dict[tuple[int, int], int]], least: int) -> dict[int, set[tuple[int, int]]]:
    """Which cells are not suppressed: large ones first, in each shown one the children that leave no few over."""
    shown = {SIZES[-1]: {key for key, count in counts[SIZES[-1]].items() if count >= least}}
    for size in reversed(SIZES[:-1]):
        around = shown[size * 4]
        shown[size] = set()
        for parent in around:
            children = [key for key in counts[size] if (key[0] // 4, key[1] // 4) == parent]
            kept = [key for key in children if counts[size][key] >= least]
            left = counts[size * 4][parent] - sum(counts[size][key] for key in kept)
            if 0 < left < least and kept:
                kept.remove(min(kept, key=lambda key: (counts[size][key], key)))
            shown[size].update(kept)
    return shown


def polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    """Its area, without the lines and points that touching shapes have in common."""
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _in_sites(layer: PlainLayer, sites: list[PlainSite]) -> np.ndarray:
    found = np.zeros(len(layer.ids), bool)
    for site in sites:
        found |= shapely.covers(site.area, layer.places)
    return found


def _key(layer: PlainLayer, at: int, size: int) -> tuple[int, int]:
    return int(layer.easting[at] // size), int(layer.northing[at] // size)


def _members(layer: PlainLayer, which: np.ndarray, size: int) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for at in np.flatnonzero(which):
        found.setdefault(_key(layer, at, size), []).append(int(at))
    return found


def _plain_cells(
    layer: PlainLayer, size: int, members: dict[tuple[int, int], list[int]], shown: set[tuple[int, int]]
) -> PlainCells:
    keys = sorted(members)
    column, row = (np.array([key[axis] for key in keys], int) for axis in (0, 1))
    corners = [
        np.stack(_TO_MAP.transform((column + right) * float(size), (row + up) * float(size)), axis=1)
        for right, up in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    rings = np.stack(corners, axis=1) if keys else np.empty((0, 4, 2))
    return PlainCells(
        size, column, row,
        np.array([len(members[key]) for key in keys], int),
        np.array([layer.velocity[members[key]].mean() for key in keys]),
        np.array([key in shown for key in keys], bool),
        shapely.polygons(rings) if keys else np.array([], object),
    )  # fmt: skip


def _surely(relation: np.ufunc, area: BaseGeometry, geometry: np.ndarray) -> np.ndarray:
    """A relation of an area to cells that a centimetre more or less of the area would not change."""
    if area.is_empty:
        return np.zeros(len(geometry), bool)
    found = [relation(area.buffer(by), geometry) for by in (-NEAR_M, NEAR_M)]
    if not np.array_equal(*found):
        raise TooNear
    return relation(area, geometry)
