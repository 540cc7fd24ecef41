"""What owners do with orders that are there: try again what failed, rename, delete."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from hub.errors import NotActive, NotFound, TooManyOrders
from hub.orders import ordering, production, sharing, storage, upkeep
from hub.orders.models import Order, Product
from hub.orders.states import Status
from hub.orders.templatetags.order_watch import silent_minutes, span
from processing.errors import FieldProblem, InvalidOrder
from processing.spec import MosaicSpec

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_queue")]


@pytest.fixture
def partial(delivered: Product, order: Order) -> Order:
    """Alice's order with one product delivered and one failed."""
    failed = Product.objects.get(pk=delivered.pk)
    failed.pk, failed.name, failed.status = None, "33TWM", Status.FAILED
    failed._state.adding = True
    failed.error, failed.error_code, failed.failures = "The archive does not answer.", "source_unreachable", 3
    failed.save()
    Order.objects.filter(pk=order.pk).update(status=Status.PARTIAL, error="1 of 2 products failed: The archive.")
    order.refresh_from_db()
    return order


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# --- Who may --------------------------------------------------------------------------------------

VERBS = ("retry", "rename", "remove")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_can_do_nothing_to_an_order(client, request, partial, verb, stranger):
    client.force_login(request.getfixturevalue(stranger))
    response = client.post(f"/orders/{partial.pk}/{verb}/", {"name": "Mine", "sure": "yes"})
    assert response.status_code == 404
    before = Order.objects.get(pk=partial.pk)
    assert (before.status, before.name, before.removed_at) == (Status.PARTIAL, "Hills", None)


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_take_only_post_with_the_forms_token(alice, partial, verb):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.get(f"/orders/{partial.pk}/{verb}/").status_code == 405
    assert strict.post(f"/orders/{partial.pk}/{verb}/", {"sure": "yes", "name": "x"}).status_code == 403


def test_who_is_no_operator_is_refused_by_the_verbs_too(partial, charlie):
    for verb in (ordering.retry_failed, ordering.remove, lambda order, by: ordering.rename(order, "x", by=by)):
        with pytest.raises(NotFound):
            verb(partial, by=charlie)


# --- Trying again ---------------------------------------------------------------------------------


def test_only_what_failed_is_made_again(as_alice, alice, partial):
    kept, failed = partial.products.get(status=Status.SUCCESSFUL), partial.products.get(status=Status.FAILED)
    assert "Try the failed product again" in as_alice.get(f"/orders/{partial.pk}/").text
    response = as_alice.post(f"/orders/{partial.pk}/retry/")
    assert response.url == f"/orders/{partial.pk}/" and "tried again" in said(response)
    failed.refresh_from_db()
    assert (failed.status, failed.failures, failed.error, failed.error_code) == (Status.ACCEPTED, 0, "", "")
    kept.refresh_from_db()
    assert kept.status == Status.SUCCESSFUL and kept.files.exists()
    partial.refresh_from_db()
    assert (partial.status, partial.error, partial.finished_at, partial.expires_at) == (Status.RUNNING, "", None, None)
    assert partial.events.filter(who=alice, note="failed products again").count() == 1


def test_an_order_that_was_tried_again_ends_whole(partial, alice, made_by):
    ordering.retry_failed(partial, by=alice)
    claimed = production.claim(partial.products.get(status=Status.ACCEPTED).pk, worker="test")
    production.deliver(claimed, made_by(claimed))
    partial.refresh_from_db()
    assert partial.status == Status.SUCCESSFUL and partial.expires_at > timezone.now()


@pytest.mark.parametrize("status", [Status.RUNNING, Status.SUCCESSFUL, Status.DISMISSED, Status.EXPIRED])
def test_what_did_not_fail_is_not_tried_again(partial, alice, status):
    Order.objects.filter(pk=partial.pk).update(status=status)
    with pytest.raises(NotActive, match="no failed product"):
        ordering.retry_failed(partial, by=alice)
    assert partial.products.filter(status=Status.FAILED).count() == 1


def test_trying_again_keeps_within_the_limit_of_unfinished_orders(as_alice, alice, partial, spec, settings):
    ordering.submit(alice, spec)
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1
    with pytest.raises(TooManyOrders):
        ordering.retry_failed(partial, by=alice)
    assert "unfinished orders" in said(as_alice.post(f"/orders/{partial.pk}/retry/"))
    partial.refresh_from_db()
    assert partial.status == Status.PARTIAL


def test_a_finished_order_without_failures_offers_no_new_try(as_alice, delivered):
    assert "/retry/" not in as_alice.get(f"/orders/{delivered.order_id}/").text


# --- Renaming -------------------------------------------------------------------------------------


def test_a_renamed_order_keeps_the_name_of_its_files(as_alice, delivered):
    order = delivered.order
    response = as_alice.post(f"/orders/{order.pk}/rename/", {"name": "  Green hills "}, follow=True)
    assert "The order is called “Green hills” now." in response.text
    assert "<h1>Green hills</h1>" in response.text
    assert "Its folders and files are called “Hills”." in response.text
    order.refresh_from_db()
    assert (order.name, order.spec["name"]) == ("Green hills", "Hills")
    assert order.digest == order.mosaic_spec.digest()
    assert delivered.files.get(role="archive").name == "S2GM_base-Hills.zip"


