"""What is known of remote files, kept on the disk: where their tiles lie, so that the next visit need not ask.

Nothing that is kept is trusted for long: each entry names the version of the file that it describes, with which every
later answer of the server is compared; one that is damaged, or old, is passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from processing.rasters.tiff import TiffFile, TiffImage

MOST_BYTES = 512 * 2**20
"""What a folder may hold, about; what was not used for longest goes first."""

MOST_DAYS = 30
"""How long an entry is used."""

# Counted up when what is kept is kept in another way.
_FORM = "1"
_MOST_ENTRY_BYTES = 8 * 2**20
_SHARDS = 256
# One entry in so many that are written looks how full its shard is.
_LOOKS = 16
# Parts of a signed address that are new every hour and say nothing about the file: Azure, Amazon, CloudFront, Google.
_SIGNATURES = frozenset((
    "sv", "st", "se", "sr", "sp", "spr", "sip", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv", "rscd", "rsct",
    "saoid", "suoid", "expires", "signature", "key-pair-id", "policy", "awsaccesskeyid", "googleaccessid", "token",
))  # fmt: skip
_SIGNATURE_STARTS = ("x-amz-", "x-goog-")


@dataclass(frozen=True)
class KeptHeader:
    """The structure of a file as it was when it had this version."""

    version: str
    structure: TiffFile


class KeptHeaders:
    """A folder of such entries; safe between threads and between processes, and safe to delete at any time."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        """``folder`` is made when something is to be kept."""
        self._folder = folder / _FORM
        self._shard_bytes = most_bytes // _SHARDS

    def header(self, url: str) -> KeptHeader | None:
        """What is kept of a raster file; None where that is nothing, or nothing that can be used."""
        found = self._load("raster", url)
        if found is None:
            return None
        try:
            return KeptHeader(found[0], _structure(json.loads(found[1])))
        except (ValueError, TypeError, KeyError):
            self.forget(url)
            return None

    def keep_header(self, url: str, header: KeptHeader) -> None:
        """Keep it if there is room; what was kept of that file before is gone."""
        body = json.dumps(asdict(header.structure), separators=(",", ":")).encode()
        self._store("raster", url, header.version, body)

    def document(self, url: str, version: str) -> bytes | None:
        """A whole file that was kept beside a raster of this ``version``."""
        found = self._load("document", url)
        return found[1] if found is not None and found[0] == version else None

    def keep_document(self, url: str, version: str, document: bytes) -> None:
        """Keep a whole file, good as long as the raster beside it has this ``version``."""
        self._store("document", url, version, document)

    def forget(self, url: str) -> None:
        """What is kept of this raster is not to be used again."""
        with suppress(OSError):
            self._path("raster", url).unlink()

    def _load(self, kind: str, url: str) -> tuple[str, bytes] | None:
        """Version and body of an entry; one that cannot be used is removed."""
        path = self._path(kind, url)
        try:
            packed = path.read_bytes()
        except OSError:
            return None
        try:
            unpacker = zlib.decompressobj()
            head, _, body = unpacker.decompress(packed, _MOST_ENTRY_BYTES).partition(b"\n")
            told = json.loads(head)
            version, written = str(told["version"]), float(told["written"])
            if not unpacker.eof or not 0 <= time.time() - written < MOST_DAYS * 86400:
                raise ValueError("cut short, or old")
        except (zlib.error, ValueError, TypeError, KeyError):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # What is used stays longest.
        return version, body

    def _store(self, kind: str, url: str, version: str, body: bytes) -> None:
        head = json.dumps({"version": version, "written": time.time()}).encode() + b"\n"
        if len(head) + len(body) > _MOST_ENTRY_BYTES:
            return
        path = self._path(kind, url)
        # A full disk, or a folder that may not be written to, is no reason to fail: the server can be asked again.
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(zlib.compress(head + body, 1))
                Path(scratch).replace(path)
            except BaseException:
                Path(scratch).unlink()
                raise
            if os.urandom(1)[0] % _LOOKS == 0:
                self._trim(path.parent)

    def _trim(self, shard: Path) -> None:
        """Remove what was not used for longest, down to three quarters of what the shard may hold."""
        entries = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(shard))
        held = sum(size for _, size, _ in entries)
        if held <= self._shard_bytes:
            return
        for _, size, path in entries:
            if held <= self._shard_bytes * 3 // 4:
                break
            with suppress(OSError):
                Path(path).unlink()
            held -= size

    def _path(self, kind: str, url: str) -> Path:
        # By digest: an address can be longer than a file's name may be, and hold what no file shall.
        digest = hashlib.sha256(f"{kind} {_unsigned(url)}".encode()).hexdigest()
        return self._folder / digest[:2] / digest[2:]


def version_of(headers: Mapping[str, str], total: int | None) -> str:
    """What tells two states of a file on a server apart, by its answer; "" where the answer does not tell."""
    mark = headers.get("ETag", "").strip().removeprefix("W/") or headers.get("Last-Modified", "").strip()
    return f"{mark} {'' if total is None else total}" if mark else ""


def _unsigned(url: str) -> str:
    parts = urlsplit(url)
    if not parts.query:
        return url
    lasting = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _SIGNATURES and not name.lower().startswith(_SIGNATURE_STARTS)
    ]
    return parts._replace(query=urlencode(lasting)).geturl()


def _structure(told: dict[str, Any]) -> TiffFile:
    """ValueError, TypeError or KeyError where ``told`` is no structure."""
    image, overviews = _image(told.pop("image")), tuple(_image(each) for each in told.pop("overviews"))
    return TiffFile(**told, image=image, overviews=overviews)


def _image(told: dict[str, Any]) -> TiffImage:
    image = TiffImage(**(told | {"offsets": tuple(told["offsets"]), "sizes": tuple(told["sizes"])}))
    tiles = -(-image.width // image.tile_width) * -(-image.height // image.tile_height)
    if not len(image.offsets) == len(image.sizes) == tiles:
        raise ValueError("not as many tiles as the raster has")
    return image
