"""Live steps: a message says which series changed, and the page's socket answers with how it stands now."""

from __future__ import annotations

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path

from hub.realtime import NOT_SIGNED_IN, send_to_group, still_signed_in

NOT_THERE = 4404


def announce(key: str) -> None:
    """Tell the open pages of the series ``key`` that it changed. Only the key travels; losing it is harmless."""
    send_to_group(group_of(key), {"type": "series.changed", "key": key})


def group_of(key: str) -> str:
    """The channel group of the pages that show one series."""
    return f"series.{key}"


class SeriesConsumer(AsyncWebsocketConsumer):
    """The socket of a page that shows one series: says how far it is, at first and whenever that changes.

    The steps themselves are fetched by the page, which knows which ones it lacks.
    """

    group = ""

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.close(code=NOT_SIGNED_IN)
            return
        key = self.scope["url_route"]["kwargs"]["key"]
        standing = await _standing(key, self.scope["user"])
        if standing is None:
            await self.close(code=NOT_THERE)
            return
        self.group = group_of(key)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        # Asked anew: it may have changed before the group knew of this page.
        await self.series_changed({"key": key})

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pages have nothing to say: what they send is ignored."""

    async def series_changed(self, message: dict[str, Any]) -> None:
        user = await still_signed_in(self.scope)
        if user is None:
            await self.close(code=NOT_SIGNED_IN)
            return
        standing = await _standing(message["key"], user)
        if standing is None:
            await self.close(code=NOT_THERE)
            return
        await self.send(text_data=json.dumps(standing))


@database_sync_to_async
def _standing(key: str, user: Any) -> dict[str, Any] | None:
    """How the series stands, or None when it is not ``user``'s to see."""
    from hub.series.models import Series  # models can only be imported once Django is set up

    columns = ("key", "state", "steps_done", "steps_expected")
    return Series.objects.of(user).keyed(key).values(*columns).first()


websocket_urlpatterns = [path("ws/series/<str:key>/", SeriesConsumer.as_asgi())]
