"""The archive that orders are made from: the source that the settings name, opened once per process."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from processing.sources import open_source

if TYPE_CHECKING:
    from processing.sources.base import Extent, Source

EXTENT_SECONDS = 600

# Part of the cache's key: an items.json that was written again is opened again, and so is a folder of
# products, to which some may have been added at any depth, after a while.
Stamp = tuple[int, int] | None


def archive() -> Source:
    """The source of all granules; raises ``SourceUnreachable`` when it cannot be opened."""
    where = str(settings.MOSAIC_SOURCE)
    return _opened(where, _stamp(where))


def archive_extent() -> Extent:
    """Where and when the archive has scenes, at most ten minutes old; raises as ``archive`` and its source do."""
    where = str(settings.MOSAIC_SOURCE)
    return _extent(where, _stamp(where), int(time.monotonic() // EXTENT_SECONDS))


def headers_folder() -> Path:
    """Where it is kept how files on servers are laid out, so that the next pixel needs fewer requests."""
    return Path(settings.VAR) / "headers"


def _stamp(where: str) -> Stamp:
    path = Path(where)
    listing = path / "items.json" if path.is_dir() else path
    try:
        if path.is_dir() and not listing.is_file():
            return path.stat().st_mtime_ns, int(time.monotonic() // EXTENT_SECONDS)
        found = listing.stat()
    except OSError:  # a URL, or a file that is missing: the source itself says so
        return None
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=2)
def _opened(where: str, stamp: Stamp) -> Source:
    return open_source(where)


@lru_cache(maxsize=2)
def _extent(where: str, stamp: Stamp, age: int) -> Extent:
    return _opened(where, stamp).extent()
