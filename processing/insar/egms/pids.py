"""The ids of EGMS's points: where a point lies, in 62 letters and digits (Product Description, 11.3).

The specification's example is a VV burst, and fixes 3 for VV; that HH, HV, VH are 0, 1, 2 is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processing.insar.egms.names import FACILITIES, MOST_TRACK, POLARISATIONS

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_CODES = np.frombuffer(_LETTERS.encode(), np.uint8)
_FACILITY_LENGTH, _BURST_LENGTH, _POINT_LENGTH = 1, 4, 5
_CELL_M = 100
_LARGEST_LINE, _LARGEST_PIXEL, _LARGEST_BURST = 2**11 - 1, 2**16 - 1, 2**12 - 1


@dataclass(frozen=True)
class L2Pid:
    """A point of a burst."""

    facility: int
    track: int
    burst: int
    swath: int
    polarisation: str
    line: int
    pixel: int

    @property
    def burst_identity(self) -> str:
        """As in file names: "088_0282_IW2_VV"."""
        return f"{self.track:03d}_{self.burst:04d}_IW{self.swath}_{self.polarisation}"


def encode_l2(pid: L2Pid) -> str:
    """The ten characters. Raises ValueError for numbers that they have no room for."""
    if not 0 <= pid.line <= _LARGEST_LINE or not 0 <= pid.pixel <= _LARGEST_PIXEL:
        raise ValueError(f"line {pid.line}, pixel {pid.pixel} are outside of a burst")
    point = _written(pid.line << 16 | pid.pixel, _POINT_LENGTH)
    return _prefix(pid.facility, pid.track, pid.burst, pid.swath, pid.polarisation) + point


def encode_l2_many(
    facility: int, track: int, burst: int, swath: int, polarisation: str, line: np.ndarray, pixel: np.ndarray
) -> np.ndarray:
    """Ids ('S10') of points of one burst by their lines and pixels. Raises ValueError as ``encode_l2`` does."""
    if line.size and not (line.min() >= 0 and line.max() <= _LARGEST_LINE):
        raise ValueError(f"a burst has lines 0 to {_LARGEST_LINE}")
    if pixel.size and not (pixel.min() >= 0 and pixel.max() <= _LARGEST_PIXEL):
        raise ValueError(f"a burst has pixels 0 to {_LARGEST_PIXEL}")
    prefix = np.frombuffer(_prefix(facility, track, burst, swath, polarisation).encode(), np.uint8)
    characters = np.empty((line.size, prefix.size + _POINT_LENGTH), np.uint8)
    characters[:, : prefix.size] = prefix
    characters[:, prefix.size :] = _written_many(line.astype(np.int64) << 16 | pixel.astype(np.int64), _POINT_LENGTH)
    return characters.view(f"S{characters.shape[1]}").ravel()


def decode_l2(text: str) -> L2Pid:
    """What an id of ten characters says. Raises ValueError where it is none."""
    if len(text) != _FACILITY_LENGTH + _BURST_LENGTH + _POINT_LENGTH:
        raise ValueError(f"{text!r} has not ten characters")
    facility, burst, point = _read(text[:1]), _read(text[1:5]), _read(text[5:])
    swath = burst >> 2 & 3
    pid = L2Pid(
        facility, burst >> 16, burst >> 4 & _LARGEST_BURST, swath, POLARISATIONS[burst & 3], point >> 16, point & 0xFFFF
    )
    if facility not in FACILITIES or not 1 <= pid.track <= MOST_TRACK or not swath or pid.line > _LARGEST_LINE:
        raise ValueError(f"{text!r} is no id of a point of a burst")
    return pid


def encode_l3(facility: int, easting: float, northing: float) -> str:
    """Id of the cell of 100 m that a place in EPSG:3035 lies in. Raises ValueError for an unknown facility."""
    return str(encode_l3_many(facility, np.array([easting]), np.array([northing]))[0], "ascii")


def encode_l3_many(facility: int, easting: np.ndarray, northing: np.ndarray) -> np.ndarray:
    """Ids ('S') of cells, as ``encode_l3``."""
    if facility not in FACILITIES:
        raise ValueError(f"{facility} is no facility")
    column, row = (np.floor_divide(each, _CELL_M).astype(np.int64) for each in (easting, northing))
    if column.size and (min(column.min(), row.min()) < 0 or max(column.max(), row.max()) >= 2**17):
        raise ValueError("the place is outside of EPSG:3035")
    cells = row << 32 | column
    length = _length(int(cells.max())) if cells.size else 1
    characters = np.empty((cells.size, 1 + length), np.uint8)
    characters[:, 0] = ord(_LETTERS[facility])
    characters[:, 1:] = _written_many(cells, length)
    if cells.size and _length(int(cells.min())) != length:
        # Numbers are written without zeros before them, so that lengths differ at the borders of powers of 62.
        return np.array([_LETTERS[facility] + _written(int(cell), _length(int(cell))) for cell in cells], "S")
    return characters.view(f"S{characters.shape[1]}").ravel()


def decode_l3(text: str) -> tuple[int, int, int]:
    """Facility, easting and northing (m, south-west corner) of a cell's id. Raises ValueError where it is none."""
    if not 2 <= len(text) <= 12:
        raise ValueError(f"{text!r} is no id of a cell")
    facility, cell = _read(text[:1]), _read(text[1:])
    if facility not in FACILITIES or cell >> 32 >= 2**17 or cell & 0xFFFFFFFF >= 2**17:
        raise ValueError(f"{text!r} is no id of a cell")
    return facility, (cell & 0xFFFFFFFF) * _CELL_M, (cell >> 32) * _CELL_M


def _prefix(facility: int, track: int, burst: int, swath: int, polarisation: str) -> str:
    if facility not in FACILITIES or not 1 <= track <= MOST_TRACK or not 1 <= swath <= 3:
        raise ValueError(f"there is no facility {facility}, track {track} or swath {swath}")
    if not 0 <= burst <= _LARGEST_BURST or polarisation not in POLARISATIONS:
        raise ValueError(f"there is no burst {burst} or polarisation {polarisation}")
    number = track << 16 | burst << 4 | swath << 2 | POLARISATIONS.index(polarisation)
    return _LETTERS[facility] + _written(number, _BURST_LENGTH)


def _length(number: int) -> int:
    length = 1
    while number >= 62**length:
        length += 1
    return length


def _written(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, rest = divmod(number, 62)
        letters = _LETTERS[rest] + letters
    return letters


def _written_many(numbers: np.ndarray, length: int) -> np.ndarray:
    """Characters (number, place) as bytes."""
    characters = np.empty((numbers.size, length), np.uint8)
    for place in reversed(range(length)):
        numbers, rest = np.divmod(numbers, 62)
        characters[:, place] = _CODES[rest]
    return characters


def _read(text: str) -> int:
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError(f"{letter!r} is none of the 62 letters and digits")
        number = number * 62 + _VALUES[letter]
    return number
