"""What the workers can be asked for about ground motion. A message carries the number of a row and nothing else."""

from __future__ import annotations

from celery import shared_task

from hub.insar.access import expiry
from hub.insar.deliveries import intake, upkeep, uploads
from hub.insar.models import Layer


@shared_task(ignore_result=True)
def take_in(upload_pk: int) -> None:
    """Take an upload in, if it still waits."""
    uploads.take_in(upload_pk)


@shared_task(ignore_result=True)
def finish_layer(layer_pk: int) -> None:
    """Make a layer searchable, and its cells anew, where that is due."""
    layer = Layer.objects.filter(pk=layer_pk, points__gt=0).first()
    if layer is not None:
        intake.finish_layer(layer)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Do the upkeep that is due."""
    upkeep.sweep()
    upkeep.enqueue_due()


@shared_task(ignore_result=True)
def warn_of_ends() -> None:
    """Tell whoever holds a grant that ends soon."""
    expiry.warn_of_ends()
