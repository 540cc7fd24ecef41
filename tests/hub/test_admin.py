"""What operators see and do in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, Permission
from django.test import Client
from django.urls import reverse

from hub.orders import ordering, production, storage
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.errors import NoReadableScene
from processing.spec import MosaicSpec


@pytest.fixture
def desk(operator: AbstractUser, client: Client) -> Client:
    client.force_login(operator)
    return client


def act(desk: Client, action: str, *orders: Order) -> str:
    """Choose ``orders`` and run ``action``; the messages that the page shows then."""
    response = desk.post(
        reverse("admin:orders_order_changelist"),
        {"action": action, "_selected_action": [order.pk for order in orders]},
        follow=True,
    )
    assert response.status_code == 200
    return " ".join(str(message) for message in response.context["messages"])


def test_the_lists_and_pages_show_orders_and_products(desk: Client, delivered: Product) -> None:
    for url in (
        reverse("admin:orders_order_changelist"),
        reverse("admin:orders_order_changelist") + "?q=alice&status__exact=successful",
        reverse("admin:orders_order_change", args=[delivered.order_id]),
        reverse("admin:orders_product_changelist") + "?q=hills",
        reverse("admin:orders_product_change", args=[delivered.pk]),
    ):
        response = desk.get(url)
        assert response.status_code == 200, url
        assert "Hills" in response.content.decode()


def test_nothing_is_edited_added_or_deleted_by_hand(desk: Client, order: Order) -> None:
    page = reverse("admin:orders_order_change", args=[order.pk])
    assert b'name="_save"' not in desk.get(page).content
    assert desk.post(page, {"name": "x"}).status_code == 403
    assert desk.get(reverse("admin:orders_order_add")).status_code == 403
    assert desk.post(reverse("admin:orders_order_delete", args=[order.pk]), {"post": "yes"}).status_code == 403


def test_held_orders_are_approved(desk: Client, alice: AbstractUser, spec: MosaicSpec, settings: Any) -> None:
    settings.ORDER_HOLD_AREA_KM2 = 1
    held = ordering.submit(alice, spec)
    settings.ORDER_HOLD_AREA_KM2 = 1000
    accepted = ordering.submit(alice, spec)
    shown = act(desk, "approve", held, accepted)
    held.refresh_from_db()
    assert held.status == Status.ACCEPTED
    assert "1 order approved." in shown
    assert f"Order {accepted.pk}: The order is accepted" in shown


def test_orders_are_dismissed_in_the_operators_name(desk: Client, order: Order, operator: AbstractUser) -> None:
    act(desk, "dismiss", order)
    order.refresh_from_db()
    assert order.status == Status.DISMISSED
    assert order.events.last().who == operator


def test_failed_orders_run_again(desk: Client, claimed: Product) -> None:
    production.fail(claimed, NoReadableScene("The granule X cannot be read."))
    act(desk, "run_again", claimed.order)
    claimed.refresh_from_db()
    assert claimed.status == Status.ACCEPTED


def test_finished_orders_expire_now(desk: Client, delivered: Product) -> None:
    assert "1 of 1 orders expired." in act(desk, "expire_now", delivered.order)
    assert not storage.order_folder(delivered.order_id).exists()
    assert Order.objects.get().status == Status.EXPIRED


def test_staff_who_may_only_look_get_no_actions(client: Client, charlie: AbstractUser, order: Order) -> None:
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(charlie)
    page = client.get(reverse("admin:orders_order_changelist"))
    assert page.status_code == 200
    assert b'value="dismiss"' not in page.content
    act(client, "dismiss", order)
    order.refresh_from_db()
    assert order.status == Status.ACCEPTED


def test_those_who_are_no_staff_are_sent_to_sign_in(client: Client, charlie: AbstractUser, order: Order) -> None:
    client.force_login(charlie)
    assert client.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 302
