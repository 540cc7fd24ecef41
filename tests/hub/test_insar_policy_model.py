"""No point too many, no point too few: every address against a plain model of the policy, over random worlds.

A case is one viewer under one random policy, asked at every address of the API. A failing case names itself; with
``INSAR_CASE=seed,ground,policy,viewer`` in the environment it runs alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from hub.insar.models import AuditEntry
from tests.hub.attacked_motion import without_limits
from tests.hub.policy_model import TooNear, standing
from tests.hub.policy_questions import Asking
from tests.hub.policy_worlds import World, draw_ground, draw_policy, make_world

pytestmark = pytest.mark.django_db
SEEDS = (1, 2, 3, 4)
GROUNDS, POLICIES, VIEWERS = 12, 7, 6
CASES = GROUNDS * POLICIES * VIEWERS
PAGES_EVERY = 12
_MOST_TRIES = 20
_ONLY = os.environ.get("INSAR_CASE", "")


@pytest.fixture(autouse=True)
def room(settings: Any, tmp_path: Path) -> None:
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)


def test_there_are_two_thousand_cases():
    assert CASES * len(SEEDS) >= 2000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_address_gives_what_the_plain_policy_says(seed: int):
    if _ONLY and int(_ONLY.split(",")[0]) != seed:
        pytest.skip("another seed is asked for")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
    world = make_world(seed)
    asked = shown = 0
    for ground in range(GROUNDS):
        if _skipped(1, ground):
            continue
        draw_ground(world, np.random.default_rng([seed, ground]))
        for policy in range(POLICIES):
            if _skipped(2, policy):
                continue
            draw_policy(world, np.random.default_rng([seed, ground, policy]))
            for viewer in range(VIEWERS):
                if not _skipped(3, viewer):
                    shown += _case(world, (seed, ground, policy, viewer), with_pages=asked % PAGES_EVERY == 0)
                    asked += 1
    assert asked == CASES or _ONLY
    # Worlds in which nobody sees anything would prove little.
    assert shown > CASES / 6 or _ONLY


def _skipped(place: int, number: int) -> bool:
    return bool(_ONLY) and int(_ONLY.split(",")[place]) != number


def _case(world: World, case: tuple[int, int, int, int], *, with_pages: bool) -> bool:
    """Ask one viewer's questions; whether there was anything to be seen. Raises AssertionError with the case's name."""
    viewer = world.viewers[case[3]]
    for again in range(_MOST_TRIES):
        rng = np.random.default_rng([*case, again])
        release = world.releases[int(rng.integers(len(world.releases)))]
        layer = release.layers[int(rng.integers(len(release.layers)))]
        asking = Asking(world, viewer, release, layer, rng)
        before = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        try:
            asking.everything()
            _compare_log(asking, before)
            if with_pages:
                _ask_pages(asking)
        except TooNear:
            continue
        except AssertionError as wrong:
            raise AssertionError(f"INSAR_CASE={','.join(map(str, case))} ({viewer.name}): {wrong}") from wrong
        return asking.own.has("overview")
    raise AssertionError(f"INSAR_CASE={','.join(map(str, case))}: every draw lies on a boundary")


def _compare_log(asking: Asking, before: int) -> None:
    """The audit log has each answer that was given, with what it held, and nothing of what was refused."""
    entries = AuditEntry.objects.filter(id__gt=before).order_by("id")
    assert [(each.action, each.release_key, each.points, each.cells) for each in entries] == asking.logged
    # The log knows people who are not active by their names, if they get in at all.
    assert {each.user_id for each in entries} <= {asking.viewer.number}


def _ask_pages(asking: Asking) -> None:
    """The map page and the release's page: whether they are there, and the releases that they name."""
    user, viewer = asking.world.users[asking.viewer.name], asking.viewer
    browser = Client()
    if user.is_authenticated:
        browser.force_login(user)
    named = browser.get(reverse("insar:map")).content.decode()
    for release in asking.world.releases:
        own = standing(viewer, release, asking.world.grants, asking.world.now)
        assert (f'"{release.key}"' in named) == (own.right is not None), "map page"
        there = browser.get(reverse("insar:release", args=[release.key])).status_code
        assert there == (200 if own.right else 404), "page of the release"
