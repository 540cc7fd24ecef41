"""What every answer on ground motion has in common: rights asked for, written down, and not kept by anybody else."""

from __future__ import annotations

import hashlib
from functools import cached_property
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api.insar.quotas import AnswersThrottle
from hub.insar import audit, policy
from hub.insar.models import Action, Right
from hub.insar.policy import Access


class WhateverIsAsked(BaseContentNegotiation):
    """The kind of an answer is in its address: programs that only accept ``image/*`` or ``*/*`` get it as well."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class InsarView(APIView):
    """A view on ground motion. Who may see what is for the policy to say; this class asks it and keeps the log.

    A view begins with ``self.access(key, at_least=...)``, reads through ``policy.POINTS`` and ``policy.CELLS``, and
    calls ``self.record(...)`` before it answers, also where it answers 304.
    """

    permission_classes = (AllowAny,)
    content_negotiation_class = WhateverIsAsked
    throttle_classes = (AnswersThrottle,)

    def access(self, key: str, *, at_least: Right = Right.EXISTS) -> Access:
        """How the person who asks stands to the release ``key``, at this moment. Raises NotFound."""
        return policy.access(self.request.user, key, at_least=at_least)

    def record(
        self, action: Action, access: Access | None, *, direction: str = "", area: Any = None, points: int = 0,
        cells: int = 0, detail: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Write the answer down; ``area`` is EWKT or EWKB in EPSG:3857. Raises where that cannot be done."""
        audit.record(
            self.request.user, action, access, by=self.by, direction=direction, area=area, points=points, cells=cells,
            detail=detail,
        )  # fmt: skip

    @cached_property
    def by(self) -> str:
        """How the person is known: "session" or "token"; the log itself says "visitor" of who is not."""
        return "session" if self.request.auth is None else "token"

    def etag(self, access: Access, *question: Any, spoken: bool = True) -> str:
        """That of the answer to ``question``: another one as soon as rights, areas, sites or data are other ones.

        ``spoken``: the answer has words in it, so that it differs with the language.
        """
        said = get_language() if spoken else ""
        # The person, too: two with the same rights have nothing to learn from one another's caches.
        told = (access.fingerprint, access.right, access.viewer, said, self.request.path, *question)
        return f'"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'

    def is_unchanged(self, etag: str) -> bool:
        """Whether the browser has this very answer. Only of use after the policy was asked anew."""
        sent = self.request.headers.get("If-None-Match", "")
        return etag in (each.strip().removeprefix("W/") for each in sent.split(","))

    def unchanged(
        self, action: Action, access: Access, etag: str, *, direction: str = "", area: Any = None
    ) -> HttpResponse:
        """304, written down: nothing was given, but what was given before has been looked at again."""
        self.record(action, access, direction=direction, area=area, detail={"unchanged": True})
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers are one person's, and asked for anew each time."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished["Cache-Control"] = "private, no-cache"
        finished["X-Content-Type-Options"] = "nosniff"
        patch_vary_headers(finished, ("Authorization", "Cookie", "Accept-Language"))
        return finished


__all__ = ["InsarView", "Response", "WhateverIsAsked"]
