"""Servers that files lie on: connections, answers, and files of which parts are asked for.

A file says with every answer which version of it there is, so that what was kept of an earlier one is noticed.
"""

from __future__ import annotations

import threading
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processing.rasters.kept_headers import KeptHeader, KeptHeaders, version_of
from processing.rasters.spool import Spool
from processing.rasters.tiff import HEADER_BYTES, NotPlain, TiffFile, read_structure

CONNECTIONS = 32
_RETRIES = 3
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10, 60
# Where nobody waits for what is asked, and others for whoever asks.
_BRIEF_CONNECT_TIMEOUT_S, _BRIEF_READ_TIMEOUT_S = 5, 10
# Far more than the metadata of a granule are; rasters are never asked for whole.
_MOST_WHOLE_BYTES = 32 * 2**20
# Of an answer that is of no use: a connection on which it has come to its end serves again.
_MOST_UNUSED_BYTES = 64 * 2**10
# What is asked for first where few pixels of many files are wanted: small files are had whole, and directories of
# small tiles; on a line of 100 Mbit/s it takes 5 ms, a tenth of the way there and back.
_FIRST_BYTES = 64 * 2**10


class Unreachable(OSError):
    """The server or the network is at fault, not the file."""


class Changed(OSError):
    """The file is no longer the one whose directory was kept."""


@dataclass(frozen=True)
class Answer:
    """Bytes of a file, and what the server told of it with them."""

    data: bytes
    version: str
    """See ``version_of``."""

    is_whole: bool
    """Whether the file has no bytes but these."""


class Remote:
    """Connections to the servers of a product's archive, and the threads that ask them."""

    def __init__(self, spool: Spool, *, headers: Path | None = None, brief: bool = False) -> None:
        """``headers``: folder where directories of files are kept from run to run; by default none are.

        ``brief``: a server that fails is not asked again, and not waited for as long.
        """
        self.spool = spool
        self._retries = 0 if brief else _RETRIES
        self._timeouts_s = (
            (_BRIEF_CONNECT_TIMEOUT_S, _BRIEF_READ_TIMEOUT_S) if brief else (_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)
        )
        self.headers = KeptHeaders(headers) if headers else None
        self.first_bytes = _FIRST_BYTES if headers else HEADER_BYTES
        self._lock = threading.Lock()
        self._connections: Any = None
        self._pool: ThreadPoolExecutor | None = None

    def get(self, url: str) -> bytes:
        """A whole file. Raises as ``ask`` does."""
        return self.ask(url).data

    def document(self, url: str, version: str) -> bytes:
        """A whole file, from the server or as kept beside a raster of this ``version``. Raises as ``ask`` does."""
        if self.headers is None or not version:
            return self.get(url)
        document = self.headers.document(url, version)
        if document is None:
            document = self.get(url)
            self.headers.keep_document(url, version, document)
        return document

    def ask(self, url: str, first: int | None = None, size: int = 0) -> Answer:
        """A file, or ``size`` bytes of it from ``first`` on; fewer at its end. No server makes it longer.

        Raises Unreachable, FileNotFoundError, other OSErrors; NotPlain where a server sends no parts of files.
        """
        from urllib3.exceptions import HTTPError

        for left in range(self._retries, -1, -1):
            try:
                answer = self._request(url, first, size)
            except HTTPError as cause:
                raise Unreachable(str(cause)) from cause
            with closing(answer):
                try:
                    return _taken(answer, first, size)
                except HTTPError as cause:
                    # The line broke half way: that is not among what urllib3 tries again by itself.
                    if not left:
                        raise Unreachable(str(cause)) from cause
        raise AssertionError("the last attempt returns or raises")

    def _request(self, url: str, first: int | None, size: int) -> Any:
        """The server's answer; its body is still to come, just as it is sent."""
        headers = {} if first is None else {"Range": f"bytes={first}-{first + size - 1}"}
        return self._connected().request("GET", url, headers=headers, preload_content=False, decode_content=False)

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        """Run it in one of the threads that wait for servers."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="remote")
            return self._pool.submit(function, *arguments)

    def forget(self, url: str) -> None:
        """What was kept of a file led nowhere."""
        if self.headers:
            self.headers.forget(url)

    def close(self) -> None:
        """Let go of threads and connections."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            # Not under the lock: whoever is about to ask a server waits for it.
            pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            connections, self._connections = self._connections, None
        if connections is not None:
            connections.clear()

    def _connected(self) -> Any:
        with self._lock:
            if self._connections is None:
                # Only here: archives on a disk need no HTTP client.
                import urllib3

                connect_s, read_s = self._timeouts_s
                self._connections = urllib3.PoolManager(
                    maxsize=CONNECTIONS,
                    block=True,
                    timeout=urllib3.Timeout(connect=connect_s, read=read_s),
                    retries=urllib3.Retry(
                        total=_RETRIES,
                        connect=self._retries,
                        read=self._retries,
                        status=self._retries,
                        other=self._retries,
                        raise_on_redirect=False,
                        backoff_factor=0.5,
                        status_forcelist=(429, 500, 502, 503, 504),
                        raise_on_status=False,
                        # A server could ask to be waited for until tomorrow.
                        respect_retry_after_header=False,
                    ),
                )
            return self._connections


