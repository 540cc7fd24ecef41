"""A person's own presets: saved, applied, renamed and deleted by their owner alone, with and without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from hub.orders import presets
from hub.orders.models import Preset

SAVE = "/hub/presets/"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def preset(alice) -> Preset:
    return presets.save(alice, "Vegetation", {"bands": ["B08", "B04"], "layers": [], "resolution": "20"})


def addresses(preset: Preset) -> list[str]:
    return [f"{SAVE}{preset.pk}/{verb}" for verb in ("", "rename/", "remove/")]


def test_what_is_saved_is_all_but_area_period_and_name(as_alice, alice, choices):
    answer = as_alice.post(SAVE, choices | {"preset_name": "  Mine   all ", "option-s2gm-threshold": "6"}, headers=HTMX)
    assert answer.status_code == 200 and "<html" not in answer.text
    kept = Preset.objects.get(owner=alice)
    assert kept.name == "Mine all"
    assert kept.choices["bands"] == choices["bands"] and kept.choices["option-s2gm-threshold"] == "6"
    assert {"area", "kind", "month", "day", "name", "preset_name"}.isdisjoint(kept.choices)


def test_a_preset_of_the_same_name_takes_the_earlier_ones_place(as_alice, alice, choices, preset):
    as_alice.post(SAVE, choices | {"preset_name": "Vegetation"}, headers=HTMX)
    assert Preset.objects.get(owner=alice).choices["resolution"] == "60"


def test_without_scripts_saving_keeps_the_form_as_it_was(as_alice, choices):
    page = as_alice.post(SAVE, choices | {"preset_name": "Mine", "layers": []}).text
    assert "<html" in page and choices["area"] in page
    assert 'value="Hills"' in page
    assert not re.search(r'name="layers" value="\w+" checked', page)


def test_without_scripts_applying_changes_its_choices_and_keeps_the_rest(as_alice, choices, preset):
    page = as_alice.post(f"{SAVE}{preset.pk}/", choices).text
    assert choices["area"] in page
    assert re.search(r'name="resolution" value="20" checked', page)
    assert set(re.findall(r'name="bands" value="(\w+)" checked', page)) == {"B08", "B04"}


def test_a_preset_gets_another_name(as_alice, preset):
    as_alice.post(f"{SAVE}{preset.pk}/rename/", {f"preset_name_{preset.pk}": "Fields"}, headers=HTMX)
    preset.refresh_from_db()
    assert preset.name == "Fields"


def test_a_name_that_another_preset_has_is_refused(as_alice, alice, preset):
    other = presets.save(alice, "Snow", {})
    answer = as_alice.post(f"{SAVE}{other.pk}/rename/", {f"preset_name_{other.pk}": "Vegetation"}, headers=HTMX)
    assert "already" in answer.text
    other.refresh_from_db()
    assert other.name == "Snow"


def test_a_preset_is_deleted(as_alice, preset):
    as_alice.post(f"{SAVE}{preset.pk}/remove/", headers=HTMX)
    assert not Preset.objects.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Give the preset a name"),
        ("   ", "Give the preset a name"),
        ("x" * 41, "at most 40"),
        ("a\x00b", "letters"),
    ],
)
def test_a_name_that_will_not_do_is_refused(as_alice, choices, name, said):
    assert said in as_alice.post(SAVE, choices | {"preset_name": name}, headers=HTMX).text
    assert as_alice.post(SAVE, choices | {"preset_name": name}).status_code == 422
    assert not Preset.objects.exists()


def test_there_are_only_so_many_presets(as_alice, alice, choices):
    for number in range(presets.MOST_PRESETS):
        presets.save(alice, f"Number {number}", {})
    assert "the limit" in as_alice.post(SAVE, choices | {"preset_name": "One more"}, headers=HTMX).text
    assert Preset.objects.count() == presets.MOST_PRESETS
    as_alice.post(SAVE, choices | {"preset_name": "Number 3"}, headers=HTMX)
    assert Preset.objects.get(name="Number 3").choices, "one that is there can still be changed"


def test_what_is_kept_is_short_however_much_is_sent(as_alice, alice, choices):
    as_alice.post(
        SAVE, choices | {"preset_name": "Long", "bands": ["x" * 5000] * 500, "mask": "y" * 5000}, headers=HTMX
    )
    kept = Preset.objects.get(owner=alice).choices
    assert len(kept["bands"]) == presets.MOST_VALUES
    assert max(len(value) for value in (*kept["bands"], kept["mask"])) == presets.LONGEST_VALUE


def test_hostile_names_are_shown_as_text(as_alice, choices):
    page = as_alice.post(SAVE, choices | {"preset_name": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_charlie_sees_and_changes_no_preset_of_alices(client, charlie, choices, preset):
    client.force_login(charlie)
    assert "Vegetation" not in client.get("/hub/").text
    for address in addresses(preset):
        assert client.post(address, choices | {f"preset_name_{preset.pk}": "Mine now"}).status_code == 404
    preset.refresh_from_db()
    assert preset.name == "Vegetation"


def test_a_visitor_is_sent_to_sign_in(client, choices, preset):
    for address in (SAVE, *addresses(preset)):
        answer = client.post(address, choices)
        assert answer.status_code == 302 and answer.url.startswith("/account/login/")
    assert "Sign in to keep choices" in client.get("/hub/").text


def test_presets_change_by_post_with_the_forms_token_only(alice, preset):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for address in (SAVE, *addresses(preset)):
        assert strict.post(address).status_code == 403
        assert strict.get(address).status_code == 405
