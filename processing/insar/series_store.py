"""Series of a part, kept: row = point, column = date, tenths of a millimetre, in a Zarr group.

Described by the zarr library, so that anything that reads Zarr 3 reads them; whole chunks are written and read here,
straight to and from their files, which needs no event loop: from any thread, and after a fork. Measured on one core,
generated motion, 304 dates, int16: zstd 1 behind bit shuffle, a chunk in one block, takes 0.99 bytes a value, 0.7 us of
a series to write, 0.3 to read; in the blocks that Blosc chooses 1.03 bytes, 1.0 us; lz4 1.09 bytes, 0.4 us; the library
adds 3 us. Differences along time make it larger, for noise differs twice as much as it is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import google_crc32c
import numpy as np
from numcodecs import Blosc, blosc  # type: ignore[import-untyped]

from processing.errors import CorruptInput
from processing.insar.delivery import NODATA
from processing.insar.regression import DAYS_PER_YEAR

# Blosc's own threads are shared by a process and do not outlive a fork.
blosc.use_threads = False

ROWS_PER_CHUNK = 1024
EXTRA_ROWS_PER_CHUNK = 16_384
_SERIES = "displacement"
_CODEC: Final = "zstd"
_LEVEL = 1
_FORMAT = "series of displacement, 1"


class DamagedSeries(CorruptInput):
    """A folder of series is missing, or is not what was written."""


class SeriesWriter:
    """Writes the series of one part; the folder appears whole at ``close``, or not at all.

    As a context manager it closes where all went well, and clears up where not.
    """

    def __init__(
        self, folder: Path, *, dates: Sequence[date], count: int, dtype: Any = np.int16,
        extra: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """``extra`` names further numbers of each point, with their types. Raises FileExistsError."""
        import zarr

        if not dates or count < 1:
            raise ValueError("a part without dates or points has no series")
        if any(later <= earlier for earlier, later in zip(dates, dates[1:], strict=False)):
            raise ValueError("dates must rise")
        if folder.exists():
            raise FileExistsError(folder)
        self._final, self._folder = folder, folder.with_name(folder.name + ".part")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        kind = np.dtype(dtype)
        about = {"format": _FORMAT, "dates": [each.isoformat() for each in dates], "unit": "0.1 mm", "nodata": NODATA}
        group = zarr.create_group(str(self._folder), attributes=about)
        self._count, self._shape = count, (count, len(dates))
        self._series = _array(group, _SERIES, self._shape, (ROWS_PER_CHUNK, len(dates)), kind, NODATA)
        self._extra = {
            name: _array(group, f"extra_{name}", (count,), (EXTRA_ROWS_PER_CHUNK,), np.dtype(each), 0)
            for name, each in (extra or {}).items()
        }
        self._written = np.zeros(count, bool)
        self._waiting: list[np.ndarray] = []
        self._waiting_from = self._waiting_to = 0

    def write(self, first_row: int, block: np.ndarray) -> None:
        """Rows ``first_row`` and following: (k, N), of the array's type. Quickest one block behind the other.

        Raises ValueError where they do not fit in.
        """
        last_row = first_row + len(block)
        if block.ndim != 2 or block.shape[1] != self._shape[1] or not 0 <= first_row <= last_row <= self._count:
            raise ValueError(f"rows {first_row} to {last_row} of {block.shape} do not fit into {self._shape}")
        if block.dtype != self._series.dtype:
            raise ValueError(f"{block.dtype} does not fit into {self._series.dtype}")
        if first_row != self._waiting_to:
            self._flush(everything=True)
            self._waiting_from = self._waiting_to = first_row
        self._waiting.append(block)
        self._waiting_to = last_row
        self._written[first_row:last_row] = True
        if last_row // ROWS_PER_CHUNK > self._waiting_from // ROWS_PER_CHUNK:
            self._flush(everything=False)
        if self._waiting:
            # The caller may use the room of the block again.
            self._waiting[-1] = np.array(self._waiting[-1])

    def write_extra(self, name: str, first_row: int, values: np.ndarray) -> None:
        """Further numbers of the rows ``first_row`` and following. Raises KeyError, ValueError."""
        array = self._extra[name]
        if values.ndim != 1 or not 0 <= first_row <= first_row + values.size <= self._count:
            raise ValueError(f"rows {first_row} and following do not fit into {self._count}")
        array[first_row : first_row + values.size] = values

    def close(self) -> None:
        """Put the folder in its place. Raises ValueError, and clears up, where rows are missing."""
        self._flush(everything=True)
        if not self._written.all():
            missing = int(self._count - self._written.sum())
            self.discard()
            raise ValueError(f"{missing} of {self._count} series were not written")
        self._folder.rename(self._final)

    def discard(self) -> None:
        """Leave nothing behind; after ``close`` this does nothing."""
        self._waiting.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> SeriesWriter:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _flush(self, *, everything: bool) -> None:
        """Write what waits; only up to the last whole chunk unless ``everything``, so that none is written twice."""
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
        last = self._waiting_to if everything else self._waiting_to // ROWS_PER_CHUNK * ROWS_PER_CHUNK
        ready = last - self._waiting_from
        if ready > 0:
            self._write_rows(self._waiting_from, rows[:ready])
            rows = rows[ready:]
            self._waiting_from = last
        self._waiting = [rows] if len(rows) else []

    def _write_rows(self, first_row: int, rows: np.ndarray) -> None:
        """Whole chunks here; the library puts together those of which some rows are written now, others later."""
        for number in range(first_row // ROWS_PER_CHUNK, -(-(first_row + len(rows)) // ROWS_PER_CHUNK)):
            first, last = number * ROWS_PER_CHUNK, min((number + 1) * ROWS_PER_CHUNK, self._count)
            some = rows[max(0, first - first_row) : last - first_row]
            if len(some) < last - first:
                self._series[max(first, first_row) : max(first, first_row) + len(some)] = some
                continue
            if len(some) < ROWS_PER_CHUNK:
                room = np.full((ROWS_PER_CHUNK - len(some), some.shape[1]), NODATA, some.dtype)
                some = np.concatenate([some, room])
            path = self._folder / _SERIES / "c" / str(number) / "0"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb", buffering=0) as file:
                file.writelines(_encoded(np.ascontiguousarray(some)))


def _encoded(chunk: np.ndarray) -> tuple[bytes, bytes]:
    """As the array's codecs say, and the checksum that is at the end."""
    data = Blosc(_CODEC, _LEVEL, Blosc.BITSHUFFLE, blocksize=chunk.nbytes).encode(chunk)
    return data, google_crc32c.value(data).to_bytes(4, "little")


