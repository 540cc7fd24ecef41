"""What an order would come to: the numbers, the limits, and what is kept with the order."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from hub.orders import estimates, ordering, production
from hub.orders.estimates import OrderTooLarge, experience
from hub.orders.models import Order, Product
from processing.estimating import credits_for
from processing.spec import MosaicSpec
from tests.hub.answers import problem

ORDERS = "/api/v1/orders/"
ESTIMATE = "/hub/estimate/"


def test_an_estimate_has_ranges_around_its_numbers(spec: MosaicSpec, db: None) -> None:
    estimate = ordering.estimate(spec)
    assert 0 < estimate.megabytes_low < estimate.megabytes < estimate.megabytes_high
    assert 0 < estimate.seconds_low < estimate.seconds < estimate.seconds_high
    assert estimate.scenes >= 4
    assert estimate.credits == credits_for(spec, estimates.survey(spec).measures)


def test_a_forecast_of_little_data_makes_the_files_smaller(spec_json: dict[str, Any], db: None) -> None:
    spec = MosaicSpec.parse(spec_json | {"resolution": 10})
    assert ordering.estimate(spec, share=0.1).megabytes < ordering.estimate(spec, share=1.0).megabytes


def test_an_estimate_is_kept_with_the_order(alice: AbstractUser, spec: MosaicSpec) -> None:
    estimate = ordering.estimate(spec)
    order = ordering.submit(alice, spec)
    order.refresh_from_db()
    kept = (order.credits, order.expected_megabytes, order.expected_seconds)
    assert kept == (estimate.credits, estimate.megabytes, estimate.seconds)


def test_the_same_order_costs_the_same_whatever_was_delivered(alice: AbstractUser, spec: MosaicSpec) -> None:
    assert {ordering.submit(alice, spec).credits for _ in range(3)} == {ordering.estimate(spec).credits}


# --- Limits ------------------------------------------------------------------------------------
def test_an_order_of_too_many_credits_is_refused_with_a_remedy(
    alice: AbstractUser, spec: MosaicSpec, settings: Any
) -> None:
    settings.ORDER_LIMIT_CREDITS = 0.05
    with pytest.raises(OrderTooLarge, match="makes an order of 0.1 credits .* choose a smaller one") as refused:
        ordering.submit(alice, spec)
    assert [one.field for one in refused.value.problems] == ["area"]
    assert not Order.objects.exists()


def test_an_order_of_just_so_many_credits_is_taken(alice: AbstractUser, spec: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_CREDITS = ordering.estimate(spec).credits
    assert ordering.submit(alice, spec).pk


def test_too_large_an_area_is_refused_without_asking_the_archive(spec: MosaicSpec, settings: Any, db: None) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    with pytest.raises(OrderTooLarge, match="the limit is 1 km²"):
        ordering.estimate(spec)


# --- Learning from delivered products ----------------------------------------------------------
def test_rows_that_say_nothing_of_their_size_teach_nothing(delivered: Product) -> None:
    assert experience().products == 0


@pytest.mark.parametrize("broken", [{"width": "many"}, {"width": None}, {"granules": []}])
def test_rows_with_broken_numbers_teach_nothing(delivered: Product, broken: dict[str, Any]) -> None:
    told = {"width": 20, "height": 20, "granules": 4, "valid_share": 1.0} | broken
    Product.objects.filter(pk=delivered.pk).update(statistics=told)
    assert experience().products == 0


def test_delivered_products_change_the_next_estimate(delivered: Product, spec: MosaicSpec) -> None:
    before = ordering.estimate(spec)
    told = {"width": 20, "height": 20, "granules": 4, "overpasses": 4, "valid_share": 1.0}
    now = timezone.now()
    Product.objects.filter(pk=delivered.pk).update(
        statistics=told, started_at=now - timedelta(seconds=400), finished_at=now
    )
    after = ordering.estimate(spec)
    assert after.seconds > 1.3 * before.seconds
    assert after.megabytes != before.megabytes
    assert after.credits == before.credits


def test_an_estimate_costs_the_same_queries_until_there_is_something_new(
    delivered: Product, spec: MosaicSpec, django_assert_num_queries: Any
) -> None:
    ordering.estimate(spec)
    # What is kept of its scenes, and whether something was delivered since.
    with django_assert_num_queries(2):
        ordering.estimate(spec)


# --- API ---------------------------------------------------------------------------------------
def test_the_api_tells_credits_with_every_order(
    api: Callable[..., APIClient], alice: AbstractUser, spec_json: dict
) -> None:
    dry = api(alice).post(ORDERS + "?dry_run=true", spec_json, format="json").json()
    made = api(alice).post(ORDERS, spec_json, format="json").json()
    assert made["credits"] == dry["credits"] > 0
    assert made["expected_megabytes"] == dry["megabytes"]
    assert made["expected_seconds"] == dry["seconds"]


def test_orders_from_before_there_were_credits_have_none(
    api: Callable[..., APIClient], alice: AbstractUser, order: Order
) -> None:
    Order.objects.update(credits=None, expected_megabytes=None, expected_seconds=None)
    found = api(alice).get(f"{ORDERS}{order.pk}/").json()
    assert found["credits"] is found["expected_megabytes"] is found["expected_seconds"] is None


def test_nobody_else_reads_what_an_order_cost(
    api: Callable[..., APIClient], charlie: AbstractUser, order: Order
) -> None:
    problem(api(charlie).get(f"{ORDERS}{order.pk}/"), 404, "not_found")


def test_a_stranger_gets_no_estimate_from_the_api(api: Callable[..., APIClient], db: None, spec_json: dict) -> None:
    assert api().post(ORDERS + "?dry_run=true", spec_json, format="json").status_code == 401


def test_the_catalogue_names_the_limit_of_credits(api: Callable[..., APIClient], settings: Any, db: None) -> None:
    assert api().get("/api/v1/catalogue/").json()["limits"]["credits"] == settings.ORDER_LIMIT_CREDITS


def test_a_refused_order_comes_with_three_changes_that_fit(
    api: Callable[..., APIClient], alice: AbstractUser, spec_json: dict, settings: Any
) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    content = problem(api(alice).post(ORDERS, spec_json, format="json"), 422, "invalid_order")
    assert len(content["alternatives"]) == 3
    for change in content["alternatives"]:
        order = copy.deepcopy(spec_json) | change["changes"]
        dry = api(alice).post(ORDERS + "?dry_run=true", order, format="json")
        assert dry.status_code == 200
        assert dry.json() == change["estimate"]


def test_an_order_that_is_wrong_otherwise_comes_without_changes(
    api: Callable[..., APIClient], alice: AbstractUser, spec_json: dict
) -> None:
    content = problem(api(alice).post(ORDERS, spec_json | {"bands": ["B99"]}, format="json"), 422, "invalid_order")
    assert "alternatives" not in content


# --- The page ----------------------------------------------------------------------------------
def htmx(client: Client, choices: dict[str, Any]) -> str:
    return client.post(ESTIMATE, choices, headers={"HX-Request": "true"}).content.decode()


def test_the_page_tells_size_time_and_credits(client: Client, db: None, choices: dict[str, Any]) -> None:
    shown = htmx(client, choices)
    assert "1 product" in shown
    assert "about 1 MB" in shown
    assert "0.1 credits" in shown
    assert "to make" in shown


def test_a_refusal_comes_with_links_to_forms_that_fit(
    client: Client, db: None, choices: dict[str, Any], settings: Any
) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    shown = htmx(client, choices)
    assert "the limit is 1 km²" in shown
    assert shown.count('<a href="/hub/?') >= 3
    assert shown.count("data-changes=") == 3


def test_an_order_that_would_be_held_is_told_what_starts_at_once(
    client: Client, db: None, choices: dict[str, Any], settings: Any
) -> None:
    settings.ORDER_HOLD_AREA_KM2 = 1
    shown = htmx(client, choices)
    assert "waits until an operator" in shown
    assert "These would start at once:" in shown


def test_an_order_that_fits_is_offered_no_changes(client: Client, db: None, choices: dict[str, Any]) -> None:
    assert "data-changes" not in htmx(client, choices)


@pytest.mark.parametrize("area", ["", "POLYGON((0 0", "POINT(1 1)", "<script>"])
def test_an_area_that_cannot_be_read_is_offered_no_changes(
    client: Client, db: None, choices: dict[str, Any], area: str
) -> None:
    shown = htmx(client, choices | {"area": area})
    assert "data-changes" not in shown
    assert "<script>" not in shown


def test_an_archive_that_is_away_is_no_error_of_the_page(
    client: Client, db: None, choices: dict[str, Any], settings: Any
) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    shown = htmx(client, choices)
    assert "the limit is 1 km²" in shown
    assert "data-changes" not in shown


def test_a_dismissed_order_costs_nothing_more(alice: AbstractUser, order: Order, product: Product) -> None:
    production.claim(product.pk, worker="test")
    before = Order.objects.get(pk=order.pk).credits
    ordering.dismiss(order, by=alice)
    assert Order.objects.get(pk=order.pk).credits == before
