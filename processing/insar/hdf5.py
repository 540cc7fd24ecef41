"""Cubes of displacement in HDF5, as MintPy and LiCSBAS write them: each pixel with a series is a point."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from processing.insar.attributes import ATTRIBUTES
from processing.insar.delivery import MOST_POINTS, BadDelivery, Delivery, PartFacts, PointBatch
from processing.insar.pixels import PixelGrid, as_tenths, name_pixels
from processing.insar.points import keep_attribute

_DAMAGED = "it cannot be read; the upload is incomplete or damaged: upload the file again."
_MOST_DATES = 5000
_MOST_CHUNK_BYTES = 256 << 20


@dataclass(frozen=True)
class Layer:
    """A dataset (y, x) that gives each point a number."""

    dataset: h5py.Dataset
    factor: float = 1.0
    """To the unit of the attribute."""


@dataclass(frozen=True)
class Cube:
    """What a reader found in its files."""

    grid: PixelGrid
    facts: PartFacts
    displacement: h5py.Dataset
    """(date, y, x)"""

    mm: float
    """What one of its units is in millimetres."""

    layers: dict[str, Layer]
    """By attribute, or by a name of its own."""

    masks: tuple[h5py.Dataset, ...] = ()
    """(y, x), 0 where there is no point."""


class CubeDelivery:
    """The pixels of a cube that hold anything but zeros and NaN on any date, row by row.

    The reference point holds only zeros, and so is none of them.
    """

    def __init__(self, cube: Cube, files: list[h5py.File], *, wide: bool = False) -> None:
        self._cube, self._files, self._wide = cube, files, wide
        columns = tuple(name for name in ATTRIBUTES if name in self._names)
        extra = tuple(name for name in self._names if name not in ATTRIBUTES)
        self.facts = replace(cube.facts, columns=columns, extra=extra)
        self.rounded, self.share_read = 0, 0.0

    def batches(self, size: int = 50_000) -> Iterator[PointBatch]:
        """All points, at most ``size`` at a time; raises as ``Delivery.batches`` does."""
        grid, cube = self._cube.grid, self._cube.displacement
        self.rounded, self.share_read, count = 0, 0.0, 0
        chunk_rows = cube.chunks[1] if cube.chunks else 1
        for window in grid.windows(cube.shape[0] * 8, chunk_rows):
            with reading(grid.name):
                values = np.asarray(cube[:, window, :], np.float64)
                rows, columns = np.nonzero(self._valid(values, window))
                layers = {name: self._layer(each, window) for name, each in self._cube.layers.items()}
            for first in range(0, rows.size, size):
                part = slice(first, first + size)
                yield self._batch(values, layers, rows[part], columns[part], window.start)
            count += rows.size
            self.share_read = window.stop / grid.height
            if count > MOST_POINTS:
                raise BadDelivery(grid.name, f"it has more than {MOST_POINTS:,} points; cut it into tiles.")
        if not count:
            raise BadDelivery(grid.name, "there are no points in it: all pixels are empty or masked.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    @property
    def _names(self) -> list[str]:
        names = list(self._cube.layers)
        if set(names) >= _LOOKING:
            names = [name for name in names if name != "azimuth_angle"] + ["los_east", "los_north", "los_up"]
        return names

    def _valid(self, values: np.ndarray, window: slice) -> np.ndarray:
        valid: np.ndarray = (np.isfinite(values) & (values != 0)).any(axis=0)
        for mask in self._cube.masks:
            kept = np.asarray(mask[window, :], np.float64)
            valid &= np.isfinite(kept) & (kept != 0)
        return valid

    def _layer(self, layer: Layer, window: slice) -> np.ndarray:
        return np.asarray(layer.dataset[window, :], np.float64) * layer.factor

    def _batch(
        self, values: np.ndarray, layers: dict[str, np.ndarray], rows: np.ndarray, columns: np.ndarray, first_row: int
    ) -> PointBatch:
        name, places = self._cube.grid.name, rows + first_row
        lon, lat = self._cube.grid.degrees(places, columns)
        series, rounded = as_tenths(name, values[:, rows, columns].T * self._cube.mm, wide=self._wide)
        self.rounded += rounded
        numbers = _with_sight({each: layer[rows, columns] for each, layer in layers.items()})
        kept = {each: keep_attribute(name, each, numbers[each], places) for each in self._names}
        return PointBatch(
            lon=lon,
            lat=lat,
            pid=name_pixels(places, columns),
            attributes={each: kept[each] for each in self.facts.columns},
            displacement=np.ascontiguousarray(series),
            extra={each: kept[each] for each in self.facts.extra},
            first_line=int(places[0]),
        )


_LOOKING = frozenset({"incidence_angle", "azimuth_angle"})


def _with_sight(numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """With the line of sight, from the ground to the satellite, where both its angles are known.

    MintPy's azimuthAngle is that of this vector, anticlockwise from north.
    """
    if numbers.keys() >= _LOOKING:
        incidence, azimuth = np.radians(numbers["incidence_angle"]), np.radians(numbers.pop("azimuth_angle"))
        numbers["los_east"] = -np.sin(incidence) * np.sin(azimuth)
        numbers["los_north"] = np.sin(incidence) * np.cos(azimuth)
        numbers["los_up"] = np.cos(incidence)
    return numbers


def open_hdf5(path: Path, *, wide: bool = False) -> Delivery:
    """A cube of MintPy or LiCSBAS. Raises BadDelivery where it is of neither, or cannot be read."""
    # They import from here what they share.
    from processing.insar import licsbas, mintpy

    # Readers add what they open beside it.
    files = [open_file(path)]
    try:
        with reading(path.name):
            for reader in (mintpy, licsbas):
                if reader.is_mine(path.name, files[0]):
                    return CubeDelivery(reader.read_cube(path, files), files, wide=wide)
            names = ", ".join(repr(name[:30]) for name in list(files[0])[:8])
        raise BadDelivery(path.name, f"this HDF5 is neither of MintPy nor of LiCSBAS; there is {names or 'nothing'}.")
    except BaseException:
        for file in files:
            file.close()
        raise


def open_file(path: Path) -> h5py.File:
    """Raises BadDelivery where it is cut off or damaged."""
    with reading(path.name):
        return h5py.File(path, "r", locking=False)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what h5py raises on damaged files into BadDelivery."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, OverflowError, MemoryError):
        raise BadDelivery(name, _DAMAGED) from None


def dataset(name: str, group: h5py.Group, path: str, shape: tuple[int, ...] | None = None) -> h5py.Dataset | None:
    """A dataset that lies in the file itself, or None where there is none of this name.

    Raises BadDelivery where it leads to another file, or has another ``shape`` than the rest.
    """
    place = _within(name, group, path)
    if not isinstance(place, h5py.Dataset):
        return None
    if place.is_virtual or place.external:
        raise BadDelivery(name, f"{path} takes its numbers from another file; that is refused.")
    if shape is not None and place.shape != shape:
        raise BadDelivery(name, f"{path} has the shape {place.shape} instead of {shape}.")
    if place.chunks and np.prod(place.chunks, dtype=np.float64) * place.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise BadDelivery(name, f"{path} is stored in chunks of over {_MOST_CHUNK_BYTES >> 20} MB; write smaller ones.")
    return place


def subgroup(name: str, group: h5py.Group, path: str) -> h5py.Group | None:
    """A group that lies in the file itself, or None. Raises BadDelivery where it leads to another file."""
    place = _within(name, group, path)
    return place if isinstance(place, h5py.Group) else None


def _within(name: str, group: h5py.Group, path: str) -> Any:
    place: Any = group
    for part in path.split("/"):
        link = place.get(part, getlink=True) if isinstance(place, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise BadDelivery(name, f"{path} is a link to somewhere else; links are refused.")
        place = place[part]
    return place


def read_dates(name: str, found: h5py.Dataset | None) -> tuple[date, ...]:
    """Days written as YYYYMMDD, as text or as numbers. Raises BadDelivery where there are none or not in order."""
    if found is None or found.ndim != 1 or not found.size:
        raise BadDelivery(name, "it has no dates.")
    if found.size > _MOST_DATES:
        raise BadDelivery(name, f"it has more than {_MOST_DATES} dates.")
    dates: list[date] = []
    for value in found[()].tolist():
        written = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        try:
            dates.append(datetime.strptime(written[:8], "%Y%m%d").date())
        except ValueError:
            raise BadDelivery(name, f"{written[:20]!r} among its dates is no day (YYYYMMDD).") from None
    for earlier, later in zip(dates, dates[1:], strict=False):
        if later <= earlier:
            raise BadDelivery(name, f"the dates are not in order: {later} follows {earlier}.")
    return tuple(dates)


def check_cube(name: str, cube: h5py.Dataset | None, dates: tuple[date, ...], where: str) -> h5py.Dataset:
    """The cube, if it has a layer for each date. Raises BadDelivery."""
    if cube is None or cube.ndim != 3 or cube.dtype.kind not in "fiu":
        raise BadDelivery(name, f"there is no cube of numbers {where} (date, y, x) in it.")
    if cube.shape[0] != len(dates):
        raise BadDelivery(name, f"{where} has {cube.shape[0]} layers, but there are {len(dates)} dates.")
    return cube
