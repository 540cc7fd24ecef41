"""The bytes of a delivered text, block by block, out of a zip or as they are.

Archives come from strangers: what could lead out of a folder, swell without end, or hide that half is missing is
refused before or while it is read. Nothing is ever written to a disk.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from isal import isal_zlib

from processing.insar.delivery import BadDelivery

BLOCK_BYTES = 1 << 19
"""Of text, at most. What stays in a core's cache is unpacked a third quicker than blocks of some megabytes."""

_BLOCKS_AHEAD = 8
_PACKED_BYTES = 1 << 17
_MOST_TEXT_BYTES = 200 * 10**9
# Series of numbers pack to a third or a fifth of their size; deflate can do 1:1000.
_MOST_RATIO, _ALWAYS_ALLOWED_BYTES = 200, 64 << 20
_MOST_MEMBERS, _MOST_LISTING_BYTES = 1000, 1 << 20
_STORED, _DEFLATED = 0, 8
_RAW_DEFLATE = -15
_ENCRYPTED = 1
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s8xLL")
_END_BYTES, _LONGEST_COMMENT = 22, 1 << 16
_END64 = struct.Struct("<4s36xQQ")
_LOCATOR64 = struct.Struct("<4s4xQ4x")
_SENTINEL = 0xFFFFFFFF
# Its stubs take the class for an instance.
_ISAL_ERROR: Any = isal_zlib.error
_UNPACKING_ERRORS: tuple[type[Exception], ...] = (_ISAL_ERROR, zlib.error, struct.error)
_INCOMPLETE = "the upload is incomplete or damaged: upload the file again."


@dataclass(frozen=True)
class Member:
    """One file in a zip."""

    name: str
    size: int
    packed_size: int
    crc: int
    method: int
    offset: int

    @property
    def base_name(self) -> str:
        return PurePosixPath(self.name).name


def find_members(path: Path) -> list[Member]:
    """The files of a zip, without folders and what systems add. Raises BadDelivery where it is broken or hostile."""
    try:
        _check_listing(path)
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, struct.error, OSError, UnicodeDecodeError, NotImplementedError, ValueError):
        raise BadDelivery(path.name, f"the zip's list of contents cannot be read; {_INCOMPLETE}") from None
    if len(listed) > _MOST_MEMBERS:
        raise BadDelivery(path.name, f"the zip has {len(listed)} files; deliver one burst or tile in each.")
    return [_member(path, each) for each in listed if not each.is_dir() and not _is_clutter(each.filename)]


def _member(path: Path, listed: zipfile.ZipInfo) -> Member:
    name = listed.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or "\\" in name or ":" in name or "\0" in name:
        raise BadDelivery(path.name, f"the zip names a file outside of itself, {_shown(name)}; it is refused.")
    if listed.flag_bits & _ENCRYPTED:
        raise BadDelivery(path.name, f"{_shown(name)} is locked by a password; pack it again without one.")
    return Member(name, listed.file_size, listed.compress_size, listed.CRC, listed.compress_type, listed.header_offset)


def _is_clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:77]}...")


def _check_listing(path: Path) -> None:
    """Raise BadDelivery where the list of contents is larger than honest ones, before anything reads it all."""
    with path.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            raise BadDelivery(path.name, f"the zip's list of contents, at its end, is missing; {_INCOMPLETE}")
        _, size, offset = _END.unpack_from(tail, at)
        before = at - _LOCATOR64.size
        if _SENTINEL in (size, offset) and before >= 0 and tail[before:at].startswith(b"PK\x06\x07"):
            file.seek(_LOCATOR64.unpack_from(tail, before)[1])
            _, size, _ = _END64.unpack(file.read(_END64.size))
    if size > _MOST_LISTING_BYTES:
        raise BadDelivery(path.name, "the zip's list of contents is too long; deliver one burst or tile in each.")


