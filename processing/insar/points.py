"""Checks of points that all readers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from processing.insar.attributes import ATTRIBUTES
from processing.insar.delivery import LONGEST_PID, MOST_POINTS, BadDelivery
from processing.kernels.delimited import scramble_names

_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_LARGEST_INT32 = 2**31 - 1


def check_places(name: str, lon: np.ndarray, lat: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Longitudes from -180 to 180. Raises BadDelivery with the line of the first point that lies nowhere on Earth."""
    # Written so that NaN is refused as well.
    wrong = ~((np.abs(lat) <= 90) & (lon >= -360) & (lon <= 360))
    if wrong.any():
        at = int(wrong.argmax())
        problem = f"there is no place of latitude {lat[at]:.10g} and longitude {lon[at]:.10g}."
        raise BadDelivery(name, problem, line=int(lines[at]))
    if (np.abs(lon) > 180).any():
        return np.mod(lon + 180, 360) - 180
    return lon


def keep_attribute(name: str, attribute: str, values: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Numbers (float64, NaN where nothing is given) in the attribute's type. Raises BadDelivery where one does not fit.

    An ``attribute`` that is not canonical is kept as float32.
    """
    known = ATTRIBUTES.get(attribute)
    dtype, missing = (known.dtype, known.missing) if known else ("float32", np.nan)
    if dtype == "float64":
        return values
    given = np.isfinite(values)
    if dtype == "int32":
        wrong = given & ((np.trunc(values) != values) | (np.abs(values) > _LARGEST_INT32))
    else:
        wrong = given & (np.abs(values) > _LARGEST_FLOAT32)
    if wrong.any():
        at = int(wrong.argmax())
        whole = f"{attribute} should be a whole number of 32 bits, but is {values[at]:.10g}."
        small = f"{attribute} is {values[at]:.10g}, which is beyond all measure."
        raise BadDelivery(name, whole if dtype == "int32" else small, line=int(lines[at]))
    return np.where(given, values, missing).astype(dtype)


class SeenNames:
    """Looks out for names that come twice, by 64 bits each: some 8 bytes a point, whatever their length."""

    def __init__(self) -> None:
        self._scrambled: list[np.ndarray] = []
        self._count = 0

    def add(self, name: str, names: np.ndarray) -> None:
        """Take note of ``names`` (row, byte). Raises BadDelivery for a file ``name`` of too many points."""
        scrambled = np.empty(len(names), np.uint64)
        scramble_names(np.ascontiguousarray(names), scrambled)
        self._scrambled.append(scrambled)
        self._count += len(names)
        if self._count > MOST_POINTS:
            raise BadDelivery(name, f"it has more than {MOST_POINTS:,} points; deliver it in pieces.")

    def check(self, name: str, read_again: Callable[[], Iterator[tuple[np.ndarray, np.ndarray]]]) -> None:
        """Raise BadDelivery with both lines where a name came twice.

        Only for names that look alike is the file read again, as (names, lines), to see whether they are.
        """
        everything = self._gathered()
        everything.sort()
        alike = np.unique(everything[1:][everything[1:] == everything[:-1]])
        if not alike.size:
            return
        first_lines: dict[bytes, int] = {}
        for names, lines in read_again():
            scrambled = np.empty(len(names), np.uint64)
            scramble_names(np.ascontiguousarray(names), scrambled)
            for row in np.flatnonzero(np.isin(scrambled, alike)).tolist():
                found, line = names[row].tobytes().rstrip(b"\0"), int(lines[row])
                if found in first_lines:
                    written = found.decode("ascii", "replace")
                    problem = f"the point {written} was there before, in line {first_lines[found]}."
                    raise BadDelivery(name, problem, line=line)
                first_lines[found] = line

    def _gathered(self) -> np.ndarray:
        """All of them in one array; each batch is let go when it is copied, so that memory holds them once."""
        everything, end = np.empty(self._count, np.uint64), self._count
        while self._scrambled:
            batch = self._scrambled.pop()
            everything[end - batch.size : end] = batch
            end -= batch.size
        return everything


def as_pids(names: np.ndarray) -> np.ndarray:
    """Names (row, byte) as an array of bytes ('S')."""
    return np.ascontiguousarray(names).view(f"S{LONGEST_PID}").ravel()


def numbered(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """Names for points that have none: "12" by a number, "12c7" by row and column."""
    names = first.astype("S12")
    if second is not None:
        names = np.char.add(np.char.add(names, b"c"), second.astype("S12"))
    return names.astype(f"S{LONGEST_PID}")
