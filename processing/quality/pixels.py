"""What is on its way: pixels are counted and compared with each other while blocks are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from processing.grid import Block
from processing.kernels.counting import count_apart, count_data
from processing.layers import LAYERS, RASTERS, Decision
from processing.quality.report import Check, Level

_Key = TypeVar("_Key")
_ALL_BITS = 2**64 - 1

BRIGHTEST = 16000
"""Upper end of the valid range in S2GM's product guide: reflectance 1.6."""

MOST_CLIPPED = 0.01
MOST_MISSING = 0.01
# Each of these says of every pixel whether an observation was chosen.
_TELLING = ("source_index", "method", "scene_classification", "observation_date")
# Of what was not chosen: there are numbers where nothing was.
_REJECTED = frozenset(raster.name for raster in LAYERS["rejected_obs"].rasters)


@dataclass
class RasterCount:
    """What one raster holds: pixels with data, their smallest, largest and summed number, and all of them in place."""

    data: int = 0
    smallest: int = 0
    largest: int = 0
    total: int = 0
    zeros: int = 0
    bright: int = 0
    checksum: int | None = 0
    """Of all pixels and their places, modulo 2**64; None where not all places were told."""

    def add(self, values: np.ndarray, nodata: int, *, row: int | None, column: int | None) -> None:
        """Count the pixels of another block (y, x), the first of them at ``row``, ``column`` of the raster."""
        data, smallest, largest, total, zeros, bright, checksum = count_data(
            values, nodata, BRIGHTEST, row or 0, column or 0
        )
        if data:
            self.smallest = min(self.smallest, smallest) if self.data else smallest
            self.largest = max(self.largest, largest) if self.data else largest
        self.data += data
        self.total += total
        self.zeros += zeros
        self.bright += bright
        told = self.checksum is not None and row is not None and column is not None
        self.checksum = (self.checksum or 0) + checksum & _ALL_BITS if told else None

    @property
    def fingerprint(self) -> tuple[int, int, int, int]:
        """What has to be the same when the raster is read back, wherever its pixels lie."""
        return self.data, self.smallest, self.largest, self.total

    def same_as(self, other: RasterCount) -> bool:
        """Whether both have the same pixels, as far as is known in the same places."""
        placed = None not in (self.checksum, other.checksum)
        return self.fingerprint == other.fingerprint and (not placed or self.checksum == other.checksum)


