"""What a worker does with a series: every step kept at once, gone on with, stopped soon, failed in words."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.auth.models import AbstractUser
from django.db import connection

from hub.series import asking, making, production, queue
from hub.series.models import Series
from hub.series.states import State
from processing.pixels.series import make_series
from processing.sources import open_source
from tests.hub.asked_series import asked_by, empty_quick_queue, made_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def quick_queue(servers: None) -> None:
    """The real queue of the quick workers, with nothing in it."""
    empty_quick_queue()


def contents(series: Series) -> list[dict[str, Any]]:
    return [step.content for step in series.steps.all()]


def by_the_engine(series: Series, archive: Path) -> list[dict[str, Any]]:
    return [step.to_json() for step in make_series(series.series_spec, open_source(str(archive)))]


def area_of(archive: Path) -> dict[str, Any]:
    west, south, east, north = open_source(str(archive)).extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, 0.002
    box = shapely.box(x - half, y - half, x + half, y + half)
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in box.exterior.coords]]}


@pytest.mark.parametrize("what", ["composites", "nine pixels", "observations", "statistics"])
def test_the_steps_that_are_kept_are_the_engines(alice: AbstractUser, small_archive: Path, what: str) -> None:
    place = asked_by(alice, small_archive).spec["place"]
    changes: dict[str, dict[str, Any]] = {
        "composites": {"kind": "month"},
        "nine pixels": {"place": place | {"pixels": 3}},
        "observations": {"contents": "observations"},
        "statistics": {"contents": "statistics", "place": None, "area": area_of(small_archive)},
    }
    Series.objects.all().delete()
    series = made_for(alice, small_archive, **changes[what])
    assert (series.state, series.problems) == (State.MADE, [])
    kept = contents(series)
    assert kept and kept == by_the_engine(series, small_archive)
    assert (series.steps_done, series.steps_expected) == (len(kept), len(kept))
    assert series.seconds > 0 and series.asked_at <= series.started_at <= series.finished_at
    assert [step["number"] for step in kept] == list(range(len(kept)))


def test_what_is_not_waited_for_is_not_made(alice: AbstractUser, small_archive: Path) -> None:
    series = asked_by(alice, small_archive)
    asking.stop(series, by=alice)
    making.make(series.pk)
    making.make(10**6)
    series.refresh_from_db()
    assert (series.state, series.attempt, contents(series)) == (State.STOPPED, 0, [])


# --- Gone on with ---------------------------------------------------------------------------------


def left_after(series: Series, archive: Path, steps: int) -> list[int]:
    """Leave ``series`` as a worker does that is killed after so many steps; return the numbers of the rows."""
    claimed = production.claim(series.pk, worker="killed")
    for step in by_the_engine(series, archive)[:steps]:
        production.keep(claimed, step)
    Series.objects.update(state=State.WAITING)
    return list(series.steps.values_list("pk", flat=True))


@pytest.mark.parametrize("changes", [{}, {"contents": "observations"}])
@pytest.mark.parametrize("done", [1, 3])
def test_another_worker_goes_on_where_the_first_one_ended(
    alice: AbstractUser, small_archive: Path, changes: dict[str, Any], done: int
) -> None:
    series = asked_by(alice, small_archive, **changes)
    rows = left_after(series, small_archive, done)
    making.make(series.pk)
    series.refresh_from_db()
    assert (series.state, series.attempt) == (State.MADE, 2), series.problems
    assert list(series.steps.values_list("pk", flat=True))[:done] == rows, "steps that were made stay"
    assert contents(series) == by_the_engine(series, small_archive)
    assert series.steps_done == len(contents(series))


def test_dates_are_numbered_anew_when_the_archive_got_another_scene(alice: AbstractUser, small_archive: Path) -> None:
    series = asked_by(alice, small_archive, contents="observations")
    rows = left_after(series, small_archive, 2)
    later = series.steps.last()
    later.content |= {"item": "a scene that is second no longer"}
    later.save()
    making.make(series.pk)
    series.refresh_from_db()
    assert contents(series) == by_the_engine(series, small_archive)
    assert series.steps_done == len(contents(series))
    assert not set(rows) & set(series.steps.values_list("pk", flat=True))


def test_it_gives_way_to_whoever_waits_and_goes_on_behind_them(
    alice: AbstractUser, bob: AbstractUser, small_archive: Path, settings: Any, quick_queue: None
) -> None:
    settings.SERIES_TURN_SECONDS = 0.0
    series = asked_by(alice, small_archive)
    queue.enqueue([asked_by(bob, small_archive).pk])
    making.make(series.pk)
    series.refresh_from_db()
    assert (series.state, series.steps_done) == (State.WAITING, 1)
    assert series.enqueued_at is not None and series.seconds > 0
    while series.state == State.WAITING:
        making.make(series.pk)
        series.refresh_from_db()
    assert (series.state, series.failures) == (State.MADE, 0)
    assert series.attempt >= 3, "bob's message waits still"
    assert contents(series) == by_the_engine(series, small_archive)


def test_where_nobody_waits_it_keeps_the_worker(
    alice: AbstractUser, small_archive: Path, settings: Any, quick_queue: None
) -> None:
    settings.SERIES_TURN_SECONDS = 0.0
    series = made_for(alice, small_archive)
    assert (series.state, series.attempt) == (State.MADE, 1)


# --- Stopped --------------------------------------------------------------------------------------


def test_it_stops_between_two_steps(alice: AbstractUser, small_archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = asked_by(alice, small_archive)
    keep = production.keep

    def keep_and_stop(of: Series, step: dict[str, Any], **more: Any) -> None:
        keep(of, step, **more)
        asking.stop(of, by=alice)

    monkeypatch.setattr(production, "keep", keep_and_stop)
    making.make(series.pk)
    series.refresh_from_db()
    assert (series.state, series.steps_done, len(contents(series))) == (State.STOPPED, 1, 1)


class LongStep:
    """An engine in the middle of a step that takes half a minute, unless its progress callback ends it."""

    def __init__(self) -> None:
        self.began = threading.Event()

    def __call__(self, *_: Any, progress: Callable[[str, float], None], **__: Any) -> Iterator[Any]:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.began.set()
            progress("reading", 1.0)
            time.sleep(0.01)
        yield from ()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [asking.stop, asking.remove])
def test_it_stops_in_the_middle_of_a_step(
    alice: AbstractUser, small_archive: Path, monkeypatch: pytest.MonkeyPatch, quick_queue: None, verb: Any
) -> None:
    engine = LongStep()
    monkeypatch.setattr(making, "make_series", engine)
    series = asked_by(alice, small_archive)

    def work() -> None:
        making.make(series.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert engine.began.wait(10)
    verb(series, by=alice)
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert not Series.objects.exclude(state=State.STOPPED).exists()


# --- Failed ---------------------------------------------------------------------------------------


def test_what_the_archive_lacks_is_told_at_its_field(alice: AbstractUser, small_archive: Path) -> None:
    elsewhere = made_for(alice, small_archive, place={"lon": -30.0, "lat": 40.0, "pixels": 1})
    assert elsewhere.state == State.FAILED
    assert [problem["field"] for problem in elsewhere.problems] == ["place"] and elsewhere.problems[0]["message"]
    before = made_for(alice, small_archive, start="2024-02-01", end="2024-03-31")
    assert [problem["field"] for problem in before.problems] == ["start"]
    assert before.finished_at is not None


def test_an_archive_that_is_away_is_said_so(
    alice: AbstractUser, small_archive: Path, settings: Any, tmp_path: Path
) -> None:
    series = asked_by(alice, small_archive)
    settings.MOSAIC_SOURCE = str(tmp_path / "gone" / "items.json")
    making.make(series.pk)
    series.refresh_from_db()
    assert series.state == State.FAILED
    assert "does not answer" in series.problems[0]["message"] and str(tmp_path) not in str(series.problems)


def test_a_damaged_archive_names_no_paths(
    alice: AbstractUser, small_archive: Path, settings: Any, tmp_path: Path
) -> None:
    shutil.copytree(small_archive.parent, tmp_path / "damaged")
    for raster in (tmp_path / "damaged").rglob("*.tif*"):
        raster.write_bytes(b"II*\x00 no raster any more")
    settings.MOSAIC_SOURCE = str(tmp_path / "damaged" / "items.json")
    series = made_for(alice, small_archive)
    assert series.state in (State.FAILED, State.MADE)
    if series.state == State.MADE:
        values = [pixel["values"]["B08"] for step in contents(series) for pixel in step["pixels"]]
        assert set(values) == {None}
    assert str(tmp_path) not in str(series.problems) + str(contents(series))


def test_a_fault_of_ours_names_no_paths(
    alice: AbstractUser, small_archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError(str(tmp_path))

    monkeypatch.setattr(making, "make_series", broken)
    series = made_for(alice, small_archive)
    assert series.state == State.FAILED
    assert "Something unexpected went wrong" in series.problems[0]["message"]
    assert str(tmp_path) not in str(series.problems)


def test_what_takes_too_long_ends_with_words_and_keeps_its_steps(
    alice: AbstractUser, small_archive: Path, settings: Any
) -> None:
    series = asked_by(alice, small_archive)
    left_after(series, small_archive, 1)
    # Its earlier turns count.
    Series.objects.update(seconds=settings.SERIES_SECONDS)
    making.make(series.pk)
    series.refresh_from_db()
    assert (series.state, series.steps_done) == (State.FAILED, 1)
    message = series.problems[0]["message"]
    assert f"not finished within {settings.SERIES_SECONDS} seconds" in message and "fewer days" in message
