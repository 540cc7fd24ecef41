"""Taking a whole release out of the service: points, cells, series, and whatever was granted on it."""

from __future__ import annotations

import shutil

from django.db import transaction

from hub.insar import partitions
from hub.insar.deliveries.locks import lock_layer
from hub.insar.models import Release


def remove(release: Release) -> None:
    """Everything of it is gone afterwards; the audit log stays as it is."""
    with transaction.atomic():
        folders = []
        for layer in release.layers.all():
            lock_layer(layer)
            folders += [part.series_folder for part in layer.parts.all()]
            layer.parts.all().delete()
            partitions.drop(layer)
            layer.delete()
        release.delete()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
