"""What the queue "quick" can ask of a worker about pixels. A message carries the number of a row and nothing else."""

from __future__ import annotations

from celery import shared_task

from hub.pixels import keeping, making


@shared_task(ignore_result=True)
def make(question_pk: int) -> None:
    """Answer one question, if it is still to be had."""
    making.make(question_pk)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Remove what is no longer kept."""
    keeping.sweep()
