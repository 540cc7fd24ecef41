"""What the queue can ask of a worker. A message carries the number of a row and nothing else."""

from __future__ import annotations

import os
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_process_init

from hub.orders import making, upkeep
from processing.mosaic import warm_up


@shared_task(bind=True, ignore_result=True)
def produce(self: Task, product_pk: int) -> None:
    """Make one product, if it is still to be had."""
    making.produce(product_pk, worker=f"{self.request.hostname}:{os.getpid()}")


@shared_task(ignore_result=True)
def sweep() -> None:
    """Do the upkeep that is due."""
    upkeep.sweep()


@worker_process_init.connect(weak=False)
def _warm_up(**_: Any) -> None:
    """Compile or load the kernels before the first order, in each process: they do not survive a fork."""
    warm_up()
