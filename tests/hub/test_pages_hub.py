"""The Mosaic Hub page: looking without an account, ordering, and refusals at their field."""

from __future__ import annotations

import datetime as dt
import json
import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from hub.orders.models import Order
from hub.orders.offer import Offer
from hub.orders.states import Status
from processing import registry
from processing.errors import SourceUnreachable
from processing.layers import LAYERS
from processing.methods.base import Option
from processing.sentinel2 import BANDS
from tests.hub.answers import errors_at

HUB = "/hub/"
ESTIMATE = "/hub/estimate/"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


def test_anyone_can_look_at_the_page(client):
    response = client.get(HUB)
    assert response.status_code == 200
    assert "Sign in and generate" in response.text


def test_every_plug_in_band_and_layer_stands_on_the_form(client):
    page = client.get(HUB).text
    for field, names in {
        "bands": BANDS,
        "layers": LAYERS,
        "method": registry.methods(),
        "format": registry.formats(),
    }.items():
        for name in names:
            assert f'name="{field}" value="{name}"' in page


def test_a_new_method_appears_on_the_form_by_itself(client, monkeypatch):
    class Brightest:
        name, title, summary = "brightest", "Brightest", "The brightest observation."
        options = (Option("share", "Share", "How many of the brightest.", default=10, smallest=1, largest=50),)

    monkeypatch.setattr(registry, "methods", lambda: {"brightest": Brightest})
    page = client.get(HUB).text
    assert 'name="method" value="brightest"' in page
    assert re.search(r'type="number"[^>]*name="option-brightest-share" value="10" min="1" max="50"', page)


def test_periods_without_scenes_are_disabled(client):
    page = client.get(HUB).text
    # The small archive holds June 2024 only.
    assert re.search(r'value="2024-06-01" aria-label="June 2024"(?![^>]*disabled)', page)
    assert re.search(r'value="2024-05-01" aria-label="May 2024"[^>]*disabled', page)
    assert re.search(r'<option value="2024-05-21"[^>]*disabled', page)
    assert 'min="2024-06-03" max="2024-06-15" data-days="1000000100101"' in page


def test_a_gap_within_the_archive_is_disabled_too():
    offer = Offer()
    offer.days -= {dt.date(2024, 6, 3), dt.date(2024, 6, 10)}
    dekads = {choice.value: choice.disabled for year in offer.periods["dekad"] for choice in year.periods}
    assert dekads["2024-06-01"] and not dekads["2024-06-11"]
    offer = Offer()
    offer.days -= {dt.date(2024, 6, 13), dt.date(2024, 6, 15)}
    assert offer.suggested_periods["dekad"] == "2024-06-01"


def test_the_page_has_nothing_inline_that_its_policy_forbids(client):
    page = client.get(HUB).text
    assert not re.search(r"\son\w+=|\sstyle=|<style", page)
    for script in re.findall(r"<script([^>]*)>", page):
        assert "src=" in script or 'type="application/json"' in script


def test_an_order_is_taken_as_the_form_says(as_alice, alice, choices, spec_json):
    response = as_alice.post(HUB, choices)
    order = Order.objects.get(owner=alice)
    assert response.status_code == 302 and response.url == order.get_absolute_url()
    assert order.status == Status.ACCEPTED
    assert order.spec == order.spec | {key: spec_json[key] for key in spec_json if key != "area"}
    assert order.products.count() == 1


def test_the_area_can_be_sent_as_geojson(as_alice, choices, spec_json):
    as_alice.post(HUB, choices | {"area": json.dumps(spec_json["area"])})
    assert Order.objects.get().spec["area"] == spec_json["area"]


