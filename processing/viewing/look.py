"""A look: which rasters of a product are shown, and how numbers become colours."""

from __future__ import annotations

import math
from dataclasses import dataclass

from processing.layers import RASTERS, OutputLayer
from processing.pixels.indices import INDICES
from processing.viewing.errors import LookRefused
from processing.viewing.ramps import RAMPS

MOST_CHANNELS = 3
_FARTHEST = 1e6
_GAMMAS = (0.1, 10.0)

Range = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """What is shown of a product: three rasters as red, green and blue, two as red and cyan, one, or an index."""

    show: tuple[str, ...]
    """Names of rasters, or of one index."""

    ranges: tuple[Range, ...] = ()
    """What is darkest and brightest, or the ends of the ramp: once for all channels, or for each of them; in stored
    numbers, of an index in its own values. None: the 2nd to the 98th percentile of the product."""

    colours: str = ""
    """Name of a ramp, for one raster or index; "" for the usual one."""

    gamma: float = 1.0

    def __post_init__(self) -> None:
        """Raises LookRefused for what no product could show."""
        _check_shown(self.show)
        _check_ranges(self.ranges, len(self.show))
        if self.colours and self.colours not in RAMPS:
            raise LookRefused("colours", "unknown")
        if not (math.isfinite(self.gamma) and _GAMMAS[0] <= self.gamma <= _GAMMAS[1]):
            raise LookRefused("gamma", "out_of_range")

    @classmethod
    def parse(cls, *, show: str, ranges: str = "", colours: str = "", gamma: str = "") -> Look:
        """The look as addresses have it: ``B04,B03,B02``, ``0,3000`` or ``0,3000;0,2500;0,2000``, ``viridis``, ``1.2``.

        Raises LookRefused.
        """
        names = tuple(show.split(",", MOST_CHANNELS + 1)) if show else ()
        return cls(names, _ranges(ranges), colours, _number(gamma, "gamma") if gamma else 1.0)

    @property
    def is_index(self) -> bool:
        return self.show[0] in INDICES

    @property
    def rasters(self) -> tuple[str, ...]:
        """The rasters that it needs."""
        return INDICES[self.show[0]].bands if self.is_index else self.show

    @property
    def ramp(self) -> str:
        """Name of the ramp of one raster or index."""
        return self.colours or usual_ramp(self.show[0])

    def range_of(self, channel: int) -> Range | None:
        """Of one of ``show``, by its place there."""
        if not self.ranges:
            return None
        return self.ranges[0] if len(self.ranges) == 1 else self.ranges[channel]


def usual_ramp(name: str) -> str:
    """Of a raster or an index."""
    if name in INDICES:
        return "brbg"
    return "gray" if RASTERS[name].is_reflectance else "viridis"


def is_classes(layer: OutputLayer) -> bool:
    """Whether the numbers of a raster are names of something."""
    return bool(layer.flags) or layer.name == "source_index"


def _check_shown(show: tuple[str, ...]) -> None:
    if not show:
        raise LookRefused("show", "missing")
    if len(show) > MOST_CHANNELS:
        raise LookRefused("show", "too_many")
    for name in show:
        if name not in RASTERS and name not in INDICES:
            raise LookRefused("show", "unknown")
    if len(show) > 1 and any(name in INDICES or is_classes(RASTERS[name]) for name in show):
        raise LookRefused("show", "alone")


def _check_ranges(ranges: tuple[Range, ...], channels: int) -> None:
    if ranges and len(ranges) not in (1, channels):
        raise LookRefused("range", "count")
    for low, high in ranges:
        if not (abs(low) <= _FARTHEST and abs(high) <= _FARTHEST):
            raise LookRefused("range", "not_a_number")
        if low >= high:
            raise LookRefused("range", "empty")


def _ranges(text: str) -> tuple[Range, ...]:
    found = []
    for part in text.split(";", MOST_CHANNELS + 1) if text else ():
        low, comma, high = part.partition(",")
        if not comma:
            raise LookRefused("range", "not_a_number")
        found.append((_number(low, "range"), _number(high, "range")))
    return tuple(found)


def _number(text: str, field: str) -> float:
    try:
        number = float(text) if len(text) <= 32 else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise LookRefused(field, "not_a_number")
    return number
