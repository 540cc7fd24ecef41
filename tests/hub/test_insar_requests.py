"""Asking for access, deciding on it, and what becomes of it: the verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, AnonymousUser, Group
from django.core import mail
from django.utils import timezone

from hub.errors import NotAllowed, NotFound
from hub.insar import policy
from hub.insar.access import desk, expiry, grants, requests, undertakings
from hub.insar.access.refusals import AccessRefused, AlreadyDecided, TooManyRequests
from hub.insar.models import Acceptance, AccessRequest, AuditEntry, Grant, Release, RequestState, Right, Undertaking
from tests.hub.access_places import PURPOSE, Places, make_places, square, tomorrow, wish
from tests.hub.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(db: None) -> AbstractUser:
    return person("wim")


@pytest.fixture
def other_manager(db: None) -> AbstractUser:
    return person("eve")


@pytest.fixture
def places(manager: AbstractUser, other_manager: AbstractUser) -> Places:
    return make_places(manager, other_manager)


def ask(user: AbstractUser, places: Places, **others: Any) -> AccessRequest:
    (made,) = requests.ask(user, "egms-l2b", wish(places, **others))
    return made


def terms(**others: Any) -> grants.Terms:
    return grants.Terms(**({"right": "full", "until": tomorrow(50)} | others))


def right_of(user: AbstractUser) -> str:
    return policy.access(user, "egms-l2b").right


def test_what_is_granted_is_what_was_asked_for(
    alice: AbstractUser, manager: AbstractUser, places: Places, django_capture_on_commit_callbacks: Any
):
    with django_capture_on_commit_callbacks(execute=True):
        asked = ask(alice, places)
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [
        (["wim@example.org"], "[Mosaic Hub] Request for EGMS L2b in West")
    ]
    assert right_of(alice) == Right.EXISTS
    with django_capture_on_commit_callbacks(execute=True):
        given = grants.grant(manager, asked.pk, terms(answer="Welcome."))
    assert right_of(alice) == Right.FULL
    assert given.effective_area.equals(places.west.area)
    assert given.valid_until.date() == tomorrow(51)
    assert mail.outbox[-1].to == ["alice@example.org"]
    assert "Welcome." in mail.outbox[-1].body
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by, asked.grant) == (RequestState.GRANTED, "wim", given)
    log = [
        (entry.user_name, entry.detail["decision"]) for entry in AuditEntry.objects.filter(detail__has_key="decision")
    ]
    assert set(log) == {("alice", "accepted"), ("alice", "asked"), ("wim", "granted")}


def test_an_area_is_asked_of_every_territory_that_it_touches(alice: AbstractUser, places: Places):
    made = requests.ask(alice, "egms-l2b", wish(places, territories=(), area=square(500, 0, 1500, 400)))
    assert {each.territory.name: each.area.extent for each in made} == {
        "West": (500, 0, 1000, 400),
        "East": (1000, 0, 1500, 400),
    }


def test_an_area_beyond_the_territory_is_cut(alice: AbstractUser, manager: AbstractUser, places: Places):
    asked = ask(alice, places, area=square(500, 0, 1500, 400))
    assert asked.area.extent == (500, 0, 1000, 400)
    given = grants.grant(manager, asked.pk, terms(area=square(800, 100, 9000, 9000)))
    assert given.effective_area.extent == (800, 100, 1000, 400)


def test_a_manager_grants_nothing_beside_what_was_asked_for(alice: AbstractUser, manager: AbstractUser, places: Places):
    asked = ask(alice, places, right="overview", area=square(0, 0, 500, 500))
    for refused in (
        terms(right="full"),
        terms(right="exists"),
        terms(right="overview", area=square(600, 0, 900, 500)),
        terms(right="overview", until=tomorrow(0)),
        terms(right="overview", until=tomorrow(731)),
        terms(right="overview", answer="x" * 2001),
    ):
        with pytest.raises(AccessRefused):
            grants.grant(manager, asked.pk, refused)
    with pytest.raises(NotAllowed):
        grants.grant(manager, asked.pk, terms(right="overview", despite_embargo=True))
    assert right_of(alice) == Right.EXISTS


def test_managers_decide_for_their_own_territory_alone(
    alice: AbstractUser, charlie: AbstractUser, manager: AbstractUser, other_manager: AbstractUser, places: Places
):
    asked = ask(alice, places)
    for stranger in (other_manager, charlie, alice, AnonymousUser()):
        with pytest.raises(NotFound):
            grants.grant(stranger, asked.pk, terms())
        with pytest.raises(NotFound):
            grants.refuse(stranger, asked.pk, "no")
    given = grants.grant(manager, asked.pk, terms())
    for stranger in (other_manager, charlie, alice, AnonymousUser()):
        with pytest.raises(NotFound):
            grants.revoke(stranger, given.pk, "no")
    manager.is_active = False
    manager.save()
    with pytest.raises(NotFound):
        grants.revoke(manager, given.pk, "no")
    assert right_of(alice) == Right.FULL


def test_only_one_of_two_decisions_wins(alice: AbstractUser, manager: AbstractUser, operator: Any, places: Places):
    asked = ask(alice, places)
    late = desk.request_of(operator, asked.pk)
    grants.refuse(manager, asked.pk, "Ask your employer first.")
    with pytest.raises(AlreadyDecided):
        grants.grant(operator, asked.pk, terms())
    # Also when both had read the request before either decided.
    with pytest.raises(AlreadyDecided):
        grants._decide(late, RequestState.GRANTED, operator, "")
    with pytest.raises(AlreadyDecided):
        requests.withdraw(alice, asked.pk)
    assert not Grant.objects.exclude(right=Right.EXISTS).exists()


def test_nobody_decides_on_their_own_request(manager: AbstractUser, operator: AbstractUser, places: Places):
    asked = ask(manager, places)
    with pytest.raises(NotAllowed):
        grants.grant(manager, asked.pk, terms())
    grants.grant(operator, asked.pk, terms())
    assert right_of(manager) == Right.FULL


def test_a_revoked_grant_counts_no_more(
    alice: AbstractUser, manager: AbstractUser, places: Places, django_capture_on_commit_callbacks: Any
):
    given = grants.grant(manager, ask(alice, places).pk, terms())
    before = policy.access(alice, "egms-l2b").fingerprint
    with pytest.raises(AccessRefused):
        grants.revoke(manager, given.pk, "  ")
    with django_capture_on_commit_callbacks(execute=True):
        grants.revoke(manager, given.pk, "The project is over.")
    assert right_of(alice) == Right.EXISTS
    assert policy.access(alice, "egms-l2b").fingerprint != before
    assert "The project is over." in mail.outbox[-1].body
    with pytest.raises(AlreadyDecided):
        grants.revoke(manager, given.pk, "Again.")


def test_who_is_refused_is_told_why_in_their_language(
    alice: AbstractUser, manager: AbstractUser, places: Places, django_capture_on_commit_callbacks: Any
):
    alice.language = "fr"
    alice.save()
    asked = ask(alice, places)
    with pytest.raises(AccessRefused):
        grants.refuse(manager, asked.pk, "\n")
    with django_capture_on_commit_callbacks(execute=True):
        grants.refuse(manager, asked.pk, "Pas de convention.\r\nBcc: x@example.org")
    sent = mail.outbox[-1]
    assert "Pas de convention." in sent.body
    assert "\n" not in sent.subject
    assert "demande" in sent.body.lower()


@pytest.mark.parametrize(
    "others",
    [
        {"right": "exists"},
        {"right": "everything"},
        {"purpose": "Because."},
        {"purpose": " " * 60},
        {"purpose": "x" * 2001},
        {"purpose": PURPOSE + "\0"},
        {"until": tomorrow(0)},
        {"until": tomorrow(732)},
        {"territories": ()},
        {"territories": (987_654,)},
        {"territories": (), "area": square(50_000, 0, 60_000, 10)},
        {"accepts": None},
        {"accepts": 987_654},
    ],
)
def test_what_is_not_asked_properly_is_refused(alice: AbstractUser, places: Places, others: dict[str, Any]):
    with pytest.raises(AccessRefused):
        ask(alice, places, **others)
    assert not AccessRequest.objects.exists()
    assert not Acceptance.objects.exists()


def test_what_one_may_not_know_of_cannot_be_asked_for(alice: AbstractUser, places: Places):
    Grant.objects.all().delete()
    for key in ("egms-l2b", "nothing", "nul\0"):
        with pytest.raises(NotFound):
            requests.ask(alice, key, wish(places))


def test_nobody_has_more_requests_waiting_than_allowed(alice: AbstractUser, places: Places, settings: Any):
    settings.INSAR_LIMIT_WAITING_REQUESTS = 1
    asked = ask(alice, places)
    with pytest.raises(TooManyRequests):
        ask(alice, places, territories=(places.east.pk,))
    requests.withdraw(alice, asked.pk)
    ask(alice, places, territories=(places.east.pk,))


def test_the_same_is_not_asked_twice(alice: AbstractUser, places: Places):
    ask(alice, places)
    with pytest.raises(AccessRefused):
        ask(alice, places)
    ask(alice, places, right="overview")


def test_only_its_person_withdraws_a_request(alice: AbstractUser, bob: AbstractUser, places: Places):
    asked = ask(alice, places)
    for stranger in (bob, AnonymousUser()):
        with pytest.raises(NotFound):
            requests.withdraw(stranger, asked.pk)
    assert requests.withdraw(alice, asked.pk).state == RequestState.WITHDRAWN


def test_a_new_version_of_the_undertaking_has_to_be_accepted_anew(
    alice: AbstractUser, manager: AbstractUser, places: Places, django_capture_on_commit_callbacks: Any
):
    asked = ask(alice, places)
    second = Undertaking.objects.create(title="Promise", version=2, text_en="I keep it well.")
    Release.objects.update(undertaking=second)
    with django_capture_on_commit_callbacks(execute=True):
        given = grants.grant(manager, asked.pk, terms())
    assert given.undertaking == second
    assert "Promise, version 2" in mail.outbox[-1].body
    assert right_of(alice) == Right.EXISTS
    assert list(undertakings.missing(alice)) == [second]
    undertakings.accept(alice, second.pk)
    assert right_of(alice) == Right.FULL
    assert not undertakings.missing(alice)
    with pytest.raises(AccessRefused):
        ask(alice, places, accepts=places.undertaking.pk, right="overview", territories=())


def test_a_withdrawn_undertaking_takes_all_that_rests_on_it(alice: AbstractUser, manager: AbstractUser, places: Places):
    grants.grant(manager, ask(alice, places).pk, terms())
    places.undertaking.withdrawn_at = timezone.now()
    places.undertaking.save()
    assert right_of(alice) == Right.EXISTS
    with pytest.raises(AccessRefused):
        ask(alice, places)
    with pytest.raises(AccessRefused):
        undertakings.accept(alice, places.undertaking.pk)


def test_undertakings_are_for_those_whom_they_concern(
    alice: AbstractUser, charlie: AbstractUser, places: Places, group: Group
):
    Grant.objects.all().delete()
    with pytest.raises(NotFound):
        undertakings.find(alice, places.undertaking.pk)
    Grant.objects.create(release=places.release, right=Right.FULL, group=group, undertaking=places.undertaking)
    assert list(undertakings.missing(alice)) == [places.undertaking]
    undertakings.accept(alice, places.undertaking.pk)
    assert right_of(alice) == Right.FULL
    for stranger in (charlie, AnonymousUser()):
        assert not undertakings.missing(stranger)
        with pytest.raises(NotFound):
            undertakings.find(stranger, places.undertaking.pk)


def test_an_embargo_holds_what_a_manager_grants(
    alice: AbstractUser, bob: AbstractUser, manager: AbstractUser, operator: AbstractUser, places: Places
):
    Release.objects.update(embargo_until=timezone.now() + timedelta(days=1))
    Grant.objects.update(despite_embargo=True)
    grants.grant(manager, ask(alice, places).pk, terms())
    assert right_of(alice) == Right.EXISTS
    grants.grant(operator, ask(bob, places).pk, terms(despite_embargo=True))
    assert right_of(bob) == Right.FULL
    Release.objects.update(embargo_until=timezone.now())
    assert right_of(alice) == Right.FULL


def test_who_holds_a_grant_is_told_once_that_it_ends(
    alice: AbstractUser, bob: AbstractUser, manager: AbstractUser, places: Places
):
    soon, late = (
        grants.grant(manager, ask(user, places).pk, terms(until=tomorrow(days)))
        for user, days in ((alice, 40), (bob, 60))
    )
    assert expiry.warn_of_ends() == 0
    now = timezone.now()
    Grant.objects.filter(pk=soon.pk).update(valid_until=now + timedelta(days=10), granted_at=now - timedelta(days=30))
    assert expiry.warn_of_ends() == 1
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [
        (["alice@example.org"], "[Mosaic Hub] Access to EGMS L2b ends soon")
    ]
    assert expiry.warn_of_ends() == 0
    late.refresh_from_db()
    assert late.warned_at is None


def test_a_grant_to_a_group_is_told_to_its_members(
    alice: AbstractUser,
    bob: AbstractUser,
    manager: AbstractUser,
    places: Places,
    group: Group,
    django_capture_on_commit_callbacks: Any,
):
    given = Grant.objects.create(release=places.release, right=Right.FULL, group=group, territory=places.west)
    with django_capture_on_commit_callbacks(execute=True):
        grants.revoke(manager, given.pk, "Over.")
    assert sorted(sent.to[0] for sent in mail.outbox) == ["alice@example.org", "bob@example.org"]
