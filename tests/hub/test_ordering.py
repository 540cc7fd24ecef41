"""A user's verbs: submit, dismiss, repeat, approve, run again."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection

from hub.errors import KeyReused, NotActive, NotAllowed, NotFound, TooManyOrders
from hub.orders import ordering, production, queue
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.errors import InvalidOrder, NoScenes, SourceUnreachable
from processing.spec import MosaicSpec


def test_an_order_is_split_into_products_and_its_making_is_written_down(alice: AbstractUser, spec: MosaicSpec) -> None:
    order = ordering.submit(alice, spec)
    assert (order.owner, order.name, order.status) == (alice, "Hills", Status.ACCEPTED)
    assert order.mosaic_spec == spec
    assert order.area_km2 == pytest.approx(spec.area_km2)
    product = order.products.get()
    assert (product.name, product.status) == ("Hills", Status.ACCEPTED)
    assert product.footprint.contains(order.area.centroid)
    event = order.events.get()
    assert (event.who, event.from_status, event.to_status) == (alice, "", "accepted")


def test_products_are_enqueued_only_after_the_commit(
    alice: AbstractUser, spec: MosaicSpec, empty_queue: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        order = ordering.submit(alice, spec)
        assert queue.length() == 0
        assert order.products.get().enqueued_at is None
    assert queue.length() == 1
    assert order.products.get().enqueued_at is not None


def test_a_dry_run_estimates_and_changes_nothing(alice: AbstractUser, spec: MosaicSpec, empty_queue: None) -> None:
    estimate = ordering.submit(alice, spec, dry_run=True)
    assert isinstance(estimate, ordering.Estimate)
    assert (estimate.products, estimate.held) == (1, False)
    assert 100 < estimate.pixels < 2000
    assert 0 < estimate.megabytes < 1
    assert not Order.objects.exists()


def test_a_large_order_is_held_and_not_enqueued(
    alice: AbstractUser,
    spec: MosaicSpec,
    settings: Any,
    empty_queue: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ORDER_HOLD_AREA_KM2 = 1
    assert ordering.submit(alice, spec, dry_run=True).held
    with django_capture_on_commit_callbacks(execute=True):
        order = ordering.submit(alice, spec)
    assert order.status == Status.HELD
    assert order.products.get().status == Status.HELD
    assert queue.length() == 0
    assert production.claim(order.products.get().pk, worker="w") is None


def test_an_area_above_the_limit_is_refused_at_its_field(alice: AbstractUser, spec: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    with pytest.raises(InvalidOrder, match="the limit is 1 km²") as refused:
        ordering.submit(alice, spec)
    assert [problem.field for problem in refused.value.problems] == ["area"]
    assert not Order.objects.exists()


def test_an_area_outside_the_archive_is_refused_at_its_field(alice: AbstractUser, spec_json: dict) -> None:
    ring = spec_json["area"]["coordinates"][0]
    spec_json["area"]["coordinates"] = [[[x + 20, y] for x, y in ring]]
    with pytest.raises(NoScenes) as refused:
        ordering.submit(alice, MosaicSpec.parse(spec_json))
    assert refused.value.field == "area"
    assert not Order.objects.exists()


def test_a_period_without_scenes_is_refused_at_its_field(alice: AbstractUser, spec_json: dict) -> None:
    spec_json["period"] = {"kind": "month", "start": "2024-03-01"}
    with pytest.raises(NoScenes) as refused:
        ordering.submit(alice, MosaicSpec.parse(spec_json))
    assert refused.value.field == "period"
    assert not Order.objects.exists()


def test_an_unreachable_archive_refuses_the_order_and_keeps_nothing(
    alice: AbstractUser, spec: MosaicSpec, settings: Any, tmp_path: Any
) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "nowhere" / "items.json")
    with pytest.raises(SourceUnreachable):
        ordering.submit(alice, spec)
    assert not Order.objects.exists()


def test_the_limit_of_unfinished_orders_holds(alice: AbstractUser, bob: AbstractUser, spec: MosaicSpec, settings: Any):
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 2
    first = ordering.submit(alice, spec)
    ordering.submit(alice, spec)
    with pytest.raises(TooManyOrders, match="2 unfinished orders"):
        ordering.submit(alice, spec)
    with pytest.raises(TooManyOrders):
        ordering.submit(alice, spec, dry_run=True)
    ordering.submit(bob, spec)
    ordering.dismiss(first, by=alice)
    ordering.submit(alice, spec)
    assert Order.objects.active().filter(owner=alice).count() == 2


@pytest.mark.django_db(transaction=True)
def test_orders_at_the_same_moment_do_not_pass_the_limit_together(
    alice: AbstractUser, spec: MosaicSpec, settings: Any, empty_queue: None
) -> None:
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 3
    outcomes = at_once(8, lambda number: ordering.submit(alice, spec))
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyOrders) for outcome in outcomes) == 5
    assert Order.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_idempotency_key_at_the_same_moment_makes_one_order(
    alice: AbstractUser, spec: MosaicSpec, empty_queue: None
) -> None:
    outcomes = at_once(6, lambda number: ordering.submit(alice, spec, idempotency_key="k1"))
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert Order.objects.count() == 1
    assert Product.objects.count() == 1


def test_an_idempotency_key_belongs_to_its_owner_and_to_one_order(
    alice: AbstractUser, bob: AbstractUser, spec: MosaicSpec, spec_json: dict
) -> None:
    first = ordering.submit(alice, spec, idempotency_key="k1")
    assert ordering.submit(alice, spec, idempotency_key="k1") == first
    assert ordering.submit(bob, spec, idempotency_key="k1") != first
    assert ordering.submit(alice, spec) != first
    with pytest.raises(KeyReused):
        ordering.submit(alice, MosaicSpec.parse(spec_json | {"name": "Other"}), idempotency_key="k1")
    assert Order.objects.count() == 3


def test_a_dismissed_order_is_not_delivered(claimed: Product, made_by: Any, alice: AbstractUser, settings: Any) -> None:
    ordering.dismiss(claimed.order, by=alice)
    made = made_by(claimed)
    with pytest.raises(production.NoLongerOurs):
        production.deliver(claimed, made)
    claimed.refresh_from_db()
    assert claimed.status == Status.DISMISSED
    assert claimed.files.count() == 0
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_a_dismissed_order_stays_dismissed(order: Order, alice: AbstractUser) -> None:
    ordering.dismiss(order, by=alice)
    with pytest.raises(NotActive, match="dismissed already"):
        ordering.dismiss(order, by=alice)
    assert production.claim(order.products.get().pk, worker="w") is None
    assert [event.to_status for event in order.events.all()] == ["accepted", "dismissed"]


def test_dismissing_keeps_what_was_delivered(delivered: Product, alice: AbstractUser) -> None:
    Product.objects.create(order=delivered.order, name="other", footprint=delivered.footprint)
    Order.objects.filter(pk=delivered.order_id).update(status=Status.RUNNING)
    ordering.dismiss(delivered.order, by=alice)
    assert {product.name: product.status for product in delivered.order.products.all()} == {
        "Hills": Status.SUCCESSFUL,
        "other": Status.DISMISSED,
    }


def test_a_stranger_can_neither_dismiss_nor_repeat(order: Order, bob: AbstractUser, charlie: AbstractUser) -> None:
    for stranger in (bob, charlie):
        with pytest.raises(NotFound):
            ordering.dismiss(order, by=stranger)
        with pytest.raises(NotFound):
            ordering.repeat(order, by=stranger)
    order.refresh_from_db()
    assert order.status == Status.ACCEPTED
    assert Order.objects.count() == 1


def test_repeating_makes_a_new_order_for_the_same_mosaic(order: Order, alice: AbstractUser) -> None:
    again = ordering.repeat(order, by=alice)
    assert again.pk != order.pk
    assert again.digest == order.digest
    assert again.mosaic_spec == order.mosaic_spec


def test_only_an_operator_approves(
    alice: AbstractUser,
    operator: AbstractUser,
    spec: MosaicSpec,
    settings: Any,
    empty_queue: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.ORDER_HOLD_AREA_KM2 = 1
    order = ordering.submit(alice, spec)
    with pytest.raises(NotAllowed, match="Only an operator may approve"):
        ordering.approve(order, by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        assert ordering.approve(order, by=operator).status == Status.ACCEPTED
    assert queue.length() == 1
    with pytest.raises(NotActive, match="only a held order"):
        ordering.approve(order, by=operator)
    assert [(event.who, event.to_status) for event in order.events.all()] == [
        (alice, "held"),
        (operator, "accepted"),
    ]


def test_failed_products_run_again_with_all_their_attempts(
    claimed: Product, operator: AbstractUser, alice: AbstractUser
) -> None:
    production.fail(claimed, ValueError("broken"))
    while Product.objects.get(pk=claimed.pk).status == Status.ACCEPTED:
        Product.objects.filter(pk=claimed.pk).update(retry_at=None)
        production.fail(production.claim(claimed.pk, worker="w"), ValueError("broken"))
    order = claimed.order
    ordering.retry_failed(order, by=operator)
    with pytest.raises(NotActive):
        ordering.retry_failed(order, by=alice)
    product = order.products.get()
    assert (product.status, product.failures, product.error) == (Status.ACCEPTED, 0, "")
    order.refresh_from_db()
    assert (order.status, order.error, order.expires_at) == (Status.ACCEPTED, "", None)
    taken = production.claim(product.pk, worker="w")
    assert taken.attempt == 4  # never one that an earlier worker had


def at_once(count: int, action: Any) -> list[Any]:
    """What ``count`` threads with transactions of their own got or raised, begun together."""
    barrier = threading.Barrier(count)
    outcomes: list[Any] = []

    def run(number: int) -> None:
        try:
            barrier.wait()
            outcomes.append(action(number))
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
