"""Where the time goes: seconds per kind of work, summed over threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, thread_time


class Clock:
    """Adds up what reading, choosing, writing take; safe to share between threads.

    Every moment of a thread counts once: work measured inside other work suspends the outer one.
    Each thread adds up its own, so that none waits for another.
    """

    def __init__(self) -> None:
        self._threads = threading.local()
        self._accounts: list[_Account] = []

    @contextmanager
    def measuring(self, kind: str) -> Iterator[None]:
        """Count the time inside as ``kind``, but for what is measured as something else within."""
        account = self._account()
        account.begin(kind)
        try:
            yield
        finally:
            account.end()

    def seconds(self) -> dict[str, float]:
        """Seconds by kind so far; a thread that waits for disk, network or another thread is counted too."""
        return _summed([account.seconds for account in self._accounts])

    def cpu_seconds(self) -> dict[str, float]:
        """Seconds of CPU by kind so far."""
        return _summed([account.cpu_seconds for account in self._accounts])

    def _account(self) -> _Account:
        """What this thread has added up."""
        known: _Account | None = getattr(self._threads, "account", None)
        if known is None:
            known = self._threads.account = _Account()
            self._accounts.append(known)
        return known


class _Account:
    """The kinds of work of one thread, and what it is at."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self._under_way: list[str] = []
        self._since, self._cpu_since = 0.0, 0.0

    def begin(self, kind: str) -> None:
        """Suspend what is under way, begin another kind of work."""
        self._settle()
        self._under_way.append(kind)

    def end(self) -> None:
        """Go back to what was under way before."""
        self._settle()
        self._under_way.pop()

    def _settle(self) -> None:
        now, cpu_now = perf_counter(), thread_time()
        if self._under_way:
            kind = self._under_way[-1]
            self.seconds[kind] = self.seconds.get(kind, 0.0) + now - self._since
            self.cpu_seconds[kind] = self.cpu_seconds.get(kind, 0.0) + cpu_now - self._cpu_since
        self._since, self._cpu_since = now, cpu_now


def _summed(accounts: Sequence[dict[str, float]]) -> dict[str, float]:
    # Copied first: a thread that is still at work adds kinds to its own.
    kinds = Counter[str]()
    for account in map(dict, accounts):
        kinds.update(account)
    return {kind: round(spent, 3) for kind, spent in sorted(kinds.items())}
