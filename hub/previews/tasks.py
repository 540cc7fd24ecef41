"""What the queue "quick" can ask of a worker about previews. A message carries the number of a row and nothing else."""

from __future__ import annotations

from celery import shared_task

from hub.previews import keeping, making


@shared_task(ignore_result=True)
def make(preview_pk: int) -> None:
    """Make one preview, if it is still to be had."""
    making.make(preview_pk)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Remove what is no longer kept."""
    keeping.sweep()
