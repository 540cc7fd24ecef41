"""Bytes of a file, wherever it lies."""

from __future__ import annotations

import os
from typing import Protocol


class ByteSource(Protocol):
    """A file that is read in pieces; safe to share between threads."""

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on, fewer at the end of the file. Raises OSError."""
        ...


class LocalFile:
    """A file on a disk. It is open only while it is read: a long stack has more files than a process may open."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self, offset: int, size: int) -> bytes:
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            return os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)
