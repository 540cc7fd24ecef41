"""Shared links: what whoever holds one sees, until when, and what nobody gets by one."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from hub.errors import NotFound, ShareEnded, TooManyLinks
from hub.orders import downloads, ordering, production, sharing
from hub.orders.models import Order, Product, ProductFile, ShareLink
from hub.orders.sharing import Shared, UnknownDuration
from processing.spec import MosaicSpec
from tests.hub.answers import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(delivered: Product, alice: AbstractUser) -> Shared:
    """A link of seven days to alice's delivered order."""
    return sharing.share(delivered.order, days=7, by=alice)


@pytest.fixture
def visitor() -> Client:
    """The browser of somebody without an account."""
    return Client()


def files_of(page: str) -> list[str]:
    return re.findall(r'href="(/shared/[^"]+/files/\d+/)"', page)


def end(shared: Shared, how: str) -> None:
    """Have the link ended in one of the ways that there are."""
    order, owner = shared.link.order, shared.link.order.owner
    if how == "expired":
        ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "revoked":
        sharing.revoke(order, shared.link.pk, by=owner)
    elif how == "removed":
        ordering.remove(order, by=owner)
    else:
        owner.is_active = False
        owner.save()


ENDS = ["expired", "revoked", "removed", "owner shut out"]

# --- Making links ---------------------------------------------------------------------------------


def test_the_token_is_told_once_and_only_its_digest_is_kept(as_alice, delivered):
    page = as_alice.post(f"/orders/{delivered.order_id}/share/", {"days": "7"}).text
    token = re.search(r'value="http://testserver/shared/([A-Za-z0-9_-]{32})/"', page)[1]
    link = ShareLink.objects.get()
    assert link.token_digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in as_alice.get(f"/orders/{delivered.order_id}/").text
    assert not any(token in str(value) for value in ShareLink.objects.values().get().values())


@pytest.mark.parametrize("days", sharing.DAYS)
def test_a_link_lasts_as_long_as_was_chosen(as_alice, delivered, days):
    as_alice.post(f"/orders/{delivered.order_id}/share/", {"days": str(days)})
    lasts = ShareLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=days) - timedelta(minutes=1) < lasts <= timedelta(days=days)


@pytest.mark.parametrize("days", ["", "0", "-1", "365", "x", "9" * 5000, "٧"])
def test_no_other_duration_is_to_be_had(as_alice, delivered, days):
    response = as_alice.post(f"/orders/{delivered.order_id}/share/", {"days": days}, follow=True)
    assert "A link lasts 1, 7, 30 days." in response.text
    assert not ShareLink.objects.exists()


def test_htmx_gets_the_address_into_the_page(as_alice, delivered):
    part = as_alice.post(f"/orders/{delivered.order_id}/share/", {"days": "1"}, headers={"HX-Request": "true"})
    assert 'id="new-address"' in part.text and "<html" not in part.text
    assert "no-store" in part.headers["Cache-Control"]
    refused = as_alice.post(f"/orders/{delivered.order_id}/share/", {"days": "2"}, headers={"HX-Request": "true"})
    assert "A link lasts" in refused.text and refused.status_code == 200


def test_an_order_has_only_so_many_links(delivered, alice):
    for _ in range(sharing.MOST_LINKS):
        last = sharing.share(delivered.order, days=1, by=alice)
    with pytest.raises(TooManyLinks):
        sharing.share(delivered.order, days=1, by=alice)
    sharing.revoke(delivered.order, last.link.pk, by=alice)
    sharing.share(delivered.order, days=1, by=alice)


def test_only_what_is_offered_can_be_asked_for(delivered, alice):
    with pytest.raises(UnknownDuration):
        sharing.share(delivered.order, days=8, by=alice)


@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_can_neither_make_nor_end_links(client, request, shared, stranger):
    client.force_login(request.getfixturevalue(stranger))
    order = shared.link.order_id
    assert client.post(f"/orders/{order}/share/", {"days": "7"}).status_code == 404
    assert client.post(f"/orders/{order}/share/{shared.link.pk}/end/").status_code == 404
    assert ShareLink.objects.usable().count() == 1


