"""A worker's verbs: claim, beat, keep a step, give back, finish, fail; and the upkeep around them: reap, expire.

The row decides. A claim adds one to the attempt, and every later write of that worker names it, so that
a worker which was given up for dead, or whose series was stopped, changes nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from hub.series import queue
from hub.series.live import announce
from hub.series.models import Series, SeriesStep, kept_since
from hub.series.states import State

logger = logging.getLogger(__name__)

# In English: it goes into a row. See OURS in hub.wording.sentences.
SILENT = "The worker that was computing this series stopped without a word."


class NoLongerOurs(Exception):
    """The series was stopped, removed, or given to another worker: stop making it."""


def claim(series_pk: int, *, worker: str) -> Series | None:
    """Give the series to ``worker`` as a new attempt, or return None if it is not to be had."""
    now = timezone.now()
    # The queue hands a message out twice now and then, so losing this race is ordinary.
    if not Series.objects.filter(pk=series_pk, state=State.WAITING).move(
        State.MAKING,
        attempt=F("attempt") + 1,
        worker=worker[:120],
        seen_at=now,
        started_at=Coalesce(F("started_at"), now),
    ):
        return None
    return Series.objects.get(pk=series_pk)


def beat(series: Series) -> None:
    """Stamp a sign of life; raises NoLongerOurs when the series is not this worker's any more."""
    _change(series, seen_at=timezone.now())


def keep(series: Series, step: Mapping[str, Any], *, expected: int | None = None) -> None:
    """Put one step of the engine's, as JSON, where its owner sees it; ``expected``: how many there will be.

    Raises NoLongerOurs, and keeps nothing then.
    """
    known = {} if expected is None else {"steps_expected": expected}
    with transaction.atomic():
        _change(series, steps_done=F("steps_done") + 1, seen_at=timezone.now(), **known)
        SeriesStep.objects.create(series_id=series.pk, number=step["number"], content=step)


def start_over(series: Series) -> None:
    """Forget the steps that were made: they do not fit the archive as it is now."""
    with transaction.atomic():
        _change(series, steps_done=0)
        SeriesStep.objects.filter(series_id=series.pk).delete()


def give_back(series: Series, *, seconds: float) -> None:
    """Let others have the worker: the series waits again, behind them, with the steps it has."""
    _end_turn(series, State.WAITING, seconds=seconds, enqueued_at=None, worker="")
    queue.enqueue([series.pk])


def finish(series: Series, *, seconds: float) -> None:
    """Say that all steps are there."""
    _end_turn(series, State.MADE, seconds=seconds, finished_at=timezone.now(), steps_expected=F("steps_done"))


def fail(series: Series, problems: Sequence[Mapping[str, str]], *, seconds: float) -> None:
    """Say why there will be no more steps; those that are there stay."""
    _end_turn(series, State.FAILED, seconds=seconds, finished_at=timezone.now(), problems=list(problems))


def reap() -> list[int]:
    """Take back the series of workers that have fallen silent; return their numbers.

    Another worker goes on behind the steps that are there. After as many silent workers as a product may
    have attempts the series has failed.
    """
    silent_since = timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    reaped = []
    for series in Series.objects.filter(state=State.MAKING, seen_at__lt=silent_since):
        of_it = Series.objects.of_attempt(series).filter(seen_at__lt=silent_since)
        failures = series.failures + 1
        if failures < settings.PRODUCT_ATTEMPTS:
            moved = of_it.move(State.WAITING, failures=failures, enqueued_at=None, worker="")
        else:
            problems = [{"field": "", "message": SILENT}]
            moved = of_it.move(State.FAILED, failures=failures, finished_at=timezone.now(), problems=problems)
        if moved:
            reaped.append(series.pk)
            announce(series.key)
    return reaped


def expire() -> int:
    """Remove the series that are kept no longer; return how many."""
    _rows, by_model = Series.objects.filter(asked_at__lte=kept_since()).delete()
    return by_model.get(Series._meta.label, 0)


def _end_turn(series: Series, state: State, *, seconds: float, **columns: Any) -> None:
    # Nothing where the row was stopped, removed or taken away meanwhile.
    if Series.objects.of_attempt(series).move(state, seconds=F("seconds") + seconds, **columns):
        announce(series.key)


def _change(series: Series, **columns: Any) -> None:
    if not Series.objects.of_attempt(series).update(**columns):
        raise NoLongerOurs(f"series {series.pk}, attempt {series.attempt}")
