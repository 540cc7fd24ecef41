"""What operators do with releases, territories, undertakings and grants in the administration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.insar import partitions, policy
from hub.insar.models import Acceptance, AuditEntry, Grant, Layer, Release, Right, SensitiveSite, Territory, Undertaking
from tests.hub.access_places import Places, make_places, square
from tests.hub.conftest import person as make_person

pytestmark = pytest.mark.django_db

SQUARE = [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]
GEOJSON = json.dumps({"type": "Polygon", "coordinates": SQUARE})


@pytest.fixture
def places(db: None) -> Places:
    return make_places(make_person("wim"), make_person("eve"))


@pytest.fixture
def here(operator: AbstractUser) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def grant_form(places: Places, person: AbstractUser, **others: Any) -> dict[str, Any]:
    now = timezone.now()
    usual = {
        "release": places.release.pk, "right": "full", "user": person.pk, "group": "", "territory": places.west.pk,
        "area": "", "valid_from_0": f"{now:%Y-%m-%d}", "valid_from_1": "00:00:00", "valid_until_0": "",
        "valid_until_1": "", "undertaking": "", "note": "",
    }  # fmt: skip
    return usual | others


def add(here: Client, name: str, data: dict[str, Any]) -> Any:
    return here.post(reverse(f"admin:insar_{name}_add"), data)


def test_only_operators_find_the_administration(alice: AbstractUser, places: Places):
    for user in (alice, places.west.managers.get(), None):
        client = Client()
        if user:
            client.force_login(user)
        for name in ("release", "territory", "undertaking", "grant", "sensitivesite", "auditentry", "part"):
            assert client.get(reverse(f"admin:insar_{name}_changelist")).status_code in (302, 403)


def test_every_list_and_form_can_be_opened(here: Client, places: Places, alice: AbstractUser):
    SensitiveSite.objects.create(name="Base", area=square(0, 0, 10, 10))
    here.get(reverse("insar:release", args=["egms-l2b"]))
    rows = {
        "release": places.release, "territory": places.west, "undertaking": places.undertaking,
        "grant": Grant.objects.get(), "sensitivesite": SensitiveSite.objects.get(),
        "auditentry": AuditEntry.objects.first(),
    }  # fmt: skip
    for name, row in rows.items():
        assert here.get(reverse(f"admin:insar_{name}_changelist")).status_code == 200
        assert here.get(reverse(f"admin:insar_{name}_change", args=[row.pk])).status_code == 200
    for name in ("release", "territory", "undertaking", "grant", "sensitivesite"):
        assert here.get(reverse(f"admin:insar_{name}_add")).status_code == 200
    for name in ("part", "accessrequest"):
        assert here.get(reverse(f"admin:insar_{name}_changelist")).status_code == 200


def test_a_territory_is_typed_in_degrees_or_uploaded(here: Client, places: Places):
    form = {"name": "North", "authority": "Survey", "area": GEOJSON, "managers": []}
    assert add(here, "territory", form).status_code == 302
    west, south, east, north = Territory.objects.get(name="North").area.extent
    assert (west, south, east, north) == pytest.approx((0, 0, 1113.19, 1113.19), abs=0.01)
    file = SimpleUploadedFile("land.geojson", GEOJSON.encode())
    assert add(here, "territory", form | {"name": "File", "area": "", "area_file": file}).status_code == 302
    assert Territory.objects.get(name="File").area.extent == pytest.approx((0, 0, 1113.19, 1113.19), abs=0.01)
    for area in ("", "nowhere", '{"type": "Point", "coordinates": [0, 0]}'):
        answer = add(here, "territory", form | {"name": "Bad", "area": area})
        assert answer.status_code == 200 and "errorlist" in answer.content.decode()


def test_an_area_that_is_not_touched_stays_to_the_last_bit(here: Client, places: Places):
    address = reverse("admin:insar_territory_change", args=[places.west.pk])
    form = here.get(address).context["adminform"].form
    data = {"name": "West", "authority": "New", "area": form.initial["area"], "managers": []}
    assert here.post(address, data).status_code == 302
    kept = Territory.objects.get(pk=places.west.pk)
    assert kept.authority == "New"
    assert kept.area.wkb == places.west.area.wkb


def test_a_grant_is_made_changed_and_revoked_and_all_is_written_down(here: Client, places: Places, alice: AbstractUser):
    assert add(here, "grant", grant_form(places, alice)).status_code == 302
    grant = Grant.objects.get(user=alice)
    assert grant.granted_by == "olga"
    assert policy.access(alice, "egms-l2b").right == Right.FULL
    assert here.post(reverse("admin:insar_grant_delete", args=[grant.pk])).status_code == 403
    chosen = {"action": "revoke", "_selected_action": [grant.pk]}
    here.post(reverse("admin:insar_grant_changelist"), chosen)
    assert policy.access(alice, "egms-l2b").right == Right.EXISTS
    decisions = [entry.detail["decision"] for entry in AuditEntry.objects.filter(action="grant").order_by("id")]
    assert decisions == ["granted", "revoked"]


@pytest.mark.parametrize(
    "others",
    [
        {"user": ""},
        {"everybody": "on"},
        {"area": "POLYGON((20 20, 21 20, 21 21, 20 20))"},
        {"valid_until_0": "2020-01-01", "valid_until_1": "00:00:00"},
        {"right": "all"},
    ],
)
def test_a_grant_that_cannot_be_is_refused(here: Client, places: Places, alice: AbstractUser, others: dict[str, Any]):
    answer = add(here, "grant", grant_form(places, alice, **others))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Grant.objects.filter(user=alice).exists()


def test_an_accepted_undertaking_cannot_be_rewritten(here: Client, places: Places, alice: AbstractUser):
    address = reverse("admin:insar_undertaking_change", args=[places.undertaking.pk])
    Acceptance.objects.create(user=alice, undertaking=places.undertaking)
    form = {
        "text_en": "I promise nothing.",
        "title": "Nothing",
        "version": 9,
        "withdrawn_at_0": "",
        "withdrawn_at_1": "",
    }
    assert here.post(address, form).status_code == 302
    kept = Undertaking.objects.get()
    assert (kept.text_en, kept.title, kept.version) == ("I keep it.", "Promise", 1)


def test_a_release_is_not_called_by_a_word_of_the_addresses(here: Client, places: Places):
    form = {
        "title": "Map", "collection": "X", "level": "L2b", "version": 1, "least_points": 5, "overview_cell_m": 400,
        "embargo_until_0": "", "embargo_until_1": "",
    }  # fmt: skip
    for key in ("map", "desk", "requests", "undertakings", "UPPER", "a b", ""):
        assert add(here, "release", form | {"key": key}).status_code == 200
    assert add(here, "release", form | {"key": "fine"}).status_code == 302
    assert Release.objects.count() == 2


def test_a_release_is_taken_out_after_a_question(here: Client, places: Places):
    partitions.create(Layer.objects.get())
    chosen = {"action": "take_out", "_selected_action": [places.release.pk]}
    address = reverse("admin:insar_release_changelist")
    assert "EGMS L2b" in here.post(address, chosen).content.decode()
    assert Release.objects.exists()
    assert here.post(address, chosen | {"sure": "yes"}).status_code == 302
    assert not Release.objects.exists()
    assert not Grant.objects.exists()
    assert AuditEntry.objects.get(action="decision").detail["decision"] == "release taken out"