def test_a_link_is_not_ended_through_another_order(client, charlie, shared, spec):
    own = ordering.submit(charlie, spec)
    client.force_login(charlie)
    assert client.post(f"/orders/{own.pk}/share/{shared.link.pk}/end/").status_code == 404
    assert ShareLink.objects.usable().exists()


def test_links_take_only_post_with_the_forms_token(alice, delivered):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.get(f"/orders/{delivered.order_id}/share/").status_code == 405
    assert strict.post(f"/orders/{delivered.order_id}/share/", {"days": "7"}).status_code == 403


def test_the_owner_sees_the_links_that_work_and_ends_one(as_alice, shared):
    address = f"/orders/{shared.link.order_id}/"
    end_address = f"{address}share/{shared.link.pk}/end/"
    assert end_address in as_alice.get(address).text
    assert as_alice.post(end_address).url == address
    assert end_address not in as_alice.get(address).text
    ended_at = ShareLink.objects.get().revoked_at
    as_alice.post(end_address)
    assert ShareLink.objects.get().revoked_at == ended_at, "it ended once"


# --- What a visitor sees --------------------------------------------------------------------------


def test_a_visitor_sees_the_order_and_downloads_its_files(visitor, shared, delivered):
    page = visitor.get(shared.path)
    assert page.status_code == 200
    assert delivered.order.name in page.text and "Successful" in page.text
    addresses = set(files_of(page.text))
    assert len(addresses) == delivered.files.count()
    sent = visitor.get(addresses.pop(), follow=True)
    assert sent.status_code == 200 and sent.headers["Content-Disposition"].startswith("attachment")
    async_to_sync(drain)(sent)


def test_a_visitor_sees_neither_the_owner_nor_anything_to_change(visitor, shared, alice):
    page = visitor.get(shared.path).text
    assert alice.username not in page.lower() and alice.email not in page
    for word in ("order-actions", "/dismiss/", "/repeat/", "/retry/", "/remove/", "/rename/", "?like=", "?order="):
        assert word not in page
    assert f"/orders/{shared.link.order_id}/" not in page


def test_the_page_is_kept_by_nobody_and_found_by_no_search_engine(visitor, shared):
    page = visitor.get(shared.path)
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in page.text


def test_a_visitor_watches_an_unfinished_order(visitor, claimed, alice):
    shared = sharing.share(claimed.order, days=1, by=alice)
    production.report(claimed, "computing", 42)
    panel = visitor.get(f"{shared.path}panel/")
    assert panel.status_code == 200 and "42 %" in panel.text
    assert "every 20s" in visitor.get(shared.path).text


def test_a_visitor_sees_the_scenes(visitor, shared, delivered):
    assert visitor.get(f"{shared.path}products/{delivered.pk}/scenes/").status_code == 200


def test_somebody_elses_session_does_not_matter(client, charlie, shared):
    client.force_login(charlie)
    page = client.get(shared.path)
    assert page.status_code == 200
    sent = client.get(files_of(page.text)[0], follow=True)
    assert sent.status_code == 200
    async_to_sync(drain)(sent)


async def drain(response: Any) -> None:
    async for _ in response.streaming_content:
        pass


# --- What nobody gets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["x", "A" * 32, "A" * 31, "A" * 33, "é" * 32, "a b" * 10, "%00" * 11, "..", "' or 1=1 --", "A" * 5000]
)
def test_a_guessed_token_opens_nothing(client, charlie, shared, token):
    client.force_login(charlie)
    for part in ("", "panel/", f"files/{ProductFile.objects.first().pk}/"):
        assert client.get(f"/shared/{token}/{part}").status_code == 404


def test_the_digest_is_no_token(visitor, shared):
    assert visitor.get(f"/shared/{shared.link.token_digest}/").status_code == 404
    assert visitor.get(f"/shared/{shared.link.token_digest[:32]}/").status_code == 404


