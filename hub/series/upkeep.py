"""What must be done now and then so that no series is forgotten: ``sweep``."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass

from hub.only_one import only_one
from hub.series import production, queue

logger = logging.getLogger(__name__)

# Any number that nothing else in this database locks.
SWEEP_LOCK = 7_254_190_312


@dataclass(frozen=True)
class Swept:
    """How much one sweep found to do."""

    reaped: int
    enqueued: int
    expired: int


def sweep() -> Swept | None:
    """Do all that is due; None when another sweep is at it."""
    with only_one(SWEEP_LOCK) as alone:
        if not alone:
            return None
        swept = Swept(
            reaped=len(production.reap()), enqueued=queue.enqueue(queue.missing()), expired=production.expire()
        )
    if any(astuple(swept)):
        logger.info("Series: %s", swept)
    return swept
