"""The pages of access to ground motion: who finds what there."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.insar import audit, policy
from hub.insar.access import grants, journal, requests
from hub.insar.models import AccessRequest, Action, AuditEntry, Grant, Layer, Part, Release, Right, Undertaking
from tests.hub.access_places import PURPOSE, Places, make_places, square, tomorrow, wish
from tests.hub.conftest import person

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script> =1+1 and the quays of the old harbour"


@pytest.fixture
def manager(db: None) -> AbstractUser:
    return person("wim")


@pytest.fixture
def other_manager(db: None) -> AbstractUser:
    return person("eve")


@pytest.fixture
def places(manager: AbstractUser, other_manager: AbstractUser) -> Places:
    return make_places(manager, other_manager)


@pytest.fixture
def asked(alice: AbstractUser, places: Places) -> AccessRequest:
    (made,) = requests.ask(alice, "egms-l2b", wish(places))
    return made


@pytest.fixture
def granted(asked: AccessRequest, manager: AbstractUser) -> Grant:
    return grants.grant(manager, asked.pk, grants.Terms(right="full", until=tomorrow(50)))


def browser(user: AbstractUser | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def form(places: Places, **others: Any) -> dict[str, Any]:
    usual = {
        "right": "full",
        "purpose": PURPOSE,
        "until": tomorrow(100).isoformat(),
        "territories": [places.west.pk],
        "accepts": "on",
        "undertaking": places.undertaking.pk,
    }
    return usual | others


def statuses(people: dict[str, AbstractUser | None], address: str) -> dict[str, int]:
    return {name: browser(user).get(address).status_code for name, user in people.items()}


@pytest.fixture
def people(alice: Any, bob: Any, charlie: Any, manager: Any, other_manager: Any, operator: Any) -> dict[str, Any]:
    return {
        "visitor": None, "alice": alice, "bob": bob, "charlie": charlie, "wim": manager, "eve": other_manager,
        "olga": operator,
    }  # fmt: skip


def test_pages_are_for_those_whom_they_concern(people: dict[str, Any], granted: Grant, asked: AccessRequest):
    everybody = {"visitor": 200, "alice": 200, "bob": 200, "charlie": 200, "wim": 200, "eve": 200, "olga": 200}
    signed_in = everybody | {"visitor": 302}
    managers = signed_in | {"alice": 404, "bob": 404, "charlie": 404}
    of_west = managers | {"eve": 404}
    expected = {
        reverse("insar:releases"): everybody,
        reverse("insar:release", args=["egms-l2b"]): everybody,
        reverse("insar:ask", args=["egms-l2b"]): signed_in,
        reverse("insar:requests"): signed_in,
        reverse("insar:undertaking", args=[granted.undertaking_id]): signed_in,
        reverse("insar:desk"): managers,
        reverse("insar:audit"): managers,
        reverse("insar:audit_csv"): managers,
        reverse("insar:decide", args=[asked.pk]): of_west,
        reverse("insar:revoke", args=[granted.pk]): of_west,
    }
    assert {address: statuses(people, address) for address in expected} == expected


def test_what_nobody_may_know_of_is_not_there_for_anybody(people: dict[str, Any], places: Places):
    Grant.objects.all().delete()
    nowhere = dict.fromkeys(people, 404)
    for address in ("release", "ask"):
        for key in ("egms-l2b", "no-such-release"):
            assert statuses(people, reverse(f"insar:{address}", args=[key])) == nowhere
    for user in people.values():
        assert "EGMS L2b" not in browser(user).get(reverse("insar:releases")).content.decode()
        post = browser(user).post(reverse("insar:ask", args=["egms-l2b"]), form(places))
        assert post.status_code == 404


def test_the_same_is_answered_for_what_is_missing_and_what_is_hidden(charlie: AbstractUser, places: Places):
    Grant.objects.all().delete()
    here = browser(charlie)
    hidden, missing = (here.get(f"/ground-motion/{key}/").content.decode() for key in ("egms-l2b", "egms-l9x"))
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    assert token.sub("", hidden).replace("egms-l2b", "KEY") == token.sub("", missing).replace("egms-l9x", "KEY")


def test_no_page_shows_what_a_stranger_must_not_see(
    bob: AbstractUser, charlie: AbstractUser, other_manager: AbstractUser, granted: Grant, asked: AccessRequest
):
    AccessRequest.objects.update(purpose="The secret plan of the harbour.")
    for user in (bob, charlie, other_manager):
        for name in ("releases", "requests", "desk", "audit"):
            page = browser(user).get(reverse(f"insar:{name}")).content.decode()
            assert "secret plan" not in page
            assert ">alice<" not in page


def test_every_page_says_that_velocity_is_not_risk(manager: AbstractUser, granted: Grant, asked: AccessRequest):
    here = browser(manager)
    for address in (
        reverse("insar:releases"), reverse("insar:release", args=["egms-l2b"]), reverse("insar:desk"),
        reverse("insar:ask", args=["egms-l2b"]), reverse("insar:requests"), reverse("insar:audit"),
        reverse("insar:decide", args=[asked.pk]), reverse("insar:revoke", args=[granted.pk]),
    ):  # fmt: skip
        assert "Velocity is not risk." in here.get(address).content.decode()


def test_a_release_is_described_without_exact_totals(as_alice: Client, places: Places):
    layer = Layer.objects.get()
    Part.objects.create(
        layer=layer, identity="088_0282_IW2_VV", file_name="a.zip", sha256="0" * 64, format="egms", track=88,
        facility="NORCE", points=123_456, dates=["2018-01-03", "2018-01-09"], outline=square(0, 0, 500, 500),
        report={"fields": {"rmse": {"count": 7, "differing": 1, "max_difference": 0.25}}},
    )  # fmt: skip
    page = as_alice.get(reverse("insar:release", args=["egms-l2b"])).content.decode()
    for shown in ("120,000", "088_0282_IW2_VV", "NORCE", "2018-01-03", "± 6 to 7 mm/year", "Ask for access"):
        assert shown in page
    for hidden in ("123,456", "123456", "Delivered and recomputed"):
        assert hidden not in page
    Grant.objects.create(release=places.release, right=Right.FULL, everybody=True, territory=places.west)
    assert "Delivered and recomputed" in as_alice.get(reverse("insar:release", args=["egms-l2b"])).content.decode()
    assert AuditEntry.objects.filter(action=Action.RELEASE, user_name="alice").count() == 2


def test_access_is_asked_for_and_granted_on_the_pages(
    as_alice: Client, manager: AbstractUser, places: Places, django_capture_on_commit_callbacks: Any
):
    address = reverse("insar:ask", args=["egms-l2b"])
    page = as_alice.get(address).content.decode()
    assert "I keep it." in page
    assert "Survey of West" in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_alice.post(address, form(places, purpose=HOSTILE), follow=True)
    assert answer.redirect_chain == [(reverse("insar:requests"), 303)]
    assert "<script>alert" not in answer.content.decode()
    asked = AccessRequest.objects.get()
    here = browser(manager)
    page = here.get(reverse("insar:decide", args=[asked.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    with django_capture_on_commit_callbacks(execute=True):
        terms = {"decision": "grant", "right": "overview", "until": tomorrow(9).isoformat(), "answer": "Cells will do."}
        assert here.post(reverse("insar:decide", args=[asked.pk]), terms).status_code == 303
    assert "Cells will do." in as_alice.get(reverse("insar:requests")).content.decode()
    assert [sent.to[0] for sent in mail.outbox] == ["wim@example.org", "alice@example.org"]
    grant = Grant.objects.get(user__username="alice")
    assert here.post(reverse("insar:revoke", args=[grant.pk]), {"reason": "Over."}).status_code == 303
    assert "Over." in as_alice.get(reverse("insar:requests")).content.decode()


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ({"purpose": "short"}, 422),
        ({"accepts": ""}, 422),
        ({"undertaking": "99999999999999999999"}, 422),
        ({"until": "never"}, 422),
        ({"right": "exists"}, 422),
        ({"territories": ["99999"]}, 422),
        ({"territories": ["x"]}, 422),
        ({"area": "POLYGON((0 0, 1 1))"}, 422),
        ({"area": '{"type": "Polygon", "coordinates": [[[NaN, 0], [1, 0], [1, 1], [NaN, 0]]]}'}, 422),
        ({"organisation": "x" * 161}, 422),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field(as_alice: Client, places: Places, others: Any, status: int):
    answer = as_alice.post(reverse("insar:ask", args=["egms-l2b"]), form(places, **others))
    assert answer.status_code == status
    assert "errorlist" in answer.content.decode()
    assert not AccessRequest.objects.exists()


def test_an_undertaking_that_changed_meanwhile_is_shown_anew(as_alice: Client, places: Places):
    second = Undertaking.objects.create(title="Promise", version=2, text_en="I keep it well.")
    Release.objects.update(undertaking=second)
    answer = as_alice.post(reverse("insar:ask", args=["egms-l2b"]), form(places))
    assert answer.status_code == 422
    assert "I keep it well." in answer.content.decode()


def test_an_undertaking_is_shown_in_the_readers_language_and_accepted(
    as_alice: Client, alice: AbstractUser, places: Places
):
    Grant.objects.create(release=places.release, right=Right.FULL, user=alice, undertaking=places.undertaking)
    address = reverse("insar:undertaking", args=[places.undertaking.pk])
    assert address in as_alice.get(reverse("insar:releases")).content.decode()
    as_alice.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert "Je le garde." in as_alice.get(address).content.decode()
    as_alice.post(address)
    assert policy.access(alice, "egms-l2b").right == Right.EXISTS
    as_alice.post(address, {"accepts": "yes"})
    assert policy.access(alice, "egms-l2b").right == Right.FULL


def test_nobody_else_withdraws_a_request(
    as_alice: Client, bob: AbstractUser, manager: AbstractUser, asked: AccessRequest
):
    address = reverse("insar:withdraw", args=[asked.pk])
    for user in (bob, manager):
        assert browser(user).post(address).status_code == 404
    assert browser(None).post(address).status_code == 302
    assert as_alice.get(address).status_code == 405
    assert as_alice.post(address).status_code == 303
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_a_late_decision_is_told_as_such(manager: AbstractUser, operator: AbstractUser, asked: AccessRequest):
    address = reverse("insar:decide", args=[asked.pk])
    assert browser(operator).post(address, {"decision": "refuse", "answer": "No."}).status_code == 303
    late = browser(manager).post(address, {"decision": "grant", "right": "full", "until": tomorrow(9).isoformat()})
    assert late.status_code == 409
    assert "decided already" in late.content.decode()
    assert policy.access(asked.user, "egms-l2b").right == Right.EXISTS


def test_a_refusal_needs_an_answer(manager: AbstractUser, asked: AccessRequest):
    answer = browser(manager).post(reverse("insar:decide", args=[asked.pk]), {"decision": "refuse"})
    assert answer.status_code == 422
    assert "Tell the person why." in answer.content.decode()


def look(user: Any, places: Places, area: Any = None, **detail: Any) -> None:
    access = policy.Access(places.release, Right.FULL, "f" * 32, policy.viewer_of(user))
    ewkt = f"SRID=3857;{area.wkt}" if area else None
    audit.record(user, Action.TILE, access, direction="ascending", area=ewkt, points=5, detail=detail)


def seen(user: AbstractUser, **query: str) -> list[list[str]]:
    answer = browser(user).get(reverse("insar:audit_csv"), query)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer).decode())))[1:]


def test_managers_find_in_the_log_what_concerns_their_territories(
    alice: AbstractUser, manager: AbstractUser, other_manager: AbstractUser, operator: AbstractUser, places: Places
):
    other = Release.objects.create(key="elsewhere", title="Elsewhere", collection="EGMS", level="L2b")
    look(alice, places, square(100, 100, 200, 200))
    look(alice, places, square(1500, 100, 1600, 200))
    look(alice, places)
    access = policy.Access(other, Right.FULL, "", alice.pk)
    audit.record(alice, Action.TILE, access, area=f"SRID=3857;{square(0, 0, 9, 9).wkt}")
    journal.note(other_manager, Action.GRANT, places.release, territory=places.east, area=places.east.area)
    assert [(row[2], row[4]) for row in seen(manager)] == [("alice", "tile")]
    assert {row[2] for row in seen(other_manager)} == {"alice", "eve"}
    assert len(seen(operator)) == 5
    requests.ask(alice, "egms-l2b", wish(places))
    # Something was asked for here: what was answered on the release as a whole concerns its managers now.
    assert len([row for row in seen(manager) if row[4] == "tile"]) == 2


def test_the_log_is_searched_and_paged(alice: AbstractUser, bob: AbstractUser, operator: AbstractUser, places: Places):
    for _turn in range(60):
        look(alice, places, square(100, 100, 200, 200))
    look(bob, places, square(5000, 100, 5100, 200))
    here = browser(operator)
    assert [row[2] for row in seen(operator, person="bob")] == ["bob"]
    area = "POLYGON((0.04 0, 0.05 0, 0.05 0.01, 0.04 0.01, 0.04 0))"
    assert [row[2] for row in seen(operator, area=area)] == ["bob"]
    assert len(seen(operator, release="egms-l2b", action="tile", first=str(timezone.now().date()))) == 61
    assert seen(operator, last="2020-01-01") == []
    page = here.get(reverse("insar:audit"))
    assert len(page.context["entries"]) == 50
    older = here.get(reverse("insar:audit"), {"before": page.context["older"]})
    assert len(older.context["entries"]) == 11
    for bad in ({"before": "x" * 50}, {"before": "-1"}, {"before": "9" * 30}):
        assert here.get(reverse("insar:audit"), bad).status_code == 200
    for bad in ({"area": "nowhere"}, {"first": "x"}, {"release": "unknown"}, {"person": "a\0"}):
        assert here.get(reverse("insar:audit"), bad).status_code == 422
        assert here.get(reverse("insar:audit_csv"), bad).status_code == 422


def test_no_cell_of_the_log_is_a_formula(operator: AbstractUser, places: Places):
    evil = person("=cmd()")
    look(evil, places, square(-500, 100, -400, 200), note="x")
    (row,) = seen(operator)
    assert row[2] == "'=cmd()"
    assert float(row[9]) < 0
    assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]


def test_the_log_cannot_be_changed_from_a_page(operator: AbstractUser, places: Places):
    look(operator, places)
    entry = AuditEntry.objects.get()
    here = browser(operator)
    for name in ("change", "delete"):
        address = reverse(f"admin:insar_auditentry_{name}", args=[entry.pk])
        assert here.post(address, {"points": 0}).status_code == 403
    assert here.post(reverse("insar:audit")).status_code == 405


def test_visitors_are_written_down_too(client: Client, places: Places):
    client.get(reverse("insar:release", args=["egms-l2b"]))
    entry = AuditEntry.objects.get()
    assert (entry.user_name, entry.by, entry.action) == ("", "visitor", "release")
    assert AnonymousUser().pk is None


def test_the_menu_leads_a_manager_to_the_desk(manager: AbstractUser, charlie: AbstractUser, asked: AccessRequest):
    assert reverse("insar:desk") in browser(manager).get(reverse("insar:releases")).content.decode()
    assert reverse("insar:desk") not in browser(charlie).get(reverse("insar:releases")).content.decode()
