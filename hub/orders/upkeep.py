"""What must be done now and then so that no order is forgotten: ``sweep``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from hub.only_one import only_one
from hub.orders import production, queue, storage
from hub.orders.models import Product

logger = logging.getLogger(__name__)

# Any number that nothing else in this database locks.
SWEEP_LOCK = 7_254_190_311


@dataclass(frozen=True)
class Swept:
    """How much one sweep found to do."""

    reaped: int
    enqueued: int
    expired: int
    folders: int


def sweep() -> Swept | None:
    """Do all that is due; None when another sweep is at it."""
    with only_one(SWEEP_LOCK) as alone:
        if not alone:
            return None
        swept = Swept(
            reaped=len(production.reap()),
            enqueued=queue.enqueue(missing()),
            expired=production.expire(),
            folders=storage.remove_dead_attempts(),
        )
    if any((swept.reaped, swept.enqueued, swept.expired, swept.folders)):
        logger.info("%s", swept)
    return swept


def missing() -> list[int]:
    """Products that are due and for which the queue seems to hold no message.

    Never enqueued, or so long ago that the message may be lost. Of the latter only as many as the queue
    is short of: behind a long queue waiting is ordinary, and enqueuing again each time would flood it.
    """
    lost_since = timezone.now() - timedelta(seconds=settings.MESSAGE_LOST_SECONDS)
    due = Product.objects.due()
    never = list(due.filter(enqueued_at=None).order_by("pk").values_list("pk", flat=True))
    waiting = queue.length()
    if waiting is None:
        return []
    enqueued = due.exclude(enqueued_at=None)
    short_of = max(0, enqueued.count() - waiting)
    late = enqueued.filter(enqueued_at__lt=lost_since).order_by("enqueued_at", "pk")
    return [*never, *late.values_list("pk", flat=True)[:short_of]]