def test_a_form_sent_twice_is_one_order(as_alice, choices):
    first = as_alice.post(HUB, choices | {"form_key": "one-rendering"})
    second = as_alice.post(HUB, choices | {"form_key": "one-rendering"})
    assert first.url == second.url
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"area": ""}, "area", "The area is missing"),
        ({"area": "POLYGON((15 46, 15.1 46, 15.1 46.1, 15 46.1))"}, "area", "is not closed"),
        ({"area": "POLYGON((15 46, 15.1 46.1, 15.1 46, 15 46.1, 15 46))"}, "area", "crosses itself"),
        ({"area": "POLYGON((15 46, 250 46, 250 47, 15 46))"}, "area", "longitude"),
        ({"area": "POLYGON((15 88, 16 88, 16 89, 15 88))"}, "area", "latitude"),
        ({"area": "POLYGON((15 46, 15.1 46, 15 46))"}, "area", "The area"),
        ({"area": "POINT(15 46)"}, "area", "is a point"),
        ({"area": "POLYGON((2 2, 2.1 2, 2.1 2.1, 2 2))"}, "area", ""),
        ({"kind": "month", "month": "2024-06-02"}, "period", "2024-06-01"),
        ({"kind": "month", "month": "2999-01-01"}, "period", "future"),
        ({"kind": "month", "month": "2024-01-01"}, "period", ""),
        ({"kind": "day", "day": ""}, "period", "The period"),
        ({"kind": "day", "day": "yesterday"}, "period", "YYYY-MM-DD"),
        ({"kind": "week", "month": "2024-06-01"}, "period", "The period"),
        ({"resolution": "15"}, "resolution", "must be 10, 20 or 60"),
        ({"resolution": "9" * 5000}, "resolution", "The resolution"),
        ({"crs": "mercator"}, "crs", "The coordinate system must be"),
        ({"bands": ["B09"]}, "bands", "B09"),
        ({"layers": ["haze"]}, "layers", "haze"),
        ({"bands": [], "layers": []}, "bands", "at least one"),
        ({"method": "best"}, "method", "best"),
        ({"format": "gif"}, "format", "gif"),
        ({"name": ""}, "name", "The name is missing"),
        ({"name": "a/b"}, "name", "The name must"),
        ({"name": "x" * 65}, "name", "64"),
        ({"name": "null\x00"}, "name", ""),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_is_ordered(as_alice, choices, changed, field, said):
    response = as_alice.post(HUB, choices | changed)
    message = errors_at(response, field)
    assert response.status_code == 422
    assert message and said in message
    assert message[0].isupper() and message.endswith(".") and len(message) < 400
    assert not Order.objects.exists()


def test_all_refusals_are_shown_at_once(as_alice, choices):
    response = as_alice.post(HUB, choices | {"area": "x", "resolution": "1", "method": "best", "name": "?"})
    for field in ("area", "resolution", "method", "name"):
        assert errors_at(response, field), field


def test_a_refused_form_keeps_every_choice(as_alice, choices):
    page = as_alice.post(HUB, choices | {"name": "a/b", "crs": "wgs84", "bands": ["B12"]}).text
    assert choices["area"] in page
    assert re.search(r'name="crs" value="wgs84" checked', page)
    assert re.search(r'name="bands" value="B12" checked', page)
    assert not re.search(r'name="bands" value="B04" checked', page)
    assert 'value="a/b"' in page


def test_too_large_an_area_is_refused_at_the_area(as_alice, choices, settings):
    settings.ORDER_LIMIT_AREA_KM2 = 0.1
    response = as_alice.post(HUB, choices)
    assert "limit" in errors_at(response, "area")
    assert not Order.objects.exists()


def test_too_many_orders_are_refused_with_a_remedy(as_alice, choices, settings):
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 0
    response = as_alice.post(HUB, choices)
    assert response.status_code == 429
    assert "dismiss one" in response.text
    assert not Order.objects.exists()


def test_an_unreachable_archive_is_said_on_the_page_and_nothing_is_ordered(as_alice, choices, settings, tmp_path):
    settings.MOSAIC_SOURCE = str(tmp_path / "nothing" / "items.json")
    shown = as_alice.get(HUB)
    assert shown.status_code == 200 and "archive of scenes does not answer" in shown.text
    refused = as_alice.post(HUB, choices)
    assert refused.status_code == 503 and "try again" in refused.text
    assert not Order.objects.exists()


