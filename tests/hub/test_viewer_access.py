"""Who may look into a product: its owner and whoever holds a link, and nobody else, whatever their browser kept."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.orders import ordering, production, sharing
from hub.orders.making import produce
from hub.orders.models import Order, Product, ShareLink
from processing.spec import MosaicSpec
from processing.viewing.open_files import FILES
from processing.viewing.resolutions import COPIES_FOLDER
from tests.hub.answers import problem
from tests.hub.seen_products import Seen, expire

pytestmark = pytest.mark.django_db
pytest_plugins = ["tests.hub.seen_products"]

NAMES = ["tile", "statistics", "legend", "pixel"]


@pytest.fixture
def addresses(seen: Any) -> dict[str, str]:
    return seen.addresses(f"/orders/{seen.order.pk}/")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stranger", ["bob", "charlie", "operator"])
def test_strangers_find_nothing(client, request, addresses, stranger, name):
    client.force_login(request.getfixturevalue(stranger))
    response = client.get(addresses[name])
    assert response.status_code == 404
    assert "ETag" not in response


@pytest.mark.parametrize("name", NAMES)
def test_nobody_without_an_account_finds_anything(visitor, addresses, name):
    assert visitor.get(addresses[name]).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_what_a_stranger_knows_of_a_tile_does_not_help(client, charlie, as_alice, addresses, name):
    etag = as_alice.get(addresses[name]).headers.get("ETag", "*")
    client.force_login(charlie)
    for known in (etag, "*"):
        assert client.get(addresses[name], headers={"If-None-Match": known}).status_code == 404


@pytest.mark.parametrize("name", ["tile", "statistics", "legend"])
def test_a_product_is_not_found_through_another_order(client, charlie, deliver, seen, name):
    own = deliver(charlie)
    client.force_login(charlie)
    address = own.addresses(f"/orders/{own.order.pk}/")[name]
    assert client.get(address).status_code == 200
    foreign = address.replace(f"products/{own.product.pk}/", f"products/{seen.product.pk}/")
    problem(client.get(foreign), 404, "not_found")


def test_a_pixel_tells_of_the_orders_own_products_only(client, charlie, deliver, seen):
    own = deliver(charlie)
    client.force_login(charlie)
    found = client.get(own.addresses(f"/orders/{own.order.pk}/")["pixel"]).json()["products"]
    assert [product["product"] for product in found] == [own.product.pk]


@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_sees_by_the_link_what_the_owner_sees(visitor, as_alice, seen, shared, addresses, name):
    response = visitor.get(seen.addresses(shared.path)[name])
    assert response.status_code == 200
    assert response.content == as_alice.get(addresses[name]).content
    assert response["X-Robots-Tag"] == "noindex, nofollow" and response["Referrer-Policy"] == "same-origin"
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize("name", ["tile", "statistics", "legend"])
def test_a_link_opens_no_other_order(visitor, deliver, alice, shared, name):
    other = deliver(alice)
    problem(visitor.get(other.addresses(shared.path)[name]), 404, "not_found")


@pytest.mark.parametrize("token", ["x", "A" * 32, "A" * 4000])
@pytest.mark.parametrize("name", NAMES)
def test_a_token_that_never_was_opens_nothing(visitor, seen, token, name):
    assert visitor.get(seen.addresses(f"/shared/{token}/")[name]).status_code == 404


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["revoked", "expired", "removed"])
def test_with_the_link_all_ends_at_once_whatever_the_browser_kept(visitor, alice, seen, shared, how, name):
    address = seen.addresses(shared.path)[name]
    before = visitor.get(address)
    kept = before.headers.get("ETag", "*")
    if "ETag" in before:
        assert visitor.get(address, headers={"If-None-Match": kept}).status_code == 304
    if how == "revoked":
        sharing.revoke(seen.order, shared.link.pk, by=alice)
    elif how == "expired":
        ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        ordering.remove(seen.order, by=alice)
    for headers in ({}, {"If-None-Match": kept}, {"If-None-Match": "*"}):
        after = visitor.get(address, headers=headers)
        assert after.status_code == 410 and not after.content
        assert "no-store" in after["Cache-Control"] and "ETag" not in after


@pytest.mark.parametrize("name", NAMES)
def test_an_order_that_its_owner_deleted_is_not_found(as_alice, alice, seen, addresses, name):
    ordering.remove(seen.order, by=alice)
    assert as_alice.get(addresses[name]).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_of_an_expired_order_the_files_are_gone(as_alice, visitor, seen, shared, addresses, name):
    kept = as_alice.get(addresses[name]).headers.get("ETag", "*")
    by_link = seen.addresses(shared.path)[name]
    expire(seen.order)
    problem(as_alice.get(addresses[name]), 410, "file_gone")
    problem(as_alice.get(addresses[name], headers={"If-None-Match": kept}), 410, "file_gone")
    problem(visitor.get(by_link), 410, "file_gone")


def test_of_an_expired_order_no_file_stays_open(as_alice, seen, addresses):
    folder = seen.path("B04").parent
    as_alice.get(addresses["tile"])
    assert any(key.file.path.parent == folder for key, _ in FILES._idle)
    expire(seen.order)
    FILES.close()
    assert not folder.exists() and not FILES._idle


@pytest.mark.parametrize("name", NAMES)
def test_files_that_vanished_are_gone(as_alice, seen, addresses, name):
    for path in seen.path("B04").parent.iterdir():
        path.unlink()
    problem(as_alice.get(addresses[name]), 410, "file_gone")


def test_a_damaged_file_is_told_without_its_path(as_alice, seen, addresses, caplog):
    seen.path("B04").write_bytes(b"nothing of use")
    with caplog.at_level(logging.ERROR):
        document = problem(as_alice.get(addresses["tile"]), 503, "file_unreadable")
    assert "/" not in document["detail"] and str(seen.path("B04")) in caplog.text


def test_before_it_is_made_there_is_nothing_to_look_into(as_alice, product):
    prefix = f"/orders/{product.order_id}/"
    problem(as_alice.get(f"{prefix}products/{product.pk}/tiles/3/4/2.png?show=B04"), 404, "not_found")
    problem(as_alice.get(f"{prefix}products/{product.pk}/legend/?show=B04"), 404, "not_found")
    assert as_alice.get(f"{prefix}pixel/?lon=15&lat=46").json()["products"] == []


def test_a_product_made_again_is_shown_as_it_is_now(as_alice, seen, addresses, made_by):
    before = as_alice.get(addresses["tile"])
    Order.objects.update(status="running", expires_at=None)
    Product.objects.update(status="accepted")
    again = production.claim(seen.product.pk, worker="test")
    production.deliver(again, made_by(again))
    after = as_alice.get(addresses["tile"], headers={"If-None-Match": before["ETag"]})
    # What was delivered this time are no rasters at all.
    problem(after, 410, "file_gone")


def test_copies_for_viewing_are_neither_listed_nor_packed_and_go_with_the_order(alice, spec_json, monkeypatch):
    # So that a product of a few pixels is large enough to be copied.
    monkeypatch.setattr("processing.viewing.copies.SMALLEST_PX", 10)
    product = ordering.submit(alice, MosaicSpec.parse(spec_json | {"format": "jp2"})).products.get()
    produce(product.pk, worker="test")
    product.refresh_from_db()
    seen = Seen(product)
    folder = seen.path("B04").parent
    copies = sorted(path.name for path in (folder / COPIES_FOLDER).iterdir())
    assert "B04.tiff" in copies and len(copies) == len(seen.product.files.filter(role="data"))
    assert not seen.product.files.filter(path__contains=COPIES_FOLDER).exists()
    archive = seen.product.files.get(role="archive")
    assert COPIES_FOLDER.encode() not in (folder / archive.name).read_bytes()
    client = Client()
    client.force_login(alice)
    assert client.get(seen.addresses(f"/orders/{seen.order.pk}/")["tile"]).status_code == 200
    expire(seen.order)
    assert not folder.exists()
