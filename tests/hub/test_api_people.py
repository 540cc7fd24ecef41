"""The REST API: what each person may see and do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AbstractUser
from rest_framework.test import APIClient

from hub.orders.models import Order, Product
from hub.orders.states import Status
from portal.accounts.tokens import ApiToken
from tests.hub.answers import problem

ORDERS = "/api/v1/orders/"
Api = Callable[..., APIClient]

ENDPOINTS = [
    ("get", "orders/{order}/"),
    ("delete", "orders/{order}/"),
    ("post", "orders/{order}/dismiss/"),
    ("get", "orders/{order}/products/"),
    ("get", "products/{product}/"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_others_get_the_answer_of_a_missing_row(
    api: Api, delivered: Product, request: pytest.FixtureRequest, who: str, method: str, path: str
) -> None:
    other = api(request.getfixturevalue(who))
    hidden = getattr(other, method)("/api/v1/" + path.format(order=delivered.order_id, product=delivered.pk))
    missing = getattr(other, method)("/api/v1/" + path.format(order=999_999, product=999_999))
    assert problem(hidden, 404, "not_found") == problem(missing, 404, "not_found")
    assert Order.objects.get().status == Status.SUCCESSFUL


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_others_do_not_find_it_in_their_lists(api: Api, order: Order, request: pytest.FixtureRequest, who: str) -> None:
    listed = api(request.getfixturevalue(who)).get(ORDERS + "?name=Hills").json()
    assert (listed["count"], listed["results"]) == (0, [])


@pytest.mark.parametrize(("method", "path"), [*ENDPOINTS, ("get", "orders/"), ("post", "orders/")])
def test_strangers_are_asked_to_sign_in(api: Api, delivered: Product, method: str, path: str) -> None:
    response = getattr(api(), method)("/api/v1/" + path.format(order=delivered.order_id, product=delivered.pk))
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_opens_its_owners_orders_only(api: Api, order: Order, alice: AbstractUser, charlie: AbstractUser):
    def listed(user: AbstractUser) -> int:
        _, token = ApiToken.create_for(user, "test")
        return APIClient().get(ORDERS, headers={"Authorization": f"Bearer {token}"}).json()["count"]

    assert (listed(alice), listed(charlie)) == (1, 0)
    problem(APIClient().get(ORDERS, headers={"Authorization": "Bearer mh_wrong"}), 401, "authentication_failed")


def test_a_session_needs_the_csrf_token_to_order(alice: AbstractUser, spec_json: dict) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(ORDERS).status_code == 200
    problem(client.post(ORDERS, spec_json, format="json"), 403, "permission_denied")
    assert not Order.objects.exists()
