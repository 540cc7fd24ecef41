"""The page of a time series: its table, the data of a step, how it stands; one's own series and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.series import asking, making
from hub.series.models import Series
from processing.pixels.series_spec import DEFAULT_LAYERS, SeriesSpec
from processing.sentinel2 import BANDS
from processing.sources import open_source

TOOL = "/series/"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def centre(small_archive) -> tuple[float, float]:
    west, south, east, north = open_source(str(small_archive)).extent().bounds
    return round((west + east) / 2, 6), round((south + north) / 2, 6)


@pytest.fixture
def made(alice, centre):
    """``made(**changes)``: a finished series of alice's, as the engine makes it."""

    def make(**changes: Any) -> Series:
        asked = {
            "name": "Field 12",
            "place": {"lon": centre[0], "lat": centre[1]},
            "kind": "dekad",
            "start": "2024-06-01",
            "end": "2024-06-30",
            "bands": ["B03", "B04", "B08"],
        }
        changed = {key: value for key, value in (asked | changes).items() if value is not None}
        series = asking.ask(alice, SeriesSpec.parse(changed))
        making.make(series.pk)
        series.refresh_from_db()
        assert series.state == "made", series.problems
        return series

    return make


def test_the_pages_have_nothing_inline_that_their_policy_forbids(as_alice, made):
    for address in (TOOL, made().get_absolute_url()):
        page = as_alice.get(address).text
        assert not re.search(r"\son\w+=|\sstyle=|<style", page)
        for script in re.findall(r"<script([^>]*)>", page):
            assert "src=" in script or 'type="application/json"' in script


def test_the_table_has_the_columns_and_values_of_the_series(as_alice, made):
    series = made()
    page = as_alice.get(series.get_absolute_url()).text
    head = re.sub(r"<[^>]+>", "|", re.search(r"<thead>(.*?)</thead>", page, re.S)[1])
    for column in ("Data for time period", "Longitude", "Latitude", "Source tile identifier", "B03", "B08"):
        assert f"|{column}|" in head
    for layer in DEFAULT_LAYERS:
        assert f'title="{layer}"' in page
    step = next(s.content for s in series.steps.all() if s.content["pixels"][0]["granule"])
    row = re.search(rf'<tr data-step="{step["number"]}">(.*?)</tr>', page, re.S)[1]
    pixel = step["pixels"][0]
    assert pixel["granule"] in row
    assert f"{pixel['values']['B08']:.4f}" in row
    assert "Finished" in page and "3 steps are computed" in page


def test_a_period_without_data_is_a_row_too(as_alice, made):
    series = made()
    empty = next(s.number for s in series.steps.all() if not s.content["pixels"][0]["granule"])
    page = as_alice.get(f"{series.get_absolute_url()}?step={empty}").text
    assert f'<tr data-step="{empty}" class="no-data">' in page
    assert "Nothing was seen here in this period" in page


def test_the_data_of_a_step_stand_on_the_page(as_alice, made):
    series = made()
    step = next(s.content for s in series.steps.all() if s.content["pixels"][0]["granule"])
    page = as_alice.get(f"{series.get_absolute_url()}?step={step['number']}&part=data").text
    assert "<html" not in page
    pixel = step["pixels"][0]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert f"Data for time period {step['title']}"[:20] in text
    assert pixel["granule"] in text
    for band, value in pixel["values"].items():
        if band in BANDS:
            assert f"{value:.4f} {pixel['stored'][band]}" in text
    assert "/hub/?kind=dekad&amp;dekad=2024-06-" in page


@pytest.mark.parametrize("query", ["step=999", "step=x", "step=-1", "step=" + "9" * 400])
def test_a_step_that_there_is_not_is_404(as_alice, made, query):
    assert as_alice.get(f"{made().get_absolute_url()}?{query}").status_code == 404


@pytest.mark.parametrize("query", ["pixel=99", "pixel=x", "band=<script>", "page=x", "page=999", "part=everything"])
def test_other_oddities_in_the_address_show_what_is_usual(as_alice, made, query):
    response = as_alice.get(f"{made().get_absolute_url()}?{query}")
    assert response.status_code == 200 and "<script>" not in response.text


def test_of_nine_pixels_one_is_listed_at_a_time(as_alice, made, centre):
    series = made(place={"lon": centre[0], "lat": centre[1], "pixels": 3})
    address = series.get_absolute_url()
    step = next(s.content for s in series.steps.all() if s.content["pixels"][0]["granule"])
    for number in (0, 4, 8):
        page = as_alice.get(f"{address}?pixel={number}&step={step['number']}&part=data").text
        assert f"{step['pixels'][number]['values']['B08']:.4f}" in page
        assert f"{step['pixels'][number]['lon']:.6f}" in page
    assert '<option value="4" selected>the centre' in as_alice.get(address).text


