"""Rows of points in PostgreSQL's binary COPY format, made of arrays: no Python per row.

Source of the format: the PostgreSQL documentation of COPY, "Binary Format". A row is a count of columns and for each
its length and bytes, big-endian; a length of -1 is NULL. Points are staged in the file's order as such rows, but for
the pid, whose room is known only at the end; ``Rows.packed`` puts the rest together in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from hub.insar.models.words import MAP_SRID
from processing.insar.attributes import NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = -1

KEYS = ("layer_id", "part_id", "row")
INTEGERS = ("cluster_label", "mp_type", "line", "pixel")
REALS = (
    "height", "height_wgs84", "rmse", "temporal_coherence", "amplitude_dispersion", "incidence_angle", "track_angle",
    "los_east", "los_north", "los_up", "mean_velocity", "mean_velocity_std", "acceleration", "acceleration_std",
    "seasonality", "seasonality_std",
)  # fmt: skip
DOUBLES = ("easting", "northing")
NUMBERS = INTEGERS + REALS + DOUBLES
"""The columns of the table that are attributes of a point."""
_TYPES = dict.fromkeys(KEYS + INTEGERS, ">i4") | dict.fromkeys(REALS, ">f4") | dict.fromkeys(DOUBLES, ">f8")
# A little-endian EWKB point with its SRID.
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])
_POINT_WITH_SRID = 0x20000001


class StagedRows:
    """How the points of a part are staged: which columns it gives, which of these are empty here and there."""

    def __init__(self, columns: Iterable[str]) -> None:
        """``columns``: those of ``NUMBERS`` that have a value anywhere."""
        self.columns = tuple(name for name in NUMBERS if name in set(columns))
        self.gaps: set[str] = set()
        """Columns that are NULL in some rows."""
        fields: list[tuple[str, Any]] = [("columns", ">i2")]
        for name in (*KEYS, *NUMBERS):
            fields.append((f"{name}:length", ">i4"))
            if name in KEYS or name in self.columns:
                fields.append((name, _TYPES[name]))
        fields += [("geom:length", ">i4"), ("geom", _POINT)]
        self.dtype = np.dtype(fields)
        self._alike = self._what_all_share()

    def _what_all_share(self) -> np.ndarray:
        """A row with all in it but its numbers."""
        row = np.zeros(1, self.dtype)
        row["columns"] = len(KEYS) + len(NUMBERS) + 2
        for name in (*KEYS, *NUMBERS):
            there = name in KEYS or name in self.columns
            row[f"{name}:length"] = np.dtype(_TYPES[name]).itemsize if there else NULL
        geom = row["geom"]
        row["geom:length"] = _POINT.itemsize
        geom["order"], geom["kind"], geom["srid"] = 1, _POINT_WITH_SRID, MAP_SRID
        return row

    def stage(self, x: np.ndarray, y: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Points as rows without pid, part and place in the part."""
        # As single values they are copied whole, not field by field.
        whole = np.dtype((np.void, self.dtype.itemsize))
        rows = np.full(x.size, self._alike.view(whole)[0], whole).view(self.dtype)
        for name in self.columns:
            given = values[name]
            missing = given == NO_NUMBER if name in INTEGERS else np.isnan(given)
            if missing.any():
                self.gaps.add(name)
                rows[f"{name}:length"][missing] = NULL
            rows[name] = given
        rows["geom"]["x"], rows["geom"]["y"] = x, y
        return rows

    def pack(self, rows: np.ndarray, pids: np.ndarray, *, layer: int, part: int, first_row: int) -> bytes:
        """Staged rows and their pids (row, byte; zeros behind), as a part's rows from ``first_row`` on."""
        count, width = rows.size, rows.dtype.itemsize
        rows["layer_id"], rows["part_id"] = layer, part
        rows["row"] = np.arange(first_row, first_row + count)
        lengths = np.count_nonzero(pids, axis=1)
        longest = int(lengths.max(initial=0))
        packed = np.empty((count, width + 4 + longest), np.uint8)
        packed[:, :width] = rows.view(np.uint8).reshape(count, width)
        packed[:, width : width + 4] = lengths.astype(">i4").view(np.uint8).reshape(count, 4)
        packed[:, width + 4 :] = pids[:, :longest]
        if not self.gaps and (lengths == longest).all():
            return packed.tobytes()
        kept = np.ones(packed.shape, bool)
        leave_out_nulls(rows, self.gaps, kept)
        kept[:, width + 4 :] = np.arange(longest) < lengths[:, np.newaxis]
        return packed[kept].tobytes()


def leave_out_nulls(rows: np.ndarray, names: Iterable[str], kept: np.ndarray) -> None:
    """Clear in ``kept`` (row, byte) the room of those columns whose length says NULL."""
    for name in names:
        dtype, offset = rows.dtype.fields[name][:2]  # type: ignore[index]
        kept[rows[f"{name}:length"] == NULL, offset : offset + dtype.itemsize] = False


@contextmanager
def loading(table: str, columns: Iterable[str]) -> Iterator[Callable[[bytes], None]]:
    """A function that takes rows in binary form into ``table``, within the caller's transaction."""
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(SIGNATURE)
        yield copy.write
        copy.write(END)


POINT_COLUMNS = (*KEYS, *NUMBERS, "geom", "pid")
"""Of a row, in the order that ``StagedRows`` has them."""
