"""``manage.py sweep``: the upkeep once, for those who run it from cron instead of Celery's beat."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hub.orders.upkeep import sweep


class Command(BaseCommand):
    help = "Take back products of silent workers, enqueue lost ones, expire old files, remove dead folders."

    def handle(self, *args: Any, **options: Any) -> None:
        swept = sweep()
        if swept is None:
            self.stdout.write("Another sweep is under way.")
            return
        self.stdout.write(
            f"{swept.reaped} taken back, {swept.enqueued} enqueued, {swept.expired} expired, "
            f"{swept.folders} folders removed."
        )
