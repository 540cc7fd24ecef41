"""A part on its way in: its points in the file's order, in files of a folder of its own, so that memory stays bounded.

The folder is locked for as long as its process lives; what a killed one left is swept (``sweep``).
"""

from __future__ import annotations

import fcntl
import mmap
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from django.conf import settings

_LOCK = "lock"
# A mapped file is read in windows of the first size; after as much as the second its pages are handed back.
_HANDED_BACK_BYTES = 32 << 20
_MOST_MAPPED_BYTES = 128 << 20


def incoming() -> Path:
    """Where parts are staged."""
    return Path(settings.INSAR_ROOT) / "incoming"


@contextmanager
def staging_folder() -> Iterator[Path]:
    """A folder of this process, gone at the end."""
    incoming().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="part-", dir=incoming()))
    try:
        with (folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Remove the folders of processes that are gone; return how many."""
    swept = 0
    for folder in incoming().glob("part-*"):
        with suppress(FileNotFoundError), (folder / _LOCK).open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


class StagedArray:
    """Rows of one type, written one behind the other, then read in any order."""

    def __init__(self, path: Path, dtype: np.dtype, width: int | None = None) -> None:
        """``width``: values of a row, where it has several."""
        self._path, self.dtype, self._width = path, np.dtype(dtype), width
        self._file: BinaryIO | None = path.open("wb")
        self._mapped: np.ndarray | None = None
        self._touched = 0
        self.count = 0

    def append(self, rows: np.ndarray) -> None:
        assert self._file is not None
        self._file.write(np.ascontiguousarray(rows, self.dtype).view(np.uint8).data)
        self.count += len(rows)

    def all(self) -> np.ndarray:
        """All rows, mapped, for reading. Nothing can be appended any more."""
        if self._mapped is None:
            self._close()
            shape = (self.count,) if self._width is None else (self.count, self._width)
            self._mapped = np.memmap(self._path, self.dtype, mode="r", shape=shape)
        return self._mapped

    def take(self, rows: np.ndarray) -> np.ndarray:
        """A copy of the rows with these numbers."""
        mapped = self.all()
        row_bytes = self.dtype.itemsize * (self._width or 1)
        flat = np.asarray(mapped).view(np.dtype((np.void, row_bytes))).reshape(-1)
        if flat.nbytes <= _MOST_MAPPED_BYTES:
            return self._shaped(flat.take(rows))
        taken = np.empty(len(rows), flat.dtype)
        # From the file's beginning to its end: rows that lie far apart bring in whole pages around each of them.
        ordered = np.argsort(rows, kind="stable")
        windows = rows[ordered] * row_bytes // _HANDED_BACK_BYTES
        for window in np.split(ordered, np.flatnonzero(np.diff(windows)) + 1):
            taken[window] = flat[rows[window]]
            self._touched += _HANDED_BACK_BYTES
            if self._touched > _MOST_MAPPED_BYTES:
                self.hand_back()
        return self._shaped(taken)

    def _shaped(self, taken: np.ndarray) -> np.ndarray:
        found = taken.view(self.dtype)
        return found if self._width is None else found.reshape(len(taken), self._width)

    def hand_back(self) -> None:
        """Let the system count the pages that were read as its own; they stay in its cache."""
        if self._mapped is not None:
            self._mapped._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
            self._touched = 0

    def remove(self) -> None:
        """Give the disk back early."""
        self._close()
        self._mapped = None
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
