"""Live status over a websocket: the owner's page hears of its orders, nobody else's does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client

from hub.orders import ordering, production
from hub.orders.models import Order, Product
from hub.realtime import NOT_SIGNED_IN, OrdersConsumer, announce
from processing.spec import MosaicSpec
from tests.hub.processes import site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def no_connection_left_behind() -> AsyncIterator[None]:
    """A consumer's thread keeps its database connection, which would keep the test database from being dropped."""
    yield
    await sync_to_async(connections.close_all)()


async def socket_of(user: AbstractUser | AnonymousUser) -> WebsocketCommunicator:
    """A page's socket, as the site's middleware would hand it to the consumer."""
    communicator = WebsocketCommunicator(OrdersConsumer.as_asgi(), "/ws/orders/")
    session = SessionStore()
    await sync_to_async(session.create)()
    communicator.scope |= {"user": user, "session": session}
    return communicator


async def test_the_owner_gets_the_row_of_a_changed_order(order: Order, alice: AbstractUser) -> None:
    page = await socket_of(alice)
    assert await page.connect() == (True, None)
    await sync_to_async(announce)(order)
    row = await page.receive_from(timeout=5)
    assert f'id="order-{order.pk}"' in row
    await page.disconnect()


async def test_strangers_and_friends_hear_nothing(
    order: Order, alice: AbstractUser, bob: AbstractUser, charlie: AbstractUser
) -> None:
    pages = {user.username: await socket_of(user) for user in (alice, bob, charlie)}
    for page in pages.values():
        await page.connect()
    await sync_to_async(announce)(order)
    await pages["alice"].receive_from(timeout=5)
    for name in ("bob", "charlie"):
        assert await pages[name].receive_nothing(timeout=0.5)
    for page in pages.values():
        await page.disconnect()


async def test_the_row_is_not_sent_to_a_group_it_does_not_belong_to(order: Order, charlie: AbstractUser) -> None:
    """Even a message that was sent to the wrong person shows nothing: the row is asked for anew."""
    page = await socket_of(charlie)
    await page.connect()
    order.owner_id = charlie.pk  # in memory only
    await sync_to_async(announce)(order)
    assert await page.receive_nothing(timeout=0.5)
    await page.disconnect()


async def test_a_page_that_is_not_signed_in_is_refused() -> None:
    page = await socket_of(AnonymousUser())
    assert await page.connect() == (False, NOT_SIGNED_IN)


async def test_a_page_hears_nothing_after_its_sign_out(order: Order, alice: AbstractUser) -> None:
    page = await socket_of(alice)
    await page.connect()
    await sync_to_async(page.scope["session"].delete)()
    await sync_to_async(announce)(order)
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": NOT_SIGNED_IN}


async def test_a_person_who_was_shut_out_hears_nothing(order: Order, alice: AbstractUser) -> None:
    page = await socket_of(alice)
    await page.connect()
    alice.is_active = False
    await alice.asave()
    await sync_to_async(announce)(order)
    assert (await page.receive_output(timeout=5))["type"] == "websocket.close"


async def test_what_a_page_sends_is_ignored(order: Order, alice: AbstractUser) -> None:
    page = await socket_of(alice)
    await page.connect()
    await page.send_to(text_data='{"type": "order.changed", "order": 1}')
    await page.send_to(bytes_data=b"\x00" * 1000)
    assert await page.receive_nothing(timeout=0.3)
    await page.disconnect()


async def test_every_step_of_an_order_is_announced(
    order: Order, product: Product, alice: AbstractUser, made_by: Any
) -> None:
    page = await socket_of(alice)
    await page.connect()

    async def heard(action: Any, *args: Any, **kwargs: Any) -> Any:
        result = await sync_to_async(action)(*args, **kwargs)
        assert f"order-{order.pk}" in await page.receive_from(timeout=5)
        return result

    claimed = await heard(production.claim, product.pk, worker="w")
    await heard(production.report, claimed, "reading", 40.0)
    await heard(production.deliver, claimed, await sync_to_async(made_by)(claimed))
    await page.disconnect()


# --- Over a real server -----------------------------------------------------------------------------


@pytest.fixture
def address(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    with site(tmp_path, SECRET_KEY=os.environ["SECRET_KEY"]) as (address, _):
        yield address.replace("http://", "")


def cookies(user: AbstractUser) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


async def listen(address: str, user: AbstractUser, seconds: float) -> list[str]:
    """Everything that ``user``'s page hears in so many seconds."""
    heard = []
    headers = {"Cookie": await sync_to_async(cookies)(user)}
    url = f"ws://{address}/ws/orders/"
    async with websockets.connect(url, additional_headers=headers, origin=f"http://{address}") as page:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard.append(await page.recv())
        except TimeoutError:
            return heard


async def test_over_the_network_charlie_sees_nothing_of_alices_order(
    address: str, alice: AbstractUser, charlie: AbstractUser, spec: MosaicSpec
) -> None:
    async def order_soon() -> Order:
        await asyncio.sleep(1)
        return await sync_to_async(ordering.submit)(alice, spec)

    by_alice, by_charlie, order = await asyncio.gather(
        listen(address, alice, 3), listen(address, charlie, 3), order_soon()
    )
    assert any(f"order-{order.pk}" in row for row in by_alice)
    assert by_charlie == []


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
async def test_over_the_network_strangers_are_refused(address: str, alice: AbstractUser, origin: str | None) -> None:
    headers = {"Cookie": await sync_to_async(cookies)(alice)} if origin else {}
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(
            f"ws://{address}/ws/orders/", additional_headers=headers, origin=origin or f"http://{address}"
        ):
            pass
    assert refused.value.response.status_code == 403
