"""The forecast on the hub page: for everybody, of the archive's scenes and of nothing else."""

from __future__ import annotations

import json
import re
from io import BytesIO

import numpy as np
import pytest
import rasterio
import shapely
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from hub.forecast.models import SceneMask, State

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def nothing_remembered(servers, settings):
    """And time enough to look at all scenes, however busy the machine is."""
    cache.clear()
    settings.FORECAST_READ_SECONDS = 60


def ask(client, choices, **changes):
    return client.post(reverse("forecast:show"), choices | changes, headers=HTMX)


def as_json(client, choices, **changes):
    answer = client.post(reverse("forecast:show"), choices | changes, headers={"Accept": "application/json"})
    return answer, answer.json()


def test_a_visitor_sees_shares_scenes_and_a_map_before_ordering(client, choices):
    answer = ask(client, choices)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert len(re.findall(r'data-level="[148]">[^<]+ %<', page)) == 3
    assert page.count("<tr>") == 1 + SceneMask.objects.filter(state=State.KEPT).count()
    layer = re.search(r'data-forecast-layer="([^"]+)"', page)[1]
    picture = client.get(layer)
    assert picture["Content-Type"] == "image/png"
    west, south, east, north = map(float, re.search(r'data-bounds="([^"]+)"', page)[1].split(","))
    with rasterio.open(BytesIO(picture.content)) as image:
        assert image.count == 4
        opaque = image.read(4) > 0
    assert opaque.mean() > 0.9
    area = shapely.from_wkt(choices["area"])
    assert shapely.box(west, south, east, north).buffer(1e-6).covers(area)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_pictures_colours_are_the_shares(client, choices):
    _, told = as_json(client, choices)
    page = ask(client, choices).content.decode()
    layer = re.search(r'data-forecast-layer="([^"]+)"', page)[1]
    for level in ("1", "4", "8"):
        with rasterio.open(BytesIO(client.get(layer, {"show": level}).content)) as image:
            red, _, _, alpha = image.read()
        enough = (red < 0x80) & (alpha > 0)
        share = enough.sum() / (alpha > 0).sum()
        assert share == pytest.approx(told["share_with_at_least"][level], abs=0.002)


def test_programs_get_json(client, choices):
    answer, told = as_json(client, choices)
    assert answer.status_code == 200
    assert told["scenes_known"] == len(told["scenes"]) > 0
    assert sum(told["histogram"]) == pytest.approx(1, abs=0.01)
    assert told["share_without"] == pytest.approx(1 - told["share_with_at_least"]["1"], abs=1e-3)


def test_a_bad_area_is_named(client, choices):
    answer = ask(client, choices, area="POLYGON((0 0, 1 1))")
    assert "forecast-problem" in answer.content.decode()
    answer, told = as_json(client, choices, area="POLYGON((0 0, 1 1))")
    assert answer.status_code == 422 and told["detail"]


def test_a_period_without_scenes_says_so(client, choices):
    page = ask(client, choices, month="2020-01-01").content.decode()
    assert "no scene of this area" in page
    assert "data-forecast-layer" not in page


def test_a_key_that_nobody_was_given_shows_nothing(client, charlie, choices):
    ask(client, choices)
    client.force_login(charlie)
    for key in ("0" * 40, "x", "..%2f..%2fsecret", "0" * 4000):
        assert client.get(f"/hub/forecast/{key}.png").status_code == 404


def test_only_what_can_be_shown_is_drawn(client, choices):
    layer = re.search(r'data-forecast-layer="([^"]+)"', ask(client, choices).content.decode())[1]
    for show in ("2", "-1", "count;", "a" * 9999):
        assert client.get(layer, {"show": show}).status_code == 404


def test_the_map_is_not_fetched_by_get_and_the_form_not_by_map(client):
    assert client.get(reverse("forecast:show")).status_code == 405
    assert client.post("/hub/forecast/" + "0" * 40 + ".png").status_code == 405


def test_a_form_from_elsewhere_is_refused(choices):
    assert Client(enforce_csrf_checks=True).post(reverse("forecast:show"), choices).status_code == 403


def test_too_many_questions_are_refused(client, choices, settings):
    settings.FORECASTS_PER_MINUTE = 2
    for _ in range(2):
        assert as_json(client, choices)[0].status_code == 200
    answer, told = as_json(client, choices)
    assert answer.status_code == 429 and told["detail"]
    assert "forecast-problem" in ask(client, choices).content.decode()


def test_without_script_it_is_a_page_of_its_own(client, choices):
    page = client.post(reverse("forecast:show"), choices).content.decode()
    assert "<html" in page and 'class="forecast-numbers"' in page


def test_scenes_that_are_not_known_are_waited_for(client, choices, settings):
    settings.FORECAST_READ_SECONDS = 0
    page = ask(client, choices).content.decode()
    assert "0 of" in page and "scenes known so far" in page
    assert json.loads(re.search(r"hx-vals='([^']+)'", page)[1]) == {"forecast_poll": "1"}
    assert SceneMask.objects.filter(state=State.WANTED, asked=True).exists()
    page = ask(client, choices, forecast_poll="20").content.decode()
    assert "hx-vals" not in page, "there is an end to asking"


def test_a_method_without_medoid_promises_none(client, choices):
    page = ask(client, choices, method="latest").content.decode()
    assert "newest valid observation" in page and "medoid" not in page


def test_a_strict_mask_counts_no_more(client, choices):
    loose, strict = (as_json(client, choices, mask=mask)[1]["histogram"] for mask in ("scl-urban", "scl-strict"))
    mean = [np.average(np.arange(len(shares)), weights=shares) for shares in (loose, strict)]
    assert mean[0] >= mean[1]


def test_the_api_forecasts_for_who_has_a_token(api, alice, spec_json):
    answer = api(alice).post("/api/v1/forecast/", spec_json, format="json")
    told = answer.json()
    assert answer.status_code == 200
    assert told["scenes_known"] == len(told["scenes"]) > 0
    assert set(told["share_with_at_least"]) == {"1", "4", "8"}


def test_the_api_refuses_strangers_and_bad_orders(api, alice, spec_json):
    assert api().post("/api/v1/forecast/", spec_json, format="json").status_code == 401
    refused = api(alice).post("/api/v1/forecast/", spec_json | {"area": {"type": "Point"}}, format="json")
    assert refused.status_code == 422
    assert api(alice).post("/api/v1/forecast/", [], format="json").status_code in (400, 422)
    assert api(alice).get("/api/v1/forecast/").status_code == 405


def test_what_is_too_large_is_refused_with_a_remedy(client, choices, settings):
    settings.ORDER_LIMIT_AREA_KM2 = 0.1
    answer, told = as_json(client, choices)
    assert answer.status_code == 422 and "smaller area" in told["detail"]
    assert "smaller area" in ask(client, choices).content.decode()


def test_an_archive_that_is_away_is_one_sentence(client, choices, settings):
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    answer = ask(client, choices)
    assert answer.status_code == 200
    assert "/nowhere" not in answer.content.decode() and "forecast-problem" in answer.content.decode()


def test_the_page_speaks_french_with_numbers_that_svg_reads(client, choices):
    client.cookies["django_language"] = "fr"
    page = ask(client, choices).content.decode()
    chart = re.search(r"<svg class=\"forecast-chart.*?</svg>", page, re.DOTALL)[0]
    assert not re.search(r'(?:x|y|height|width)="[^"]*[,\u00a0\u202f][^"]*"', chart)
