"""What a worker does with one number of a series: claim it, make step after step, give way to others, finish."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.conf import settings

from hub.archive import archive, headers_folder
from hub.errors import told_to_users
from hub.orders.troubles import UNEXPECTED
from hub.series import production, queue
from hub.series.attending import Attendant
from hub.series.models import Series
from hub.series.production import NoLongerOurs
from processing.errors import InvalidOrder, ProcessingError
from processing.pixels.series import make_series

logger = logging.getLogger(__name__)

# In English: it goes into a row. See OURS in hub.wording.sentences.
TOO_SLOW = (
    "The series was not finished within {seconds} seconds of computing; "
    "ask for fewer days, longer periods or a smaller area."
)

MadeStep = tuple[dict[str, Any], int]
"""A step as JSON, and how many steps there will be."""


class TooSlow(Exception):
    """The series took all the time that one series may take."""


def make(series_pk: int, *, worker: str = "") -> None:
    """Make the series, or go on with it, if it is to be had; whatever happens ends in its row."""
    series = production.claim(series_pk, worker=worker)
    if series is None:
        return
    turn = Turn(series)
    try:
        with Attendant(series) as attendant:
            finished = _make_steps(series, turn, attendant)
        if finished:
            production.finish(series, seconds=turn.seconds)
        else:
            production.give_back(series, seconds=turn.seconds)
    except NoLongerOurs as lost:
        logger.info("Stopped making %s: it was stopped or given to another worker", lost)
    except Exception as error:
        production.fail(series, _problems(series, error), seconds=turn.seconds)


class Turn:
    """The time that a series may have."""

    def __init__(self, series: Series) -> None:
        self._began = time.monotonic()
        self._before = series.seconds

    @property
    def seconds(self) -> float:
        """Of this turn."""
        return time.monotonic() - self._began

    def check(self) -> None:
        """Raise TooSlow when the series has taken all its time, earlier turns included."""
        if self._before + self.seconds > settings.SERIES_SECONDS:
            raise TooSlow

    def is_over(self) -> bool:
        """Whether the series has had the worker long enough and somebody else waits for it."""
        return self.seconds > settings.SERIES_TURN_SECONDS and queue.others_wait()


def _make_steps(series: Series, turn: Turn, attendant: Attendant) -> bool:
    """Keep the steps that are missing; whether that were all, or False where others wait for the worker."""

    def progress(stage: str, percent: float) -> None:
        attendant.check()
        turn.check()

    with closing(_missing_steps(series, progress)) as steps:
        for step, expected in steps:
            production.keep(series, step, expected=expected)
            attendant.announce()
            attendant.check()
            turn.check()
            if turn.is_over():
                return False
    return True


def _missing_steps(series: Series, progress: Any) -> Iterator[MadeStep]:
    """The steps from the first one that is not there yet."""
    last = series.steps.last()
    if last is None:
        yield from _steps(series, progress, first=0)
        return
    # The last one is made once more: an archive that got another scene meanwhile would number dates anew.
    steps = _steps(series, progress, first=last.number)
    with closing(steps):
        again = next(steps, None)
        if again is not None and _same(again[0], last.content):
            yield from steps
            return
    production.start_over(series)
    yield from _steps(series, progress, first=0)


def _steps(series: Series, progress: Any, *, first: int) -> Iterator[MadeStep]:
    made = make_series(
        series.series_spec,
        archive(),
        threads=settings.SERIES_THREADS,
        progress=progress,
        first=first,
        headers=headers_folder(),
    )
    with closing(made):
        for step in made:
            yield step.to_json(), step.expected


def _same(step: dict[str, Any], kept: dict[str, Any]) -> bool:
    """Whether both are of the same period, or of the same observation."""
    return all(step.get(key) == kept.get(key) for key in ("number", "first_day", "item"))


def _problems(series: Series, error: Exception) -> list[dict[str, str]]:
    """Why the series has failed, for its owner."""
    match error:
        case InvalidOrder():
            return [{"field": problem.field, "message": problem.message} for problem in error.problems]
        case ProcessingError():
            logger.info("Series %s could not be made: %s", series.pk, error)
            return [{"field": "", "message": told_to_users(error)}]
        case TooSlow():
            return [{"field": "", "message": TOO_SLOW.format(seconds=settings.SERIES_SECONDS)}]
    logger.error("Series %s failed", series.pk, exc_info=error)
    return [{"field": "", "message": UNEXPECTED}]