@pytest.mark.parametrize("name", ["", "   ", "../../etc", "x" * 65, "a\x00b", "a\nb", "<b>bold</b>", "-", "☃"])
def test_a_name_that_no_order_may_have_is_refused(as_alice, order, name):
    response = as_alice.post(f"/orders/{order.pk}/rename/", {"name": name})
    assert "ame" in said(response)
    assert Order.objects.get().name == "Hills"


def test_an_order_without_a_name_in_the_form_keeps_its_own(as_alice, order):
    as_alice.post(f"/orders/{order.pk}/rename/")
    assert Order.objects.get().name == "Hills"


def test_an_order_of_a_plug_in_that_is_gone_can_be_renamed_still(order, alice):
    Order.objects.update(spec=order.spec | {"method": "gone"})
    order.refresh_from_db()
    assert ordering.rename(order, "Older", by=alice).name == "Older"


def test_a_repeat_takes_the_name_that_the_order_has_now(order, alice):
    ordering.rename(order, "Green hills", by=alice)
    order.refresh_from_db()
    again = ordering.repeat(order, by=alice)
    assert (again.name, again.spec["name"]) == ("Green hills", "Green hills")


# --- Deleting -------------------------------------------------------------------------------------


def test_a_deleted_order_is_gone_for_its_owner(as_alice, alice, api, delivered):
    order, file = delivered.order, delivered.files.first()
    response = as_alice.post(f"/orders/{order.pk}/remove/", {"sure": "yes"})
    assert response.url == "/orders/" and "“Hills” is deleted." in said(response)
    assert not Order.objects.visible_to(alice).exists()
    for address in ("", "row/", "panel/", f"files/{file.pk}/", f"products/{delivered.pk}/scenes/"):
        assert as_alice.get(f"/orders/{order.pk}/{address}").status_code == 404
    for verb in ("dismiss", "repeat", "retry", "rename", "remove", "share"):
        assert as_alice.post(f"/orders/{order.pk}/{verb}/", {"sure": "yes"}).status_code == 404
    assert as_alice.get(f"/hub/?like={order.pk}").status_code == 404
    client = api(alice)
    assert client.get(f"/api/v1/orders/{order.pk}/").status_code == 404
    assert client.get(f"/api/v1/orders/{order.pk}/products/").status_code == 404
    assert client.get(f"/api/v1/products/{delivered.pk}/").status_code == 404
    assert client.get("/api/v1/orders/").json()["count"] == 0
    assert order.name not in as_alice.get("/support/").text


def test_its_owners_other_pages_let_go_of_it(as_alice, alice, charlie, client, delivered):
    order, asked = delivered.order, {"HX-Request": "true"}
    ordering.remove(order, by=alice)
    assert as_alice.get(f"/orders/{order.pk}/panel/", headers=asked).headers["HX-Redirect"] == "/orders/"
    row = as_alice.get(f"/orders/{order.pk}/row/", headers=asked)
    assert (row.status_code, row.headers["HX-Reswap"], row.content) == (200, "delete", b"")
    client.force_login(charlie)
    for part in ("panel", "row"):
        assert client.get(f"/orders/{order.pk}/{part}/", headers=asked).status_code == 404


def test_its_files_go_with_the_next_sweep(alice, delivered):
    folder = storage.order_folder(delivered.order_id)
    ordering.remove(delivered.order, by=alice)
    assert folder.exists()
    assert upkeep.sweep().expired == 1
    assert not folder.exists()
    assert upkeep.sweep().expired == 0


def test_its_shared_links_end(alice, delivered):
    shared = sharing.share(delivered.order, days=7, by=alice)
    ordering.remove(delivered.order, by=alice)
    shared.link.refresh_from_db()
    assert shared.link.revoked_at is not None


def test_operators_still_find_it_but_cannot_set_it_going(client, operator, alice, partial):
    ordering.remove(partial, by=alice)
    client.force_login(operator)
    assert "Hills" in client.get("/admin/orders/order/").text
    assert client.get(f"/admin/orders/order/{partial.pk}/change/").status_code == 200
    partial.refresh_from_db()
    with pytest.raises(NotFound):
        ordering.retry_failed(partial, by=operator)


def test_an_unfinished_order_is_not_deleted(as_alice, order):
    response = as_alice.post(f"/orders/{order.pk}/remove/", {"sure": "yes"})
    assert "Dismiss it first" in said(response)
    assert Order.objects.get().removed_at is None


@pytest.mark.parametrize("status", [Status.FAILED, Status.DISMISSED, Status.EXPIRED, Status.PARTIAL])
def test_whatever_is_finished_can_be_deleted(order, alice, status):
    Order.objects.update(status=status)
    ordering.remove(order, by=alice)
    assert Order.objects.get().removed_at is not None


