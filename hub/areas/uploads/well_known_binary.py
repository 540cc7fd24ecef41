"""Geometries in the binary form of the OGC (WKB), as GeoPackages hold them.

Read here and not by GEOS, which goes as deep into nested collections as a file leads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from hub.areas.uploads.found import Found, Rings

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = range(1, 8)
_DEEPEST = 8
_ORDERS = {0: ">", 1: "<"}


def read(blob: bytes, found: Found) -> list[Rings]:
    """The polygons of a geometry; other shapes are counted in ``found``. Raises ValueError for what is no WKB."""
    reader = _Reader(blob, found)
    try:
        return list(reader.polygons())
    except struct.error:
        raise ValueError("is cut short") from None


class _Reader:
    def __init__(self, blob: bytes, found: Found) -> None:
        self.blob = blob
        self.at = 0
        self.found = found

    def polygons(self, depth: int = 0) -> Iterator[Rings]:
        if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        order, kind, dimensions = self._head()
        if kind == POLYGON:
            yield [self._points(order, dimensions) for _ in range(self._count(order, 4))]
        elif kind in (MULTIPOLYGON, COLLECTION, MULTIPOINT, MULTILINE):
            for _ in range(self._count(order, 9 if kind != MULTIPOINT else 21)):
                yield from self.polygons(depth + 1)
        elif kind == LINE:
            self._points(order, dimensions)
            self.found.lines += 1
        elif kind == POINT:
            self.at += 8 * dimensions
            self.found.points += 1
        else:
            raise ValueError("is of a kind that cannot be read, a curve for example")

    def _head(self) -> tuple[str, int, int]:
        """Byte order, kind and number of dimensions, in ISO's way or PostGIS's."""
        order = _ORDERS.get(self.blob[self.at] if self.at < len(self.blob) else -1)
        if order is None:
            raise ValueError("is no WKB")
        (code,) = struct.unpack_from(order + "I", self.blob, self.at + 1)
        self.at += 5
        if code & 0x20000000:
            self.at += 4  # PostGIS's number of the coordinate system
        flags = (code >> 30).bit_count()
        thousands, kind = divmod(code & 0x0FFFFFFF, 1000)
        extra = {0: 0, 1: 1, 2: 1, 3: 2}.get(thousands)
        if extra is None:
            raise ValueError("is of an unknown kind")
        return order, kind, 2 + max(extra, flags)

    def _count(self, order: str, least_bytes: int) -> int:
        """How many follow; not more than there is room for."""
        (count,) = struct.unpack_from(order + "I", self.blob, self.at)
        self.at += 4
        if count * least_bytes > len(self.blob) - self.at:
            raise ValueError("is cut short")
        return int(count)

    def _points(self, order: str, dimensions: int) -> np.ndarray:
        count = self._count(order, 8 * dimensions)
        values = np.frombuffer(self.blob, f"{order}f8", count * dimensions, self.at)
        self.at += values.nbytes
        return values.reshape(count, dimensions).astype(np.float64)
