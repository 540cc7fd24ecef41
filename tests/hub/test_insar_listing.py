"""Points page by page: all of them once, nothing beyond the rights, whatever the cursor says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils import timezone

from hub.insar.models import Action, AuditEntry, Grant, Release, Right, SensitiveSite
from processing.insar.series_store import SeriesStore
from tests.hub.answers import problem
from tests.hub.asked_motion import Known, address, body, box_area, document, grant, square, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return Release.objects.get(pk=motion_releases["L2b"].pk)


@pytest.fixture
def known(release: Release) -> Known:
    return Known(release.layers.get(direction="ascending"))


def page(client: Any, release: Release, **asked: Any) -> Any:
    return client.get(address(release, "points/"), asked)


def pages(client: Any, release: Release, **asked: Any) -> Iterator[dict[str, Any]]:
    while True:
        found = document(page(client, release, **asked))
        yield found
        if found["next"] is None:
            return
        asked["after"] = found["next"]


def test_the_pages_hold_every_point_once(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    found = list(pages(api(alice), release, bbox=written(known.middle), limit=100))
    ids = [feature["id"] for each in found for feature in each["features"]]
    assert len(found) > 2
    assert all(len(each["features"]) == 100 for each in found[:-1])
    assert ids == sorted(ids)
    assert ids == known.ids[known.inside(*known.middle)].tolist()


def test_a_feature_holds_all_that_is_known(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    feature = document(page(api(alice), release, bbox=written(known.around), limit=1, series=1))["features"][0]
    point = known.rows[0]
    assert feature["id"] == known.ids[0]
    assert feature["geometry"]["coordinates"] == pytest.approx([known.lon[0], known.lat[0]], abs=1e-6)
    told = feature["properties"]
    assert (told["pid"], told["part"]) == (point.pid, known.parts[point.part_id].identity)
    for name in ("mean_velocity", "temporal_coherence", "easting", "los_up", "line", "mp_type"):
        assert told[name] == pytest.approx(getattr(point, name), abs=1e-3)
    own = SeriesStore(known.parts[point.part_id].series_folder).row(point.row)
    assert told["displacement"] == pytest.approx(own.tolist(), abs=1e-4)


def test_a_polygon_is_asked_by_post(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    sent = {"polygon": square(*known.middle), "limit": 10_000}
    found = document(api(alice).post(address(release, "points/"), sent, format="json"))
    assert len(found["features"]) == known.inside(*known.middle).sum()
    assert found["next"] is None


def test_pages_come_as_csv_and_parquet_too(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    table = page(api(alice), release, bbox=written(known.around), limit=50, format="csv")
    assert table["Content-Type"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert [row["pid"] for row in rows] == [point.pid for point in known.rows[:50]]
    assert float(rows[0]["longitude"]) == pytest.approx(known.lon[0], abs=1e-6)
    following = page(api(alice), release, bbox=written(known.around), limit=50, format="csv", after=table["X-Next"])
    assert following.content.decode().splitlines()[1].startswith(known.rows[50].pid)
    columns = page(api(alice), release, bbox=written(known.around), limit=50, format="parquet", series=1)
    found = pq.read_table(io.BytesIO(columns.content))
    assert found["id"].to_pylist() == known.ids[:50].tolist()
    assert len(found["displacement_tenths_mm"][0]) == len(known.parts[known.rows[0].part_id].dates)


def test_a_right_taken_back_between_pages_ends_them(api: Callable, alice: AbstractUser, release: Release, known: Known):
    given = grant(release, user=alice, area=box_area(*known.around))
    first = document(page(api(alice), release, bbox=written(known.around), limit=10))
    west, south, east, north = known.around
    Grant.objects.filter(pk=given.pk).update(revoked_at=timezone.now())
    smaller = grant(release, user=alice, area=box_area(*known.middle))
    rest = list(pages(api(alice), release, bbox=written(known.around), limit=1000, after=first["next"]))
    inside = set(known.ids[known.inside(*known.middle)].tolist())
    assert {feature["id"] for each in rest for feature in each["features"]} <= inside
    Grant.objects.filter(pk=smaller.pk).update(valid_until=timezone.now())
    problem(page(api(alice), release, bbox=written(known.around), after=first["next"]), 404, "not_found")


def test_no_cursor_leads_beyond_the_rights(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice, area=box_area(*known.middle))
    inside = set(known.ids[known.inside(*known.middle)].tolist())
    other = Known(release.layers.get(direction="descending"))
    for cursor in (0, 1, known.ids[0] - 1, known.ids[-1], other.ids[0], 2**63 - 1, 2**32 - 1):
        found = document(page(api(alice), release, bbox=written(known.around), after=int(cursor), limit=10_000))
        assert {feature["id"] for feature in found["features"]} <= inside


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 40, str(2**63), "１２", "1 OR 1=1", "null", "\0"])
def test_a_cursor_that_is_none_is_refused(api: Callable, alice: AbstractUser, release: Release, cursor: str):
    grant(release, user=alice)
    problem(page(api(alice), release, bbox="-2,43,0,44", after=cursor), 400, "bad_question")


@pytest.mark.parametrize(
    "bbox", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "0,0,inf,1", "1,0,0,1", "0,1,1,0", "179,0,-179,1",
             "-190,0,0,1", "0,0,0,0", "0,0,1,99", "1" * 300],
)  # fmt: skip
def test_a_window_that_is_none_is_refused(api: Callable, alice: AbstractUser, release: Release, bbox: str):
    grant(release, user=alice)
    problem(page(api(alice), release, bbox=bbox), 400, "bad_place")


@pytest.mark.parametrize(
    "asked", [{}, {"limit": 0}, {"limit": 10_001}, {"limit": "ten"}, {"limit": "1e3"}, {"format": "xlsx"},
              {"series": 1, "limit": 5000}, {"series": "maybe"}],
)  # fmt: skip
def test_other_parameters_that_are_none_are_refused(
    api: Callable, alice: AbstractUser, release: Release, asked: dict[str, Any]
):
    grant(release, user=alice)
    problem(page(api(alice), release, **(asked and {"bbox": "-2,43,0,44"}), **asked), 400, "bad_question")


def test_window_and_polygon_together_are_refused(api: Callable, alice: AbstractUser, release: Release):
    grant(release, user=alice)
    sent = {"bbox": [0, 0, 1, 1], "polygon": square(0, 0, 1, 1)}
    problem(api(alice).post(address(release, "points/"), sent, format="json"), 400, "bad_question")
    for sent in ([], "text", {"bbox": [0, 0, 1, 1], "fields": 1}):
        response = api(alice).post(address(release, "points/"), json.dumps(sent), content_type="application/json")
        assert response.status_code == 400


def test_overview_and_strangers_get_no_points(
    api: Callable, alice: AbstractUser, charlie: AbstractUser, release: Release, known: Known
):
    grant(release, Right.OVERVIEW, user=alice)
    for client in (api(alice), api(charlie), api()):
        problem(page(client, release, bbox=written(known.around)), 404, "not_found")
        problem(page(client, release), 404, "not_found")
    never = page(api(charlie), Release(key="never-was"), bbox=written(known.around))
    assert never.content == page(api(charlie), release, bbox=written(known.around)).content


def test_sensitive_sites_are_left_out(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    SensitiveSite.objects.create(name="Site", area=box_area(*known.middle))
    found = document(page(api(alice), release, bbox=written(known.around), limit=10_000))
    assert {feature["id"] for feature in found["features"]} == set(known.ids[~known.inside(*known.middle)].tolist())


def test_every_page_is_written_down_and_counts_for_the_day(
    api: Callable, alice: AbstractUser, bob: AbstractUser, release: Release, known: Known, settings: Any
):
    grant(release, user=alice)
    grant(release, user=bob)
    settings.INSAR_EXPORT_POINTS_PER_DAY = 250
    for _count in range(2):
        document(page(api(alice), release, bbox=written(known.around), limit=100))
    refused = problem(page(api(alice), release, bbox=written(known.around), limit=100), 429, "quota_used_up")
    assert "250" in refused["detail"] and "50" in refused["detail"]
    document(page(api(alice), release, bbox=written(known.around), limit=50))
    document(page(api(bob), release, bbox=written(known.around), limit=100))
    entries = AuditEntry.objects.filter(release_id=release.pk, user_name="alice").order_by("id")
    assert [(entry.action, entry.points) for entry in entries] == [(Action.POINTS, n) for n in (100, 100, 50)]


def test_points_of_yesterday_do_not_count(
    api: Callable, alice: AbstractUser, release: Release, known: Known, settings: Any
):
    grant(release, user=alice)
    settings.INSAR_EXPORT_POINTS_PER_DAY = 100
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO insar_auditentry (at, user_id, user_name, by, action, release_key, direction, points, cells,"
            " rights, detail) VALUES (now() - interval '25 hours', %s, 'alice', 'token', 'export', '', '', 100, 0, '',"
            " '{}')",
            [alice.pk],
        )
    document(page(api(alice), release, bbox=written(known.around), limit=100))


def test_visitors_share_a_day_by_their_network_address(api: Callable, release: Release, known: Known, settings: Any):
    grant(release, everybody=True)
    settings.INSAR_EXPORT_POINTS_PER_DAY = 100
    asked = {"bbox": written(known.around), "limit": 100}
    document(api().get(address(release, "points/"), asked, REMOTE_ADDR="192.0.2.1"))
    problem(api().get(address(release, "points/"), asked, REMOTE_ADDR="192.0.2.1"), 429, "quota_used_up")
    document(api().get(address(release, "points/"), asked, REMOTE_ADDR="192.0.2.2"))
    assert "192.0.2.1" not in json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_too_many_requests_in_a_minute_wait(
    api: Callable, alice: AbstractUser, charlie: AbstractUser, release: Release, known: Known, settings: Any
):
    from django.core.cache import cache

    cache.clear()
    grant(release, user=alice)
    settings.INSAR_ANSWERS_PER_MINUTE = 0
    refused = page(api(alice), release, bbox=written(known.around))
    problem(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 61
    # Somebody who may know of nothing is told the same.
    problem(page(api(charlie), release, bbox=written(known.around)), 429, "throttled")


def test_answers_are_kept_by_nobody_else(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    found = page(api(alice), release, bbox=written(known.around), limit=1)
    assert found["Cache-Control"] == "private, no-cache"
    assert body(found)
