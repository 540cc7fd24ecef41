"""What the queue "quick" can ask of a worker about forecasts. The rows say what is wanted, messages only that it is."""

from __future__ import annotations

from celery import shared_task

from hub.forecast import keeping


@shared_task(ignore_result=True)
def keep_wanted() -> None:
    """Look at wanted scenes for a second, and come back if more are wanted."""
    if keeping.keep_wanted():
        keeping.call_worker()


@shared_task(ignore_result=True)
def keep_new() -> None:
    """Put down what is new in the archive."""
    keeping.keep_new()
