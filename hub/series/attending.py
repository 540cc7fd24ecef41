"""What runs beside the making of a series: signs of life, whether it is still wanted, and telling its pages."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

from hub.series import production
from hub.series.live import announce
from hub.series.models import Series
from hub.series.production import NoLongerOurs

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.3
"""How soon a stopped series is noticed in the middle of a step."""

ANNOUNCE_SECONDS = 0.1
"""Pages are told no more often: a fast series has hundreds of steps."""


class Attendant:
    """Attends to one attempt at a series, with two threads, for as long as the ``with`` block runs.

    Neither a long read nor a busy kernel looks like death, and no step waits until the pages have heard of
    the one before.
    """

    def __init__(self, series: Series) -> None:
        self.series = series
        self._lost = threading.Event()
        self._over = threading.Event()
        self._news = threading.Event()
        self._next_look = 0.0
        self._threads = [
            threading.Thread(target=target, name=f"{name}-{series.pk}", daemon=True)
            for name, target in (("heartbeat", self._beat), ("announcer", self._tell))
        ]

    def __enter__(self) -> Attendant:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._news.set()
        for thread in self._threads:
            thread.join()

    def announce(self) -> None:
        """Have the pages told that there is news, soon."""
        self._news.set()

    def check(self) -> None:
        """Raise NoLongerOurs when the series was stopped, removed or taken away; asks its row now and then."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            if not Series.objects.of_attempt(self.series).exists():
                self._lost.set()
        if self._lost.is_set():
            raise NoLongerOurs(f"series {self.series.pk}, attempt {self.series.attempt}")

    def _beat(self) -> None:
        try:
            while not self._over.wait(settings.HEARTBEAT_SECONDS):
                try:
                    production.beat(self.series)
                except NoLongerOurs:
                    self._lost.set()
                    return
                except DatabaseError as error:
                    # The next beat may get through; if none does, another worker gets the series.
                    logger.warning("No heartbeat for series %s: %s", self.series.pk, error)
                    connection.close()
        finally:
            connection.close()

    def _tell(self) -> None:
        # What is new when the block ends is told by the verb that ends the turn.
        while self._news.wait() and not self._over.is_set():
            self._news.clear()
            announce(self.series.key)
            self._over.wait(ANNOUNCE_SECONDS)
