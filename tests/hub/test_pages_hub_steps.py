"""The Mosaic Hub page as people knew it: periods, steps, ways to give the area; the review before ordering."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hub.areas import regions
from hub.orders import ordering
from hub.orders.models import Order
from hub.orders.views import form
from tests.hub.answers import errors_at

HUB = "/hub/"
ESTIMATE = "/hub/estimate/"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


def test_the_kinds_of_period_stand_in_the_old_order(client):
    """A1-011."""
    kinds = re.findall(r'name="kind" value="(\w+)"', client.get(HUB).text)
    assert kinds == ["year", "quarter", "month", "dekad", "day"]


def test_the_chosen_period_stands_as_text_in_the_heading(client, choices):
    """A1-011."""
    page = client.get(f"{HUB}?kind=dekad&dekad=2024-06-11").text
    assert re.search(r'id="period-title">11-20 June 2024<', page)
    nonsense = client.get(f"{HUB}?kind=month&month=yesterday")
    assert nonsense.status_code == 200 and 'id="period-title"><' in nonsense.text


def test_the_four_steps_have_their_old_titles(client):
    """A1-030."""
    page = client.get(HUB).text
    places = [
        page.index(f"<strong>{title}</strong><small>{subtitle}</small>")
        for title, subtitle in (
            ("Data format", "Choose data format options"),
            ("Band selection", "Choose bands for your mosaic"),
            ("Order", "Enter order information"),
            ("Confirm order", "Confirm order details"),
        )
    ]
    assert places == sorted(places)


def test_the_review_lists_every_choice(client, choices):
    """A1-039."""
    page = client.post("/hub/review/", choices, headers=HTMX).text
    for chosen in ("Hills", "June 2024", "GeoTIFF", "60 m", "UTM", "B04 Red", "Valid observations", "S2GM"):
        assert chosen in page
    assert "split" not in page


def test_the_review_warns_when_the_order_is_split_into_tiles(client, choices, monkeypatch):
    """A1-038."""
    whole = ordering.estimate

    class Split:
        products = 3

    monkeypatch.setattr(form.ordering, "estimate", lambda spec: Split if whole(spec) else None)
    page = client.post("/hub/review/", choices, headers=HTMX).text
    assert "split into 3 products" in page and 'hx-swap-oob="true"' in page


def test_the_review_says_what_is_wrong(client, choices):
    assert "The name is missing" in client.post("/hub/review/", choices | {"name": ""}, headers=HTMX).text


def test_a_refusal_names_the_steps_that_need_a_change(as_alice, choices):
    page = as_alice.post(HUB, choices | {"name": "a/b", "crs": "mercator"}).text
    assert 'data-refused="format order"' in page
    assert page.count("needs a change") == 2


def test_without_scripts_a_country_can_be_ordered_by_name(client, choices):
    """A1-022."""
    response = client.post(ESTIMATE, choices | {"area": "", "area_region": "SI"})
    assert "MULTIPOLYGON" in response.text or "POLYGON" in response.text
    assert "Natural Earth" in response.text, "how true the outline is stands on the page"


@pytest.mark.parametrize("code", ["XX", "'; DROP TABLE", "\x00", "x" * 5000])
def test_a_country_that_does_not_exist_is_refused_at_the_area(as_alice, choices, code):
    response = as_alice.post(HUB, choices | {"area": "", "area_region": code})
    assert response.status_code == 422
    assert "no country or continent" in errors_at(response, "area")
    assert not Order.objects.exists()


def test_without_scripts_a_file_gives_the_area(as_alice, choices, spec_json):
    """A1-021."""
    file = SimpleUploadedFile("area.geojson", json.dumps(spec_json["area"]).encode())
    as_alice.post(HUB, choices | {"area": "", "area_file": file})
    assert Order.objects.get().mosaic_spec.area_km2 == pytest.approx(0.6, abs=2)


def test_a_file_that_is_no_area_is_refused_at_the_area(as_alice, choices):
    file = SimpleUploadedFile("area.kml", b"\x00\x01\x02 no area")
    response = as_alice.post(HUB, choices | {"area": "", "area_file": file})
    assert response.status_code == 422 and errors_at(response, "area")
    assert "is missing" not in errors_at(response, "area")
    assert not Order.objects.exists()


def test_a_link_with_a_country_fills_the_area(client):
    page = client.get(f"{HUB}?area_region=SI&way=country").text
    assert "POLYGON" in page
    assert re.search(r'<option value="SI" selected>', page)
    assert client.get(f"{HUB}?area_region=nowhere").status_code == 200


def test_every_country_and_continent_can_be_chosen(client):
    """A1-022."""
    page = client.get(HUB).text
    for region in (*regions.countries(), *regions.continents()):
        assert f'<option value="{region.code}"' in page