def test_an_archive_that_fails_at_the_last_moment_is_said_on_the_page(as_alice, choices, monkeypatch):
    def unreachable(spec, source):
        raise SourceUnreachable("There is no file /srv/archive/items.json.")

    monkeypatch.setattr("hub.orders.estimates.prospects", unreachable)
    response = as_alice.post(HUB, choices)
    assert response.status_code == 503 and "archive of scenes does not answer" in response.text
    assert "/srv/archive" not in response.text, "where the archive lies is the operators' business"


def test_hostile_names_are_shown_as_text(as_alice, choices):
    page = as_alice.post(HUB, choices | {"name": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_what_was_chosen_survives_signing_in(client, alice, choices):
    sent = client.post(HUB, choices | {"resolution": "20", "bands": ["B11", "B12"]})
    assert sent.status_code == 302 and sent.url == "/account/login/?next=/hub/"
    client.force_login(alice)
    page = client.get(HUB).text
    assert choices["area"] in page
    assert re.search(r'name="resolution" value="20" checked', page)
    assert re.search(r'name="bands" value="B11" checked', page)
    assert not re.search(r'name="bands" value="B02" checked', page)
    assert 'value="Hills"' in page
    assert not Order.objects.exists()


def test_once_ordered_the_form_starts_afresh(client, alice, choices):
    client.post(HUB, choices)
    client.force_login(alice)
    client.post(HUB, choices)
    assert Order.objects.count() == 1
    assert choices["area"] not in client.get(HUB).text


def test_a_link_can_fill_the_form(client, choices):
    page = client.get(f"{HUB}?{urlencode({'area': choices['area'], 'crs': 'wgs84', 'unknown': 1})}").text
    assert choices["area"] in page
    assert re.search(r'name="crs" value="wgs84" checked', page)


def test_an_order_of_ones_own_can_be_changed_and_ordered_again(as_alice, order):
    page = as_alice.get(f"{HUB}?like={order.pk}").text
    assert 'value="Hills"' in page
    assert re.search(r'name="resolution" value="60" checked', page)
    assert re.search(r'name="month" value="2024-06-01"[^>]*checked', page)
    assert "POLYGON ((" in page


@pytest.mark.parametrize("like", ["{pk}", "0", "x", "9" * 400])
def test_an_order_of_somebody_else_does_not_fill_the_form(client, charlie, order, like):
    client.force_login(charlie)
    assert client.get(f"{HUB}?like={like.format(pk=order.pk)}").status_code == 404


def test_the_estimate_changes_nothing_and_needs_no_account(client, choices):
    response = client.post(ESTIMATE, choices | {"name": ""}, headers=HTMX)
    assert response.status_code == 200
    assert "km²" in response.text and "1 product" in response.text
    assert "<html" not in response.text
    assert not Order.objects.exists()


def test_the_estimate_says_what_is_wrong(client, choices):
    assert (
        "crosses itself"
        in client.post(
            ESTIMATE, choices | {"area": "POLYGON((15 46, 15.1 46.1, 15.1 46, 15 46.1, 15 46))"}, headers=HTMX
        ).text
    )
    assert (
        "outside the archive"
        in client.post(ESTIMATE, choices | {"area": "POLYGON((2 2, 2.1 2, 2.1 2.1, 2 2))"}, headers=HTMX).text
    )


def test_the_estimate_says_that_an_order_would_be_held(client, choices, settings):
    settings.ORDER_HOLD_AREA_KM2 = 0.1
    assert "operator" in client.post(ESTIMATE, choices, headers=HTMX).text


def test_without_scripts_the_estimate_comes_with_the_whole_page(client, choices):
    response = client.post(ESTIMATE, choices)
    assert "<html" in response.text and "1 product" in response.text
    assert choices["area"] in response.text


def test_an_order_needs_the_forms_token(alice, choices):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(HUB, choices).status_code == 403
    assert not Order.objects.exists()
