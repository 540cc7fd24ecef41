"""Makes a streamed answer wait for a slow client.

Daphne takes every chunk that an application sends and keeps what the client has not fetched yet in
memory: a 10 GB file sent to a slow client would grow the process by 10 GB. Twisted, below it, says when
a connection is full; this ASGI middleware lets ``send`` wait for that. Servers with flow control of their
own (uvicorn, hypercorn) are left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]


class PatientSend:
    """ASGI middleware for the site's HTTP application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        request = _daphne_request(send)
        await self.application(scope, receive, send if request is None else _patient(send, request))


@implementer(IPushProducer)
class _Gate:
    """Told by Twisted when the connection is full and when it has room again."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        self.open.clear()

    def resumeProducing(self) -> None:  # noqa: N802  Twisted's name
        self.open.set()

    def stopProducing(self) -> None:  # noqa: N802  Twisted's name
        """The client is gone: what is sent from now on is thrown away."""
        self.open.set()


def _daphne_request(send: Send) -> WebRequest | None:
    """The request that Daphne's ``send`` is bound to (daphne.server.Server.create_application)."""
    bound = send.args if isinstance(send, partial) else ()
    return bound[0] if bound and isinstance(bound[0], WebRequest) else None


def _patient(send: Send, request: WebRequest) -> Send:
    gate = _Gate()
    registered = False

    async def patient_send(message: Message) -> None:
        nonlocal registered
        more = bool(message.get("more_body"))
        if more and not registered and request.channel is not None and not request.finished:
            request.registerProducer(gate, True)
            registered = True
        await gate.open.wait()
        if registered and not more and message["type"] == "http.response.body" and request.channel is not None:
            request.unregisterProducer()
        await send(message)

    return patient_send