def _taken(answer: Any, first: int | None, size: int) -> Answer:
    """What the answer to a request holds. Raises as ``Remote.ask``, and HTTPError where the line breaks."""
    total = _total_bytes(answer.headers)
    is_part = first is not None and answer.status == 206
    if answer.status >= 300 or (first is not None and not is_part):
        answer.read(_MOST_UNUSED_BYTES)
    if answer.status in (404, 410):
        raise FileNotFoundError(answer.status, "not on the server")
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"HTTP status {answer.status}")
    if answer.status == 416:
        return Answer(b"", version_of(answer.headers, total), is_whole=False)
    if answer.status >= 300:
        raise OSError(f"HTTP status {answer.status}")
    if first is not None and not is_part:
        raise NotPlain("the server sends whole files only")
    most = size if is_part else _MOST_WHOLE_BYTES
    data = _unpacked(answer, most)
    if len(data) > most:
        raise OSError("the server sends more than it was asked for")
    is_whole = first is None or (first == 0 and (len(data) < size if total is None else len(data) == total))
    return Answer(data, version_of(answer.headers, total), is_whole)


def _unpacked(answer: Any, most: int) -> bytes:
    """The body, or one byte more than ``most``. Some stores send what was put there compressed as it lies there."""
    body = _body(answer, most + 1)
    if answer.headers.get("Content-Encoding", "").strip().lower() not in ("gzip", "x-gzip") or answer.status == 206:
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error as cause:
        raise OSError("compressed otherwise than the server says") from cause
    if not unpacker.eof and len(unpacked) <= most:
        raise OSError("compressed, and cut short")
    return unpacked


def _body(answer: Any, most: int) -> bytes:
    """No more than ``most`` bytes. Raises HTTPError where the line breaks before the end."""
    parts: list[bytes] = []
    left = most
    # To the end: only who reads once more hears that something is missing.
    while left > 0 and (part := answer.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _total_bytes(headers: Any) -> int | None:
    """How long the whole file is, if the server tells with a part of it."""
    total = headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdecimal() else None


class HttpFile:
    """A file on a server; a ``ByteSource``. A small one is had whole with its first bytes, and held."""

    def __init__(self, url: str, remote: Remote) -> None:
        self._url, self._remote = url, remote
        self._whole: bytes | None = None
        self.version = ""
        """As the server told it last; "" before it was asked, and where it does not tell."""

    def read(self, offset: int, size: int, *, version: str = "") -> bytes:
        """See ``ByteSource``. Raises Changed where a ``version`` is asked for and the file is of another."""
        whole = self._whole
        if whole is not None:
            return whole[offset : offset + size]
        answer = self._remote.ask(self._url, offset, size)
        self.version = answer.version
        if version and answer.version != version:
            raise Changed("the file has changed")
        if answer.is_whole and offset == 0:
            self._whole = answer.data
        return answer.data

    def structure(self) -> tuple[TiffFile, str]:
        """Where the tiles lie, and the version that the file must have for that to be true; "": it was just read.

        Raises NotPlain, OSError.
        """
        kept = self._remote.headers.header(self._url) if self._remote.headers else None
        return (kept.structure, kept.version) if kept else (self.read_structure(), "")

    def read_structure(self) -> TiffFile:
        """The same as the server has it now. It is kept if there is a place for it and the server tells versions."""
        structure = read_structure(self, first_bytes=self._remote.first_bytes)
        if self._remote.headers and self.version:
            self._remote.headers.keep_header(self._url, KeptHeader(self.version, structure))
        return structure
