"""Files of a series: what is in them, what they are called, and when there are none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import xarray
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AbstractUser
from django.db import connections
from django.test import AsyncClient, Client

from hub.series import exporting, production, showing
from hub.series.models import Series, SeriesStep
from hub.series.states import State
from processing.pixels.series import make_series
from processing.sources import open_source
from tests.hub.answers import problem
from tests.hub.asked_series import asked_by, made_for

pytestmark = pytest.mark.django_db


def content_of(response: Any) -> bytes:
    """What a streamed answer holds."""

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    assert response.status_code == 200, response.content
    return async_to_sync(collect)()


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def half_made(alice: AbstractUser, small_archive: Path) -> Series:
    """A series under way, with two of its three steps."""
    series = asked_by(alice, small_archive)
    claimed = production.claim(series.pk, worker="w")
    for step in list(make_series(series.series_spec, open_source(str(small_archive))))[:2]:
        production.keep(claimed, step.to_json())
    return claimed


def test_csv_has_a_row_for_each_step_and_pixel(alice: AbstractUser, small_archive: Path, as_alice: Client) -> None:
    series = asked_by(alice, small_archive)
    place = series.spec["place"] | {"pixels": 3}
    series = made_for(alice, small_archive, place=place)
    answer = as_alice.get(f"/series/{series.key}/export.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="Field_12.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "private, no-store"
    rows = rows_of(content_of(answer))
    pixels = [pixel for step in series.steps.all() for pixel in step.content["pixels"]]
    assert len(rows) == len(pixels) == 27
    expected = [pixel["values"]["B04"] for pixel in pixels]
    assert [float(row["B04"]) if row["B04"] else None for row in rows] == pytest.approx(expected)


def test_json_has_the_steps_as_they_are(alice: AbstractUser, small_archive: Path, as_alice: Client) -> None:
    series = made_for(alice, small_archive, contents="observations")
    answer = as_alice.get(f"/series/{series.key}/export.json")
    assert answer["Content-Type"] == "application/json"
    document = json.loads(content_of(answer))
    assert document["series"] == series.spec and document["columns"]
    assert document["steps"] == [step.content for step in series.steps.all()]


def test_netcdf_opens_and_leaves_nothing_behind(
    alice: AbstractUser, small_archive: Path, as_alice: Client, settings: Any, tmp_path: Path
) -> None:
    series = made_for(alice, small_archive)
    answer = as_alice.get(f"/series/{series.key}/export.nc")
    assert answer["Content-Type"] == "application/netcdf"
    path = tmp_path / "series.nc"
    path.write_bytes(content_of(answer))
    with xarray.open_dataset(path) as dataset:
        assert dataset.sizes["time"] == 3
    assert list(Path(settings.SCRATCH_ROOT).iterdir()) == []


def test_under_way_there_is_what_there_is(half_made: Series, as_alice: Client) -> None:
    address = f"/series/{half_made.key}/export."
    assert len(rows_of(content_of(as_alice.get(f"{address}csv")))) == 2
    assert len(json.loads(content_of(as_alice.get(f"{address}json")))["steps"]) == 2
    refused = problem(as_alice.get(f"{address}nc"), 409, "not_finished")
    assert refused["retry"] is True and refused["remedy"]


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED])
def test_of_one_that_ended_early_there_is_what_was_made(half_made: Series, as_alice: Client, state: State) -> None:
    Series.objects.update(state=state)
    for kind in exporting.KINDS:
        assert content_of(as_alice.get(f"/series/{half_made.key}/export.{kind}"))


def test_of_one_without_a_step_there_is_nothing(alice: AbstractUser, small_archive: Path, as_alice: Client) -> None:
    series = asked_by(alice, small_archive)
    for kind in ("csv", "json"):
        assert content_of(as_alice.get(f"/series/{series.key}/export.{kind}")), "while it waits: the header alone"
    Series.objects.update(state=State.FAILED)
    for kind in exporting.KINDS:
        problem(as_alice.get(f"/series/{series.key}/export.{kind}"), 409, "nothing_there")


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Wiese am Bach", "Wiese_am_Bach"),
        ("Žabnica ß", "Zabnica"),
        ("поле", "series"),
        ('a"; filename="x.exe', "a_filename_x_exe"),
        ("../../etc/passwd", "etc_passwd"),
        ("=1+1\r\nSet-Cookie: x", "1_1_Set-Cookie_x"),
    ],
)
def test_its_name_is_made_fit_for_a_file(half_made: Series, as_alice: Client, name: str, file_name: str) -> None:
    assert exporting.file_name(Series(name=name)) == file_name


def test_a_renamed_series_is_exported_under_its_new_name(half_made: Series, as_alice: Client) -> None:
    as_alice.post(f"/series/{half_made.key}/rename/", {"name": "Wiese"})
    answer = as_alice.get(f"/series/{half_made.key}/export.json")
    assert answer["Content-Disposition"] == 'attachment; filename="Wiese.json"'
    assert json.loads(content_of(answer))["series"]["name"] == "Wiese"


def test_few_steps_are_in_memory_at_a_time(
    half_made: Series, as_alice: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    content = half_made.steps.first().content
    SeriesStep.objects.filter(number__gt=0).delete()
    SeriesStep.objects.bulk_create(
        SeriesStep(series=half_made, number=number, content=content | {"number": number}) for number in range(1, 25)
    )
    monkeypatch.setattr(showing, "BATCH", 10)
    with django_assert_num_queries(4):
        numbers = [step["number"] for step in showing.all_steps(half_made)]
    assert numbers == list(range(25))


@pytest.mark.django_db(transaction=True)
async def test_it_is_streamed_beside_the_event_loop(alice: AbstractUser, small_archive: Path) -> None:
    series = await sync_to_async(made_for)(alice, small_archive)
    client = AsyncClient()
    await client.aforce_login(alice)
    answer = await client.get(f"/series/{series.key}/export.csv")
    assert answer.is_async
    content = b"".join([chunk async for chunk in answer.streaming_content])
    assert len(rows_of(content)) == 3
    # Its thread keeps a database connection, which would keep the test database from being dropped.
    await sync_to_async(connections.close_all)()
