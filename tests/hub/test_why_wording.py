"""What the answer says, in English and French, and that its colours are those of the legend."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.utils import translation

from hub.orders.models import Product
from hub.pixels.candidates import REASONS
from hub.pixels.models import Question, State
from hub.pixels.wording import Answer, trouble_of
from processing.layers import LAYERS as ENGINE_LAYERS
from tests.hub.explained import (
    HTMX,
    LAYERS,
    answered,
    browser_of,
    candidate,
    delivered_mosaic,
    explanation,
    nothing_valid,
    rejected,
)

pytestmark = pytest.mark.django_db


def answer_of(said: dict[str, Any], **columns: Any) -> Answer:
    return Answer(Question(**{"answer": said, "lon": 15.0, "lat": 46.0, "state": State.MADE, "pictures": []} | columns))


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "Taken from 14 June 2024 (S2B, 33TWM): the medoid of 2 valid observations."),
        (
            {"decision": "short_term"},
            "Taken from 14 June 2024 (S2B, 33TWM): decided by rules among 2 valid observations.",
        ),
        (
            {"decision": "single", "valid_obs": 1},
            "Taken from 14 June 2024 (S2B, 33TWM): the only valid observation.",
        ),
        (
            {"decision": "single"},
            "Taken from 14 June 2024 (S2B, 33TWM): taken without comparison from 2 valid observations.",
        ),
        ({"candidates": [], "valid_obs": 0, "decision": "none"}, "No scene of the period covers this pixel."),
    ],
)
def test_the_headline_says_where_it_comes_from(changes: dict[str, Any], headline: str) -> None:
    assert answer_of(explanation(**changes)).headline == headline


def test_the_headline_says_why_it_comes_from_nowhere() -> None:
    assert answer_of(nothing_valid()).headline == (
        "No observation counts here: 2 × Cloud, high probability · 1 × at the edge of the swath."
    )


@pytest.mark.parametrize("code", [*REASONS, "cirrus", "something new"])
def test_every_reason_has_a_short_name(code: str) -> None:
    only = explanation(valid_obs=0, chosen=None, candidates=[rejected(4, code, 10, "Thin cirrus")])
    assert answer_of(only).headline.startswith("No observation counts here: 1 × ")


def test_newest_come_first_and_those_that_do_not_count_last() -> None:
    answer = answer_of(explanation())
    assert [each.day for each in answer.counted] == ["24 Jun 2024", "14 Jun 2024"]
    assert [each.day for each in answer.rejected] == ["9 Jun 2024", "4 Jun 2024"]


def test_numbers_are_written_as_the_language_writes_them() -> None:
    (first, *_others) = answer_of(explanation()).candidates
    assert (first.view_zenith, first.ndvi, first.distance) == ("4.25", "0.765", "0.0812")
    with translation.override("fr"):
        (first, *_others) = answer_of(explanation()).candidates
        assert (first.view_zenith, first.ndvi, first.distance) == ("4,25", "0,765", "0,0812")
        assert {each.name: each.text for each in first.bands}["B04"] == "0,0400"


def test_what_is_not_known_is_a_dash() -> None:
    bare = candidate(
        3, view_zenith_deg=None, distance=None, cloud_probability=None, indices={}, reflectance={"B04": None},
        scene_class=None, class_title="",
    )  # fmt: skip
    first = answer_of(explanation(candidates=[bare])).candidates[0]
    assert {first.view_zenith, first.ndvi, first.distance, first.cloud_probability} == {"–"}
    assert [each.text for each in first.bands] == ["–"]
    assert answer_of(explanation(candidates=[bare])).spectra["bands"] == []


def test_the_plot_has_the_bands_that_there_are_by_wavelength() -> None:
    spectra = answer_of(explanation()).spectra
    assert spectra["bands"] == ["B02", "B03", "B04", "B08", "B11"]
    assert spectra["wavelengths"] == [490, 560, 665, 842, 1610]
    assert spectra["lines"][1]["values"] == pytest.approx([0.0314, 0.05, 0.04, 0.3, 0.15])
    assert [line["verdict"] for line in spectra["lines"]] == ["not_chosen", "chosen", "rejected", "rejected"]


@pytest.mark.parametrize(
    ("lon", "lat", "place"), [(15, 46, "46.00000° N, 15.00000° E"), (-70.5, -33, "33.00000° S, 70.50000° W")]
)
def test_a_place_is_told_by_its_hemispheres(lon: float, lat: float, place: str) -> None:
    assert answer_of(explanation(), lon=lon, lat=lat).place == place


def test_where_the_mosaic_holds_something_else_it_is_said() -> None:
    answer = answer_of(explanation(held={"B04": 400, "source_index": 17, "valid_obs": 5}))
    (difference,) = answer.differences
    assert (difference.name, difference.held, difference.found) == ("source_index", "17", "16")
    assert not answer_of(explanation()).differences


def test_a_log_that_does_not_fit_the_choice_is_owned_up_to() -> None:
    assert answer_of(explanation(agrees=False)).notes == [
        "The words beside the choice do not fit it: tell the service desk."
    ]


@pytest.fixture
def mosaic(alice: AbstractUser, spec_json: dict[str, Any]) -> Product:
    """A product of alice's, made from the small archive."""
    return delivered_mosaic(alice, spec_json | {"layers": LAYERS})


