"""The user area and the order page: what their owner sees, and that nobody else sees anything."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from hub.orders import ordering, production
from hub.orders.models import Order
from hub.orders.states import Status
from processing.errors import FieldProblem, InvalidOrder, NoReadableScene

pytestmark = pytest.mark.django_db

OWNERS_PAGES = ("/orders/{pk}/", "/orders/{pk}/row/", "/orders/{pk}/panel/", "/orders/{pk}/files/{file}/")
OWNERS_ACTIONS = ("/orders/{pk}/dismiss/", "/orders/{pk}/repeat/")


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# --- Who sees what --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", OWNERS_PAGES)
@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_gets_404_everywhere(client, request, delivered, address, stranger):
    client.force_login(request.getfixturevalue(stranger))
    address = address.format(pk=delivered.order_id, file=delivered.files.first().pk)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", OWNERS_ACTIONS)
@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_cannot_dismiss_or_repeat(client, request, order, address, stranger):
    client.force_login(request.getfixturevalue(stranger))
    assert client.post(address.format(pk=order.pk)).status_code == 404
    order.refresh_from_db()
    assert order.status == Status.ACCEPTED
    assert Order.objects.count() == 1


def test_a_file_is_not_reached_through_another_order(client, charlie, delivered, spec):
    own = ordering.submit(charlie, spec)
    client.force_login(charlie)
    assert client.get(f"/orders/{own.pk}/files/{delivered.files.first().pk}/").status_code == 404


@pytest.mark.parametrize("address", ["/orders/", *OWNERS_PAGES])
def test_who_is_not_signed_in_is_sent_to_sign_in(client, delivered, address):
    address = address.format(pk=delivered.order_id, file=delivered.files.first().pk)
    response = client.get(address)
    assert response.status_code == 302
    assert response.url == f"/account/login/?next={address}"


def test_a_part_fetched_after_signing_out_reloads_the_page(client, order):
    response = client.get(f"/orders/{order.pk}/row/", headers={"HX-Request": "true"})
    assert response.headers["HX-Refresh"] == "true"
    assert order.name not in response.text


@pytest.mark.parametrize("address", OWNERS_ACTIONS)
def test_actions_take_only_post_with_the_forms_token(alice, order, address):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.get(address.format(pk=order.pk)).status_code == 405
    assert strict.post(address.format(pk=order.pk)).status_code == 403


def test_charlies_list_does_not_show_alices_order(client, charlie, order):
    client.force_login(charlie)
    page = client.get("/orders/").text
    assert order.name not in page
    assert "No orders yet" in page


# --- The user area --------------------------------------------------------------------------------


def test_the_list_shows_what_was_ordered_newest_first(as_alice, alice, spec):
    for name in ("First", "Second"):
        ordering.submit(alice, spec.model_copy(update={"name": name}))
    page = as_alice.get("/orders/").text
    assert page.index(">Second<") < page.index(">First<")
    row = page[page.index("<tr id=") : page.index("</tr>", page.index("<tr id="))]
    for shown in ("GeoTIFF", "60 m", "UTM", "1 Jun 2024", "June 2024", "Accepted"):
        assert shown in row


def test_a_row_polls_while_the_order_is_unfinished_and_then_stops(as_alice, claimed, made_by):
    address = f"/orders/{claimed.order_id}/row/"
    production.report(claimed, "computing", 42)
    running = as_alice.get(address).text
    assert "every 20s" in running and "42 %" in running and "Running" in running
    production.deliver(claimed, made_by(claimed))
    finished = as_alice.get(address).text
    assert "every 20s" not in finished and "Successful" in finished and "Download" in finished


def test_the_panel_tells_htmx_to_stop_polling_once_the_order_is_finished(as_alice, claimed, made_by):
    address = f"/orders/{claimed.order_id}/panel/"
    assert as_alice.get(address).status_code == 200
    production.deliver(claimed, made_by(claimed))
    assert as_alice.get(address).status_code == 286


def test_the_lists_download_is_the_zip_of_all(as_alice, delivered):
    archive = delivered.files.get(role="archive")
    assert f"/orders/{delivered.order_id}/files/{archive.pk}/" in as_alice.get("/orders/").text


# --- The order page -------------------------------------------------------------------------------


def test_the_order_page_shows_files_sums_warnings_history_and_json(as_alice, delivered):
    order = delivered.order
    page = as_alice.get(f"/orders/{order.pk}/").text
    for file in delivered.files.all():
        assert file.name in page and file.sha256 in page
        assert f"/orders/{order.pk}/files/{file.pk}/" in page
    assert "One granule could not be read." in page
    assert "Download all" in page and "kept until" in page
    assert f"/support/?order={order.pk}" in page
    assert [word in page for word in ("Accepted", "Running", "Successful")] == [True] * 3


def test_the_json_on_the_page_is_the_order_for_the_api(as_alice, order):
    page = as_alice.get(f"/orders/{order.pk}/").text
    shown = re.search(r'<pre id="order-json"[^>]*>(.*?)</pre>', page, re.S)[1]
    assert json.loads(shown.replace("&quot;", '"')) == order.spec


def test_an_order_of_many_products_is_read_in_few_queries(as_alice, delivered, made_by, django_assert_max_num_queries):
    order = delivered.order
    for number in range(12):
        delivered.pk, delivered.name = None, f"33TW{number}"
        delivered._state.adding = True
        delivered.save()
    with django_assert_max_num_queries(9):
        as_alice.get(f"/orders/{order.pk}/")


def test_a_failure_is_told_in_one_sentence_with_a_remedy(as_alice, claimed):
    production.fail(claimed, NoReadableScene("The scene S2A_33TWM_20240603 cannot be read."))
    page = as_alice.get(f"/orders/{claimed.order_id}/").text
    assert "The scene S2A_33TWM_20240603 cannot be read." in page
    assert "tell the service desk" in page


def test_a_failure_that_the_owner_can_mend_says_so(as_alice, claimed):
    production.fail(claimed, InvalidOrder([FieldProblem("bands", "are not in this archive")]))
    assert "Change the order and send it again." in as_alice.get(f"/orders/{claimed.order_id}/").text


def test_what_only_operators_shall_read_is_not_on_the_page(as_alice, claimed):
    for _ in range(5):
        production.fail(claimed, RuntimeError("/srv/secret-host/scratch exploded"))
    page = as_alice.get(f"/orders/{claimed.order_id}/").text
    assert "secret-host" not in page


def test_an_expired_order_offers_no_files(as_alice, delivered):
    Order.objects.filter(pk=delivered.order_id).update(status=Status.EXPIRED)
    page = as_alice.get(f"/orders/{delivered.order_id}/").text
    assert f"/files/{delivered.files.first().pk}/" not in page
    assert "Repeat" in page and "kept no longer" in page


def test_a_file_link_leads_to_a_signed_address(as_alice, delivered):
    file = delivered.files.filter(role="data").first()
    response = as_alice.get(f"/orders/{delivered.order_id}/files/{file.pk}/")
    assert response.status_code == 302
    assert response.url.startswith("/download/") and response.url.endswith(f"/{file.name}")


# --- Dismiss and repeat ---------------------------------------------------------------------------


def test_an_order_is_dismissed_from_its_page_or_from_the_list(as_alice, alice, order, spec):
    other = ordering.submit(alice, spec)
    assert as_alice.post(f"/orders/{order.pk}/dismiss/").url == f"/orders/{order.pk}/"
    assert as_alice.post(f"/orders/{other.pk}/dismiss/", {"back": "list"}).url == "/orders/"
    assert set(Order.objects.values_list("status", flat=True)) == {Status.DISMISSED}


def test_dismissing_a_finished_order_says_why_it_cannot_be(as_alice, delivered):
    response = as_alice.post(f"/orders/{delivered.order_id}/dismiss/")
    assert "cannot be dismissed" in said(response)
    assert Order.objects.get().status == Status.SUCCESSFUL


def test_repeating_makes_a_new_order_of_the_same_mosaic(as_alice, delivered):
    response = as_alice.post(f"/orders/{delivered.order_id}/repeat/")
    again = Order.objects.exclude(pk=delivered.order_id).get()
    assert response.url == f"/orders/{again.pk}/"
    assert again.spec == delivered.order.spec and again.status == Status.ACCEPTED


def test_a_repeat_that_is_refused_says_why(as_alice, order, settings):
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1
    response = as_alice.post(f"/orders/{order.pk}/repeat/")
    assert "unfinished orders" in said(response) and "dismiss one" in said(response)
    settings.ORDER_LIMIT_ACTIVE_PER_USER, settings.ORDER_LIMIT_AREA_KM2 = 9, 0.1
    assert "draw a smaller one" in said(as_alice.post(f"/orders/{order.pk}/repeat/"))
    assert Order.objects.count() == 1
