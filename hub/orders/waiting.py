"""How long an order still takes: its place in the queue, and the time until its last product is made.

Reckoned by handing the waiting products to the workers that were seen lately, in the order of the queue.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from hub.orders.models import Order, Product
from hub.orders.states import Status

# A worker that made something this recently is taken to be there.
SEEN_LATELY = timedelta(minutes=15)
# For orders from before there were estimates, while nothing else is known.
USUAL_SECONDS = 30.0
# From this part on, the time that was taken says more than what was expected.
_TELLING_PERCENT = 10.0
# What a product that takes longer than expected is taken to need still.
_LEAST_SHARE = 0.1
_SPREAD = 1.6


@dataclass(frozen=True)
class Wait:
    """How an unfinished order stands."""

    position: int | None
    """Place of its first waiting product among all that wait, 1 is next; None while one of its products is made."""

    seconds: tuple[float, float]
    """Between which the time until its last product is made may lie."""


@dataclass(frozen=True)
class _Row:
    """A product that waits or is being made."""

    pk: int
    order: int
    running: bool
    percent: float
    started_at: datetime | None
    seconds: float
    """Expected, in a worker."""


def queue_position(order: Order) -> int | None:
    """How many products are made before the order's first one begins, and one more; None where it does not wait."""
    wait = waits([order]).get(order.pk)
    return wait.position if wait else None


def seconds_left(order: Order) -> tuple[float, float] | None:
    """Between which the time until the order is finished may lie; None where it is finished, or held."""
    wait = waits([order]).get(order.pk)
    return wait.seconds if wait else None


def waits(orders: Iterable[Order]) -> dict[int, Wait]:
    """For those of ``orders`` that wait or are being made, by their numbers: two queries however many there are.

    No query where all are finished or held.
    """
    wanted = {order.pk for order in orders if order.status in (Status.ACCEPTED, Status.RUNNING)}
    if not wanted:
        return {}
    rows = _rows()
    now = timezone.now()
    finished = _finish_times(rows, workers=_workers(now), now=now)
    return {pk: wait for pk, wait in _by_order(rows, finished).items() if pk in wanted}


def _rows() -> list[_Row]:
    """Everything under way, in the order in which workers take it."""
    siblings = Product.objects.filter(order=OuterRef("order")).order_by().values("order").annotate(n=Count("pk"))
    under_way = (
        Product.objects.filter(status__in=(Status.ACCEPTED, Status.RUNNING))
        .annotate(of=Subquery(siblings.values("n")), expected=F("order__expected_seconds"))
        # What is to be tried again later waits at least until then.
        .annotate(turn=Greatest("enqueued_at", "retry_at"))
        .order_by(F("turn").asc(nulls_last=True), "pk")
        .values_list("pk", "order_id", "status", "percent", "started_at", "expected", "of")
    )
    found = list(under_way)
    known = [expected / of for *_rest, expected, of in found if expected]
    usual = median(known) if known else USUAL_SECONDS
    return [
        _Row(pk, order, status == Status.RUNNING, percent, started_at, expected / of if expected else usual)
        for pk, order, status, percent, started_at, expected, of in found
    ]


def _workers(now: datetime) -> int:
    """How many worker processes made something lately; at least one."""
    lately = Product.objects.filter(seen_at__gte=now - SEEN_LATELY).exclude(worker="")
    return max(1, lately.order_by().values("worker").distinct().count())


def _finish_times(rows: Sequence[_Row], *, workers: int, now: datetime) -> dict[int, float]:
    """In how many seconds each product is made, if workers take the next one as soon as they are free."""
    running = [row for row in rows if row.running]
    finished = {row.pk: _left(row, now) for row in running}
    free_in = list(finished.values()) + [0.0] * max(0, workers - len(running))
    heapq.heapify(free_in)
    for row in rows:
        if not row.running:
            begin = heapq.heappop(free_in)
            finished[row.pk] = begin + row.seconds
            heapq.heappush(free_in, finished[row.pk])
    return finished


def _left(row: _Row, now: datetime) -> float:
    """Seconds until a product that is being made is finished."""
    taken = max(0.0, (now - row.started_at).total_seconds()) if row.started_at else 0.0
    by_expectation = max(row.seconds - taken, row.seconds * _LEAST_SHARE)
    if row.percent < _TELLING_PERCENT:
        return by_expectation
    by_progress = taken * (100 - row.percent) / row.percent
    return (by_expectation + by_progress) / 2


def _by_order(rows: Sequence[_Row], finished: dict[int, float]) -> dict[int, Wait]:
    being_made = {row.order for row in rows if row.running}
    positions: dict[int, int] = {}
    last: dict[int, float] = {}
    place = 0
    for row in rows:
        last[row.order] = max(last.get(row.order, 0.0), finished[row.pk])
        if not row.running:
            place += 1
            positions.setdefault(row.order, place)
    return {
        order: Wait(
            position=None if order in being_made else positions[order],
            seconds=(round(end / _SPREAD, 1), round(end * _SPREAD, 1)),
        )
        for order, end in last.items()
    }
