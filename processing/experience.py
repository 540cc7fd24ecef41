"""What delivered products came to, against what was expected of them: corrects the next expectation.

Ratios of found to expected are gathered at levels from coarse to fine (all products, those of a format, of a raster
in it, in a resolution); each level's median pulls the correction towards it, the more the more products it has.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from processing.estimating import DESCRIPTIONS, QUICKLOOK, Measure, expected_bytes, expected_seconds
from processing.spec import MosaicSpec

DATA = "data"
"""Stands for all rasters of a format that puts them into one file."""

ENOUGH = 10
"""Products after which an expectation is called learnt."""

# So many products weigh as much as what is known without them.
_PRIOR_WEIGHT = 4.0
_MOST = 20.0
# Half of the spread that is told: before and after enough products were delivered.
_SIZE_SPREAD, _LEARNT_SIZE_SPREAD = 1.4, 1.2
_TIME_SPREAD, _LEARNT_TIME_SPREAD = 2.5, 1.6

Level = tuple[Hashable, ...]


@dataclass(frozen=True)
class Delivered:
    """One product as it was delivered."""

    spec: MosaicSpec
    measure: Measure
    cell_m: float
    bytes: Mapping[str, float]
    """Of its files: by raster, QUICKLOOK, DESCRIPTIONS, and DATA for a file of all rasters."""

    seconds: float | None
    """From begin to end of its making; None where that is not known."""

    slow_source: bool = False


@dataclass(frozen=True)
class Range:
    """An expectation, and between what it may lie."""

    expected: float
    low: float
    high: float

    @classmethod
    def around(cls, expected: float, spread: float) -> Range:
        return cls(expected, expected / spread, expected * spread)


class Experience:
    """What is expected of a product, with what ``delivered`` products came to."""

    def __init__(self, delivered: Iterable[Delivered] = ()) -> None:
        self._sizes: dict[Level, list[float]] = defaultdict(list)
        self._times: dict[Level, list[float]] = defaultdict(list)
        self._one_file: set[str] = set()
        self.products = 0
        for product in delivered:
            self._learn(product)

    @property
    def has_enough(self) -> bool:
        return self.products >= ENOUGH

    def bytes(self, spec: MosaicSpec, measure: Measure, *, cell_m: float = 0.0) -> float:
        """Bytes of a product's files, sidecars included and the zip not."""
        expected = expected_bytes(spec, measure, cell_m=cell_m)
        return sum(size * _correction(self._sizes, self._levels(spec, part)) for part, size in expected.items())

    def seconds(self, spec: MosaicSpec, measure: Measure, *, cell_m: float = 0.0, slow_source: bool = False) -> float:
        """Seconds that a worker takes for a product."""
        expected = expected_seconds(spec, measure, cell_m=cell_m, slow_source=slow_source)
        return expected * _correction(self._times, _time_levels(spec, expected))

    def size_range(self, expected: float) -> Range:
        return Range.around(expected, _LEARNT_SIZE_SPREAD if self.has_enough else _SIZE_SPREAD)

    def time_range(self, expected: float) -> Range:
        return Range.around(expected, _LEARNT_TIME_SPREAD if self.has_enough else _TIME_SPREAD)

    def _levels(self, spec: MosaicSpec, part: str) -> list[Level]:
        is_raster = part not in (QUICKLOOK, DESCRIPTIONS)
        return _size_levels(spec, DATA if is_raster and spec.format in self._one_file else part)

    def _learn(self, product: Delivered) -> None:
        expected = expected_bytes(product.spec, product.measure, cell_m=product.cell_m)
        if DATA in product.bytes:
            rasters = [name for name in expected if name not in (QUICKLOOK, DESCRIPTIONS)]
            expected[DATA] = sum(expected.pop(name) for name in rasters)
            self._one_file.add(product.spec.format)
        for part, found in product.bytes.items():
            if found > 0 and expected.get(part, 0) > 0:
                _note(self._sizes, _size_levels(product.spec, part), found / expected[part])
        if product.seconds:
            work = expected_seconds(
                product.spec, product.measure, cell_m=product.cell_m, slow_source=product.slow_source
            )
            _note(self._times, _time_levels(product.spec, work), product.seconds / work)
        self.products += 1


def _size_levels(spec: MosaicSpec, part: str) -> list[Level]:
    """The levels that a part of a product belongs to, from coarse to fine."""
    if part in (QUICKLOOK, DESCRIPTIONS):
        return [(part,), (part, spec.resolution)]
    return [("rasters",), ("rasters", spec.format), (spec.format, part), (spec.format, part, spec.resolution, spec.crs)]


def _time_levels(spec: MosaicSpec, work: float) -> list[Level]:
    # Small products are nearly all beginning, large ones nearly all pixels.
    size = math.floor(math.log2(max(work, 0.05)) / 2)
    return [(), (size,), (spec.format,), (spec.format, size)]


def _note(ratios: dict[Level, list[float]], levels: Sequence[Level], ratio: float) -> None:
    bounded = math.log(min(max(ratio, 1 / _MOST), _MOST))
    for level in levels:
        ratios[level].append(bounded)


def _correction(ratios: Mapping[Level, Sequence[float]], levels: Sequence[Level]) -> float:
    """By what an expectation at the last of these levels is to be multiplied."""
    correction = 0.0
    for level in levels:
        if known := ratios.get(level):
            weight = len(known) / (len(known) + _PRIOR_WEIGHT)
            correction += weight * (median(known) - correction)
    return math.exp(correction)
