"""What the queue "quick" can ask of a worker about series. A message carries the number of a row and nothing else."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_process_init

from hub.archive import archive
from hub.series import making, upkeep
from processing.errors import ProcessingError

logger = logging.getLogger(__name__)


@shared_task(bind=True, ignore_result=True)
def make(self: Task, series_pk: int) -> None:
    """Make one series, or go on with it, if it is still to be had."""
    making.make(series_pk, worker=f"{self.request.hostname}:{os.getpid()}")


@shared_task(ignore_result=True)
def sweep() -> None:
    """Do the upkeep that is due."""
    upkeep.sweep()


@worker_process_init.connect(weak=False)
def _open_archive(**_: Any) -> None:
    """Open the archive before the first series, beside whatever else the process begins with."""
    threading.Thread(target=_open, name="open-archive", daemon=True).start()


def _open() -> None:
    try:
        archive()
    except (ProcessingError, OSError) as error:
        logger.warning("The archive cannot be opened yet: %s", error)