@pytest.mark.parametrize("how", ENDS)
def test_a_link_that_has_ended_says_so_and_shows_nothing(visitor, shared, delivered, how):
    addresses = [shared.path, f"{shared.path}panel/", files_of(visitor.get(shared.path).text)[0]]
    end(shared, how)
    for address in addresses:
        page = visitor.get(address)
        assert page.status_code == 410
        assert "has ended" in page.text and delivered.order.name not in page.text
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert visitor.get(f"{shared.path}panel/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_files_and_scenes_of_other_orders_are_out_of_reach(visitor, shared, alice, spec, made_by):
    other = ordering.submit(alice, spec)
    claimed = production.claim(other.products.get().pk, worker="test")
    production.deliver(claimed, made_by(claimed))
    file = ProductFile.objects.filter(product__order=other).first()
    assert visitor.get(f"{shared.path}files/{file.pk}/").status_code == 404
    assert visitor.get(f"{shared.path}products/{claimed.pk}/scenes/").status_code == 404


def test_a_link_opens_nothing_else_of_its_order(visitor, shared, delivered):
    file = delivered.files.first()
    for address in (f"/orders/{delivered.order_id}/", f"/orders/{delivered.order_id}/files/{file.pk}/"):
        assert visitor.get(address).status_code == 302, "to sign in"


def test_a_visitors_page_takes_no_post(visitor, shared):
    for part in ("", "panel/", f"files/{ProductFile.objects.first().pk}/"):
        assert visitor.post(f"{shared.path}{part}").status_code == 405


def test_tokens_are_told_apart(shared, alice):
    other = sharing.share(shared.link.order, days=1, by=alice)
    assert other.token != shared.token
    assert sharing.opened(shared.token) == shared.link
    sharing.revoke(shared.link.order, shared.link.pk, by=alice)
    with pytest.raises(ShareEnded):
        sharing.opened(shared.token)
    assert sharing.opened(other.token) == other.link
    with pytest.raises(NotFound):
        sharing.opened(shared.token[::-1])


# --- Signed links of visitors ---------------------------------------------------------------------


@pytest.fixture
async def no_connection_left_behind() -> Any:
    """A view's thread keeps its database connection, which would keep the test database from being dropped."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.mark.usefixtures("no_connection_left_behind")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ENDS)
async def test_a_signed_link_ends_with_the_share_that_it_came_from(shared: Shared, how: str) -> None:
    file = await ProductFile.objects.afirst()
    url = downloads.link_for_visitors(file, shared.link)
    assert (await AsyncClient().get(url)).status_code == 200
    await sync_to_async(end)(shared, how)
    assert "remedy" in problem(await AsyncClient().get(url), 410, "share_ended")


@pytest.mark.usefixtures("no_connection_left_behind")
@pytest.mark.django_db(transaction=True)
async def test_a_visitors_signed_link_is_good_for_its_file_alone(
    shared: Shared, alice: AbstractUser, spec: MosaicSpec, made_by: Any
) -> None:
    other = await sync_to_async(_delivered_too)(alice, spec, made_by)
    forged = [
        signing.dumps([downloads.SHARED, other.pk, shared.link.pk], salt=downloads.SALT),
        signing.dumps(["other", other.pk, shared.link.pk], salt=downloads.SALT),
        signing.dumps([downloads.SHARED, other.pk, shared.link.pk], salt="another purpose"),
    ]
    for token in forged:
        problem(await AsyncClient().get(f"/download/{token}/{other.name}"), 404, "not_found")
    nobodys = signing.dumps([downloads.SHARED, other.pk, shared.link.pk + 1000], salt=downloads.SALT)
    problem(await AsyncClient().get(f"/download/{nobodys}/{other.name}"), 410, "share_ended")


def _delivered_too(alice: AbstractUser, spec: MosaicSpec, made_by: Any) -> ProductFile:
    order: Order = ordering.submit(alice, spec)
    claimed = production.claim(order.products.get().pk, worker="test")
    production.deliver(claimed, made_by(claimed))
    return ProductFile.objects.filter(product=claimed).first()


@pytest.mark.usefixtures("no_connection_left_behind")
@pytest.mark.django_db(transaction=True)
async def test_the_owners_own_signed_link_ends_when_the_order_is_deleted(shared: Shared, alice: AbstractUser) -> None:
    file = await ProductFile.objects.select_related("product__order").afirst()
    url = downloads.link(file)
    assert (await AsyncClient().get(url)).status_code == 200
    await sync_to_async(end)(shared, "removed")
    problem(await AsyncClient().get(url), 404, "not_found")
