"""Decoded or fetched bytes that nobody has asked for yet wait on the disk, not in memory."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

_STEP_BYTES = 256 * 2**10


class Spool:
    """A nameless file in ``folder`` (by default the system's), of which places are used again; safe between threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._end = 0
        self._free: dict[int, list[int]] = {}

    def put(self, data: bytes | memoryview) -> Spooled:
        """Write the bytes down; OSError where the disk is full."""
        room = -(-len(data) // _STEP_BYTES) * _STEP_BYTES
        with self._lock:
            descriptor = self._open()
            free = self._free.get(room)
            if free:
                offset = free.pop()
            else:
                offset, self._end = self._end, self._end + room
        written = 0
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], offset + written)
        return Spooled(self, descriptor, offset, len(data), room)

    def close(self) -> None:
        """Remove the file; what was put is gone."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            with tempfile.TemporaryFile(dir=self._folder, prefix=".spool-") as file:
                self._descriptor = os.dup(file.fileno())
        return self._descriptor

    def _give_back(self, offset: int, room: int) -> None:
        with self._lock:
            self._free.setdefault(room, []).append(offset)


class Spooled:
    """Bytes that were put into a spool; a ``ByteSource`` of their own."""

    def __init__(self, spool: Spool, descriptor: int, offset: int, size: int, room: int) -> None:
        self._spool, self._descriptor, self._offset, self._room = spool, descriptor, offset, room
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        """See ``ByteSource``."""
        size = min(size, self.size - offset)
        return os.pread(self._descriptor, size, self._offset + offset) if size > 0 else b""

    def forget(self) -> None:
        """Let others have the place; once."""
        self._spool._give_back(self._offset, self._room)
