"""``manage.py insar_sweep``: the upkeep of ground motion once, for those who run it from cron."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hub.insar.access import expiry
from hub.insar.deliveries import upkeep


class Command(BaseCommand):
    help = "Take up uploads and cells that are due, remove what killed processes left, tell of grants that end soon."

    def handle(self, *args: Any, **options: Any) -> None:
        swept = upkeep.sweep()
        if swept is None:
            self.stdout.write("Another sweep is under way.")
            return
        rebuilt = upkeep.finish_due()
        expiry.warn_of_ends()
        self.stdout.write(
            f"{swept.folders} folders removed, {swept.uploads} uploads enqueued, {rebuilt} layers finished."
        )
