"""Releases: what there is, as much as one may know."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.insar.answering import InsarView
from hub.insar.answers import describing
from hub.insar.models import Action


class ReleasesView(InsarView):
    """Every release that one may know of."""

    def get(self, request: Request) -> Response:
        """With its layers, and with the highest right that one has anywhere in it."""
        found = describing.releases(request.user)
        self.record(Action.RELEASE, None, detail={"releases": [each["key"] for each in found]})
        return Response({"releases": found})


class ReleaseView(InsarView):
    """One release, its parts, and where one may see what."""

    def get(self, request: Request, key: str) -> HttpResponse:
        """``areas`` are drawn a little more coarsely than the rights themselves hold."""
        access = self.access(key)
        # The promises of the person are no part of the fingerprint before a grant rests on them.
        document = describing.release(access, request.user)
        etag = self.etag(access, document)
        if self.is_unchanged(etag):
            return self.unchanged(Action.RELEASE, access, etag)
        self.record(Action.RELEASE, access)
        return Response(document, headers={"ETag": etag})
