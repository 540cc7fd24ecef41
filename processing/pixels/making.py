"""How the steps of a series are made: side by side, in threads that end with it, handed out in the order of time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from processing.rasters.remote import CONNECTIONS
from processing.scenes import Progress

_Made = TypeVar("_Made")

# How long nobody hears of progress while a step is made.
_SECONDS_BETWEEN = 0.5


class Stopped(Exception):
    """Nobody waits for what is being made."""


@dataclass(frozen=True)
class Means:
    """What the making of a series may use."""

    pool: ThreadPoolExecutor
    """Threads that look at granules."""

    threads: int
    is_away: bool
    """Whether the archive lies on servers, where most of the time goes into waiting."""

    headers: Path | None
    """See ``Reader``."""

    tell: Telling
    _stopped: threading.Event

    def check(self) -> None:
        """To be called now and then, from any thread: raises Stopped once the series is given up."""
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """Give the series up."""
        self._stopped.set()


class Telling:
    """Passes progress on, and repeats it while nothing is ready: whoever hears it may want to stop."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress or (lambda stage, percent: None)
        self._latest = ("searching", 0.0)

    def __call__(self, stage: str, percent: float) -> None:
        """What ``progress`` raises is raised."""
        self._latest = (stage, percent)
        self._progress(stage, percent)

    def again(self) -> None:
        """The same as before."""
        self._progress(*self._latest)


@contextmanager
def means_for(*, threads: int, is_away: bool, headers: Path | None, tell: Telling) -> Iterator[Means]:
    """Threads that come to an end with the series, also where it is given up half way."""
    pool = ThreadPoolExecutor(CONNECTIONS if is_away else threads, thread_name_prefix="pixels")
    means = Means(pool, threads, is_away, headers, tell, threading.Event())
    try:
        yield means
    finally:
        means.stop()
        pool.shutdown(wait=True, cancel_futures=True)


def side_by_side(
    make: Callable[[int], _Made], numbers: Sequence[int], *, at_once: int, means: Means
) -> Iterator[_Made]:
    """What is made of each number, in their order, ``at_once`` of them under way before whoever takes them."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="steps") as pool:
        under_way: list[Future[_Made]] = []
        try:
            for number in numbers:
                under_way.append(pool.submit(make, number))
                if len(under_way) > at_once:
                    yield _result(under_way.pop(0), means)
            while under_way:
                yield _result(under_way.pop(0), means)
        except BaseException:
            means.stop()
            raise
        finally:
            for future in under_way:
                future.cancel()


def in_order(futures: Iterable[Future[_Made]]) -> list[_Made]:
    """What all of them made; the first error ends the others that have not begun."""
    waiting = list(futures)
    try:
        return [future.result() for future in waiting]
    finally:
        for future in waiting:
            future.cancel()


def _result(future: Future[_Made], means: Means) -> _Made:
    while not wait([future], _SECONDS_BETWEEN).done:
        means.tell.again()
    return future.result()
