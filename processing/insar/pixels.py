"""Pixels of grids as points: where they lie, their names, their numbers as series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio import Affine

from processing.insar.delivery import LARGEST_NARROW_MM, NODATA, BadDelivery, WideSeries
from processing.insar.points import check_places, numbered

MOST_PIXELS = 400_000_000
_WINDOW_BYTES, _MOST_WINDOW_BYTES = 64 << 20, 256 << 20
_WGS84 = 4326
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True)
class PixelGrid:
    """Where the pixels of a file lie."""

    name: str
    """Of the file, for messages."""

    height: int
    width: int
    transform: Affine
    """From column and row, whole at a pixel's upper left corner, to ``crs``."""

    crs: CRS = field(default_factory=lambda: CRS.from_epsg(_WGS84))

    def __post_init__(self) -> None:
        """Raises BadDelivery for a grid that is empty, endless, or lies nowhere."""
        if self.height < 1 or self.width < 1:
            raise BadDelivery(self.name, "its grid is empty.")
        if self.height * self.width > MOST_PIXELS:
            limit = f"{MOST_PIXELS / 1e6:.0f} million"
            raise BadDelivery(self.name, f"its grid has more than {limit} pixels; cut it into tiles.")
        if not np.isfinite(self.transform).all() or self.transform.is_degenerate:
            raise BadDelivery(self.name, "its pixels have no size; georeference it.")

    def windows(self, bytes_per_pixel: int, multiple: int = 1) -> Iterator[slice]:
        """Slices of rows, as many at once as fit in some memory, by a ``multiple`` where that fits as well.

        Raises BadDelivery where not even one row does.
        """
        row_bytes = bytes_per_pixel * self.width
        if row_bytes > _MOST_WINDOW_BYTES:
            raise BadDelivery(self.name, "one row of its grid is too much to read at once; cut it into tiles.")
        rows = max(1, _WINDOW_BYTES // row_bytes)
        if rows >= multiple:
            rows -= rows % multiple
        elif multiple * row_bytes <= _MOST_WINDOW_BYTES:
            rows = multiple
        for first in range(0, self.height, rows):
            yield slice(first, min(first + rows, self.height))

    def places(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the middle of these pixels in ``crs``."""
        return self.transform @ (columns + 0.5, rows + 0.5)

    def degrees(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude of the middle of these pixels. Raises BadDelivery where there are none."""
        x, y = self.places(rows, columns)
        if self._to_degrees is not None:
            x, y = self._to_degrees.transform(x, y)
        try:
            return check_places(self.name, np.asarray(x, np.float64), np.asarray(y, np.float64), rows), y
        except BadDelivery as error:
            raise BadDelivery(self.name, f"in row {error.line} of the grid, {error.problem}") from None

    @cached_property
    def _to_degrees(self) -> Transformer | None:
        return None if self.crs.to_epsg() == _WGS84 else Transformer.from_crs(self.crs, _WGS84, always_xy=True)


def find_crs(name: str, written: str | int) -> CRS:
    """A coordinate system by its code. Raises BadDelivery where there is none."""
    try:
        return CRS.from_user_input(written)
    except ProjError:
        raise BadDelivery(name, f"its coordinate system, {str(written)[:60]}, is unknown; use one of EPSG.") from None


def name_pixels(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Names ('S') of pixels by row and column from 0 on: "12c7"."""
    return numbered(rows, columns)


def as_tenths(name: str, displacement_mm: np.ndarray, *, wide: bool) -> tuple[np.ndarray, int]:
    """Displacements (float64, NaN where none) in tenths of a millimetre, and how many of them were rounded.

    Rounded half away from zero. Raises WideSeries, and BadDelivery for what even 32 bits have no room for.
    """
    tenths = displacement_mm * 10
    known = np.isfinite(tenths)
    whole = np.where(known, np.copysign(np.floor(np.abs(tenths) + 0.5), tenths), 0)
    largest = float(np.abs(whole).max(initial=0))
    if largest > _LARGEST_INT32:
        raise BadDelivery(name, f"a displacement is {largest / 10:.6g} mm; is its unit right?")
    if not wide and largest > round(LARGEST_NARROW_MM * 10):
        raise WideSeries(
            name, f"a displacement is {largest / 10:.1f} mm, beyond ±{LARGEST_NARROW_MM}; read it with more room."
        )
    # In 32 bits this is a displacement, but also the mark of none.
    whole[whole == NODATA] += 1
    # Float32 keeps a tenth of a millimetre in metres to about a thousandth of it.
    rounded = int((known & (np.abs(np.where(known, tenths, 0) - whole) > 0.01)).sum())
    return np.where(known, whole, NODATA).astype(np.int32 if wide else np.int16), rounded


def plain(value: Any) -> Any:
    """An attribute of a file as text or a number for JSON."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")[:200]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float) else str(value)[:200]
