"""Servers that files lie on: connections, answers, and files of which parts are asked for.

A file says with every answer which version of it there is, so that what was kept of an earlier one is noticed.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processing.rasters.kept_headers import KeptHeader, KeptHeaders, version_of
from processing.rasters.spool import Spool
from processing.rasters.tiff import HEADER_BYTES, NotPlain, TiffFile, read_structure

CONNECTIONS = 32
_RETRIES = 3
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10, 60
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

    def __init__(self, spool: Spool, *, headers: Path | None = None) -> None:
        """``headers``: folder where directories of files are kept from run to run; by default none are."""
        self.spool = spool
        self.headers = KeptHeaders(headers) if headers else None
        self.first_bytes = _FIRST_BYTES if headers else HEADER_BYTES
        self._lock = threading.Lock()
        self._connections: Any = None
        self._pool: ThreadPoolExecutor | None = None

    def get(self, url: str) -> bytes:
        """A whole file. Raises as ``ask`` does."""
        return self.ask(url).data

    def ask(self, url: str, first: int | None = None, size: int = 0) -> Answer:
        """A file, or ``size`` bytes of it from ``first`` on; fewer at its end.

        Raises Unreachable, FileNotFoundError, other OSErrors; NotPlain where a server sends no parts of files.
        """
        from urllib3.exceptions import HTTPError

        headers = {} if first is None else {"Range": f"bytes={first}-{first + size - 1}"}
        try:
            answer = self._connected().request("GET", url, headers=headers)
        except HTTPError as cause:
            raise Unreachable(str(cause)) from cause
        if answer.status in (404, 410):
            raise FileNotFoundError(answer.status, "not on the server")
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(f"HTTP status {answer.status}")
        total = _total_bytes(answer.headers)
        if answer.status == 416:
            return Answer(b"", version_of(answer.headers, total), is_whole=False)
        if answer.status >= 400:
            raise OSError(f"HTTP status {answer.status}")
        if first is not None and answer.status != 206:
            raise NotPlain("the server sends whole files only")
        data = answer.data
        is_whole = first is None or (first == 0 and (len(data) < size if total is None else len(data) == total))
        return Answer(data, version_of(answer.headers, total), is_whole)

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

                self._connections = urllib3.PoolManager(
                    maxsize=CONNECTIONS,
                    block=True,
                    timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=_READ_TIMEOUT_S),
                    retries=urllib3.Retry(
                        total=_RETRIES,
                        backoff_factor=0.5,
                        status_forcelist=(429, 500, 502, 503, 504),
                        raise_on_status=False,
                        # A server could ask to be waited for until tomorrow.
                        respect_retry_after_header=False,
                    ),
                )
            return self._connections


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
