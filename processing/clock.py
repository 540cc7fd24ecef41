"""Where the time goes: seconds per kind of work, summed over threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Clock:
    """Adds up the seconds spent reading, computing and writing; safe to share between threads."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def measuring(self, kind: str) -> Iterator[None]:
        """Count the time inside as ``kind``."""
        begun = perf_counter()
        try:
            yield
        finally:
            spent = perf_counter() - begun
            with self._lock:
                self._seconds[kind] = self._seconds.get(kind, 0.0) + spent

    def seconds(self) -> dict[str, float]:
        """Seconds by kind so far."""
        with self._lock:
            return {kind: round(seconds, 3) for kind, seconds in sorted(self._seconds.items())}
