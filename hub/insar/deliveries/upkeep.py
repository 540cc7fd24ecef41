"""What must be done now and then for ground motion: leftovers of killed processes, uploads and cells that are due."""

from __future__ import annotations

import logging
import shutil
from dataclasses import astuple, dataclass
from datetime import timedelta
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Max, Q
from django.utils import timezone

from hub.insar.deliveries import intake, staging, uploads
from hub.insar.deliveries.locks import SERIES_LOCK, UPKEEP_LOCK
from hub.insar.models import Layer, Part
from hub.only_one import only_one
from hub.orders.queue import BROKER_AWAY, broker

logger = logging.getLogger(__name__)

# Files of one release come one behind the other; index and cells are made when no more seem to come.
_QUIET = timedelta(minutes=2)


_ASKED_AGAIN_SECONDS = 600
FINISH = "hub.insar.tasks.finish_layer"


@dataclass(frozen=True)
class Swept:
    """How much one sweep found to do."""

    folders: int
    uploads: int


def sweep() -> Swept | None:
    """Do all that is quick; None when another sweep is at it."""
    with only_one(UPKEEP_LOCK) as alone:
        if not alone:
            return None
        swept = Swept(folders=sweep_files(), uploads=uploads.take_up())
    if any(astuple(swept)):
        logger.info("Ground motion: %s", swept)
    return swept


def sweep_files() -> int:
    """Remove what killed processes left on the disk; return how many folders."""
    return staging.sweep() + _sweep_series() + uploads.sweep_files()


def _sweep_series() -> int:
    """Folders of series whose part was never committed, or is gone."""
    with only_one(SERIES_LOCK) as alone:
        if not alone:
            return 0
        found = {int(path.stem): path for path in _series_folders()}
        dead = set(found) - set(Part.objects.filter(pk__in=found).values_list("pk", flat=True))
        for number in dead:
            shutil.rmtree(found[number], ignore_errors=True)
    return len(dead)


def _series_folders() -> list[Path]:
    return [path for path in (Path(settings.INSAR_ROOT) / "series").glob("*.zarr") if path.stem.isdecimal()]


def due_layers(*, quiet_for: timedelta = _QUIET) -> list[Layer]:
    """Layers that were loaded and not made searchable, and those whose cells are due, unless files still come in."""
    layers = Layer.objects.annotate(latest=Max("parts__taken_in_at")).filter(latest__lte=timezone.now() - quiet_for)
    wanted = Q(indexed=False) | Q(cells_wanted__gt=F("cells_made"))
    return list(layers.filter(wanted, points__gt=0).order_by("pk"))


def finish_due() -> int:
    """Make those layers searchable and their cells anew; return how many."""
    layers = due_layers()
    for layer in layers:
        intake.finish_layer(layer)
    return len(layers)


def enqueue_due(*, quiet_for: timedelta = _QUIET) -> int:
    """Have a worker do that; return how many messages went out. None goes out twice within minutes."""
    layers, sent = due_layers(quiet_for=quiet_for), 0
    if not layers:
        return 0
    try:
        with broker() as messages:
            for layer in layers:
                if cache.add(f"insar-finish-{layer.pk}-{layer.cells_wanted}", True, timeout=_ASKED_AGAIN_SECONDS):
                    current_app.send_task(FINISH, (layer.pk,), connection=messages, retry=False)
                    sent += 1
    except BROKER_AWAY as error:
        logger.warning("The broker is away, the sweep will enqueue the rest: %s", error)
    return sent
