"""Hands numbers of series to the workers of the queue "quick". A message is only a hint: the row decides."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.utils import timezone

from hub.orders.queue import BROKER_AWAY, broker, length
from hub.series.models import Series
from hub.series.states import State

logger = logging.getLogger(__name__)

QUEUE = "quick"
MAKE = "hub.series.tasks.make"


def enqueue(series_pks: Iterable[int]) -> int:
    """Send a message for each series; return how many went out.

    While the broker is away this gives up at the first one, within a second or two and without raising:
    the rows are there, and ``sweep`` sends what is missing.
    """
    sent = []
    try:
        with broker() as connection:
            for pk in series_pks:
                current_app.send_task(MAKE, (pk,), connection=connection, retry=False)
                sent.append(pk)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, sweep will enqueue the rest: %s", error)
    Series.objects.filter(pk__in=sent).update(enqueued_at=timezone.now())
    return len(sent)


def others_wait() -> bool:
    """Whether the queue holds a message of anybody's."""
    return bool(length(QUEUE))


def missing() -> list[int]:
    """Series that wait and for which the queue seems to hold no message.

    Never enqueued, or so long ago that the message may be lost. Of the latter only as many as the queue
    is short of: behind a long queue waiting is ordinary, and enqueuing again each time would flood it.
    """
    waiting = Series.objects.filter(state=State.WAITING)
    never = list(waiting.filter(enqueued_at=None).order_by("pk").values_list("pk", flat=True))
    messages = length(QUEUE)
    if messages is None:
        return []
    enqueued = waiting.exclude(enqueued_at=None)
    short_of = max(0, enqueued.count() - messages)
    lost_since = timezone.now() - timedelta(seconds=settings.MESSAGE_LOST_SECONDS)
    late = enqueued.filter(enqueued_at__lt=lost_since).order_by("enqueued_at", "pk")
    return [*never, *late.values_list("pk", flat=True)[:short_of]]
