"""Places in the queue and time left, as the rows tell them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from hub.orders import ordering, production
from hub.orders.models import Order, Product
from hub.orders.states import Status
from hub.orders.waiting import queue_position, seconds_left, waits
from processing.spec import MosaicSpec


@pytest.fixture
def queued(alice: AbstractUser, bob: AbstractUser, spec: MosaicSpec) -> list[Order]:
    """Three orders of 100 seconds each, enqueued one after the other; the second one is bob's."""
    orders = [ordering.submit(owner, spec) for owner in (alice, bob, alice)]
    for number, order in enumerate(orders):
        Order.objects.filter(pk=order.pk).update(expected_seconds=100)
        order.products.update(enqueued_at=timezone.now() - timedelta(minutes=10 - number))
    return orders


def test_the_first_in_the_queue_is_next(queued: list[Order]) -> None:
    assert [queue_position(order) for order in queued] == [1, 2, 3]


def test_what_was_never_enqueued_comes_last(queued: list[Order]) -> None:
    queued[0].products.update(enqueued_at=None)
    assert [queue_position(order) for order in queued] == [3, 1, 2]


def test_what_is_to_be_tried_again_waits_for_its_time(queued: list[Order]) -> None:
    queued[0].products.update(retry_at=timezone.now() + timedelta(minutes=10))
    assert [queue_position(order) for order in queued] == [3, 1, 2]


def test_an_order_that_is_being_made_has_no_place(queued: list[Order]) -> None:
    production.claim(queued[0].products.get().pk, worker="one")
    queued[0].refresh_from_db()
    assert [queue_position(order) for order in queued] == [None, 1, 2]


@pytest.mark.parametrize("status", [Status.HELD, Status.SUCCESSFUL, Status.FAILED, Status.DISMISSED])
def test_an_order_that_does_not_wait_has_neither_place_nor_time(queued: list[Order], status: Status) -> None:
    first = queued[0]
    first.products.update(status=status)
    Order.objects.filter(pk=first.pk).update(status=status)
    first.refresh_from_db()
    assert queue_position(first) is None
    assert seconds_left(first) is None
    assert queue_position(queued[1]) == 1


def test_time_adds_up_along_the_queue_of_one_worker(queued: list[Order]) -> None:
    for number, order in enumerate(queued, start=1):
        low, high = seconds_left(order)
        assert low < 100 * number < high


def test_two_workers_share_the_queue(queued: list[Order]) -> None:
    Product.objects.filter(order=queued[0]).update(seen_at=timezone.now(), worker="one:1")
    Product.objects.filter(order=queued[1]).update(seen_at=timezone.now(), worker="one:2")
    assert seconds_left(queued[0]) == seconds_left(queued[1])
    assert seconds_left(queued[2])[0] == pytest.approx(2 * seconds_left(queued[0])[0], rel=0.01)


def test_a_worker_not_seen_for_long_is_not_counted_on(queued: list[Order]) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Product.objects.filter(order=queued[0]).update(seen_at=long_ago, worker="one:1")
    Product.objects.filter(order=queued[1]).update(seen_at=long_ago, worker="one:2")
    assert seconds_left(queued[1])[0] > 1.9 * seconds_left(queued[0])[0]


def test_the_time_left_falls_with_the_percentage(queued: list[Order]) -> None:
    product = queued[0].products.get()
    production.claim(product.pk, worker="one")
    queued[0].refresh_from_db()
    left = []
    for percent in (0, 50, 90):
        begun = timezone.now() - timedelta(seconds=percent)
        Product.objects.filter(pk=product.pk).update(percent=percent, started_at=begun)
        left.append(seconds_left(queued[0]))
    assert left[0] > left[1] > left[2]
    assert left[1][0] < 50 < left[1][1]


def test_a_product_slower_than_expected_is_judged_by_its_progress(queued: list[Order]) -> None:
    product = queued[0].products.get()
    production.claim(product.pk, worker="one")
    queued[0].refresh_from_db()
    Product.objects.filter(pk=product.pk).update(percent=50, started_at=timezone.now() - timedelta(seconds=400))
    low, high = seconds_left(queued[0])
    assert low > 100


def test_orders_from_before_there_were_estimates_have_a_time_too(queued: list[Order]) -> None:
    Order.objects.update(expected_seconds=None)
    assert all(seconds_left(order) for order in queued)


def test_many_orders_cost_as_many_queries_as_one(queued: list[Order], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        assert set(waits(queued)) == {order.pk for order in queued}
    with django_assert_num_queries(2):
        waits(queued[:1])


def test_finished_orders_cost_no_query(delivered: Product, django_assert_num_queries: Any) -> None:
    order = Order.objects.get(pk=delivered.order_id)
    with django_assert_num_queries(0):
        assert waits([order]) == {}
