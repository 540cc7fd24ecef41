"""A worker's verbs: claim, report, deliver, fail, and the upkeep around them: reap, expire.

The row decides. A claim adds one to the product's attempt, and every later write of that worker
names the attempt, so that a worker which was given up for dead changes nothing when it comes back.
Locks are always taken order first, then product.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hub.orders import history, notices, storage
from hub.orders.committed import once_committed
from hub.orders.models import Order, Product, ProductFile
from hub.orders.states import FINAL, Status
from hub.orders.troubles import Trouble
from hub.realtime import announce
from processing.mosaic import MadeProduct

logger = logging.getLogger(__name__)

# Before the second, third, ... attempt; the last one stays.
RETRY_DELAYS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))


class NoLongerOurs(Exception):
    """The product was dismissed, or given to another worker: stop making it and deliver nothing."""


def lock(order_pk: int) -> Order:
    """The order's row, locked until the transaction ends: its changes happen one after the other."""
    return Order.objects.select_for_update().get(pk=order_pk)


def kept_until(finished_at: datetime) -> datetime:
    """When the files of an order that finished then are removed."""
    return finished_at + timedelta(days=settings.ORDER_KEPT_DAYS)


def claim(product_pk: int, *, worker: str) -> Product | None:
    """Give the product to ``worker`` as a new attempt, or return None if it is not to be had."""
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(products=product_pk).first()
        now = timezone.now()
        # Redis hands a message out twice when a task outlives its visibility timeout,
        # so losing this race is ordinary and not worth a warning.
        if order is None or not Product.objects.filter(pk=product_pk).due().move(
            Status.RUNNING,
            attempt=F("attempt") + 1,
            worker=worker[:120],
            seen_at=now,
            started_at=now,
            stage="",
            percent=0,
            error="",
            error_code="",
        ):
            return None
        product = Product.objects.select_related("order").get(pk=product_pk)
        note = f"attempt {product.attempt}"
        history.record(order, before=Status.ACCEPTED, after=Status.RUNNING, product=product, note=note)
        settle(order)
        once_committed(announce, order)
    return product


def beat(product: Product) -> None:
    """Stamp a sign of life; raises NoLongerOurs when the product is not this worker's any more."""
    if not Product.objects.of_attempt(product).update(seen_at=timezone.now()):
        raise NoLongerOurs(f"product {product.pk}, attempt {product.attempt}")


def report(product: Product, stage: str, percent: float) -> None:
    """Write how far the making is and tell the owner's pages; raises NoLongerOurs as ``beat`` does."""
    percent = min(max(percent, 0.0), 100.0)
    if not Product.objects.of_attempt(product).update(stage=stage[:40], percent=percent, seen_at=timezone.now()):
        raise NoLongerOurs(f"product {product.pk}, attempt {product.attempt}")
    announce(product.order)


def deliver(product: Product, made: MadeProduct) -> None:
    """Put the made files where their owner can fetch them, all or none, and finish the product.

    Raises NoLongerOurs, and leaves no file behind, when the attempt was overtaken or dismissed.
    """
    staged = storage.stage(product, made)
    try:
        with transaction.atomic():
            order = lock(product.order_id)
            now = timezone.now()
            if not Product.objects.of_attempt(product).move(
                Status.SUCCESSFUL,
                finished_at=now,
                seen_at=now,
                percent=100,
                stage="",
                warnings=list(made.warnings),
                statistics=made.statistics,
            ):
                raise NoLongerOurs(f"product {product.pk}, attempt {product.attempt}")
            product.files.all().delete()
            ProductFile.objects.bulk_create(staged.rows())
            history.record(order, before=Status.RUNNING, after=Status.SUCCESSFUL, product=product)
            settle(order)
            once_committed(announce, order)
            # Last before the commit: from here on only the commit itself can fail, and then the next
            # attempt writes over these files.
            staged.publish()
    finally:
        staged.discard()


def fail(product: Product, error: BaseException) -> None:
    """Note why this attempt came to nothing: it is tried again if that may help, else it has failed."""
    trouble = Trouble.of(error)
    with transaction.atomic():
        order = lock(product.order_id)
        if not Product.objects.of_attempt(product).exists():
            return
        product.refresh_from_db()
        _end_attempt(order, product, trouble)


