"""Zip files from strangers: read in memory, member by member, never unpacked onto the disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.repair import number

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
MOST_MEMBERS = 200
MOST_MEMBER_BYTES = 32_000_000
MOST_BYTES = 64_000_000
MOST_RATIO = 200
"""How much larger a member may be than what it is packed into; outlines come to about 10."""

_SMALL_BYTES = 1_000_000
_CHUNK = 1 << 16


class Archive:
    """The members of a zip file that can be looked at."""

    def __init__(self, data: bytes) -> None:
        """Raises InvalidOrder where the file is no zip, or one that is made to do harm."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, UnicodeError, EOFError):
            refuse(_("The zip file is damaged or cut short."))
        if len(members) > MOST_MEMBERS:
            refuse(_("The zip file holds more than %(most)s files.") % {"most": number(MOST_MEMBERS)})
        self._members = {
            member.filename: member
            for member in members
            if not member.is_dir()
            and not PurePosixPath(member.filename).name.startswith(".")
            # What Macintoshes add to every file.
            and not member.filename.startswith("__MACOSX/")
        }
        self._left = MOST_BYTES

    def names(self, *suffixes: str) -> list[str]:
        """Members whose names end so, in the order of the file; all without ``suffixes``."""
        return [name for name in self._members if not suffixes or name.lower().endswith(suffixes)]

    def beside(self, name: str, suffix: str) -> str | None:
        """The member that is called like ``name`` but for its suffix, in whatever case."""
        wanted = str(PurePosixPath(name).with_suffix(suffix)).lower()
        return next((other for other in self._members if other.lower() == wanted), None)

    def read(self, name: str) -> bytes:
        """The member's content. Raises InvalidOrder where it is larger than it may be, whatever its header says."""
        member = self._members[name]
        if member.flag_bits & 1:
            refuse(_("The zip file is locked with a password."))
        most = min(MOST_MEMBER_BYTES, self._left, max(_SMALL_BYTES, MOST_RATIO * member.compress_size))
        content = io.BytesIO()
        try:
            with self._zip.open(member) as opened:
                while chunk := opened.read(_CHUNK):
                    content.write(chunk)
                    if content.tell() > most:
                        refuse(
                            _("The zip file holds a file that unpacks to more than %(most)s MB.")
                            % {"most": number(most / 1e6)}
                        )
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError):
            refuse(_("The zip file is damaged, or packed in an unusual way."))
        self._left -= content.tell()
        return content.getvalue()