@pytest.mark.parametrize("sure", [{}, {"sure": ""}, {"sure": "no"}])
def test_without_the_pages_question_a_page_asks(as_alice, delivered, sure):
    page = as_alice.post(f"/orders/{delivered.order_id}/remove/", sure | {"query": "?sort=name"})
    assert page.status_code == 200 and "Delete “Hills”?" in page.text
    assert 'name="query" value="?sort=name"' in page.text
    assert Order.objects.get().removed_at is None


def test_a_deleted_order_is_not_deleted_twice(delivered, alice):
    order = delivered.order
    ordering.remove(order, by=alice)
    with pytest.raises(NotFound):
        ordering.remove(order, by=alice)
    order.refresh_from_db()
    with pytest.raises(NotFound):
        ordering.repeat(order, by=alice)


def test_the_key_of_a_deleted_order_asks_for_a_new_one(alice: AbstractUser, spec: MosaicSpec) -> None:
    order = ordering.submit(alice, spec, idempotency_key="k")
    ordering.dismiss(order, by=alice)
    order.refresh_from_db()
    ordering.remove(order, by=alice)
    assert ordering.submit(alice, spec, idempotency_key="k").pk != order.pk


# --- Through the API ------------------------------------------------------------------------------


def test_the_api_renames_tries_again_and_deletes(api, alice, partial):
    client, address = api(alice), f"/api/v1/orders/{partial.pk}/"
    renamed = client.patch(address, {"name": "Green hills"}, format="json")
    assert renamed.status_code == 200 and renamed.json()["name"] == "Green hills"
    assert renamed.json()["spec"]["name"] == "Hills"
    links = renamed.json()["links"]
    retried = client.post(links["retry"])
    assert retried.status_code == 200 and retried.json()["status"] == "running"
    assert client.post(links["retry"]).status_code == 409
    assert client.post(links["remove"]).status_code == 409
    assert client.delete(address).status_code == 204, "DELETE dismisses"
    assert client.get(address).json()["status"] == "dismissed"
    assert client.post(links["remove"]).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "A", "status": "successful"}, 400),
        ({"status": "successful"}, 400),
        ({"name": 5}, 400),
        ({"name": None}, 400),
        ([], 400),
        ("A", 400),
        ({"name": ""}, 422),
        ({"name": "../x"}, 422),
        ({"name": "x" * 100}, 422),
    ],
)
def test_the_api_takes_nothing_but_a_name_that_an_order_may_have(api, alice, order, body, status):
    response = api(alice).patch(f"/api/v1/orders/{order.pk}/", body, format="json")
    assert response.status_code == status and response["Content-Type"] == "application/problem+json"
    assert Order.objects.get().name == "Hills"


@pytest.mark.parametrize("stranger", ["bob", "charlie", None])
def test_a_stranger_changes_nothing_by_the_api(request, api, partial, stranger):
    client = api(request.getfixturevalue(stranger) if stranger else None)
    address = f"/api/v1/orders/{partial.pk}/"
    refused = 404 if stranger else 401
    assert client.patch(address, {"name": "Mine"}, format="json").status_code == refused
    assert client.post(f"{address}retry/").status_code == refused
    assert client.post(f"{address}remove/").status_code == refused
    partial.refresh_from_db()
    assert (partial.name, partial.status, partial.removed_at) == ("Hills", Status.PARTIAL, None)


# --- Signs of life --------------------------------------------------------------------------------


def test_a_worker_that_is_silent_is_named_with_the_minutes(as_alice, claimed, settings):
    assert silent_minutes(claimed) == 0
    Product.objects.update(seen_at=timezone.now() - timezone.timedelta(seconds=200))
    page = as_alice.get(f"/orders/{claimed.order_id}/panel/").text
    assert "No sign of life from its worker for 3 minutes." in page
    Product.objects.update(seen_at=None)
    assert "No sign of life" not in as_alice.get(f"/orders/{claimed.order_id}/panel/").text


def test_a_product_that_is_tried_again_by_itself_says_so(as_alice, claimed):
    production.fail(claimed, RuntimeError("for the log"))
    assert "1 attempt came to nothing; it is tried again by itself." in (
        as_alice.get(f"/orders/{claimed.order_id}/").text
    )


def test_each_failed_product_of_several_has_its_own_remedy(as_alice, partial):
    Product.objects.filter(status=Status.SUCCESSFUL).update(
        status=Status.FAILED, error=InvalidOrder([FieldProblem("bands", "are missing")]), error_code="invalid_order"
    )
    page = as_alice.get(f"/orders/{partial.pk}/").text
    assert page.count("Change the order and send it again.") >= 1 and "repeat the order later" in page


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1, 59, "less than a minute"),
        (30, 60, "about 1 minute"),
        (61, 119, "about 1 to 2 minutes"),
        (200, 350, "about 3 to 6 minutes"),
        (3600, 7100, "about 60 to 119 minutes"),
        (7200, 7200, "about 2 hours"),
        (7000, 20_000, "about 1 to 6 hours"),
    ],
)
def test_a_time_is_told_in_the_unit_that_suits_it(low, high, words):
    assert span(low, high) == words
