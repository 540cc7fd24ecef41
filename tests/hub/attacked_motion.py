"""What the attacks are made on: two releases, of which alice may see some points of one and all cells of it.

The west half of the first release is alice's; of its east half she has an overview. The second release is all hers in
one layer, and she knows nothing of "hidden", the third. charlie has nothing anywhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import shapely
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.insar.models import Grant, Release
from tests.hub.asked_motion import body
from tests.hub.policy_model import PlainLayer, PlainRelease
from tests.hub.policy_worlds import CENTRE, HALF_M, World, as_row, make_world, settle

SEED = 5
"""Of a world with three releases, the first of which has two layers of two parts."""
WEST = shapely.box(CENTRE[0] - HALF_M, CENTRE[1] - HALF_M, CENTRE[0], CENTRE[1] + HALF_M)
AROUND = "-1.2,43.6,-0.9,43.8"
"""A window with all points."""


@dataclass
class Target:
    world: World
    alice: AbstractUser
    charlie: AbstractUser
    open: PlainRelease
    """Whose west half alice sees in full, and the rest of which she has an overview."""
    other: PlainRelease
    """All alice's."""
    hidden: PlainRelease
    full: Grant
    """Alice's, of the west half."""
    overview: Grant

    @property
    def layer(self) -> PlainLayer:
        return self.open.layers[0]

    @property
    def mine(self) -> np.ndarray:
        """The ids of the points of ``layer`` that alice sees."""
        return self.layer.ids[shapely.covers(WEST, self.layer.places)]

    @property
    def not_mine(self) -> np.ndarray:
        return self.layer.ids[~shapely.covers(WEST, self.layer.places)]

    def address(self, what: str = "", layer: str = "ascending", release: PlainRelease | None = None) -> str:
        return f"/api/v1/insar/releases/{(release or self.open).key}/{layer}/{what}"

    def tile(self, at: int = 0, zoom: int = 14) -> str:
        """The address of the tile with one of the points of ``layer``."""
        side = 40_075_016.685578488 / 2**zoom
        half = side * 2 ** (zoom - 1)
        column, row = int((self.layer.x[at] + half) // side), int((half - self.layer.y[at]) // side)
        return f"tiles/{zoom}/{column}/{row}.mvt"


def make_target() -> Target:
    world = make_world(SEED)
    open_, other, hidden = world.releases
    for release in world.releases:
        release.least, release.overview_cell = 5, 400
    settle(world)
    alice, charlie = world.users["alice"], world.users["charlie"]
    begun = timezone.now() - timedelta(days=1)
    full = Grant.objects.create(release_id=open_.number, right="full", user=alice, area=as_row(WEST), valid_from=begun)
    overview = Grant.objects.create(release_id=open_.number, right="overview", user=alice, valid_from=begun)
    Grant.objects.create(release_id=other.number, right="full", user=alice, valid_from=begun)
    Grant.objects.create(release_id=hidden.number, right="full", user=world.users["bob"], valid_from=begun)
    assert len(open_.layers) == 2
    return Target(world, alice, charlie, open_, other, hidden, full, overview)


def without_limits(settings: Any) -> None:
    """Ask as often as one likes, and leave no count behind that would hold off the tests that follow."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.INSAR_TILES_PER_MINUTE = settings.INSAR_ANSWERS_PER_MINUTE = 10**9


def browser(user: AbstractUser | None = None, **headers: Any) -> Client:
    """A real session, through all of the site."""
    client = Client(**headers)
    if user is not None:
        client.force_login(user)
    return client


def post(client: Client, path: str, asked: Any) -> Any:
    return client.post(path, json.dumps(asked), content_type="application/json")


def looks(response: Any) -> tuple[int, dict[str, str], bytes]:
    """All that somebody sees of an answer: status, headers and bytes."""
    return response.status_code, dict(response.headers), body(response)


def statements(client: Client, ask: Any) -> tuple[list[str], Any]:
    """The statements that a question costs, without the values in them, and its answer."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = ask(client)
    return [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in captured], response


def row_of(release: PlainRelease) -> Release:
    return Release.objects.get(pk=release.number)
