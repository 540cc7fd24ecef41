"""Live status: a message says which order changed, and the page's socket answers with its row anew."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import path
from django.utils import translation
from redis.exceptions import RedisError

from hub import languages

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

    from hub.orders.models import Order

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
# A page that misses the message polls; a worker or a request must not wait for it.
ANNOUNCE_SECONDS = 1.0


def announce(order: Order) -> None:
    """Tell the owner's open pages that ``order`` changed. Only its number travels; losing it is harmless."""
    send_to_group(group_of(order.owner_id), {"type": "order.changed", "order": order.pk})


def send_to_group(group: str, message: dict[str, Any]) -> None:
    """Hand ``message`` to the open pages of ``group``, within a second or not at all."""
    try:
        async_to_sync(_send)(group, message)
    except (RedisError, OSError, TimeoutError) as error:
        logger.warning("Nothing was announced to %s: %s", group, error or type(error).__name__)


def group_of(user_pk: int) -> str:
    """The channel group of one person's open pages."""
    return f"orders.{user_pk}"


async def _send(group: str, message: dict[str, Any]) -> None:
    async with asyncio.timeout(ANNOUNCE_SECONDS):
        await get_channel_layer().group_send(group, message)


class OrdersConsumer(AsyncWebsocketConsumer):
    """The socket of one signed-in person's page: sends the rows of their orders as they change."""

    group = ""

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(code=NOT_SIGNED_IN)
            return
        self.group = group_of(user.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pages have nothing to say: what they send is ignored."""

    async def order_changed(self, message: dict[str, Any]) -> None:
        user = await still_signed_in(self.scope)
        if user is None:
            await self.close(code=NOT_SIGNED_IN)
            return
        row = await _row(message["order"], user, self.scope)
        if row is not None:
            await self.send(text_data=row)


@database_sync_to_async
def still_signed_in(scope: dict[str, Any]) -> AbstractUser | None:
    """The person of a socket anew from the database, or None after a sign-out or when they were shut out."""
    session = scope["session"]
    if not session.exists(session.session_key):
        return None
    return get_user_model().objects.filter(pk=scope["user"].pk, is_active=True).first()


@database_sync_to_async
def _row(order_pk: int, user: AbstractUser, scope: dict[str, Any]) -> str | None:
    """The order's table row as HTML in the page's language, or None when it is not ``user``'s to see."""
    from hub.orders.models import Order  # models can only be imported once Django is set up

    order = Order.objects.visible_to(user).for_rows().filter(pk=order_pk).first()
    if order is None:
        return None
    with translation.override(languages.of_socket(scope)):
        return render_to_string("orders/_row.html", {"order": order, "user": user, "live": True})


websocket_urlpatterns = [path("ws/orders/", OrdersConsumer.as_asgi())]
