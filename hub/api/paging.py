"""Pages of a list: ``?limit=`` and ``?offset=``, with links to the next and previous page."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class Paging(LimitOffsetPagination):
    """Up to 200 rows at a time; an offset beyond any list there can be is an empty page."""

    default_limit = 50
    max_limit = 200
    max_offset = 1_000_000

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), self.max_offset)
