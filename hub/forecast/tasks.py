"""What the queue "quick" can ask of a worker about forecasts. The rows say what is wanted, messages only that it is."""

from __future__ import annotations

from celery import shared_task

from hub.forecast import keeping, layouts


@shared_task(ignore_result=True)
def keep_wanted() -> None:
    """Look at wanted scenes for a second, or learn how files are laid out; come back if there is more to do."""
    if keeping.are_wanted():
        # Where some are wanted still though none could be read, it is for the next sweep to call again.
        more = keeping.keep_wanted() or (not keeping.are_wanted() and layouts.are_due())
    else:
        more = layouts.learn_due()
    if more:
        keeping.call_worker()


@shared_task(ignore_result=True)
def keep_new() -> None:
    """Put down what is new in the archive."""
    keeping.keep_new()
    if layouts.are_due():
        keeping.call_worker()
