"""What the page of a series fetches and sends: its owner's alone, in the page's language, a part at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from hub.series import production, showing
from hub.series.models import Series, SeriesStep
from hub.series.states import State
from tests.hub.answers import problem
from tests.hub.asked_series import asked_by, made_for

pytestmark = pytest.mark.django_db

SCRIPT = {"Accept": "application/json"}
ADDRESSES = {"steps/": "get", "export.csv": "get", "export.json": "get", "export.nc": "get"} | dict.fromkeys(
    ("stop/", "rename/", "remove/"), "post"
)


@pytest.fixture
def series(alice: AbstractUser, small_archive: Path) -> Series:
    return asked_by(alice, small_archive)


@pytest.fixture
def claimed(series: Series) -> Series:
    return production.claim(series.pk, worker="w")


def browser_of(user: AbstractUser | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def june(number: int, **more: Any) -> dict[str, Any]:
    days = (1, 11, 21)
    first = f"2024-06-{days[number]:02}"
    return {"number": number, "first_day": first, "last_day": first, "title": f"{first}", "pixels": [], **more}


def test_steps_are_fetched_as_they_come(claimed: Series, as_alice: Client) -> None:
    address = f"/series/{claimed.key}/steps/"
    first = as_alice.get(address)
    assert first["Cache-Control"] == "private, no-store"
    assert first.json() == {
        "key": claimed.key,
        "name": "Field 12",
        "state": "making",
        "steps_done": 0,
        "steps_expected": 3,
        "problems": [],
        "steps": [],
        "more": False,
    }
    for number in range(2):
        production.keep(claimed, june(number))
    answer = as_alice.get(f"{address}?after=0").json()
    assert [step["number"] for step in answer["steps"]] == [1]
    assert (answer["steps_done"], answer["state"]) == (2, "making")
    assert [step["title"] for step in as_alice.get(address).json()["steps"]] == ["1-10 June 2024", "11-20 June 2024"]


def test_the_steps_of_the_engine_are_shown_whole(alice: AbstractUser, small_archive: Path, as_alice: Client) -> None:
    series = made_for(alice, small_archive)
    assert series.state == State.MADE, series.problems
    answer = as_alice.get(f"/series/{series.key}/steps/").json()
    assert [step["first_day"] for step in answer["steps"]] == ["2024-06-01", "2024-06-11", "2024-06-21"]
    values = [step["pixels"][0]["values"] for step in answer["steps"]]
    assert all({"B04", "B08", "valid_obs", "scene_classification"} <= set(value) for value in values)
    assert any(value["B08"] is not None for value in values)


def test_a_long_series_comes_in_parts(claimed: Series, as_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    SeriesStep.objects.bulk_create(SeriesStep(series=claimed, number=i, content={"number": i}) for i in range(5))
    monkeypatch.setattr(showing, "MOST_STEPS", 2)
    seen, last = [], -1
    for more in (True, True, False):
        answer = as_alice.get(f"/series/{claimed.key}/steps/?after={last}").json()
        assert answer["more"] is more
        seen += [step["number"] for step in answer["steps"]]
        last = seen[-1]
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("after", ["", "x", "1.5", "1e9", "-99999999999999999999", "٣", "0x1", "1;DROP"])
def test_an_odd_number_is_passed_over(claimed: Series, as_alice: Client, after: str) -> None:
    production.keep(claimed, june(0))
    answer = as_alice.get(f"/series/{claimed.key}/steps/", {"after": after})
    assert [step["number"] for step in answer.json()["steps"]] == [0]


def test_texts_are_in_the_pages_language(claimed: Series, as_alice: Client) -> None:
    production.keep(claimed, june(0))
    known = "The archive of scenes does not answer at the moment; try again in a few minutes."
    observed = {"class_title": "Vegetation", "why": known}
    observation = {"number": 1, "sensed_at": "2024-06-01T10:00:00Z", **observed, "pixels": [observed], "note": known}
    production.keep(claimed, observation)
    production.fail(claimed, [{"field": "", "message": known}], seconds=1.0)
    as_alice.cookies["django_language"] = "fr"
    answer = as_alice.get(f"/series/{claimed.key}/steps/").json()
    assert answer["steps"][0]["title"] == "1-10 juin 2024"
    french = answer["problems"][0]["message"]
    assert french not in ("", known)
    told = answer["steps"][1]
    assert (told["class_title"], told["why"], told["note"]) == ("Végétation", french, french)
    assert told["pixels"] == [{"class_title": "Végétation", "why": french}]


# --- Stop, rename, remove -------------------------------------------------------------------------


def test_it_is_stopped_by_a_script_and_by_a_plain_form(claimed: Series, as_alice: Client) -> None:
    stopped = as_alice.post(f"/series/{claimed.key}/stop/", headers=SCRIPT)
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    problem(as_alice.post(f"/series/{claimed.key}/stop/", headers=SCRIPT), 409, "not_active")
    Series.objects.update(state=State.WAITING)
    plain = as_alice.post(f"/series/{claimed.key}/stop/", headers={"Accept": "text/html,*/*"})
    assert (plain.status_code, plain["Location"]) == (303, f"/series/{claimed.key}/")


def test_it_is_renamed(series: Series, as_alice: Client) -> None:
    address = f"/series/{series.key}/rename/"
    assert as_alice.post(address, {"name": "Wiese"}, headers=SCRIPT).json()["name"] == "Wiese"
    refused = problem(as_alice.post(address, {"name": "<b>"}, headers=SCRIPT), 422, "invalid_order")
    assert [error["field"] for error in refused["errors"]] == ["name"]
    problem(as_alice.post(address, headers=SCRIPT), 422, "invalid_order")
    assert as_alice.post(address, {"name": "Feld"}).status_code == 303
    series.refresh_from_db()
    assert series.name == "Feld"


def test_it_is_removed(series: Series, as_alice: Client) -> None:
    gone = as_alice.post(f"/series/{series.key}/remove/")
    assert (gone.status_code, gone["Location"]) == (303, "/series/")
    assert not Series.objects.exists()
    assert as_alice.get(f"/series/{series.key}/steps/").status_code == 404


# --- Who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_but_its_owner_finds_it(
    claimed: Series,
    bob: AbstractUser,
    charlie: AbstractUser,
    operator: AbstractUser,
    address: str,
) -> None:
    production.keep(claimed, june(0))
    for other in (bob, charlie, operator, None):
        answer = getattr(browser_of(other), ADDRESSES[address])(f"/series/{claimed.key}/{address}", {"name": "Mine"})
        assert answer.status_code == 404
        assert b"Field 12" not in answer.content
    claimed.refresh_from_db()
    assert (claimed.state, claimed.name) == (State.MAKING, "Field 12")


@pytest.mark.parametrize("key", ["x", "0" * 24, "%00", "a%00b" * 4, "'" * 24, "x" * 5000, "ключ" * 6])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_key_of_nothing_is_not_found(series: Series, as_alice: Client, key: str, address: str) -> None:
    assert getattr(as_alice, ADDRESSES[address])(f"/series/{key}/{address}").status_code == 404


def test_only_a_post_with_a_token_changes_anything(series: Series, as_alice: Client, alice: AbstractUser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for address in ("stop/", "rename/", "remove/"):
        assert as_alice.get(f"/series/{series.key}/{address}").status_code == 405
        assert strict.post(f"/series/{series.key}/{address}").status_code == 403
    series.refresh_from_db()
    assert series.state == State.WAITING


def test_how_many_queries_it_takes(claimed: Series, as_alice: Client, django_assert_max_num_queries: Callable) -> None:
    for number in range(3):
        production.keep(claimed, june(number))
    with django_assert_max_num_queries(4):
        as_alice.get(f"/series/{claimed.key}/steps/")


# --- Administration -------------------------------------------------------------------------------


def test_operators_see_all_and_change_nothing(
    claimed: Series, operator: AbstractUser, alice: AbstractUser, django_assert_max_num_queries: Callable
) -> None:
    production.finish(claimed, seconds=1.25)
    client = browser_of(operator)
    listed = client.get("/admin/series/series/").content.decode()
    assert "Field 12" in listed and "1.2" in listed and "alice" in listed and claimed.key not in listed
    one = client.get(f"/admin/series/series/{claimed.pk}/change/")
    assert one.status_code == 200 and claimed.key not in one.content.decode()
    assert client.post(f"/admin/series/series/{claimed.pk}/change/", {"name": "x"}).status_code == 403
    assert client.get("/admin/series/series/add/").status_code == 403
    assert browser_of(alice).get("/admin/series/series/").status_code == 302