def give_back(product: Product, *, note: str, delay: timedelta = timedelta()) -> None:
    """Let another worker have the running product after ``delay``. The caller holds the order's lock."""
    Product.objects.of_attempt(product).move(
        Status.ACCEPTED,
        failures=F("failures") + 1,
        retry_at=timezone.now() + delay,
        enqueued_at=None,
        stage="",
        percent=0,
        worker="",
    )
    history.record(product.order, before=Status.RUNNING, after=Status.ACCEPTED, product=product, note=note)
    settle(product.order)


def reap() -> list[int]:
    """Take back the products of workers that have fallen silent; return their numbers."""
    silent_since = timezone.now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    silent = Product.objects.filter(status=Status.RUNNING, seen_at__lt=silent_since)
    reaped = []
    for product in silent.select_related("order"):
        with transaction.atomic():
            order = lock(product.order_id)
            if Product.objects.of_attempt(product).filter(seen_at__lt=silent_since).exists():
                _end_attempt(order, product, Trouble.silent_worker(), delay=timedelta())
                reaped.append(product.pk)
    return reaped


def expire(order_pks: list[int] | None = None) -> int:
    """Remove the files of the orders that are due, or of ``order_pks`` now; return how many orders."""
    due = Order.objects.filter(status__in=FINAL, expires_at__isnull=False)
    due = due.filter(expires_at__lte=timezone.now()) if order_pks is None else due.filter(pk__in=order_pks)
    expired = 0
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            order = lock(pk)
            if order.status in FINAL and order.expires_at is not None:
                _expire(order)
                expired += 1
    return expired


def settle(order: Order) -> None:
    """Derive the order's status from its products. The caller holds the order's lock."""
    products = list(order.products.values_list("status", "error"))
    wanted = _status_from({status for status, _ in products})
    if order.status == wanted:
        return
    before = order.status
    changes = _closing(products) if wanted in FINAL else {}
    if not Order.objects.filter(pk=order.pk).move(wanted, **changes):
        return
    order.refresh_from_db()
    history.record(order, before=before, after=wanted, note=order.error)
    if wanted in FINAL:
        once_committed(notices.order_finished, order.pk)


def _status_from(statuses: set[str]) -> Status:
    if Status.RUNNING in statuses:
        return Status.RUNNING
    if Status.ACCEPTED in statuses:
        return Status.ACCEPTED if statuses == {Status.ACCEPTED} else Status.RUNNING
    if len(statuses) == 1:
        return Status(next(iter(statuses)))
    return Status.PARTIAL


def _closing(products: list[tuple[str, str]]) -> dict[str, object]:
    """The order's columns that are set when its last product ends."""
    errors = [error for status, error in products if status == Status.FAILED]
    sentence = errors[0] if errors else ""
    if 0 < len(errors) < len(products):
        sentence = f"{len(errors)} of {len(products)} products failed: {sentence}"
    now = timezone.now()
    return {"finished_at": now, "expires_at": kept_until(now), "error": sentence}


def _end_attempt(order: Order, product: Product, trouble: Trouble, delay: timedelta | None = None) -> None:
    """Give the product back, or let it fail when another attempt is not worth it."""
    product.order = order
    failures = product.failures + 1
    if trouble.retry and failures < settings.PRODUCT_ATTEMPTS:
        wait = RETRY_DELAYS[min(failures, len(RETRY_DELAYS)) - 1] if delay is None else delay
        give_back(product, note=trouble.sentence, delay=wait)
    else:
        Product.objects.of_attempt(product).move(
            Status.FAILED,
            failures=failures,
            finished_at=timezone.now(),
            stage="",
            error=trouble.sentence,
            error_code=trouble.code,
        )
        history.record(order, before=Status.RUNNING, after=Status.FAILED, product=product, note=trouble.sentence)
        settle(order)
    once_committed(announce, order)


def _expire(order: Order) -> None:
    before = order.status
    Order.objects.filter(pk=order.pk).update(expires_at=None)
    order.products.all().move(Status.EXPIRED)
    if Order.objects.filter(pk=order.pk).move(Status.EXPIRED):
        history.record(order, before=before, after=Status.EXPIRED, note="its files were removed")
    # Before the commit: should that fail, the next sweep removes nothing twice and ends the rows.
    storage.remove_order(order.pk)
    order.refresh_from_db()
    once_committed(announce, order)
