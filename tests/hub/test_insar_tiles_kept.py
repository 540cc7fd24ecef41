"""What a browser keeps of tiles is of no use once a right has ended; and what is no tile is not found."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.insar.models import AuditEntry, Direction, Grant, Layer, Release, Right
from tests.hub.answers import problem
from tests.hub.asked_tiles import address, grant, tiles_of
from tests.hub.vector_tiles import read_tile

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return motion_releases["L2b"]


@pytest.fixture
def layer(release: Release) -> Layer:
    return release.layers.get(direction=Direction.ASCENDING)


@pytest.fixture
def alices(client: Client, alice: AbstractUser) -> Client:
    client.force_login(alice)
    return client


def test_an_unchanged_tile_is_not_sent_again_but_written_down(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    first = alices.get(place)
    again = alices.get(place, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    entries = AuditEntry.objects.order_by("id")
    assert [(each.user_name, each.action, each.direction) for each in entries] == [("alice", "tile", "ascending")] * 2
    assert [each.points > 0 for each in entries] == [True, False]
    assert entries[0].points == len(read_tile(first.content)["points"])


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timedelta(0)},
        {"valid_until": timedelta(seconds=-1)},
        {"valid_from": timedelta(hours=1)},
    ],
)
def test_a_right_that_has_ended_ends_the_browsers_copy_too(
    alices: Client, alice: AbstractUser, layer: Layer, change: dict[str, timedelta]
):
    given = grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    first = alices.get(place)
    Grant.objects.filter(pk=given.pk).update(**{name: timezone.now() + value for name, value in change.items()})
    problem(alices.get(place, headers={"If-None-Match": first["ETag"]}), 404, "not_found")


def test_an_embargo_counts_between_two_requests(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    first = alices.get(place)
    Release.objects.filter(pk=layer.release_id).update(embargo_until=timezone.now() + timedelta(days=1))
    problem(alices.get(place, headers={"If-None-Match": first["ETag"]}), 404, "not_found")


def test_a_smaller_right_makes_another_tile(alices: Client, alice: AbstractUser, bob: AbstractUser, layer: Layer):
    given = grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    first = alices.get(place)
    Grant.objects.filter(pk=given.pk).update(right=Right.OVERVIEW)
    second = alices.get(place, headers={"If-None-Match": first["ETag"]})
    assert second.status_code in (200, 204)
    assert "points" not in read_tile(second.content)
    assert second["ETag"] != first["ETag"]


def test_a_shared_cache_of_another_person_is_of_no_use(
    alices: Client, alice: AbstractUser, bob: AbstractUser, layer: Layer
):
    grant(layer.release, Right.FULL, user=alice)
    place = address(layer, tiles_of(layer, 14)[0])
    etag = alices.get(place)["ETag"]
    alices.force_login(bob)
    problem(alices.get(place, headers={"If-None-Match": etag}), 404, "not_found")
    grant(layer.release, Right.OVERVIEW, user=bob)
    assert alices.get(place, headers={"If-None-Match": etag}).status_code != 304


def test_a_tile_is_gzipped_where_that_is_understood(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    place = address(layer, max(tiles_of(layer, 9), key=lambda tile: len(alices.get(address(layer, tile)).content)))
    plain, packed = alices.get(place), alices.get(place, headers={"Accept-Encoding": "br, gzip"})
    assert (plain["Content-Type"], "Content-Encoding" in plain) == ("application/vnd.mapbox-vector-tile", False)
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert {"Accept-Encoding", "Cookie", "Authorization"} <= {each.strip() for each in packed["Vary"].split(",")}
    assert alices.get(place, headers={"If-None-Match": packed["ETag"]}).status_code == 304


@pytest.mark.parametrize("accept", ["*/*", "image/png", "application/x-protobuf", "application/json", "nonsense"])
def test_a_tile_is_a_tile_whatever_is_accepted(alices: Client, alice: AbstractUser, layer: Layer, accept: str):
    grant(layer.release, Right.FULL, user=alice)
    answer = alices.get(address(layer, tiles_of(layer, 14)[0]), headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")


@pytest.mark.parametrize(
    "numbers",
    ["17/0/0", "-1/0/0", "0/1/0", "0/0/1", "1/2/0", "1.0/0/0", "a/0/0", "1/0/-1", "14/99999999999999999999/0",
     "٣/0/0", "1/0/0x1", "1/+0/0", "1/ 0/0", "9999999/0/0", "4/16/0", "1/0/1e0"],
)  # fmt: skip
def test_a_tile_that_is_not_on_the_map_is_not_found(alices: Client, alice: AbstractUser, layer: Layer, numbers: str):
    grant(layer.release, Right.FULL, user=alice)
    path = f"/api/v1/insar/releases/{layer.release.key}/{layer.direction}/tiles/{numbers}.mvt"
    problem(alices.get(path), 404, "not_found")


def test_digits_without_end_are_not_found(alices: Client, alice: AbstractUser, layer: Layer):
    grant(layer.release, Right.FULL, user=alice)
    path = f"/api/v1/insar/releases/{layer.release.key}/{layer.direction}/tiles/1/0/{'1' * 6000}.mvt"
    problem(alices.get(path), 404, "not_found")


@pytest.mark.parametrize("direction", ["up", "Ascending", "ascending%00", "'; --", "a" * 300])
def test_a_layer_that_is_not_there_is_not_found(alices: Client, alice: AbstractUser, layer: Layer, direction: str):
    grant(layer.release, Right.FULL, user=alice)
    problem(alices.get(address(layer, (5, 15, 11), direction)), 404, "not_found")


def test_what_is_not_yours_and_what_is_not_there_take_the_same_statements(
    client: Client, charlie: AbstractUser, layer: Layer
):
    client.force_login(charlie)
    place = address(layer, tiles_of(layer, 14)[0])
    asked = []
    for path in (place, place.replace(layer.release.key, "no-such-release")):
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        headers = dict(answer.headers.items())
        # Without what each person sends anyway, and the time of day.
        asked.append(([re.sub(r"'[^']*'", "''", query["sql"]) for query in captured], headers))
    (hidden, headers), (missing, others) = asked
    assert hidden == missing
    assert len(hidden) == 3  # session, person, policy
    assert headers == others