def shown(question: Question, *, whole: bool = False) -> str:
    address = f"/orders/{question.product.order_id}/products/{question.product_id}/why/{question.key}/"
    return browser_of(question.product.order.owner).get(address, headers=None if whole else HTMX).text


def test_the_page_shows_all_of_it(mosaic: Product) -> None:
    question = answered(mosaic, explanation(missing=["S2A_gone"], held={"B04": 401}), pictures=[0, 1])
    page = shown(question)
    for text in (
        "the medoid of 2 valid observations", "24 Jun 2024", "S2B, 33TWM", "Vegetation", "0.0617", "0.765", "4.25°",
        "Chosen", "Not chosen", "Does not count", "S2A_gone", "B04: 401 in the mosaic, 400 now", "B08",
        "1 scene that could not be asked",
    ):  # fmt: skip
        assert text in page, text
    assert page.count("<img") == 2 and page.count('aria-current="true"') == 1
    assert f"?order={mosaic.order_id}&amp;pixel={question.key}" in page
    assert "style=" not in page and "<html" not in page
    assert "<html" in shown(question, whole=True)


def test_pictures_come_when_they_are_made(mosaic: Product) -> None:
    question = answered(mosaic, pictures=None)
    assert "?part=pictures" in shown(question)
    address = f"/orders/{mosaic.order_id}/products/{mosaic.pk}/why/{question.key}/?part=pictures"
    alice = browser_of(mosaic.order.owner)
    assert alice.get(address, headers=HTMX).status_code == 204
    Question.objects.update(pictures=[0, 2])
    part = alice.get(address, headers=HTMX).text
    assert part.count("hx-swap-oob") == 4 and part.count("<img") == 2
    assert "?part=pictures" not in shown(question)


def test_numbers_in_addresses_and_data_are_not_localised(mosaic: Product) -> None:
    question = answered(mosaic)
    with translation.override("fr"):
        client = browser_of(mosaic.order.owner)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
        address = f"/orders/{mosaic.order_id}/products/{mosaic.pk}/why/{question.key}/"
        page = client.get(address, headers=HTMX).text
    assert re.search(r'data-lon="\d+\.\d+"', page) and re.search(r'"values": \[0\.\d+', page)


@pytest.mark.parametrize("code", ["made_again", "no_worker", "file_gone"])
def test_what_went_wrong_is_told_in_words(mosaic: Product, code: str) -> None:
    question = answered(mosaic, {}, state=State.FAILED, problems=[{"code": code, "message": ""}])
    assert 'role="alert"' in shown(question) and len(trouble_of(question)) > 20


def test_markup_stays_text(mosaic: Product) -> None:
    evil = "</script><script>alert(1)</script>"
    said = explanation(rule={"code": "x", "sentence": evil}, missing=[evil])
    said["candidates"][0] |= {"granule": evil, "platform": evil, "class_title": evil}
    assert "<script>alert" not in shown(answered(mosaic, said), whole=True)


def test_the_classes_have_the_colours_of_the_legend() -> None:
    css = (settings.BASE_DIR / "static/css/why.css").read_text()
    found = dict(re.findall(r"\.scl-(\d+) \{ background: (#[0-9a-f]{6}); \}", css))
    (raster,) = ENGINE_LAYERS["scene_classification"].rasters
    assert found == {str(int(flag.value)): flag.colour for flag in raster.flags}
