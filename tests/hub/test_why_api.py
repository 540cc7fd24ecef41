"""Why a pixel is as it is, for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from rest_framework.test import APIClient

from hub.orders.models import Order, Product
from hub.pixels import making
from hub.pixels.models import Question, State
from tests.hub.explained import LAYERS, answered, delivered_mosaic, middle, place_of

pytestmark = pytest.mark.django_db
Clients = Callable[..., APIClient]


@pytest.fixture
def mosaic(alice: AbstractUser, spec_json: dict[str, Any]) -> Product:
    """A product of alice's, made from the small archive."""
    return delivered_mosaic(alice, spec_json | {"layers": LAYERS})


def address(product: Product) -> str:
    return f"/api/v1/products/{product.pk}/why/"


def test_it_is_asked_for_and_fetched(api: Clients, alice: AbstractUser, mosaic: Product) -> None:
    client, typed = api(alice), place_of(mosaic, *middle(mosaic))
    asked = client.get(address(mosaic), typed)
    assert (
        asked.status_code == 202 and asked["Retry-After"] == "1" and asked["Location"].endswith(f"lat={typed['lat']}")
    )
    assert (asked.json()["state"], asked.json()["answer"], asked.json()["headline"]) == ("waiting", {}, "")
    making.make(Question.objects.get().pk)
    answer = client.get(asked["Location"])
    assert answer.status_code == 200
    said = answer.json()
    assert (said["row"], said["column"]) == middle(mosaic)
    assert said["answer"] == Question.objects.get().answer and said["headline"]
    assert said["page"].startswith(f"http://testserver/orders/{mosaic.order_id}/products/{mosaic.pk}/why/")


@pytest.mark.parametrize("stranger", ["bob", "charlie", "operator"])
def test_a_stranger_gets_404(request: Any, api: Clients, mosaic: Product, stranger: str) -> None:
    client = api(request.getfixturevalue(stranger))
    for product_address in (address(mosaic), "/api/v1/products/999999/why/"):
        answer = client.get(product_address, place_of(mosaic, *middle(mosaic)))
        assert answer.status_code == 404 and answer.json()["code"] == "not_found"
    assert api().get(address(mosaic), {"lon": "15", "lat": "46"}).status_code == 401
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "lon"),
        ({"lon": "x", "lat": "46"}, "lon"),
        ({"lon": "15", "lat": "nan"}, "lat"),
        ({"lon": "15", "lat": "85"}, "lat"),
    ],
)
def test_nonsense_is_refused_at_its_field(
    api: Clients, alice: AbstractUser, mosaic: Product, typed: dict[str, str], field: str
) -> None:
    refused = api(alice).get(address(mosaic), typed)
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == field


def test_outside_the_product_there_is_nothing(api: Clients, alice: AbstractUser, mosaic: Product) -> None:
    refused = api(alice).get(address(mosaic), {"lon": "15", "lat": "10"})
    assert (refused.status_code, refused.json()["code"]) == (422, "outside_product")


def test_a_product_that_is_not_ready_is_told(api: Clients, alice: AbstractUser, order: Order) -> None:
    refused = api(alice).get(address(order.products.get()), {"lon": "15", "lat": "46"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_delivered")


def test_one_that_failed_is_told_and_can_be_tried_later(api: Clients, alice: AbstractUser, mosaic: Product) -> None:
    problems = [{"code": "no_worker", "message": ""}]
    question = answered(mosaic, {}, state=State.FAILED, problems=problems)
    typed = place_of(mosaic, question.row, question.column)
    refused = api(alice).get(address(mosaic), typed)
    assert refused.status_code == 503 and refused.json()["retry"] is True
    assert "cannot be explained at the moment" in refused.json()["detail"]
    Question.objects.update(asked_at="2024-06-01T00:00:00Z")
    assert api(alice).get(address(mosaic), typed).status_code == 202