class PixelCounts:
    """Counts over all blocks of a product; used by one thread."""

    def __init__(self) -> None:
        self.rasters: dict[str, RasterCount] = {}
        self.pixels = 0
        self.chosen: int | None = None
        """Pixels that have an observation; None where no ordered raster tells."""
        self._missing: dict[str, int] = {}
        self._differing: dict[tuple[str, str], int] = {}
        self._unfounded: dict[tuple[str, str], int] = {}

    def add(self, made: Mapping[str, np.ndarray], block: Block | None = None) -> None:
        """Count the rasters of a block, (y, x) by name; without its place swapped blocks would go unnoticed."""
        row, column = (block.row, block.column) if block else (None, None)
        for name, values in made.items():
            count = self.rasters.setdefault(name, RasterCount())
            count.add(values, RASTERS[name].nodata, row=row, column=column)
        self._compare(made)

    def _compare(self, made: Mapping[str, np.ndarray]) -> None:
        """Where there is an observation all rasters say so."""
        telling = [name for name in _TELLING if name in made]
        bands = [name for name in made if RASTERS[name].is_reflectance]
        self.pixels += next(iter(made.values())).size
        chosen = _chosen(made, telling, bands)
        if chosen is None:
            return
        self.chosen = (self.chosen or 0) + int(np.count_nonzero(chosen))
        for name in made:
            if name not in (*telling[:1], *_REJECTED):
                self._compare_one(name, made[name], telling, chosen)
        if {"method", "medoid_mos"} <= set(made):
            apart = count_apart(made["medoid_mos"], _nothing("medoid_mos"), made["method"] == Decision.MEDOID)
            _tally(self._differing, ("method", "medoid_mos"), sum(apart))

    def _compare_one(self, name: str, values: np.ndarray, telling: Sequence[str], chosen: np.ndarray) -> None:
        """Nothing has a number where nothing was chosen, and what was chosen was valid.

        Not the other way round: a chosen observation may lack a band, and of two or three valid ones
        the short-term tree may take none.
        """
        lacking, beyond = count_apart(values, _nothing(name), chosen)
        if RASTERS[name].is_reflectance:
            _tally(self._missing, name, lacking)
        if name in telling:
            _tally(self._differing, (telling[0], name), lacking + beyond)
        elif telling and name == "valid_obs":
            _tally(self._unfounded, (telling[0], name), lacking)
        elif telling:
            _tally(self._unfounded, (name, telling[0]), beyond)

    def checks(self) -> list[Check]:
        """What was found."""
        return [*self._agreement(), *self._ranges(), *self._reflectances()]

    def _agreement(self) -> Iterator[Check]:
        for (one, other), pixels in self._differing.items():
            message = (
                f"{one} and {other} agree on every pixel."
                if not pixels
                else (f"{one} and {other} disagree on {pixels} pixels on whether there is an observation.")
            )
            yield Check(Level.PIXEL, "agreement", pixels == 0, message, f"{one}, {other}", pixels)
        for (one, other), pixels in sorted(self._unfounded.items()):
            message = (
                f"Wherever {one} holds an observation, {other} does."
                if not pixels
                else (f"On {pixels} pixels {one} holds an observation and {other} holds none.")
            )
            yield Check(Level.PIXEL, "agreement", pixels == 0, message, f"{one}, {other}", pixels)

    def _ranges(self) -> Iterator[Check]:
        for name, count in self.rasters.items():
            low, high = RASTERS[name].valid_range
            sound = count.data == 0 or (low <= count.smallest and count.largest <= high)
            found = f"from {count.smallest} to {count.largest}" if count.data else "none"
            message = f"Stored numbers: {found}; {low} to {high} can be."
            yield Check(Level.PIXEL, "range", sound, message, name, found)

    def _reflectances(self) -> Iterator[Check]:
        for name, count in self.rasters.items():
            if not RASTERS[name].is_reflectance:
                continue
            for kind, pixels, words in (
                ("bright", count.bright, "brighter than reflectance 1.6"),
                ("clipped", count.zeros, "0: nothing, or less, was reflected"),
            ):
                share = pixels / count.data if count.data else 0.0
                yield Check(
                    Level.PIXEL, kind, share <= MOST_CLIPPED, f"{share:.3%} of its pixels are {words}.", name,
                    round(share, 6),
                )  # fmt: skip
            share = self._missing[name] / self.chosen if self.chosen else 0.0
            message = f"{share:.3%} of the chosen observations have no number in this band."
            yield Check(Level.PIXEL, "missing", share <= MOST_MISSING, message, name, round(share, 6))


def _chosen(made: Mapping[str, np.ndarray], telling: Sequence[str], bands: Sequence[str]) -> np.ndarray | None:
    """bool (y, x): where an observation was chosen, by the rasters that tell it best; None: none tells."""
    if telling:
        return _has_data(telling[0], made[telling[0]])
    if bands:
        return np.logical_or.reduce([_has_data(name, made[name]) for name in bands])
    return _has_data("valid_obs", made["valid_obs"]) if "valid_obs" in made else None


def _tally(counts: dict[_Key, int], key: _Key, pixels: int) -> None:
    counts[key] = counts.get(key, 0) + pixels


def _has_data(name: str, values: np.ndarray) -> np.ndarray:
    """bool (y, x): where a raster says that there is an observation."""
    return values != _nothing(name)


def _nothing(name: str) -> int:
    """What a raster holds where there is no observation."""
    return 0 if name in ("method", "valid_obs") else RASTERS[name].nodata
