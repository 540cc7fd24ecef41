"""Rows that come over the websocket are in the language of the page that opened it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from hub.languages import SESSION_KEY
from hub.orders.models import Order
from hub.realtime import OrdersConsumer, announce

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPTED = {"en": "Accepted", "fr": "Accepté"}


@pytest.fixture(autouse=True)
async def no_connection_left_behind() -> AsyncIterator[None]:
    """A consumer's thread keeps its database connection, which would keep the test database from being dropped."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.mark.parametrize(
    ("cookie", "account", "browser", "language"),
    [
        (None, None, None, "en"),
        (None, None, "fr-FR,fr;q=0.9", "fr"),
        (None, None, "xx, ;;;", "en"),
        (None, "fr", "en", "fr"),
        ("fr", None, "en", "fr"),
        ("en", "fr", "fr", "en"),
        ("../fr", "xx", "de", "en"),
    ],
)
async def test_a_row_is_in_the_pages_language(
    order: Order, alice: AbstractUser, cookie: str | None, account: str | None, browser: str | None, language: str
) -> None:
    page = await socket(alice, cookie=cookie, account=account, browser=browser)
    await page.connect()
    await sync_to_async(announce)(order)
    row = await page.receive_from(timeout=5)
    assert f"{ACCEPTED[language]}</span>" in row
    await page.disconnect()


async def socket(user: AbstractUser, *, cookie: str | None, account: str | None, browser: str | None) -> Any:
    """A page's socket as the site's middleware would hand it to the consumer."""
    headers = [(b"accept-language", browser.encode())] if browser else []
    page = WebsocketCommunicator(OrdersConsumer.as_asgi(), "/ws/orders/", headers=headers)
    session = SessionStore()
    if account:
        session[SESSION_KEY] = account
    await sync_to_async(session.create)()
    cookies = {"django_language": cookie} if cookie else {}
    page.scope |= {"user": user, "session": session, "cookies": cookies}
    return page