def _array(group: Any, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype, fill: int) -> Any:
    from zarr.codecs import BloscCodec, Crc32cCodec

    return group.create_array(
        name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill,
        compressors=[BloscCodec(cname=_CODEC, clevel=_LEVEL, shuffle="bitshuffle"), Crc32cCodec()],
        # A chunk that is missing shall be damage, not "nothing measured".
        config={"write_empty_chunks": True},
    )  # fmt: skip


class SeriesStore:
    """Series of one part, read; threads and processes may share one."""

    def __init__(self, folder: Path) -> None:
        """Raises DamagedSeries where there is no such folder, or not with series in it."""
        self._folder = folder
        about = _description(folder).get("attributes", {})
        self._series = _Chunked(folder / _SERIES)
        try:
            self.dates = tuple(date.fromisoformat(each) for each in about["dates"])
            matches = about["format"] == _FORMAT and self._series.shape[1] == len(self.dates)
        except (KeyError, IndexError, TypeError, ValueError) as cause:
            raise DamagedSeries(f"{folder.name} holds no series") from cause
        if not matches:
            raise DamagedSeries(f"{folder.name} holds no series of a kind that is known")

    @property
    def count(self) -> int:
        return int(self._series.shape[0])

    @cached_property
    def years(self) -> np.ndarray:
        """float64 (N,): time since the first date, days / 365 as EGMS counts."""
        return np.array([(each - self.dates[0]).days for each in self.dates]) / DAYS_PER_YEAR

    def row(self, index: int) -> np.ndarray:
        """float32 (N,), mm; NaN where there is none. Raises IndexError, DamagedSeries."""
        return self.rows([index])[0]

    def rows(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """float32 (k, N), mm, in the order asked for; each chunk is read once. Raises IndexError, DamagedSeries."""
        raw = self.raw(indices)
        found = raw.astype(np.float32)
        found /= np.float32(10)
        found[raw == NODATA] = np.nan
        return found

    def raw(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """(k, N) as kept: tenths of a millimetre, NODATA where there is none; int16, or int32 in a wide part."""
        return self._series.take(indices)

    def extra(self, name: str, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """(k,) of the further numbers ``name``. Raises KeyError where the part has none of that name."""
        folder = self._folder / f"extra_{name}"
        if not name.isidentifier() or not folder.is_dir():
            raise KeyError(name)
        return _Chunked(folder).take(indices)

    def blocks(self, rows: int = 8 * ROWS_PER_CHUNK) -> Iterator[tuple[int, np.ndarray]]:
        """All series one block after the other: (first row, raw values)."""
        for first in range(0, self.count, rows):
            yield first, self.raw(np.arange(first, min(first + rows, self.count)))


class _Chunked:
    """A Zarr array whose chunks divide only its rows, read chunk by chunk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        about = _description(folder)
        try:
            self.shape = tuple(int(each) for each in about["shape"])
            self.dtype = np.dtype(about["data_type"])
            chunk = about["chunk_grid"]["configuration"]["chunk_shape"]
            self._rows = int(chunk[0])
            # What else zarr writes into a file's end is the library's to read, not ours.
            known = [each["name"] for each in about["codecs"]] == ["bytes", "blosc", "crc32c"]
            if not known or tuple(chunk[1:]) != self.shape[1:] or self._rows < 1:
                raise ValueError("other chunks than are written here")
        except (KeyError, IndexError, TypeError, ValueError) as cause:
            raise DamagedSeries(f"{folder.parent.name} is no folder of series that is known") from cause

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The rows asked for, in that order."""
        wanted = np.asarray(indices, np.int64).ravel()
        if wanted.size and (wanted.min() < 0 or wanted.max() >= self.shape[0]):
            raise IndexError(f"the part has {self.shape[0]} points")
        found = np.empty((wanted.size, *self.shape[1:]), self.dtype)
        chunks = wanted // self._rows
        ordered = np.argsort(chunks, kind="stable")
        borders = np.flatnonzero(np.diff(chunks[ordered])) + 1
        for own in np.split(ordered, borders):
            if own.size:
                number = int(chunks[own[0]])
                found[own] = self._chunk(number)[wanted[own] - number * self._rows]
        return found

    def _chunk(self, number: int) -> np.ndarray:
        path = self._folder.joinpath("c", str(number), *["0"] * (len(self.shape) - 1))
        try:
            data = _checked(path.read_bytes())
            values = np.frombuffer(Blosc().decode(data), self.dtype).reshape(self._rows, *self.shape[1:])
        except (OSError, ValueError, RuntimeError) as cause:
            raise DamagedSeries(f"{self._folder.parent.name}: chunk {number} is missing or damaged") from cause
        return values


def _checked(chunk: bytes) -> bytes:
    """What the checksum at the end of a chunk stands for. Blosc looks at none, and reads beyond a file cut short."""
    data, checksum = chunk[:-4], chunk[-4:]
    if not data or int.from_bytes(checksum, "little") != google_crc32c.value(data):
        raise ValueError("the checksum does not fit")
    return data


def _description(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise DamagedSeries(f"{folder.name} is missing, or is no folder of series") from cause
    if not isinstance(found, dict):
        raise DamagedSeries(f"{folder.name} is no folder of series")
    return found
