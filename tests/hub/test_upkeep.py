"""Sweep: what must be done now and then so that no order is forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils import timezone

from hub.only_one import only_one
from hub.orders import ordering, queue, storage, upkeep
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.spec import MosaicSpec


def test_a_sweep_with_nothing_to_do_does_nothing(order: Order, empty_queue: None) -> None:
    queue.enqueue(order.products.values_list("pk", flat=True))
    assert upkeep.sweep() == upkeep.Swept(reaped=0, enqueued=0, expired=0, folders=0)


def test_an_order_that_was_never_enqueued_is_enqueued(order: Order, empty_queue: None) -> None:
    assert upkeep.sweep().enqueued == 1
    assert queue.length() == 1
    assert upkeep.sweep().enqueued == 0


def test_a_product_waits_for_its_retry(product: Product, empty_queue: None) -> None:
    Product.objects.update(retry_at=timezone.now() + timedelta(seconds=60))
    assert upkeep.sweep().enqueued == 0
    Product.objects.update(retry_at=timezone.now())
    assert upkeep.sweep().enqueued == 1


def test_a_long_queue_is_not_flooded(alice: AbstractUser, spec: MosaicSpec, empty_queue: None) -> None:
    products = [ordering.submit(alice, spec).products.get().pk for _ in range(5)]
    queue.enqueue(products)
    Product.objects.update(enqueued_at=timezone.now() - timedelta(hours=5))
    for _ in range(3):
        assert upkeep.sweep().enqueued == 0
    assert queue.length() == 5


def test_as_many_messages_as_are_missing_are_sent_again(
    alice: AbstractUser, spec: MosaicSpec, empty_queue: None
) -> None:
    products = [ordering.submit(alice, spec).products.get().pk for _ in range(5)]
    queue.enqueue(products[:3])
    Product.objects.update(enqueued_at=timezone.now() - timedelta(hours=5))
    assert upkeep.sweep().enqueued == 2
    assert queue.length() == 5


def test_a_silent_workers_product_is_taken_back_and_enqueued_at_once(claimed: Product, empty_queue: None) -> None:
    Product.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    swept = upkeep.sweep()
    assert (swept.reaped, swept.enqueued) == (1, 1)


def test_folders_of_dead_attempts_are_removed_and_no_others(claimed: Product, settings: Any) -> None:
    alive = storage.scratch_folder(claimed)
    dead = [
        settings.SCRATCH_ROOT / f"{claimed.pk}-0",
        settings.SCRATCH_ROOT / "999999-1",
        settings.MEDIA_ROOT / "incoming" / f"{claimed.pk}-7",
    ]
    foreign = settings.SCRATCH_ROOT / "notes of the operator"
    for folder in (alive, foreign, *dead):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    assert storage.remove_dead_attempts() == 3
    assert alive.exists()
    assert foreign.exists()
    assert not any(folder.exists() for folder in dead)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_do_not_run_at_once(order: Order, empty_queue: None) -> None:
    Product.objects.update(enqueued_at=None)
    entered, leave = threading.Event(), threading.Event()

    def first() -> None:
        with only_one(upkeep.SWEEP_LOCK) as alone:
            assert alone
            entered.set()
            leave.wait(10)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert entered.wait(10)
    assert upkeep.sweep() is None
    assert queue.length() == 0
    leave.set()
    thread.join()
    assert upkeep.sweep().enqueued == 1


@pytest.mark.django_db(transaction=True)
def test_the_next_sweep_runs_after_one_that_broke(order: Order, empty_queue: None) -> None:
    with pytest.raises(RuntimeError), only_one(upkeep.SWEEP_LOCK):
        raise RuntimeError
    assert upkeep.sweep() is not None


def test_expired_orders_are_cleared(delivered: Product, empty_queue: None) -> None:
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert upkeep.sweep().expired == 1
    assert Order.objects.get().status == Status.EXPIRED
