"""What is true of a whole granule, found out once and kept in this process: angles, offset, whether it is usable.

A pixel is read in a millisecond, a granule's angles and the sample of its quality control take ten times as long; the
next series asks for the same granules. A file on disk that was changed since is looked at anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from processing.angles import Angles, read_angles
from processing.errors import CorruptInput
from processing.granule import Granule
from processing.offsets import settle_offset
from processing.quality.inputs import inspect_scene
from processing.reading import Reader
from processing.scenes import SceneRefused
from processing.sentinel2 import BANDS

_Fact = TypeVar("_Fact")

# Angles take some 17 KB a granule, the others nothing.
_MOST_ANGLES = 1_024
_MOST_VERDICTS = 16_384


class Kept(Generic[_Fact]):
    """The latest facts by key; safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._facts: OrderedDict[Hashable, _Fact] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, find_out: Callable[[], _Fact]) -> _Fact:
        """The fact of ``key``, found out if it is not known; two threads may do so at once."""
        with self._lock:
            if key in self._facts:
                self._facts.move_to_end(key)
                return self._facts[key]
        found = find_out()
        with self._lock:
            self._facts[key] = found
            while len(self._facts) > self._most:
                self._facts.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._facts.clear()


_angles: Kept[Angles] = Kept(_MOST_ANGLES)
_refusals: Kept[SceneRefused | None] = Kept(_MOST_VERDICTS)
_offsets: Kept[tuple[int, str]] = Kept(_MOST_VERDICTS)


def forget_all() -> None:
    """Find out everything anew, as a fresh process does."""
    for kept in (_angles, _refusals, _offsets):
        kept.clear()


def angles_of(granule: Granule, number: int, reader: Reader) -> tuple[Angles | None, str]:
    """The granule's angles, or None and why they cannot be read, if it has any. SourceUnreachable."""
    if granule.metadata_href is None:
        return None, ""
    key = _state_of(granule, granule.metadata_href)
    try:
        return _angles.get(key, lambda: read_angles(reader.metadata(number))), ""
    except CorruptInput as unread:
        return None, f"{granule.item_id}: {unread} Its swath edge is not cut."


def check_usable(granule: Granule, number: int, reader: Reader, *, bands: Sequence[str]) -> None:
    """Look at the whole granule as a mosaic does. Raises SceneRefused, and GranuleUnreadable where it cannot be read.

    ``bands``: of which the first that the granule has is compared with its classes.
    """
    compared = next((file.href for band in bands if (file := granule.files.get(band))), "")
    key = (_state_of(granule, granule.files["SCL"].href), _state_of(granule, compared))

    def inspect() -> SceneRefused | None:
        finding = inspect_scene(granule, number, reader, bands=bands)
        return SceneRefused(granule, finding) if finding.refused else None

    refusal = _refusals.get(key, inspect)
    if refusal is not None:
        raise SceneRefused(granule, refusal.finding)


def settled(granule: Granule, number: int, reader: Reader) -> Granule:
    """The granule with its offset decided by its pixels; the same where it is not in doubt."""
    if not granule.offset_in_doubt:
        return granule
    hrefs = [file.href for band in ("SCL", "B02", "B04") if (file := granule.files.get(band))]

    def settle() -> tuple[int, str]:
        decided = settle_offset(granule, number, reader)
        return next(file.offset for band, file in decided.files.items() if band in BANDS), decided.offset_rule

    return granule.with_offset(*_offsets.get(tuple(_state_of(granule, href) for href in hrefs), settle))


def _state_of(granule: Granule, href: str) -> Hashable:
    """What changes when the file does: of one on disk its size and time, of one on a server when it was processed."""
    if "://" not in href:
        try:
            stands = Path(href).stat()
            return href, stands.st_size, stands.st_mtime_ns
        except OSError:
            # Whoever reads it will say what is wrong.
            return href, None
    return href, granule.baseline, granule.generated_at