class Text:
    """A text that can be read from its beginning, several times: a file, or a file in a zip."""

    def __init__(self, path: Path, member: Member | None = None) -> None:
        """Raises BadDelivery for a member that is packed in a way that is not read, or too well."""
        self.path, self.member = path, member
        self.name = path.name if member is None else f"{path.name}/{member.base_name}"
        self._size = max(1, path.stat().st_size if member is None else member.packed_size)
        self._read = 0
        if member is not None:
            self._check(member)

    @property
    def share_read(self) -> float:
        """How much was read, 0 to 1."""
        return min(1.0, self._read / self._size)

    def blocks(self) -> Iterator[bytes]:
        """All of it, read ahead in a thread. Raises BadDelivery where it ends early or its CRC differs."""
        self._read = 0
        pieces = self._plain() if self.member is None else self._unpacked(self.member)
        with closing(pieces), ThreadPoolExecutor(1) as pool:
            # Whoever wants the first lines alone shall not wait for more.
            yield next(pieces, b"")
            count = 1
            following = pool.submit(_several, pieces, count)
            while blocks := following.result():
                count = min(2 * count, _BLOCKS_AHEAD)
                following = pool.submit(_several, pieces, count)
                yield from blocks

    def whole(self, most_bytes: int) -> bytes:
        """All of it; raises BadDelivery where it has more bytes."""
        parts, length = [], 0
        for block in self._plain() if self.member is None else self._unpacked(self.member):
            parts.append(block)
            length += len(block)
            if length > most_bytes:
                raise BadDelivery(self.name, f"it has more than {most_bytes / 1e6:.0f} MB, which none of its kind has.")
        return b"".join(parts)

    def _check(self, member: Member) -> None:
        if member.method not in (_STORED, _DEFLATED):
            raise BadDelivery(self.name, "it is packed by a method other than Deflate; pack it again as a usual zip.")
        if member.size > _MOST_TEXT_BYTES:
            raise BadDelivery(self.name, f"it has more than {_MOST_TEXT_BYTES / 1e9:.0f} GB; deliver it in pieces.")
        if member.size > max(_ALWAYS_ALLOWED_BYTES, _MOST_RATIO * member.packed_size):
            raise BadDelivery(self.name, "it would grow more than 200-fold when unpacked, as no results do; refused.")

    def _plain(self) -> Generator[bytes, None, None]:
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self._read += len(block)
                yield block

    def _unpacked(self, member: Member) -> Generator[bytes, None, None]:
        crc = length = 0
        try:
            for block in self._inflated(member):
                crc = isal_zlib.crc32(block, crc)
                length += len(block)
                if length > member.size:
                    break
                yield block
        except _UNPACKING_ERRORS:
            raise BadDelivery(self.name, f"it cannot be unpacked; {_INCOMPLETE}") from None
        if length != member.size or crc != member.crc:
            raise BadDelivery(self.name, f"it is not what was packed (length or checksum differ); {_INCOMPLETE}")

    def _inflated(self, member: Member) -> Iterator[bytes]:
        inflate: Any = isal_zlib.decompressobj(_RAW_DEFLATE) if member.method == _DEFLATED else None
        for packed in self._packed(member):
            if inflate is None:
                yield packed
                continue
            while packed and not inflate.eof:
                # A limit, because a megabyte can hold a gigabyte.
                if block := inflate.decompress(packed, BLOCK_BYTES):
                    yield block
                packed = inflate.unconsumed_tail

    def _packed(self, member: Member) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            # Where a hole is in the file, offsets can come out negative.
            file.seek(max(0, member.offset))
            mark, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
            if mark != b"PK\x03\x04":
                raise BadDelivery(self.name, f"it is not where the zip says; {_INCOMPLETE}")
            file.seek(name + extra, 1)
            left = member.packed_size
            while left and (packed := file.read(min(left, _PACKED_BYTES))):
                left -= len(packed)
                self._read += len(packed)
                yield packed


def _several(pieces: Iterator[bytes], count: int) -> list[bytes]:
    """The next ones: handing each over by itself takes longer than it should."""
    return list(islice(pieces, count))
