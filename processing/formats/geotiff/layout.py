"""The bytes of a Cloud Optimized GeoTIFF, in the order of GDAL's COG driver.

Header, ghost area, the directories of all resolutions, then the tiles of the smallest resolution first and
those of the raster itself last. Sources: TIFF 6.0, section 2; BigTIFF (libtiff.gitlab.io/libtiff/specification);
gdal.org/drivers/raster/cog.html, "File format details".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TILE_OFFSETS, TILE_BYTE_COUNTS = 324, 325
# Bytes of one number, by TIFF's type: BYTE, ASCII, SHORT, LONG, DOUBLE, LONG8.
_NUMBER_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 12: 8, 16: 8}
_CODES = {3: "H", 4: "I", 16: "Q"}
_GHOST = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\n"
    # The blank makes room for GDAL's YES, should a program change the file in place.
    b"KNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_LEADER_BYTES = TRAILER_BYTES = 4


class Tag(NamedTuple):
    """The value of one field of a directory."""

    kind: int
    """TIFF's type of its numbers."""

    number: int
    """How many of them there are."""

    data: bytes

    @classmethod
    def of(cls, kind: int, *numbers: int) -> Tag:
        """A tag of whole numbers: SHORT (3), LONG (4) or LONG8 (16)."""
        return cls(kind, len(numbers), struct.pack(f"<{len(numbers)}{_CODES[kind]}", *numbers))


Directory = Mapping[int, Tag]
"""The fields of one resolution, by number."""


def read_directory(data: bytes) -> dict[int, Tag]:
    """The first directory of a little-endian TIFF that is no BigTIFF."""
    (at,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, at)
    found = {}
    for place in range(at + 2, at + 2 + 12 * entries, 12):
        number, kind, count = struct.unpack_from("<HHI", data, place)
        length = count * _NUMBER_BYTES[kind]
        begin = place + 8 if length <= 4 else struct.unpack_from("<I", data, place + 8)[0]
        found[number] = Tag(kind, count, data[begin : begin + length])
    return found


def framed(tile: bytes) -> bytes:
    """A compressed tile as it lies in the file: its size before it, its last four bytes once more behind it."""
    return b"".join((struct.pack("<I", len(tile)), tile, tile[-TRAILER_BYTES:]))


class TilePlaces:
    """Where the tiles of one resolution lie: filled in as they are written."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.sizes: list[int] = []

    def add(self, at: int, tile: bytes) -> int:
        """Note that a ``framed`` tile lies from byte ``at`` on; return where the next can."""
        self.offsets.append(at + _LEADER_BYTES)
        self.sizes.append(len(tile) - _LEADER_BYTES - TRAILER_BYTES)
        return at + len(tile)


def header(directories: Sequence[Directory], places: Sequence[TilePlaces | int], *, big: bool) -> bytes:
    """All that precedes the tiles; ``places`` may as yet be the number of tiles, which gives the same length.

    ``directories``: of the raster itself, then of its overviews, the largest first.
    """
    ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_GHOST) + _GHOST
    start = 16 if big else 8
    first = _even(start + len(ghost))
    magic = struct.pack("<2sHHHQ", b"II", 43, 8, 0, first) if big else struct.pack("<2sHI", b"II", 42, first)
    parts = [(magic + ghost).ljust(first, b"\0")]
    at = first
    for number, (directory, where) in enumerate(zip(directories, places, strict=True), start=1):
        offsets, sizes = (where.offsets, where.sizes) if isinstance(where, TilePlaces) else ([0] * where,) * 2
        tags = {
            **directory,
            TILE_OFFSETS: Tag.of(16 if big else 4, *offsets),
            TILE_BYTE_COUNTS: Tag.of(4, *sizes),
        }
        parts.append(_directory(tags, at, big=big, last=number == len(directories)))
        at += len(parts[-1])
    return b"".join(parts)


def _directory(tags: Directory, at: int, *, big: bool, last: bool) -> bytes:
    """A directory that begins at byte ``at``, with the values that do not fit into its fields behind it."""
    count_code, word_code = ("<Q", "<Q") if big else ("<H", "<I")
    word = struct.calcsize(word_code)
    values_at = at + struct.calcsize(count_code) + len(tags) * (4 + 2 * word) + word
    fields, values = [], b""
    for number, tag in sorted(tags.items()):
        field = struct.pack("<HH", number, tag.kind) + struct.pack(word_code, tag.number)
        if len(tag.data) <= word:
            fields.append(field + tag.data.ljust(word, b"\0"))
        else:
            fields.append(field + struct.pack(word_code, values_at + len(values)))
            values += tag.data.ljust(_even(len(tag.data)), b"\0")
    following = 0 if last else values_at + len(values)
    return struct.pack(count_code, len(tags)) + b"".join(fields) + struct.pack(word_code, following) + values


def _even(length: int) -> int:
    return length + length % 2
