"""Releases as the API tells of them: as much as one may know, in few queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.insar.answers import describing
from hub.insar.models import Acceptance, AuditEntry, Grant, Release, Right, Undertaking
from portal.accounts.tokens import ApiToken
from tests.hub.answers import problem

pytestmark = pytest.mark.django_db
LIST = "/api/v1/insar/releases/"


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return motion_releases["L2b"]


def grant(release: Release, right: Right, **others: object) -> Grant:
    return Grant.objects.create(release=release, right=right, **others)


def keys(client: Client) -> list[str]:
    return [each["key"] for each in client.get(LIST).json()["releases"]]


def test_one_sees_the_releases_that_one_may_know_of(
    client: Client, alice: AbstractUser, charlie: AbstractUser, motion_releases: dict[str, Release]
):
    grant(motion_releases["L2b"], Right.FULL, user=alice)
    grant(motion_releases["L3"], Right.OVERVIEW, everybody=True)
    assert keys(client) == [motion_releases["L3"].key]
    client.force_login(alice)
    assert sorted(keys(client)) == sorted(motion_releases[level].key for level in ("L2b", "L3"))
    client.force_login(charlie)
    assert keys(client) == [motion_releases["L3"].key]


def test_a_release_is_told_with_layers_dates_and_right(client: Client, alice: AbstractUser, release: Release):
    grant(release, Right.FULL, user=alice)
    client.force_login(alice)
    (told,) = client.get(LIST).json()["releases"]
    assert (told["key"], told["level"], told["right"], told["undertaking"]) == (release.key, "L2b", "full", None)
    assert [layer["direction"] for layer in told["layers"]] == ["ascending", "descending"]
    for each in told["layers"]:
        layer = release.layers.get(direction=each["direction"])
        assert each["points_about"] == describing.about(layer.points)
        west, south, east, north = each["extent"]
        assert -2 < west < east < 0
        assert 43 < south < north < 45
        assert each["velocity_range"] == pytest.approx([layer.velocity_p02, layer.velocity_p98], abs=0.051)
        assert each["first_date"] < each["last_date"]
        assert each["dates"] == len(layer.parts.first().dates)
    detail = client.get(f"{LIST}{release.key}/").json()
    assert {name: detail[name] for name in told} == told
    assert len(detail["parts"]) == sum(layer.parts.count() for layer in release.layers.all())
    assert all(part["outline"]["type"] == "MultiPolygon" for part in detail["parts"])
    assert detail["areas"]["full"]["type"] == "MultiPolygon"


def test_who_may_only_know_of_it_learns_nothing_of_the_motion(client: Client, release: Release):
    grant(release, Right.EXISTS, everybody=True)
    told = client.get(f"{LIST}{release.key}/").json()
    assert told["right"] == "exists"
    assert {layer["velocity_range"] for layer in told["layers"]} == {None}
    assert told["areas"] == {"overview": None, "full": None}


def test_the_areas_are_where_the_rights_are(client: Client, alice: AbstractUser, release: Release):
    area = MultiPolygon(Polygon.from_bbox((-120000, 5410000, -110000, 5420000)), srid=3857)
    grant(release, Right.FULL, user=alice, area=area)
    client.force_login(alice)
    areas = client.get(f"{LIST}{release.key}/").json()["areas"]
    assert areas["full"] == areas["overview"]
    west = min(lon for ring in areas["full"]["coordinates"][0] for lon, _ in ring)
    assert west == pytest.approx(-120000 / 111319.49, abs=1e-4)


def test_a_stranger_finds_no_release(client: Client, alice: AbstractUser, charlie: AbstractUser, release: Release):
    grant(release, Right.EXISTS, user=alice)
    visitor = problem(client.get(f"{LIST}{release.key}/"), 404, "not_found")
    client.force_login(charlie)
    for key in (release.key, "no-such-release", "x%00", "'; --", "a" * 500):
        assert problem(client.get(f"{LIST}{key}/"), 404, "not_found") == visitor
    assert keys(client) == []


def test_a_release_is_gone_with_the_grant(client: Client, alice: AbstractUser, release: Release):
    given = grant(release, Right.FULL, user=alice)
    client.force_login(alice)
    etag = client.get(f"{LIST}{release.key}/")["ETag"]
    assert client.get(f"{LIST}{release.key}/", headers={"If-None-Match": etag}).status_code == 304
    given.revoked_at = timezone.now()
    given.save()
    problem(client.get(f"{LIST}{release.key}/", headers={"If-None-Match": etag}), 404, "not_found")
    assert keys(client) == []


def test_it_is_told_whether_the_undertaking_was_accepted(client: Client, alice: AbstractUser, release: Release):
    promise = Undertaking.objects.create(title="Promise", text_en="...")
    Release.objects.filter(pk=release.pk).update(undertaking=promise)
    grant(release, Right.EXISTS, everybody=True)
    client.force_login(alice)
    assert client.get(LIST).json()["releases"][0]["undertaking"] == {
        "id": promise.pk, "title": "Promise", "version": 1, "accepted": False,
    }  # fmt: skip
    Acceptance.objects.create(undertaking=promise, user=alice)
    assert client.get(f"{LIST}{release.key}/").json()["undertaking"]["accepted"] is True


def test_the_list_takes_as_many_queries_for_three_as_for_one(alice: AbstractUser, motion_releases: dict[str, Release]):
    counts = []
    for level in ("L2a", "L2b", "L3"):
        grant(motion_releases[level], Right.FULL, user=alice)
        with CaptureQueriesContext(connection) as captured:
            described = describing.releases(alice)
        counts.append((len(described), len(captured)))
    assert [number for number, _ in counts] == [1, 2, 3]
    assert counts[0][1] == counts[2][1] <= 4
    assert describing.releases(AnonymousUser()) == []


def test_what_was_told_is_written_down(client: Client, alice: AbstractUser, release: Release):
    grant(release, Right.EXISTS, user=alice)
    token = ApiToken.create_for(alice, "test")[1]
    # The log keeps what other tests left in it.
    before = AuditEntry.objects.count()
    client.get(LIST, headers={"Authorization": f"Bearer {token}"})
    client.get(f"{LIST}{release.key}/", headers={"Authorization": f"Bearer {token}"})
    listed, shown = AuditEntry.objects.order_by("id")[before:]
    assert (listed.by, listed.action, listed.detail) == ("token", "release", {"releases": [release.key]})
    assert (shown.user_name, shown.release_key, shown.by) == ("alice", release.key, "token")


@pytest.mark.parametrize(("count", "told"), [(0, 0), (7, 7), (99, 99), (104, 100), (105, 110), (123_456, 120_000)])
def test_a_total_is_told_to_two_digits(count: int, told: int):
    assert describing.about(count) == told
