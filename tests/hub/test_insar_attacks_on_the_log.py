"""Attacks on the log, on requests, and on the geometry of rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from hub.insar import policy
from hub.insar.models import AccessRequest, Action, AuditEntry, Grant, SensitiveSite, Territory
from tests.hub.asked_motion import document
from tests.hub.attacked_motion import AROUND, Target, browser, make_target, without_limits
from tests.hub.policy_worlds import CENTRE, HALF_M, as_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(settings: Any, tmp_path: Path) -> Target:
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)
    return make_target()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE insar_auditentry SET points = 0",
        "UPDATE insar_auditentry SET user_name = 'nobody' WHERE false",
        "DELETE FROM insar_auditentry",
        "DELETE FROM insar_auditentry WHERE id = 1",
        "TRUNCATE insar_auditentry",
        "TRUNCATE insar_grant, insar_auditentry CASCADE",
        "INSERT INTO insar_auditentry (id, at, user_name, by, action, release_key, direction, points, cells, rights,"
        " detail) VALUES (1, now(), '', '', '', '', '', 0, 0, '', '{}')",
        "MERGE INTO insar_auditentry a USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_the_log_refuses_the_sites_own_database_role(target: Target, statement: str):
    assert browser(target.alice).get(target.address(f"points/{target.mine[0]}/")).status_code == 200
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.filter(action=Action.POINT, user_id=target.alice.pk, points=1).count() == 1


def test_an_answer_that_cannot_be_written_down_is_not_given(target: Target, monkeypatch: pytest.MonkeyPatch):
    from hub.insar import audit

    client = browser(target.alice)
    client.raise_request_exception = False
    monkeypatch.setattr(audit, "_INSERT", "SELECT 1 / 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s")
    for what in (target.tile(), f"points/{target.mine[0]}/", f"points/?bbox={AROUND}", f"cells/?bbox={AROUND}",
                 f"export.csv?bbox={AROUND}"):  # fmt: skip
        with transaction.atomic():
            answer = client.get(target.address(what))
            assert answer.status_code == 500
            transaction.set_rollback(True)


def test_a_request_grants_nothing_whatever_is_sent_with_it(target: Target):
    land = shapely.box(CENTRE[0] - HALF_M, CENTRE[1] - HALF_M, CENTRE[0] + HALF_M, CENTRE[1] + HALF_M)
    territory = Territory.objects.create(name="Land", authority="Survey", area=as_row(land))
    other = Territory.objects.create(name="Far", authority="Survey", area=as_row(shapely.box(0, 0, 9, 9)))
    before = Grant.objects.count()
    sent = {
        "right": "full", "territories": [territory.pk], "purpose": "Monitoring of the quays in the old harbour.",
        "until": (timezone.now().date() + timezone.timedelta(days=30)).isoformat(),
        "state": "granted", "user": target.world.users["bob"].pk, "release": target.hidden.number, "grant": 1,
        "decided_by": "boss", "decided_at": "2020-01-01", "everybody": "on", "despite_embargo": "on",
        "valid_until": "2999-01-01", "territory": other.pk, "pk": 1, "id": 1,
    }  # fmt: skip
    client, path = browser(target.alice), reverse("insar:ask", args=[target.open.key])
    assert client.post(path, sent).status_code == 303
    (made,) = AccessRequest.objects.all()
    assert (made.user, made.release_id, made.state) == (target.alice, target.open.number, "waiting")
    assert (made.territory, made.grant, made.decided_by, made.decided_at) == (territory, None, "", None)
    assert Grant.objects.count() == before
    for changed in ({"right": "everything"}, {"right": "exists"}, {"territories": [other.pk]}, {"until": "2999-01-01"}):
        assert client.post(path, sent | changed).status_code in (409, 422)
    assert AccessRequest.objects.count() == 1
    # Nobody decides on it but who answers for the territory; for others it is not there.
    for name in ("decide", "revoke"):
        for pk in (made.pk, target.full.pk, 10**6):
            assert client.post(reverse(f"insar:{name}", args=[pk]), {"right": "full"}).status_code == 404


def test_sites_that_overlap_hide_what_each_hides(target: Target):
    """Their areas together are no valid area; answers must neither fail nor show anything of them."""
    x, y = target.layer.x[0], target.layer.y[0]
    areas = [shapely.box(x - 40, y - 40, x + 40, y + 40), shapely.box(x - 20, y - 90, x + 60, y + 30),
             shapely.Polygon([(x - 90, y), (x + 80, y - 33), (x + 5, y + 77)])]  # fmt: skip
    for number, area in enumerate(areas):
        SensitiveSite.objects.create(name=str(number), area=as_row(area))
    hidden = shapely.union_all(areas)
    Grant.objects.create(release_id=target.open.number, right="full", user=target.alice)
    found = document(browser(target.alice).get(target.address("points/"), {"bbox": AROUND, "limit": 10_000}))
    kept = target.layer.ids[~shapely.covers(hidden, target.layer.places)]
    assert {feature["id"] for feature in found["features"]} == set(kept.tolist())


def test_a_window_with_a_corner_on_the_border_gives_nothing_beyond_it(target: Target):
    """Cutting an area down to the window's surroundings must not add to it, wherever the window's corners lie."""
    # In GEOS, cutting by a box gives land beyond this border where the box's corner lies on it.
    corners = [(7, 5), (7, 0), (5, 0), (5, 4.333333333333333), (0, 1), (0, 4), (0, 6), (0.631578947368421,
               5.894736842105263), (1, 7), (6, 5), (7, 5)]  # fmt: skip
    area = shapely.Polygon(corners)
    box = shapely.box(3, 3, 7, 8)
    Grant.objects.all().delete()
    grant = Grant.objects.create(release_id=target.open.number, right="full", user=target.alice, area=as_row(area))
    assert _near(target, box).difference(area.buffer(1e-6)).is_empty
    # Every corner on or near a border, for many borders.
    for east in range(1, 7):
        for north in range(1, 7):
            triangle = shapely.Polygon([(0, 0), (east, north), (7, 1), (4, 7), (0, 7)]).convex_hull
            grant.area = as_row(triangle)
            grant.save()
            cut = _near(target, shapely.box(east / 2, north / 2, 6, 6))
            exact = triangle.intersection(shapely.box(east / 2, north / 2, 6, 6))
            assert cut.symmetric_difference(exact).area < 1e-9


def _near(target: Target, box: BaseGeometry) -> BaseGeometry:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsBinary(insar_area_near(%s::bigint, %s::bigint, 'full', ST_GeomFromWKB(%s, 3857)))",
            [policy.viewer_of(target.alice), target.open.number, box.wkb],
        )
        return shapely.from_wkb(bytes(cursor.fetchone()[0]))