def test_observations_say_which_count_and_why_not(as_alice, made):
    series = made(contents="observations")
    page = as_alice.get(series.get_absolute_url()).text
    steps = [step.content for step in series.steps.all()]
    assert page.count('<tr data-step="') == len(steps)
    assert {step["counts"] for step in steps} == {True, False}
    rejected = next(step for step in steps if not step["counts"])
    data = as_alice.get(f"{series.get_absolute_url()}?step={rejected['number']}&part=data").text
    assert re.search(r"Counts for the mosaic</dt><dd>no</dd>\s*<dt>Why not</dt><dd>[A-Z]", data)
    assert rejected["granule"] in data
    assert "Medoid" not in data, "single observations have no medoid"


def test_statistics_show_the_figures_of_the_chosen_band(as_alice, made, centre):
    x, y = centre
    ring = [[x - 0.001, y - 0.001], [x + 0.001, y - 0.001], [x + 0.001, y + 0.001], [x - 0.001, y - 0.001]]
    series = made(contents="statistics", place=None, area={"type": "Polygon", "coordinates": [ring]})
    step = next(s.content for s in series.steps.all() if s.content["pixels_with_data"])
    for band, digits in (("B08", 4), ("ndvi", 3)):
        page = as_alice.get(f"{series.get_absolute_url()}?band={band}").text
        row = re.search(rf'<tr data-step="{step["number"]}">(.*?)</tr>', page, re.S)[1]
        for figure in ("mean", "median", "p05", "max"):
            assert f">{step['bands'][band][figure]:.{digits}f}<" in row


def test_a_long_table_comes_in_pages(as_alice, made):
    series = made(kind="day", start="2024-03-01", end="2024-06-30", bands=["B04"], layers=["valid_obs"])
    page = as_alice.get(series.get_absolute_url()).text
    assert page.count('<tr data-step="') == 100 and 'rel="next"' in page
    assert as_alice.get(f"{series.get_absolute_url()}?page=2").text.count('<tr data-step="') == 22


def test_a_waiting_series_can_be_stopped_and_reloads_itself_without_scripts(as_alice, alice, centre):
    place = {"lon": centre[0], "lat": centre[1]}
    spec = SeriesSpec.parse({"place": place, "start": "2024-06-01", "end": "2024-06-30"})
    series = asking.ask(alice, spec)
    page = as_alice.get(series.get_absolute_url()).text
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'action="/series/{series.key}/stop/"' in page
    assert as_alice.post(f"/series/{series.key}/stop/").status_code == 303
    page = as_alice.get(series.get_absolute_url()).text
    assert "You stopped this series" in page and "http-equiv" not in page


def test_a_failed_series_says_why_and_how_to_ask_again(as_alice, made):
    series = made()
    problem = {"field": "place", "message": "The archive has no scene there <script>."}
    Series.objects.filter(pk=series.pk).update(state="failed", problems=[problem])
    page = as_alice.get(series.get_absolute_url()).text
    assert "The archive has no scene there &lt;script&gt;." in page
    assert f'href="/series/?like={series.key}"' in page


def test_a_series_of_ones_own_can_be_changed_and_asked_again(as_alice, made):
    series = made()
    page = as_alice.get(f"{TOOL}?like={series.key}").text
    assert 'value="Field 12"' in page and 'name="kind" value="dekad" checked' in page
    assert 'name="bands" value="B08" checked' in page and 'name="bands" value="B02" checked' not in page


# --- Kept series; strangers ------------------------------------------------------------------------


def test_ones_own_series_are_listed_with_the_way_to_delete_them(as_alice, made):
    series = made()
    page = as_alice.get(TOOL).text
    assert f'href="/series/{series.key}/"' in page and f'action="/series/{series.key}/remove/"' in page
    assert as_alice.post(f"/series/{series.key}/remove/").status_code == 303
    assert series.key not in as_alice.get(TOOL).text
    assert "No time series yet" in as_alice.get(TOOL).text


def test_the_list_takes_as_many_queries_for_many_as_for_one(as_alice, alice, made, django_assert_num_queries):
    first = made()
    with CaptureQueriesContext(connection) as few:
        as_alice.get(TOOL)
    for number in range(25):
        Series.objects.create(owner=alice, name=f"S {number}", spec=first.spec, digest=f"{number}", state="made")
    with django_assert_num_queries(len(few)):
        page = as_alice.get(TOOL).text
    assert page.count('<th scope="row"') == 20 and "?page=2" in page


@pytest.mark.parametrize("query", ["", "?part=now", "?part=data&step=0", "?step=0"])
def test_nobody_else_sees_a_series(client, bob, charlie, made, query):
    address = f"{made().get_absolute_url()}{query}"
    for other in (bob, charlie):
        client.force_login(other)
        assert client.get(address).status_code == 404
        assert client.get(f"{TOOL}?like={address.split('/')[2]}").status_code == 404
    client.logout()
    response = client.get(address)
    assert response.status_code == 302 and response.url.startswith("/account/login/")


@pytest.mark.parametrize("key", ["x", "A" * 24, "..%2F", "<script>"])
def test_a_key_that_there_is_not_is_404(as_alice, key):
    assert as_alice.get(f"/series/{key}/").status_code == 404
    assert as_alice.get(TOOL, {"like": key}).status_code == 404
