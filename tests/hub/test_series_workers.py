"""Series with real worker processes: made, stopped, taken over from killed workers, and kept while Redis is away."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import AbstractUser

from hub.series import asking
from hub.series.models import Series
from hub.series.states import UNFINISHED, State
from tests.hub.asked_series import asked_by
from tests.hub.processes import until, worker
from tests.hub.test_workers import PrivateRedis, private_redis  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"HEARTBEAT_SECONDS": 1, "WORKER_SILENT_SECONDS": 4, "SWEEP_SECONDS": 1}
# A year of days at nine pixels: most of them have no scene, but each is looked at.
LONG: dict[str, Any] = {
    "kind": "day",
    "start": "2024-01-01",
    "end": "2024-12-31",
    "bands": ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"],
}


def is_over(series: Series) -> bool:
    series.refresh_from_db()
    return series.state not in UNFINISHED


def has_steps(series: Series) -> Series | None:
    series.refresh_from_db()
    return series if series.steps_done and series.state == State.MAKING else None


def numbers_of(series: Series) -> list[int]:
    return list(series.steps.values_list("number", flat=True))


def test_a_worker_makes_it(alice: AbstractUser, small_archive: Path, empty_queue: None, tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        series = asked_by(alice, small_archive)
        until(lambda: is_over(series), seconds=60, what="the series", log=process.log)
    assert (series.state, series.problems) == (State.MADE, []), process.log.read_text()
    assert numbers_of(series) == [0, 1, 2]
    assert series.worker.rpartition(":")[2].isdigit() and series.enqueued_at is not None


def test_stopping_it_frees_the_worker_soon(
    alice: AbstractUser, small_archive: Path, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path) as process:
        long = asked_by(alice, small_archive, **LONG)
        until(lambda: has_steps(long), seconds=60, what="the first step", log=process.log)
        asking.stop(long, by=alice)
        until(lambda: "it was stopped" in process.log.read_text(), seconds=10, what="the worker to stop")
        steps = numbers_of(long)
        short = asked_by(alice, small_archive)
        until(lambda: is_over(short), seconds=20, what="the next series", log=process.log)
    long.refresh_from_db()
    assert (long.state, long.steps_done) == (State.STOPPED, len(steps))
    assert 0 < len(steps) < 366 and numbers_of(long) == steps
    assert short.state == State.MADE


def test_another_worker_takes_over_from_a_killed_one_and_its_steps_stay(
    alice: AbstractUser, small_archive: Path, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path, **QUICK) as process:
        series = asked_by(alice, small_archive, **LONG)
        until(lambda: has_steps(series), seconds=60, what="the first step", log=process.log)
        os.kill(int(series.worker.rpartition(":")[2]), signal.SIGKILL)
        first = series.steps.first()
        until(lambda: is_over(series), seconds=90, what="the series", log=process.log)
    assert (series.state, series.attempt, series.failures) == (State.MADE, 2, 1), process.log.read_text()
    assert numbers_of(series) == list(range(366))
    assert series.steps_done == 366
    assert series.steps.first() == first


def test_it_is_kept_while_redis_is_away_and_made_later(
    alice: AbstractUser,
    small_archive: Path,
    private_redis: PrivateRedis,  # noqa: F811  the fixture
    tmp_path: Path,
) -> None:
    series = asked_by(alice, small_archive)
    assert (series.state, Series.objects.get().enqueued_at) == (State.WAITING, None)
    private_redis.start()
    with worker(tmp_path, SWEEP_SECONDS=1) as process:
        until(lambda: is_over(series), seconds=60, what="the series", log=process.log)
    assert series.state == State.MADE


def test_its_tasks_belong_to_the_quick_queue() -> None:
    current_app.loader.import_default_modules()
    for name in ("hub.series.tasks.make", "hub.series.tasks.sweep"):
        assert current_app.amqp.router.route({}, name)["queue"].name == "quick"
