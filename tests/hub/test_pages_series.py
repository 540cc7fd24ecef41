"""The time-series pages: looking without an account, asking, refusals at their field, one's own series alone."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from hub.series.models import Series
from processing.layers import LAYERS
from processing.pixels.series_spec import DEFAULT_LAYERS, SeriesSpec
from processing.sentinel2 import BANDS
from processing.sources import open_source
from tests.hub.answers import errors_at

TOOL = "/series/"
PLACE = "/series/place/"
CODE = "/series/code/"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def centre(small_archive) -> tuple[float, float]:
    west, south, east, north = open_source(str(small_archive)).extent().bounds
    return round((west + east) / 2, 6), round((south + north) / 2, 6)


@pytest.fixture
def chosen(centre) -> dict[str, Any]:
    """What the form sends for ten-day mosaics of one pixel."""
    return {
        "contents": "composites",
        "kind": "dekad",
        "resolution": "10",
        "lon": str(centre[0]),
        "lat": str(centre[1]),
        "pixels": "1",
        "start": "2024-06-01",
        "end": "2024-06-30",
        "crs": "utm",
        "method": "s2gm",
        "mask": "",
        "bands": list(BANDS),
        "layers": list(DEFAULT_LAYERS),
        "name": "Field 12",
    }


def square(centre, half: float = 0.002) -> str:
    (x, y) = centre
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return "POLYGON((" + ", ".join(f"{x + dx:.6f} {y + dy:.6f}" for dx, dy in corners) + "))"


# --- The form --------------------------------------------------------------------------------------


def test_anyone_can_look_at_the_page(client):
    response = client.get(TOOL)
    assert response.status_code == 200
    assert "Sign in and generate" in response.text
    assert 'id="kept"' not in response.text


def test_every_choice_stands_on_the_form(client):
    page = client.get(TOOL).text
    for field, names in {
        "contents": ("composites", "observations", "statistics"),
        "kind": ("year", "quarter", "month", "dekad", "day"),
        "resolution": ("10", "20", "60"),
        "pixels": ("1", "3"),
        "bands": BANDS,
        "layers": LAYERS,
    }.items():
        for name in names:
            assert f'name="{field}" value="{name}"' in page
    for name in DEFAULT_LAYERS:
        assert f'name="layers" value="{name}" checked' in page


def test_a_link_fills_the_form(client):
    page = client.get(f"{TOOL}?lon=14.5&lat=46.1&kind=day&resolution=20&pixels=3&start=2024-06-02&unknown=1").text
    assert 'name="lon" inputmode="text" autocomplete="off" maxlength="24" placeholder="14.5058" value="14.5"' in page
    assert 'name="kind" value="day" checked' in page
    assert 'name="resolution" value="20" checked' in page
    assert 'name="pixels" value="3" checked' in page
    assert 'name="start" value="2024-06-02"' in page


def test_a_series_is_asked_for_as_the_form_says(as_alice, alice, chosen, centre):
    response = as_alice.post(TOOL, chosen)
    series = Series.objects.get(owner=alice)
    assert response.status_code == 303 and response.url == series.get_absolute_url()
    assert series.name == "Field 12"
    expected = SeriesSpec.parse(
        {
            "name": "Field 12",
            "place": {"lon": centre[0], "lat": centre[1]},
            "kind": "dekad",
            "start": "2024-06-01",
            "end": "2024-06-30",
        }
    )
    assert series.spec == expected.to_json(), "the form's defaults are the engine's, the columns in S2GM's order"


def test_the_order_of_the_ticks_does_not_matter(as_alice, chosen):
    as_alice.post(TOOL, chosen | {"layers": [name for name in LAYERS if name in DEFAULT_LAYERS]})
    assert Series.objects.get().spec["layers"] == list(DEFAULT_LAYERS)


def test_degrees_may_have_a_decimal_comma(as_alice, chosen):
    as_alice.post(TOOL, chosen | {"lon": chosen["lon"].replace(".", ","), "name": ""})
    series = Series.objects.get()
    assert series.spec["place"]["lon"] == float(chosen["lon"])
    assert series.name == "Time series"


def test_statistics_take_the_area_and_not_the_point(as_alice, chosen, centre):
    as_alice.post(TOOL, chosen | {"contents": "statistics", "area": square(centre), "lon": "x"})
    spec = Series.objects.get().spec
    assert spec["place"] is None and spec["area"]["type"] == "Polygon"


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"lat": "95"}, "lat", "The latitude"),
        ({"lat": ""}, "lat", "The latitude"),
        ({"lon": "NaN"}, "lon", "The longitude"),
        ({"lon": "inf"}, "lon", "The longitude"),
        ({"lon": "1e400"}, "lon", "The longitude"),
        ({"lon": "181"}, "lon", "The longitude"),
        ({"lon": "east"}, "lon", "The longitude"),
        ({"lon": "9" * 5000}, "lon", "The longitude"),
        ({"start": "2024-06-30", "end": "2024-06-01"}, "end", ""),
        ({"start": "2024-06-31"}, "start", "YYYY-MM-DD"),
        ({"start": ""}, "start", "YYYY-MM-DD"),
        ({"kind": "year", "end": "2100-01-01"}, "end", "future"),
        ({"kind": "day", "start": "2022-01-01", "end": "2024-06-30"}, "end", "400"),
        ({"kind": "week"}, "kind", "The period"),
        ({"resolution": "15"}, "resolution", "10, 20 or 60"),
        ({"pixels": "5"}, "pixels", "The number of pixels"),
        ({"contents": "everything"}, "contents", "The contents"),
        ({"crs": "mercator"}, "crs", "The coordinate system"),
        ({"epsg": "3857"}, "epsg", ""),
        ({"method": "best"}, "method", "best"),
        ({"mask": "none at all"}, "mask", "none at all"),
        ({"bands": ["B09"]}, "bands", "B09"),
        ({"layers": ["haze"]}, "layers", "haze"),
        ({"name": "a/b"}, "name", "The name must"),
        ({"name": "x" * 65}, "name", "64"),
        ({"option-s2gm-threshold": "1.5"}, "option-s2gm-threshold", "whole number"),
        ({"option-s2gm-threshold": "999"}, "option-s2gm-threshold", "threshold"),
        ({"contents": "statistics", "area": ""}, "area", "is missing"),
        ({"contents": "statistics", "area": "POLYGON((15 46, 15.1 46.1, 15.1 46, 15 46.1, 15 46))"}, "area", "crosses"),
        ({"contents": "statistics", "area": "POLYGON((15 46, 16 46, 16 47, 15 47, 15 46))"}, "area", ""),
        ({"contents": "statistics", "area": "POINT(15 46)"}, "area", "is a point"),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_is_asked_for(as_alice, chosen, changed, field, said):
    response = as_alice.post(TOOL, chosen | changed)
    message = errors_at(response, field)
    assert response.status_code == 422
    assert message and said in message, response.context["form"].errors
    assert message[0].isupper() and message.endswith(".") and len(message) < 400
    assert "Nothing was computed" in response.text
    assert not Series.objects.exists()


def test_problems_at_several_fields_are_shown_at_once(as_alice, chosen):
    response = as_alice.post(TOOL, chosen | {"lon": "x", "lat": "y", "end": "never"})
    for field in ("lon", "lat", "end"):
        assert errors_at(response, field), field


def test_a_refused_form_keeps_every_choice(as_alice, chosen):
    page = as_alice.post(TOOL, chosen | {"name": "a/b", "kind": "year", "pixels": "3", "bands": ["B12"]}).text
    assert 'name="kind" value="year" checked' in page
    assert 'name="pixels" value="3" checked' in page
    assert 'name="bands" value="B12" checked' in page and 'name="bands" value="B04" checked' not in page
    assert f'value="{chosen["lon"]}"' in page
    assert re.search(r'<details class="advanced[^>]* open>', page)


def test_hostile_texts_are_shown_as_text(as_alice, chosen):
    hostile = '"><script>alert(1)</script>'
    page = as_alice.post(TOOL, chosen | {"name": hostile, "lon": hostile, "start": hostile, "method": hostile}).text
    assert "<script>alert" not in page


def test_too_many_series_are_refused_with_a_remedy(as_alice, chosen, settings):
    settings.SERIES_LIMIT_UNFINISHED_PER_USER = 0
    response = as_alice.post(TOOL, chosen)
    assert response.status_code == 429
    assert "stop one" in response.text
    assert not Series.objects.exists()


def test_the_form_is_there_while_the_archive_is_away(client, settings, tmp_path):
    settings.MOSAIC_SOURCE = str(tmp_path / "nothing" / "items.json")
    response = client.get(TOOL)
    assert response.status_code == 200 and "archive of scenes does not answer" in response.text


def test_a_series_needs_the_forms_token(alice, chosen):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(TOOL, chosen).status_code == 403
    assert not Series.objects.exists()


# --- Visitors --------------------------------------------------------------------------------------


def test_a_visitors_choices_survive_signing_in(client, alice, chosen):
    sent = client.post(TOOL, chosen | {"resolution": "20", "bands": ["B11", "B12"]})
    assert sent.status_code == 302
    back = parse_qs(urlsplit(sent.url).query)["next"][0]
    assert back.startswith(f"{TOOL}?")
    client.force_login(alice)
    page = client.get(back).text
    assert 'name="resolution" value="20" checked' in page
    assert 'name="bands" value="B11" checked' in page and 'name="bands" value="B02" checked' not in page
    assert f'value="{chosen["lon"]}"' in page and 'value="Field 12"' in page
    assert "csrfmiddlewaretoken" not in back
    assert not Series.objects.exists()


def test_a_long_area_survives_signing_in_too(client, alice, chosen, centre):
    x, y = centre
    ring = [f"{x + number / 100_000:.5f} {y + (number % 2) / 1000:.5f}" for number in range(400)]
    area = f"POLYGON(({', '.join(ring)}, {x:.5f} {y + 0.01:.5f}, {ring[0]}))"
    sent = client.post(TOOL, chosen | {"contents": "statistics", "area": area})
    assert len(sent.url) < 500
    client.force_login(alice)
    assert area in client.get(parse_qs(urlsplit(sent.url).query)["next"][0]).text


# --- The pixel on the map, the code ----------------------------------------------------------------


def test_the_place_of_a_point_is_the_pixel_that_holds_it(client, centre):
    one = client.get(PLACE, {"lon": centre[0], "lat": centre[1], "resolution": 10, "crs": "utm", "pixels": 1}).json()
    nine = client.get(PLACE, {"lon": one["lon"], "lat": one["lat"], "resolution": 10, "crs": "utm", "pixels": 3}).json()
    assert (one["lon"], one["lat"]) == (nine["lon"], nine["lat"]), "its centre is at its own centre"
    assert len(one["outlines"]) == 1 and len(nine["outlines"]) == 9
    assert nine["outlines"][4] == one["outlines"][0]
    longitudes, latitudes = zip(*one["outlines"][0], strict=True)
    assert min(longitudes) < centre[0] < max(longitudes) and min(latitudes) < centre[1] < max(latitudes)
    assert nine["outlines"][0][0][0] < nine["outlines"][2][0][0], "west before east"
    assert nine["outlines"][0][0][1] > nine["outlines"][6][0][1], "north before south"


@pytest.mark.parametrize(
    "changed",
    [
        {"lon": "x"}, {"lon": "nan"}, {"lat": "inf"}, {"lat": "89"}, {"resolution": "7"}, {"crs": "x"},
        {"pixels": "99"}, {"pixels": ""}, {"lon": ""}, {"lat": "9" * 999},
    ],
)  # fmt: skip
def test_a_place_that_there_is_not_is_refused(client, centre, changed):
    asked = {"lon": centre[0], "lat": centre[1], "resolution": 10, "crs": "utm", "pixels": 1}
    assert client.get(PLACE, asked | changed).status_code == 422


def test_the_choices_as_code_are_the_series_of_the_form(client, chosen):
    page = client.post(CODE, chosen, headers=HTMX)
    text = re.search(r'<pre id="snippet-json"[^>]*><code>(.*?)</code>', page.text, re.S)[1]
    series = json.loads(text.replace("&quot;", '"'))
    assert SeriesSpec.parse(series).to_json() == series
    assert series["place"]["lon"] == float(chosen["lon"])
    assert "python -m processing series" in page.text
    assert "The longitude" in client.post(CODE, chosen | {"lon": "x"}, headers=HTMX).text
    assert "<html" in client.post(CODE, chosen).text
