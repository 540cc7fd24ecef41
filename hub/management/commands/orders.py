"""``manage.py orders``: the latest orders on the terminal, for operators."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hub.orders.models import Order
from hub.orders.states import Status

LINE = "{:>7}  {:<11}{:>4} %  {:<20.20}  {:%Y-%m-%d %H:%M}  {}"


class Command(BaseCommand):
    help = "List the latest orders, newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", choices=Status.values, help="only orders that stand so")
        parser.add_argument("--count", type=int, default=20, help="how many (20)")

    def handle(self, *args: Any, **options: Any) -> None:
        orders = Order.objects.select_related("owner").prefetch_related("products")
        if options["status"]:
            orders = orders.filter(status=options["status"])
        for order in orders[: max(0, options["count"])]:
            owner, percent = order.owner.get_username(), f"{order.percent:.0f}"
            self.stdout.write(LINE.format(order.pk, order.status, percent, owner, order.created_at, order.name))
            if order.error:
                self.stdout.write(f"         {order.error}")
