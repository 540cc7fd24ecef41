"""HTTP byte ranges (RFC 9110, section 14): one range, a beginning, or a suffix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,19})-(?P<last>[0-9]{0,19})", re.ASCII)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True)
class ByteRange:
    first: int
    last: int
    """Inclusive, as in HTTP."""

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def requested_range(headers: Mapping[str, str], *, size: int, etag: str) -> ByteRange | None:
    """The part that the request asks for, or None for the whole file.

    Several ranges at once, other units and nonsense are answered with the whole file, as the standard
    allows; so is an ``If-Range`` that does not name exactly this version. Raises Unsatisfiable.
    """
    match = ONE_RANGE.fullmatch(headers.get("Range", "").replace(" ", ""))
    if match is None or headers.get("If-Range", etag) != etag:
        return None
    first, last = match["first"], match["last"]
    if first:
        part = ByteRange(int(first), min(int(last) if last else size - 1, size - 1))
        if last and int(last) < int(first):
            return None
    elif last:
        part = ByteRange(max(0, size - int(last)), size - 1)
    else:
        return None
    if part.first > part.last:
        raise Unsatisfiable
    return part
