"""Writes down every change of status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.orders.models import Order, OrderEvent, Product

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from hub.orders.states import Status

NOTE_LENGTH = OrderEvent._meta.get_field("note").max_length


def record(
    order: Order,
    *,
    before: Status | str,
    after: Status,
    who: AbstractBaseUser | None = None,
    product: Product | None = None,
    note: str = "",
) -> OrderEvent:
    """Keep one change of ``order``, or of one ``product`` of it. ``who`` is None for the service itself."""
    return OrderEvent.objects.create(
        order=order,
        product=product,
        who=who,
        from_status=before,
        to_status=after,
        note=note[:NOTE_LENGTH],
    )
