"""Cells of a window as GeoJSON: those of the table that may be seen, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from shapely.geometry import shape

from hub.insar.models import Action, AuditEntry, Cell, Layer, Release, Right
from tests.hub.answers import problem
from tests.hub.asked_motion import address, document, grant, square

pytestmark = pytest.mark.django_db
EVERYWHERE = "-3,42,1,45"


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return Release.objects.get(pk=motion_releases["L2b"].pk)


@pytest.fixture
def layer(release: Release) -> Layer:
    return release.layers.get(direction="ascending")


def ask(client: Any, release: Release, **asked: Any) -> Any:
    return client.get(address(release, "cells/"), {"bbox": EVERYWHERE, **asked})


def places(found: dict[str, Any]) -> set[tuple[int, int]]:
    return {(each["properties"]["column"], each["properties"]["row"]) for each in found["features"]}


@pytest.mark.parametrize("size", [100, 400, 1600, 6400])
def test_full_rights_show_every_cell(api: Callable, alice: AbstractUser, release: Release, layer: Layer, size: int):
    grant(release, user=alice)
    known = {(cell.column, cell.row): cell for cell in Cell.objects.filter(layer_id=layer.pk, size_m=size)}
    found = document(ask(api(alice), release, size=size))
    assert places(found) == set(known)
    for feature in found["features"]:
        told = feature["properties"]
        cell = known[told["column"], told["row"]]
        for name in ("count", "mean", "median", "p05", "p95", "low", "high", "spread"):
            assert told[name] == pytest.approx(getattr(cell, name), abs=1e-3)
        outline, expected = shape(feature["geometry"]), cell.geom.transform(4326, clone=True)
        assert outline.centroid.x == pytest.approx(expected.centroid.x, abs=1e-6)
        assert outline.centroid.y == pytest.approx(expected.centroid.y, abs=1e-6)


def test_an_overview_shows_large_cells_that_are_not_suppressed(
    api: Callable, alice: AbstractUser, release: Release, layer: Layer
):
    grant(release, Right.OVERVIEW, user=alice)
    for size in (100, 400, 1600, 6400):
        shown = Cell.objects.filter(layer_id=layer.pk, size_m=size, shown=True)
        expected = set(shown.values_list("column", "row")) if size >= release.overview_cell_m else set()
        assert places(document(ask(api(alice), release, size=size))) == expected
    assert places(document(ask(api(alice), release))) == places(
        document(ask(api(alice), release, size=release.overview_cell_m))
    )


def test_only_cells_of_the_window_are_given(api: Callable, alice: AbstractUser, release: Release, layer: Layer):
    grant(release, user=alice)
    assert document(ask(api(alice), release, bbox="10,10,11,11"))["features"] == []
    (entry,) = AuditEntry.objects.filter(release_id=release.pk)
    assert (entry.action, entry.cells, entry.points) == (Action.CELLS, 0, 0)


@pytest.mark.parametrize("size", ["0", "500", "-400", "400.0", "x", "9" * 30])
def test_a_size_that_there_is_not_is_refused(api: Callable, alice: AbstractUser, release: Release, size: str):
    grant(release, user=alice)
    problem(ask(api(alice), release, size=size), 400, "bad_question")


def test_more_cells_than_an_answer_holds_are_refused(
    api: Callable, alice: AbstractUser, release: Release, settings: Any
):
    grant(release, user=alice)
    settings.INSAR_LIMIT_VIEW_POINTS = 3
    assert problem(ask(api(alice), release, size=100), 422, "too_many_points")["remedy"]


def test_strangers_get_no_cells(
    api: Callable, alice: AbstractUser, bob: AbstractUser, charlie: AbstractUser, release: Release
):
    grant(release, user=alice)
    grant(release, Right.EXISTS, user=bob)
    for client in (api(bob), api(charlie), api()):
        problem(ask(client, release), 404, "not_found")
        problem(ask(client, release, size="x"), 404, "not_found")


def test_a_page_of_another_site_cannot_ask_in_ones_name(alice: AbstractUser, release: Release):
    grant(release, user=alice)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    for what in ("aggregate/", "points/", "profile/", "export.csv"):
        sent = {"polygon": square(0, 0, 1, 1)}
        refused = browser.post(address(release, what), sent, content_type="application/json")
        assert refused.status_code == 403
    assert not AuditEntry.objects.filter(release_id=release.pk).exists()
