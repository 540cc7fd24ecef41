"""The REST API of series: asking, reading, stopping, removing, exporting, and how refusals look."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from hub.series import production, showing
from hub.series.models import Series
from hub.series.states import State
from portal.accounts.tokens import ApiToken
from processing.pixels.series_spec import SeriesSpec
from tests.hub.answers import problem
from tests.hub.asked_series import asked_by, at_middle, made_for

pytestmark = pytest.mark.django_db

SERIES = "/api/v1/series/"
Api = Callable[..., APIClient]


@pytest.fixture
def asked(small_archive: Path) -> dict[str, Any]:
    return at_middle(small_archive)


def content_of(response: Any) -> bytes:
    """What a streamed answer holds."""

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    return async_to_sync(collect)()


def test_a_series_is_asked_for_read_and_listed(api: Api, alice: AbstractUser, asked: dict[str, Any]) -> None:
    made = api(alice).post(SERIES, asked, format="json")
    assert made.status_code == 201, made.content
    series = made.json()
    assert (series["name"], series["state"], series["steps_expected"]) == ("Field 12", "waiting", 3)
    assert series["spec"] == SeriesSpec.parse(asked).to_json()
    assert made["Location"] == series["links"]["self"]
    one = api(alice).get(made["Location"]).json()
    assert one == series | {"steps": [], "more": False}
    listed = api(alice).get(SERIES).json()
    assert (listed["count"], listed["next"], listed["results"]) == (1, None, [series])


def test_a_token_opens_it_as_a_session_does(client: Any, alice: AbstractUser, asked: dict[str, Any]) -> None:
    _, token = ApiToken.create_for(alice, "notebook")
    headers = {"Authorization": f"Bearer {token}"}
    made = client.post(SERIES, json.dumps(asked), content_type="application/json", headers=headers)
    assert made.status_code == 201
    assert client.get(made["Location"], headers=headers).status_code == 200
    problem(client.get(made["Location"]), 401, "not_authenticated")


def test_asked_again_while_it_is_under_way_it_is_the_same(api: Api, alice: AbstractUser, asked: dict[str, Any]) -> None:
    keys = {api(alice).post(SERIES, asked, format="json").json()["key"] for _ in range(2)}
    assert len(keys) == 1


def test_steps_come_with_it_a_part_at_a_time(
    api: Api, alice: AbstractUser, small_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = made_for(alice, small_archive)
    address = f"{SERIES}{series.key}/"
    whole = api(alice).get(address).json()
    assert (whole["state"], whole["steps_done"], whole["more"]) == ("made", 3, False), whole["problems"]
    assert [step["number"] for step in whole["steps"]] == [0, 1, 2]
    assert [step["number"] for step in api(alice).get(f"{address}?after=1").json()["steps"]] == [2]
    monkeypatch.setattr(showing, "MOST_STEPS", 2)
    part = api(alice).get(address).json()
    assert (len(part["steps"]), part["more"]) == (2, True)


@pytest.mark.parametrize("after", ["x", "1.5", "", "9" * 40, "nan"])
def test_a_number_that_is_none_is_refused(api: Api, alice: AbstractUser, small_archive: Path, after: str) -> None:
    series = asked_by(alice, small_archive)
    problem(api(alice).get(f"{SERIES}{series.key}/", {"after": after}), 400, "malformed_body")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place": {"lon": 15.0, "lat": 95.0, "pixels": 1}}, "place.lat"),
        ({"place": {"lon": "15", "lat": 46.0}}, "place.lon"),
        ({"place": {"lon": 15.0, "lat": 46.0, "pixels": 5}}, "place.pixels"),
        ({"start": "2024-07-01"}, "end"),
        ({"start": "2024-13-01"}, "start"),
        ({"end": "2999-01-01"}, "end"),
        ({"kind": "century"}, "kind"),
        ({"kind": "day", "start": "2020-01-01"}, "end"),
        ({"resolution": 15}, "resolution"),
        ({"contents": "everything"}, "contents"),
        ({"contents": "statistics"}, "area"),
        ({"method": "magic"}, "method"),
        ({"bands": ["B99"]}, "bands"),
        ({"name": "=cmd()"}, "name"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_at_its_field(
    api: Api, alice: AbstractUser, asked: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    document = problem(api(alice).post(SERIES, asked | change, format="json"), 422, "invalid_order")
    assert field in {error["field"] for error in document["errors"]}, document["errors"]
    assert all(error["message"] for error in document["errors"])
    assert not Series.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"place": {"lon": NaN}}', b'"x"', b"\xff", b'{"a":' * 50])
def test_a_body_that_is_no_series_is_refused(api: Api, alice: AbstractUser, body: bytes) -> None:
    answer = api(alice).post(SERIES, body, content_type="application/json")
    assert answer.status_code in (400, 422) and answer["Content-Type"] == "application/problem+json"


def test_the_limits_are_told(api: Api, alice: AbstractUser, asked: dict[str, Any], settings: Any) -> None:
    settings.SERIES_LIMIT_UNFINISHED_PER_USER = 1
    api(alice).post(SERIES, asked, format="json")
    refused = problem(api(alice).post(SERIES, asked | {"kind": "month"}, format="json"), 429, "too_many_series")
    assert refused["retry"] is True and refused["remedy"]
    Series.objects.update(state=State.MADE)
    settings.SERIES_LIMIT_KEPT_PER_USER = 1
    problem(api(alice).post(SERIES, asked, format="json"), 409, "too_many_kept")


def test_it_is_stopped_renamed_and_deleted(api: Api, alice: AbstractUser, small_archive: Path) -> None:
    address = f"{SERIES}{asked_by(alice, small_archive).key}/"
    assert api(alice).post(f"{address}stop/").json()["state"] == "stopped"
    problem(api(alice).post(f"{address}stop/"), 409, "not_active")
    assert api(alice).patch(address, {"name": "Wiese"}, format="json").json()["name"] == "Wiese"
    problem(api(alice).patch(address, {"name": "<b>"}, format="json"), 422, "invalid_order")
    problem(api(alice).patch(address, {"state": "made"}, format="json"), 400, "malformed_body")
    assert api(alice).delete(address).status_code == 204
    problem(api(alice).get(address), 404, "not_found")


def test_the_list_is_filtered_paged_and_newest_first(
    api: Api, alice: AbstractUser, small_archive: Path, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        asked_by(alice, small_archive, name=f"Field {number}")
        Series.objects.update(state=State.MADE)
    asked_by(alice, small_archive, name="Meadow")
    names = [series["name"] for series in api(alice).get(SERIES).json()["results"]]
    assert names == ["Meadow", "Field 2", "Field 1", "Field 0"]
    assert api(alice).get(SERIES, {"name": "field", "state": "made"}).json()["count"] == 3
    assert [row["name"] for row in api(alice).get(SERIES, {"limit": 1, "offset": 1}).json()["results"]] == ["Field 2"]
    problem(api(alice).get(SERIES, {"state": "odd"}), 400, "invalid")
    with django_assert_num_queries(2):
        api(alice).get(SERIES)


# --- Files ----------------------------------------------------------------------------------------


def test_its_files_hold_its_steps(api: Api, alice: AbstractUser, small_archive: Path, tmp_path: Path) -> None:
    series = made_for(alice, small_archive)
    steps = [step.content for step in series.steps.all()]
    links = api(alice).get(f"{SERIES}{series.key}/").json()["links"]
    table = api(alice).get(links["csv"])
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(content_of(table).decode())))
    expected = [step["pixels"][0]["values"]["B08"] for step in steps]
    assert [float(row["B08"]) if row["B08"] else None for row in rows] == pytest.approx(expected, abs=1e-6)
    document = json.loads(content_of(api(alice).get(links["json"])))
    assert document["steps"] == steps and document["series"] == series.spec
    import xarray

    path = tmp_path / "series.nc"
    path.write_bytes(content_of(api(alice).get(links["nc"])))
    with xarray.open_dataset(path) as dataset:
        assert dataset.sizes["time"] == 3


def test_there_is_no_file_of_another_kind(api: Api, alice: AbstractUser, small_archive: Path) -> None:
    series = asked_by(alice, small_archive)
    for kind in ("exe", "csv.exe", "%00", "CSV"):
        assert api(alice).get(f"{SERIES}{series.key}/export.{kind}").status_code == 404
    problem(api(alice).get(f"{SERIES}{series.key}/export.nc"), 409, "not_finished")


# --- Who may --------------------------------------------------------------------------------------


def calls(key: str) -> list[tuple[str, str]]:
    one = f"{SERIES}{key}/"
    return [("get", one), ("patch", one), ("delete", one), ("post", f"{one}stop/")] + [
        ("get", f"{one}export.{kind}") for kind in ("csv", "json", "nc")
    ]


def test_everybody_elses_are_not_there(
    api: Api, alice: AbstractUser, bob: AbstractUser, charlie: AbstractUser, operator: AbstractUser, small_archive: Path
) -> None:
    series = asked_by(alice, small_archive)
    production.keep(production.claim(series.pk, worker="w"), {"number": 0})
    for other in (bob, charlie, operator):
        assert api(other).get(SERIES).json()["count"] == 0
        for method, address in calls(series.key):
            answer = getattr(api(other), method)(address, {"name": "Mine"}, format="json")
            problem(answer, 404, "not_found")
    for method, address in [*calls(series.key), ("get", SERIES), ("post", SERIES)]:
        problem(getattr(api(), method)(address), 401, "not_authenticated")
    series.refresh_from_db()
    assert (series.state, series.name) == (State.MAKING, "Field 12")


@pytest.mark.parametrize("key", ["x", "0" * 24, "%00", "'" * 24, "x" * 3000])
def test_a_key_of_nothing_is_not_found(api: Api, alice: AbstractUser, key: str) -> None:
    for method, address in calls(key):
        assert getattr(api(alice), method)(address).status_code == 404


def test_it_is_throttled_as_everything(
    api: Api, alice: AbstractUser, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    from rest_framework.throttling import UserRateThrottle

    cache.clear()
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1/min"})
    assert api(alice).post(SERIES, asked, format="json").status_code == 201
    refused = api(alice).post(SERIES, asked, format="json")
    problem(refused, 429, "throttled")
    assert int(refused["Retry-After"]) > 0
    cache.clear()


def test_the_openapi_page_knows_it(client: Any) -> None:
    schema = client.get("/api/v1/schema/?format=json").json()
    validate_schema(schema)
    assert {SERIES, f"{SERIES}{{key}}/", f"{SERIES}{{key}}/stop/", f"{SERIES}{{key}}/export.{{kind}}"} <= set(
        schema["paths"]
    )
    spec = schema["components"]["schemas"]["SeriesSpec"]
    assert set(spec["properties"]) == set(SeriesSpec.model_fields)
    assert set(spec["required"]) == {"start", "end"}
