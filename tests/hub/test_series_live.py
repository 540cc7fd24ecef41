"""Series over a websocket: the page hears how far its series is, and nobody else's page does."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client

from hub.realtime import NOT_SIGNED_IN
from hub.series import asking, making, production
from hub.series.live import NOT_THERE, announce, websocket_urlpatterns
from hub.series.models import Series
from tests.hub.asked_series import asked_by
from tests.hub.processes import site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def no_connection_left_behind() -> AsyncIterator[None]:
    """A consumer's thread keeps its database connection, which would keep the test database from being dropped."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def series(alice: AbstractUser, small_archive: Path, empty_queue: None) -> Series:
    return asked_by(alice, small_archive)


async def socket_of(user: AbstractUser | AnonymousUser, key: str) -> WebsocketCommunicator:
    """A page's socket, as the site's middleware would hand it to the consumer."""
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/series/{key}/")
    session = SessionStore()
    await sync_to_async(session.create)()
    communicator.scope |= {"user": user, "session": session}
    return communicator


async def heard_by(page: WebsocketCommunicator) -> dict[str, Any]:
    return json.loads(await page.receive_from(timeout=5))


async def test_the_page_hears_how_it_stands_at_once_and_when_it_changes(series: Series, alice: AbstractUser) -> None:
    page = await socket_of(alice, series.key)
    assert await page.connect() == (True, None)
    first = {"key": series.key, "state": "waiting", "steps_done": 0, "steps_expected": 3}
    assert await heard_by(page) == first
    claimed = await sync_to_async(production.claim)(series.pk, worker="w")
    await sync_to_async(production.keep)(claimed, {"number": 0})
    await sync_to_async(announce)(series.key)
    assert await heard_by(page) == first | {"state": "making", "steps_done": 1}
    await sync_to_async(asking.stop)(series, by=alice)
    assert (await heard_by(page))["state"] == "stopped"
    await page.disconnect()


async def test_the_making_of_a_series_is_heard_until_its_end(series: Series, alice: AbstractUser) -> None:
    page = await socket_of(alice, series.key)
    await page.connect()
    await sync_to_async(making.make)(series.pk)
    standings = [await heard_by(page)]
    while standings[-1]["state"] in ("waiting", "making"):
        standings.append(await heard_by(page))
    assert standings[-1] == {"key": series.key, "state": "made", "steps_done": 3, "steps_expected": 3}
    await page.disconnect()


async def test_nobody_else_is_let_in(
    series: Series, bob: AbstractUser, charlie: AbstractUser, operator: AbstractUser
) -> None:
    for other in (bob, charlie, operator):
        page = await socket_of(other, series.key)
        assert await page.connect() == (False, NOT_THERE)
    assert await (await socket_of(AnonymousUser(), series.key)).connect() == (False, NOT_SIGNED_IN)


async def test_a_key_of_nothing_is_not_there(alice: AbstractUser) -> None:
    for key in ("x", "0" * 24, "%00" * 8, "'" * 24, "x" * 2000):
        assert await (await socket_of(alice, key)).connect() == (False, NOT_THERE)


async def test_a_page_hears_nothing_after_its_sign_out(series: Series, alice: AbstractUser) -> None:
    page = await socket_of(alice, series.key)
    await page.connect()
    await heard_by(page)
    await sync_to_async(page.scope["session"].delete)()
    await sync_to_async(announce)(series.key)
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": NOT_SIGNED_IN}


async def test_the_page_of_a_removed_series_is_closed(series: Series, alice: AbstractUser) -> None:
    page = await socket_of(alice, series.key)
    await page.connect()
    await heard_by(page)
    await sync_to_async(asking.remove)(series, by=alice)
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": NOT_THERE}


async def test_what_a_page_sends_is_ignored(series: Series, alice: AbstractUser) -> None:
    page = await socket_of(alice, series.key)
    await page.connect()
    await heard_by(page)
    await page.send_to(text_data='{"type": "series.changed", "key": "x"}')
    await page.send_to(bytes_data=b"\x00" * 1000)
    assert await page.receive_nothing(timeout=0.3)
    await page.disconnect()


# --- Over a real server ---------------------------------------------------------------------------


def cookies(user: AbstractUser) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def opened(address: str, key: str, cookie: str, origin: str) -> Any:
    headers = {"Cookie": cookie} if cookie else {}
    return websockets.connect(f"ws://{address}/ws/series/{key}/", additional_headers=headers, origin=origin)


async def test_over_the_network_its_owner_is_let_in_and_nobody_else(
    series: Series, alice: AbstractUser, charlie: AbstractUser, tmp_path: Path
) -> None:
    def begin() -> Any:
        running = site(tmp_path, SECRET_KEY=os.environ["SECRET_KEY"])
        return running, running.__enter__()[0].replace("http://", "")

    running, address = await sync_to_async(begin)()
    try:
        own, others = f"http://{address}", await sync_to_async(cookies)(charlie)
        alices = await sync_to_async(cookies)(alice)
        async with opened(address, series.key, alices, own) as page:
            assert json.loads(await page.recv())["state"] == "waiting"
            await sync_to_async(asking.stop)(series, by=alice)
            assert json.loads(await page.recv())["state"] == "stopped"
        for cookie, origin in ((others, own), ("", own), (alices, "http://evil.example")):
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with opened(address, series.key, cookie, origin):
                    pass
            assert refused.value.response.status_code == 403
    finally:
        await sync_to_async(running.__exit__)(None, None, None)
