"""What follows a change of a sensitive site or of a release: the cells concerned are made anew by a worker.

What must hold at once holds by the database's own triggers (sql/sites.sql), whoever writes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from hub.insar.models import Release, SensitiveSite


def watch() -> None:
    """Listen to changes."""
    for signal, sender in ((post_save, SensitiveSite), (post_delete, SensitiveSite), (post_save, Release)):
        signal.connect(_changed, sender=sender, dispatch_uid=f"insar-{sender.__name__}")


def _changed(**_: Any) -> None:
    transaction.on_commit(_enqueue)


def _enqueue() -> None:
    # Imported here because every process of the site imports this module, and few need the intake.
    from hub.insar.deliveries import upkeep

    upkeep.enqueue_due(quiet_for=timedelta())
