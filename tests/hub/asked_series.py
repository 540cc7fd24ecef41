"""Series of the small archive's middle, for the tests of series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import current_app
from django.contrib.auth.models import AbstractUser

from hub.series import asking, making, queue
from hub.series.models import Series
from processing.pixels.series_spec import SeriesSpec
from processing.sources import open_source


def at_middle(archive: Path, **changes: Any) -> dict[str, Any]:
    """A series as JSON: the ten days of June 2024 at the middle of the archive, two bands."""
    west, south, east, north = open_source(str(archive)).extent().bounds
    asked: dict[str, Any] = {
        "name": "Field 12",
        "contents": "composites",
        "place": {"lon": round((west + east) / 2, 5), "lat": round((south + north) / 2, 5), "pixels": 1},
        "kind": "dekad",
        "start": "2024-06-01",
        "end": "2024-06-30",
        "resolution": 10,
        "bands": ["B04", "B08"],
        "layers": ["valid_obs", "scene_classification"],
    }
    return asked | changes


def empty_quick_queue() -> None:
    """Drop the messages that earlier tests left in the queue of the quick workers."""
    with current_app.connection_for_write() as connection:
        current_app.amqp.queues[queue.QUEUE](connection.default_channel).purge()


def asked_by(user: AbstractUser, archive: Path, **changes: Any) -> Series:
    """A series that ``user`` asked for and nobody has made yet."""
    return asking.ask(user, SeriesSpec.parse(at_middle(archive, **changes)))


def made_for(user: AbstractUser, archive: Path, **changes: Any) -> Series:
    """The same, made in this process."""
    series = asked_by(user, archive, **changes)
    making.make(series.pk)
    series.refresh_from_db()
    return series
