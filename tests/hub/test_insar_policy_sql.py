"""What the policy gives of points and cells, straight from its functions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser, AnonymousUser, Group
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.errors import NotFound
from hub.insar import audit, partitions, policy
from hub.insar.models import (
    Acceptance,
    Action,
    AuditEntry,
    Direction,
    Grant,
    Layer,
    Level,
    Release,
    Right,
    SensitiveSite,
    Territory,
    Undertaking,
)

pytestmark = pytest.mark.django_db
WHOLE = (0, 0, 1000, 1000)


def square(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=3857)


@pytest.fixture
def layer(db: None) -> Layer:
    """Ten points along the diagonal of 0 to 1000 m, one cell of 100 m and one of 400 m around each hundred."""
    release = Release.objects.create(key="egms-l2b", title="EGMS L2b", collection="EGMS", level=Level.L2B)
    layer = Layer.objects.create(release=release, direction=Direction.ASCENDING, indexed=True)
    partitions.create(layer)
    with connection.cursor() as cursor:
        for row in range(10):
            place = 50 + 100 * row
            cursor.execute(
                'INSERT INTO insar_measurementpoint (layer_id, part_id, "row", pid, geom, mean_velocity)'
                " VALUES (%s, 1, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 3857), %s)",
                [layer.pk, row, f"p{row}", place, place, row],
            )
            for size in (100, 400):
                cursor.execute(
                    'INSERT INTO insar_cell (layer_id, size_m, shown, "column", "row", count, mean, spread, median,'
                    " p05, p95, low, high, geom) VALUES (%s, %s, %s, %s, %s, 9, 0, 0, 0, 0, 0, 0, 0,"
                    " ST_MakeEnvelope(%s, %s, %s, %s, 3857))",
                    [layer.pk, size, row != 4, row, row, place - 50, place - 50, place + 50, place + 50],
                )
    partitions.index(layer)
    return layer


def rows(user: AbstractUser | AnonymousUser, layer: Layer, source: str, **others: int) -> list[int]:
    near = f"SRID=3857;{square(*WHOLE).wkt}"
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "row" FROM {source} ORDER BY 1',
            {"viewer": policy.viewer_of(user), "layer": layer.pk, "near": near, **others},
        )
        return [row for (row,) in cursor.fetchall()]


def points(user: AbstractUser | AnonymousUser, layer: Layer) -> list[int]:
    return rows(user, layer, policy.POINTS)


def cells(user: AbstractUser | AnonymousUser, layer: Layer, size: int = 400) -> list[int]:
    return rows(user, layer, policy.CELLS, size=size)


def grant(layer: Layer, right: Right, **others: object) -> Grant:
    return Grant.objects.create(release=layer.release, right=right, **others)


def test_nobody_sees_what_no_grant_gives(layer: Layer, alice: AbstractUser, operator: AbstractUser):
    for user in (alice, operator, AnonymousUser()):
        assert points(user, layer) == cells(user, layer) == []
        assert not policy.visible_releases(user).exists()
        with pytest.raises(NotFound):
            policy.access(user, "egms-l2b")


def test_a_grant_holds_for_its_person_and_within_its_area(layer: Layer, alice: AbstractUser, bob: AbstractUser):
    grant(layer, Right.FULL, user=alice, area=square(0, 0, 300, 1000))
    assert points(alice, layer) == [0, 1, 2]
    assert cells(alice, layer, 100) == [0, 1, 2]
    assert points(bob, layer) == []
    assert policy.access(alice, "egms-l2b").right == Right.FULL
    assert [release.key for release in policy.visible_releases(alice, at_least=Right.FULL)] == ["egms-l2b"]


def test_a_grant_never_reaches_beyond_its_territory(layer: Layer, alice: AbstractUser):
    land = Territory.objects.create(name="Land", authority="Survey", area=square(0, 0, 500, 1000))
    grant(layer, Right.FULL, user=alice, territory=land, area=square(300, 0, 900, 1000))
    assert points(alice, layer) == [3, 4]
    land.area = square(0, 0, 400, 1000)
    land.save()
    assert points(alice, layer) == [3]
    land.area = square(0, 0, 200, 1000)
    land.save()
    assert points(alice, layer) == []


def test_an_overview_shows_large_cells_that_are_not_suppressed(layer: Layer, alice: AbstractUser):
    grant(layer, Right.OVERVIEW, user=alice, area=square(-1, -1, 650, 1000))
    assert points(alice, layer) == []
    assert cells(alice, layer) == [0, 1, 2, 3, 5]
    assert cells(alice, layer, 100) == []


def test_a_cell_across_the_border_of_full_rights_is_not_given(layer: Layer, alice: AbstractUser):
    grant(layer, Right.OVERVIEW, user=alice, area=square(-1, -1, 1001, 1001))
    grant(layer, Right.FULL, user=alice, area=square(0, 0, 250, 1000))
    assert cells(alice, layer) == [0, 1, 3, 5, 6, 7, 8, 9]


def test_neighbouring_areas_count_as_one(layer: Layer, alice: AbstractUser, group: Group):
    grant(layer, Right.FULL, user=alice, area=square(0, 0, 250, 1000))
    grant(layer, Right.FULL, group=group, area=square(250, 0, 500, 1000))
    assert cells(alice, layer, 100) == [0, 1, 2, 3, 4]


def test_dates_embargo_and_revocation_count_at_once(layer: Layer, alice: AbstractUser):
    now, hour = timezone.now(), timedelta(hours=1)
    given = grant(layer, Right.FULL, user=alice)
    assert len(points(alice, layer)) == 10
    for name, value in (("valid_from", now + hour), ("valid_until", now - hour), ("revoked_at", now)):
        kept = getattr(given, name)
        setattr(given, name, value)
        given.save()
        assert points(alice, layer) == []
        setattr(given, name, kept)
        given.save()
    layer.release.embargo_until = now + hour
    layer.release.save()
    assert points(alice, layer) == []
    given.despite_embargo = True
    given.save()
    assert len(points(alice, layer)) == 10


def test_a_grant_rests_on_the_accepted_version_of_its_undertaking(layer: Layer, alice: AbstractUser):
    first, second = (Undertaking.objects.create(title="Promise", version=number, text_en="...") for number in (1, 2))
    grant(layer, Right.FULL, user=alice, undertaking=second)
    Acceptance.objects.create(user=alice, undertaking=first)
    assert points(alice, layer) == []
    Acceptance.objects.create(user=alice, undertaking=second)
    assert len(points(alice, layer)) == 10
    second.withdrawn_at = timezone.now()
    second.save()
    assert points(alice, layer) == []


def test_nobody_sees_the_points_of_a_sensitive_site(layer: Layer, alice: AbstractUser):
    grant(layer, Right.FULL, user=alice)
    before = policy.access(alice, "egms-l2b").fingerprint
    SensitiveSite.objects.create(name="Base", area=square(100, 100, 355, 355))
    assert points(alice, layer) == [0, 4, 5, 6, 7, 8, 9]
    assert policy.access(alice, "egms-l2b").fingerprint != before


def test_who_is_not_active_sees_what_visitors_see(layer: Layer, alice: AbstractUser):
    grant(layer, Right.FULL, user=alice)
    grant(layer, Right.OVERVIEW, everybody=True)
    alice.is_active = False
    alice.save()
    assert points(alice, layer) == []
    assert len(cells(AnonymousUser(), layer)) == len(cells(alice, layer)) == 9


def test_the_audit_log_only_grows(layer: Layer, alice: AbstractUser):
    grant(layer, Right.FULL, user=alice)
    access = policy.access(alice, "egms-l2b")
    audit.record(alice, Action.TILE, access, direction="ascending", points=3)
    written = AuditEntry.objects.filter(release_id=layer.release.pk)
    assert [(entry.user_name, entry.action, entry.points) for entry in written] == [("alice", "tile", 3)]
    for change in (lambda: written.update(points=0), lambda: written.delete()):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            change()
