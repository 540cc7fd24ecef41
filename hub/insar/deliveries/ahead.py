"""Work that goes on in a thread of its own while its results are used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")
_END = object()


def ahead(items: Iterable[Item], *, depth: int = 2) -> Generator[Item, None, None]:
    """``items``, made by a thread that is at most ``depth`` of them ahead.

    What making them raises is raised here. Whoever stops early closes the generator, which stops the thread.
    """
    made: queue.Queue[Any] = queue.Queue(maxsize=depth)
    stopped = threading.Event()
    thread = threading.Thread(target=_make, args=(items, made, stopped), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
        thread.join()


def _make(items: Iterable[Any], made: queue.Queue[Any], stopped: threading.Event) -> None:
    try:
        for item in items:
            if not _hand_over((item, None), made, stopped):
                return
        _hand_over((_END, None), made, stopped)
    except BaseException as error:  # noqa: BLE001 - raised where the items are used
        _hand_over((_END, error), made, stopped)


def _hand_over(item: Any, made: queue.Queue[Any], stopped: threading.Event) -> bool:
    """Whether there is still somebody to hand it to."""
    while not stopped.is_set():
        try:
            made.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
