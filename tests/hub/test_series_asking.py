"""Series: asked for once, within limits, stopped, renamed and removed by their owner, swept when they are old."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils import timezone

from hub.errors import NotFound
from hub.series import asking, production, queue, upkeep
from hub.series.models import KEY, Series, SeriesStep, new_key
from hub.series.refusals import AlreadyFinished, TooManyKept, TooManySeries
from hub.series.states import MAY_FOLLOW, UNFINISHED, State
from processing.errors import InvalidOrder
from tests.hub.asked_series import asked_by, at_middle

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(alice: AbstractUser, small_archive: Path) -> Series:
    return asked_by(alice, small_archive)


def finish(series: Series, state: State = State.MADE) -> None:
    Series.objects.filter(pk=series.pk).update(state=state)


def test_what_is_asked_for_waits_for_a_worker(series: Series, alice: AbstractUser, small_archive: Path) -> None:
    assert (series.owner, series.name, series.state) == (alice, "Field 12", State.WAITING)
    assert (series.steps_done, series.steps_expected) == (0, 3)
    assert series.spec == series.series_spec.to_json()
    assert series.spec["place"] == at_middle(small_archive)["place"]


def test_how_many_observations_there_will_be_nobody_knows(alice: AbstractUser, small_archive: Path) -> None:
    assert asked_by(alice, small_archive, contents="observations").steps_expected is None


def test_keys_cannot_be_guessed(series: Series) -> None:
    keys = {new_key() for _ in range(100)} | {series.key}
    assert len(keys) == 101 and all(KEY.fullmatch(key) for key in keys)


def test_asked_twice_while_it_is_under_way_it_is_one(series: Series, alice: AbstractUser, small_archive: Path) -> None:
    assert asked_by(alice, small_archive) == series
    assert production.claim(series.pk, worker="w") is not None
    assert asked_by(alice, small_archive) == series


@pytest.mark.parametrize("state", sorted(set(State) - UNFINISHED))
def test_asked_again_when_it_is_over_it_is_a_new_one(
    series: Series, alice: AbstractUser, small_archive: Path, state: State
) -> None:
    finish(series, state)
    again = asked_by(alice, small_archive)
    assert again != series and again.key != series.key


def test_the_same_from_another_archive_is_another_one(
    series: Series, alice: AbstractUser, small_archive: Path, settings: Any
) -> None:
    settings.MOSAIC_SOURCE = str(small_archive.parent)
    assert asked_by(alice, small_archive) != series


def test_no_more_than_two_are_under_way(
    series: Series, alice: AbstractUser, bob: AbstractUser, small_archive: Path
) -> None:
    asked_by(alice, small_archive, kind="month")
    with pytest.raises(TooManySeries):
        asked_by(alice, small_archive, kind="year", start="2024-01-01")
    assert asked_by(alice, small_archive) == series, "the same one may be asked for again"
    assert asked_by(bob, small_archive).owner == bob, "the limit is each person's own"
    finish(series)
    asked_by(alice, small_archive, kind="year", start="2024-01-01")


def test_no_more_than_some_are_kept(series: Series, alice: AbstractUser, small_archive: Path, settings: Any) -> None:
    settings.SERIES_LIMIT_KEPT_PER_USER = 2
    finish(series)
    finish(asked_by(alice, small_archive, kind="month"))
    with pytest.raises(TooManyKept, match="2"):
        asked_by(alice, small_archive)
    asking.remove(series, by=alice)
    asked_by(alice, small_archive)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_pass_the_limit_together(
    alice: AbstractUser, small_archive: Path, settings: Any, empty_queue: None
) -> None:
    settings.SERIES_LIMIT_UNFINISHED_PER_USER = 1
    outcomes: list[str] = []

    def ask(kind: str) -> None:
        try:
            outcomes.append(asked_by(alice, small_archive, kind=kind, start="2024-01-01").state)
        except TooManySeries:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in ("month", "quarter", "year")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "waiting"]
    assert Series.objects.count() == 1


# --- Stopping, renaming, removing -----------------------------------------------------------------


def test_a_stopped_one_keeps_its_steps_and_is_made_no_further(series: Series, alice: AbstractUser) -> None:
    claimed = production.claim(series.pk, worker="w")
    production.keep(claimed, {"number": 0})
    stopped = asking.stop(series, by=alice)
    assert stopped.state == State.STOPPED and stopped.finished_at is not None
    with pytest.raises(production.NoLongerOurs):
        production.keep(claimed, {"number": 1})
    production.finish(claimed, seconds=1.0)
    production.fail(claimed, [{"field": "", "message": "late"}], seconds=1.0)
    series.refresh_from_db()
    assert (series.state, series.steps_done, series.problems) == (State.STOPPED, 1, [])
    assert [step.number for step in series.steps.all()] == [0]


@pytest.mark.parametrize("state", sorted(set(State) - UNFINISHED))
def test_only_what_is_under_way_can_be_stopped(series: Series, alice: AbstractUser, state: State) -> None:
    finish(series, state)
    with pytest.raises(AlreadyFinished):
        asking.stop(series, by=alice)
    series.refresh_from_db()
    assert series.state == state


def test_a_renamed_one_is_called_so_everywhere(series: Series, alice: AbstractUser) -> None:
    assert asking.rename(series, "  Wiese am Bach ", by=alice).name == "Wiese am Bach"
    assert series.series_spec.name == "Wiese am Bach"


@pytest.mark.parametrize("name", ["", "=1+1", "../../etc", "x" * 65, "a\x00b", "<b>"])
def test_a_bad_name_is_refused_at_its_field(series: Series, alice: AbstractUser, name: str) -> None:
    with pytest.raises(InvalidOrder) as refused:
        asking.rename(series, name, by=alice)
    assert [problem.field for problem in refused.value.problems] == ["name"]
    series.refresh_from_db()
    assert series.name == "Field 12"


def test_a_removed_one_is_gone_with_its_steps_and_its_worker_stops(series: Series, alice: AbstractUser) -> None:
    claimed = production.claim(series.pk, worker="w")
    production.keep(claimed, {"number": 0})
    asking.remove(series, by=alice)
    assert not Series.objects.exists() and not SeriesStep.objects.exists()
    with pytest.raises(production.NoLongerOurs):
        production.beat(claimed)
    with pytest.raises(NotFound):
        asking.remove(series, by=alice)


def test_nobody_else_can_do_any_of_it(
    series: Series, bob: AbstractUser, charlie: AbstractUser, operator: AbstractUser
) -> None:
    for other in (bob, charlie, operator):
        for verb in (asking.stop, asking.remove):
            with pytest.raises(NotFound):
                verb(series, by=other)
        with pytest.raises(NotFound):
            asking.rename(series, "Mine", by=other)
        assert not Series.objects.of(other).exists()
    series.refresh_from_db()
    assert (series.state, series.name) == (State.WAITING, "Field 12")


def test_the_series_of_a_removed_person_go(series: Series, alice: AbstractUser) -> None:
    production.keep(production.claim(series.pk, worker="w"), {"number": 0})
    alice.delete()
    assert not Series.objects.exists() and not SeriesStep.objects.exists()


# --- States and upkeep ----------------------------------------------------------------------------


def test_of_two_workers_only_one_gets_it(series: Series) -> None:
    assert production.claim(series.pk, worker="one") is not None
    assert production.claim(series.pk, worker="two") is None
    assert production.claim(10**6, worker="two") is None


def test_a_final_state_is_final() -> None:
    finals = set(State) - UNFINISHED
    assert not any(finals & before for before in MAY_FOLLOW.values())


def test_a_silent_workers_series_is_taken_up_by_another_and_the_late_one_changes_nothing(
    series: Series, settings: Any, empty_queue: None
) -> None:
    late = production.claim(series.pk, worker="late")
    production.keep(late, {"number": 0})
    assert production.reap() == [], "it was heard of just now"
    Series.objects.update(seen_at=timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS + 1))
    assert upkeep.sweep() == upkeep.Swept(reaped=1, enqueued=1, expired=0)
    series.refresh_from_db()
    assert (series.state, series.failures, series.steps_done) == (State.WAITING, 1, 1)
    other = production.claim(series.pk, worker="other")
    assert other is not None and other.attempt == 2
    with pytest.raises(production.NoLongerOurs):
        production.keep(late, {"number": 1})
    production.keep(other, {"number": 1})
    assert SeriesStep.objects.count() == 2


def test_after_three_silent_workers_it_has_failed(series: Series, settings: Any, empty_queue: None) -> None:
    for _ in range(settings.PRODUCT_ATTEMPTS):
        production.claim(series.pk, worker="w")
        Series.objects.update(seen_at=timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS + 1))
        production.reap()
    series.refresh_from_db()
    assert series.state == State.FAILED and "stopped without a word" in series.problems[0]["message"]


def test_a_message_that_was_lost_is_sent_again_once(series: Series, settings: Any, empty_queue: None) -> None:
    assert queue.missing() == [series.pk], "it was never enqueued: the test's transaction is not over"
    assert queue.enqueue([series.pk]) == 1
    assert queue.missing() == []
    Series.objects.update(enqueued_at=timezone.now() - timedelta(seconds=settings.MESSAGE_LOST_SECONDS + 1))
    assert queue.missing() == [], "its message waits in the queue still"


def test_after_thirty_days_it_is_gone(series: Series, alice: AbstractUser, settings: Any) -> None:
    old = timezone.now() - timedelta(days=settings.SERIES_KEPT_DAYS)
    Series.objects.filter(pk=series.pk).update(asked_at=old)
    assert not Series.objects.of(alice).exists(), "not to be seen even before it is swept"
    assert production.expire() == 1
    assert not Series.objects.exists()


def test_an_old_one_that_never_got_a_worker_does_not_stand_in_the_way(
    series: Series, alice: AbstractUser, small_archive: Path, settings: Any
) -> None:
    Series.objects.update(asked_at=timezone.now() - timedelta(days=settings.SERIES_KEPT_DAYS + 1))
    assert asked_by(alice, small_archive).key != series.key
    assert Series.objects.count() == 1
