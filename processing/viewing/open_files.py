"""Open rasters of products, kept for the next map tile: opening one takes as long as reading a tile of it.

A dataset is used by one thread at a time, and closed when it was not used for a while or its file has changed or
gone: so a removed product's room on the disk is given back.

NetCDF files are opened as the HDF5 files that they are: GDAL's driver for NetCDF keeps up to 64 MB of every variable
that was read until it is closed, that for HDF5 1 MB. The library is not safe to call from two threads.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from processing.viewing.errors import ProductUnreadable

NETCDF = ".nc"
GDAL_CACHE_BYTES = 64 * 2**20
_HDF5 = threading.RLock()
_OPTIONS: dict[str, Any] = {
    # In bytes, of the whole process: decoded tiles of all open datasets.
    "GDAL_CACHEMAX": GDAL_CACHE_BYTES,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
}


@dataclass(frozen=True)
class RasterFile:
    """A raster as GDAL opens it."""

    path: Path
    name: str
    """GDAL's name of it: the path, or one of the variables of a NetCDF file."""

    overview: int | None = None
    """Number of one of its overviews, instead of the raster itself."""

    @classmethod
    def of(cls, path: Path, variable: str = "", overview: int | None = None) -> RasterFile:
        """``variable``: of a NetCDF file."""
        return cls(path, f'HDF5:"{path}"://{variable}' if path.suffix == NETCDF else str(path), overview)

    @property
    def alone(self) -> AbstractContextManager[object]:
        """To be held by whoever opens, reads or closes it."""
        return _HDF5 if self.path.suffix == NETCDF else nullcontext()


@dataclass(frozen=True)
class _Key:
    file: RasterFile
    changed_ns: int
    size_bytes: int


@dataclass
class _Idle:
    dataset: rasterio.DatasetReader
    since: float


class OpenFiles:
    """A bounded pool of open rasters."""

    def __init__(self, *, most: int = 96, idle_seconds: float = 60) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[_Key, int], _Idle] = OrderedDict()
        self._number = 0
        self._sweeper: threading.Thread | None = None

    @contextmanager
    def opened(self, file: RasterFile) -> Iterator[rasterio.DatasetReader]:
        """The raster, for this thread alone. Raises FileNotFoundError where it is gone, ProductUnreadable."""
        state = file.path.stat()
        key = _Key(file, state.st_mtime_ns, state.st_size)
        with file.alone, rasterio.Env(**_OPTIONS):
            dataset = self._taken(key) or _open(file)
            try:
                yield dataset
            except RasterioIOError as damage:
                dataset.close()
                raise ProductUnreadable(f"{file.path}: {damage}") from damage
            except BaseException:
                dataset.close()
                raise
            self._give_back(key, dataset)

    def close(self) -> None:
        """Close all that is not in use."""
        self._close_those_since(float("inf"))

    def __len__(self) -> int:
        return len(self._idle)

    def _taken(self, key: _Key) -> rasterio.DatasetReader | None:
        with self._lock:
            # The one used last: the others may grow old.
            found = next((place for place in reversed(self._idle) if place[0] == key), None)
            return self._idle.pop(found).dataset if found else None

    def _give_back(self, key: _Key, dataset: rasterio.DatasetReader) -> None:
        with self._lock:
            self._number += 1
            self._idle[key, self._number] = _Idle(dataset, time.monotonic())
            too_many = [self._idle.popitem(last=False) for _ in range(len(self._idle) - self._most)]
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, name="open-files", daemon=True)
                self._sweeper.start()
        _close(too_many)

    def _sweep(self) -> None:
        """Close what nobody uses, until nothing is left."""
        while True:
            time.sleep(self._idle_seconds / 4)
            self._close_those_since(time.monotonic() - self._idle_seconds)
            with self._lock:
                if not self._idle:
                    self._sweeper = None
                    return

    def _close_those_since(self, moment: float) -> None:
        with self._lock:
            old = [
                place for place, idle in self._idle.items() if idle.since <= moment or not place[0].file.path.exists()
            ]
            closing = [(key, self._idle.pop(key)) for key in old]
        _close(closing)


def _close(closing: Iterable[tuple[tuple[_Key, int], _Idle]]) -> None:
    for (key, _), idle in closing:
        with key.file.alone, suppress(RasterioIOError):
            idle.dataset.close()


def _open(file: RasterFile) -> rasterio.DatasetReader:
    options = {} if file.overview is None else {"overview_level": file.overview}
    try:
        with warnings.catch_warnings():
            # Where a NetCDF file lies is read from the product's JSON.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(file.name, **options)
    except RasterioIOError as damage:
        if not file.path.exists():
            raise FileNotFoundError(file.path) from damage
        raise ProductUnreadable(f"{file.path}: {damage}") from damage


FILES = OpenFiles()
"""Those of this process."""
