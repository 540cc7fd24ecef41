"""Attacks by kept answers: as soon as a right ends, whatever ends it, no copy anywhere is good any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from hub.insar.models import Acceptance, Grant, SensitiveSite, Territory, Undertaking
from portal.accounts.tokens import ApiToken
from tests.hub.asked_motion import body
from tests.hub.attacked_motion import Target, browser, make_target, row_of, without_limits
from tests.hub.policy_worlds import CENTRE, HALF_M, as_row

pytestmark = pytest.mark.django_db
FAR = shapely.box(CENTRE[0] + 20 * HALF_M, CENTRE[1], CENTRE[0] + 21 * HALF_M, CENTRE[1] + HALF_M)


@pytest.fixture
def target(settings: Any, tmp_path: Path) -> Target:
    """Alice's one grant is her group's, in a territory, and rests on an undertaking."""
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)
    made = make_target()
    made.overview.delete()
    made.alice.groups.add(group := Group.objects.create(name="her own"))
    promise = Undertaking.objects.create(title="Kept", version=1, text_en="...")
    Acceptance.objects.create(undertaking=promise, user=made.alice)
    land = shapely.box(*made.layer.places[0].buffer(4 * HALF_M).bounds)
    territory = Territory.objects.create(name="Land", authority="Survey", area=as_row(land))
    made.full.user, made.full.group, made.full.territory, made.full.undertaking = None, group, territory, promise
    made.full.save()
    return made


def revoke(target: Target) -> None:
    Grant.objects.filter(pk=target.full.pk).update(revoked_at=timezone.now())


def expire(target: Target) -> None:
    Grant.objects.filter(pk=target.full.pk).update(valid_until=timezone.now())


def begin_later(target: Target) -> None:
    Grant.objects.filter(pk=target.full.pk).update(valid_from=timezone.now() + timedelta(hours=1))


def delete(target: Target) -> None:
    target.full.delete()


def lessen(target: Target) -> None:
    Grant.objects.filter(pk=target.full.pk).update(right="exists")


def embargo(target: Target) -> None:
    release = row_of(target.open)
    release.embargo_until = timezone.now() + timedelta(hours=1)
    release.save()


def withdraw(target: Target) -> None:
    Undertaking.objects.filter(pk=target.full.undertaking_id).update(withdrawn_at=timezone.now())


def forget_the_promise(target: Target) -> None:
    Acceptance.objects.filter(user=target.alice).delete()


def leave_the_group(target: Target) -> None:
    target.alice.groups.clear()


def delete_the_group(target: Target) -> None:
    Group.objects.filter(pk=target.full.group_id).delete()


def deactivate(target: Target) -> None:
    target.alice.is_active = False
    target.alice.save()


def move_the_area(target: Target) -> None:
    target.full.area = as_row(FAR)
    target.full.save()


def move_the_territory(target: Target) -> None:
    Territory.objects.filter(pk=target.full.territory_id).update(area=as_row(FAR))


def put_a_site(target: Target) -> None:
    around = as_row(shapely.box(*target.layer.places[0].buffer(4 * HALF_M).bounds))
    SensitiveSite.objects.create(name="Base", area=around)


def put_a_site_by_sql(target: Target) -> None:
    """A site that was there, elsewhere, and is moved without a word to Django."""
    site = SensitiveSite.objects.create(name="Base", area=as_row(FAR))
    around = as_row(shapely.box(*target.layer.places[0].buffer(4 * HALF_M).bounds))
    SensitiveSite.objects.filter(pk=site.pk).update(area=around)


LOSSES = (
    revoke, expire, begin_later, delete, lessen, embargo, withdraw, forget_the_promise, leave_the_group,
    delete_the_group, deactivate, move_the_area, move_the_territory, put_a_site, put_a_site_by_sql,
)  # fmt: skip


def kept(target: Target, client: Client) -> dict[str, str]:
    """The addresses that can be kept, with the ETags of their answers."""
    at = target.layer.ids.tolist().index(int(target.mine[0]))
    found = {}
    for path in (target.tile(at), f"points/{target.mine[0]}/", f"points/{target.mine[0]}/series/"):
        answer = client.get(target.address(path))
        assert answer.status_code == 200, path
        assert body(answer)
        assert client.get(target.address(path), HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
        found[target.address(path)] = answer["ETag"]
    return found


@pytest.mark.parametrize("lose", LOSSES)
def test_no_copy_outlives_the_right(target: Target, lose: Callable[[Target], None]):
    _, token = ApiToken.create_for(target.alice, "attack")
    for client in (browser(target.alice), browser(HTTP_AUTHORIZATION=f"Bearer {token}")):
        known = kept(target, client)
        if client.cookies:
            first = known
    lose(target)
    for client in (browser(target.alice), browser(HTTP_AUTHORIZATION=f"Bearer {token}")):
        for path, etag in first.items():
            for sent in (etag, f"W/{etag}", f'"x", {etag}'):
                answer = client.get(path, HTTP_IF_NONE_MATCH=sent)
                assert answer.status_code != 304
                is_empty_tile = path.endswith(".mvt") and answer.status_code == 204
                assert is_empty_tile or answer.status_code in (401, 404), (path, answer.status_code)


def test_an_embargo_that_is_lifted_counts_at_once(target: Target):
    embargo(target)
    client, path = browser(target.alice), target.address(f"points/{target.mine[0]}/")
    assert client.get(path).status_code == 404
    release = row_of(target.open)
    release.embargo_until = timezone.now()
    release.save()
    assert client.get(path).status_code == 200


def test_nobody_profits_from_the_copy_of_another(target: Target):
    """Whoever sends an ETag of alice's learns nothing of it, and with the same rights has another one."""
    known = kept(target, browser(target.alice))
    bob = target.world.users["bob"]
    for path, etag in known.items():
        for client in (browser(), browser(target.charlie)):
            assert client.get(path, HTTP_IF_NONE_MATCH=etag).status_code == 404
    Grant.objects.create(release_id=target.open.number, right="full", user=bob, area=target.full.area,
                         territory=target.full.territory)  # fmt: skip
    for path, etag in known.items():
        assert browser(bob).get(path, HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_a_star_is_no_etag(target: Target):
    for path in kept(target, browser(target.alice)):
        assert browser(target.charlie).get(path, HTTP_IF_NONE_MATCH="*").status_code == 404


def test_every_answer_tells_caches_to_keep_off(target: Target):
    alices, strangers = browser(target.alice), browser(target.charlie)
    paths = [
        *kept(target, alices), "/api/v1/insar/releases/", f"/api/v1/insar/releases/{target.open.key}/",
        target.address("points/?bbox=-1.2,43.6,-0.9,43.8"), target.address("cells/?bbox=-1.2,43.6,-0.9,43.8"),
        target.address("export.csv?bbox=-1.2,43.6,-0.9,43.8"),
    ]  # fmt: skip
    for path in paths:
        for client in (alices, strangers):
            answer = client.get(path)
            assert answer["Cache-Control"] == "private, no-cache", path
            varies = {each.strip().lower() for each in answer["Vary"].split(",")}
            assert {"authorization", "cookie"} <= varies
            assert answer["X-Content-Type-Options"] == "nosniff"


def test_pages_are_kept_by_nobody(target: Target):
    alices = browser(target.alice)
    for path in ("/ground-motion/", "/ground-motion/map/", f"/ground-motion/{target.open.key}/"):
        answer = alices.get(path)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
        # The address itself stands in the form that changes the language.
        stranger = browser().get(path).content.decode().replace(path, "")
        assert target.open.key not in stranger


def test_a_file_that_is_being_sent_ends_with_the_right(target: Target, monkeypatch: pytest.MonkeyPatch):
    """Points are read a few at a time, and each time the policy is asked anew."""
    from asgiref.sync import async_to_sync

    from hub.insar.answers.exports import rows

    monkeypatch.setattr(rows, "POINTS_AT_ONCE", 5)
    answer = browser(target.alice).get(target.address("export.geojson?bbox=-1.2,43.6,-0.9,43.8"))

    async def read() -> bytes:
        from asgiref.sync import sync_to_async

        found, ended = [], False
        async for chunk in answer.streaming_content:
            found.append(chunk)
            if b'"id"' in chunk and not ended:
                ended = True
                await sync_to_async(revoke)(target)
        return b"".join(found)

    content = async_to_sync(read)()
    assert content.count(b'"Feature"') == 5 < len(target.mine)
