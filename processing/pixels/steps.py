"""The steps of a series: what was found for one period, or of one scene; and their JSON, which is kept and exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from processing.granule import Granule
from processing.grid import Grid
from processing.layers import LAYERS, RASTERS
from processing.periods import CompositingPeriod
from processing.pixels.indices import indices_of
from processing.pixels.places import centres

# Beyond what any raster's scale holds: takes the dust of binary fractions off.
_DECIMALS = 6


class Step(Protocol):
    """One step of a series, by its place in time."""

    @property
    def number(self) -> int:
        """From 0 on."""
        ...

    @property
    def expected(self) -> int:
        """How many steps the series has."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The step as JSON types."""
        ...


@dataclass(frozen=True)
class SeriesPixel:
    """One pixel in one step."""

    row: int
    column: int
    lon: float
    lat: float
    """Of the pixel's centre."""

    stored: Mapping[str, int]
    """By raster, as a product's file holds it; rasters that the archive lacks are not in it."""

    granule: Granule | None = None
    """Where its values come from; None where there is no data."""

    more: Mapping[str, Any] = field(default_factory=dict)
    """What steps of this kind tell beside."""

    def to_json(self, rasters: Sequence[str]) -> dict[str, Any]:
        """``rasters``: those of the series, each of which gets a value or null."""
        values = {name: physical(name, self.stored.get(name)) for name in rasters}
        return {
            "row": self.row,
            "column": self.column,
            "lon": round(self.lon, 7),
            "lat": round(self.lat, 7),
            "granule": self.granule.identifier if self.granule else None,
            "item": self.granule.item_id if self.granule else None,
            "sensed_at": moment(self.granule.sensed_at) if self.granule else None,
            **self.more,
            "values": values,
            "indices": {index.name: _rounded(index.of_values(values)) for index in indices_of(rasters)},
            "stored": dict(self.stored),
        }


@dataclass(frozen=True)
class PeriodStep:
    """The mosaic's pixels of one period."""

    number: int
    expected: int
    period: CompositingPeriod
    pixels: tuple[SeriesPixel, ...]
    """Row by row."""

    rasters: tuple[str, ...]
    scenes: int
    """How many of the archive's scenes the mosaic was made from."""

    notes: tuple[str, ...] = ()
    """What was left out or could not be tested, one sentence each."""

    def to_json(self) -> dict[str, Any]:
        """See ``Step``."""
        return {
            "number": self.number,
            **of_period(self.period),
            "scenes": self.scenes,
            "pixels": [pixel.to_json(self.rasters) for pixel in self.pixels],
            "note": " ".join(self.notes),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class ObservationStep:
    """One scene's pixels, chosen or not."""

    number: int
    expected: int
    granule: Granule
    pixels: tuple[SeriesPixel, ...]
    """Row by row."""

    rasters: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """See ``Step``; class and verdict of the whole are those of the middle pixel."""
        middle = self.pixels[len(self.pixels) // 2].more
        return {
            "number": self.number,
            "sensed_at": moment(self.granule.sensed_at),
            "granule": self.granule.identifier,
            "item": self.granule.item_id,
            "platform": self.granule.platform,
            "tile": self.granule.tile,
            **middle,
            "pixels": [pixel.to_json(self.rasters) for pixel in self.pixels],
            "note": " ".join(self.notes),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class StatisticsStep:
    """The mosaic's pixels of one period inside an area, as numbers."""

    number: int
    expected: int
    period: CompositingPeriod
    pixels_total: int
    pixels_with_data: int
    bands: Mapping[str, Mapping[str, float | int | None]]
    """By band and index: count, mean, std, min, percentiles, max."""

    scenes: int
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """See ``Step``."""
        return {
            "number": self.number,
            **of_period(self.period),
            "scenes": self.scenes,
            "pixels_total": self.pixels_total,
            "pixels_with_data": self.pixels_with_data,
            "bands": {name: dict(figures) for name, figures in self.bands.items()},
            "note": " ".join(self.notes),
            "notes": list(self.notes),
        }


def of_period(period: CompositingPeriod) -> dict[str, Any]:
    """Which period a step is of."""
    return {
        "first_day": period.first_day.isoformat(),
        "last_day": period.last_day.isoformat(),
        "title": period.title,
    }


def moment(time: datetime) -> str:
    """A time in UTC as steps write it: 2023-08-15T09:56:31Z."""
    return f"{time:%Y-%m-%dT%H:%M:%S}Z"


def physical(raster: str, stored: int | None) -> float | int | None:
    """What a stored number means in the raster's unit; None for no data. Classes and counts stay whole numbers."""
    layer = RASTERS[raster]
    if stored is None or stored == layer.nodata:
        return None
    return stored if layer.scale == 1 else round(stored * layer.scale, _DECIMALS)


def raster_names(bands: Sequence[str], layers: Sequence[str]) -> tuple[str, ...]:
    """The rasters of bands and layers, in their order."""
    return (*bands, *(raster.name for layer in layers for raster in LAYERS[layer].rasters))


def pixels_of(
    grid: Grid,
    rasters: Mapping[str, np.ndarray],
    granules: Sequence[Granule | None],
    more: Sequence[Mapping[str, Any]],
) -> tuple[SeriesPixel, ...]:
    """The pixels of a small grid, row by row. ``rasters``: (y, x) by name; the others pixel by pixel."""
    flat = {name: values.ravel().tolist() for name, values in rasters.items()}
    return tuple(
        SeriesPixel(
            number // grid.width,
            number % grid.width,
            lon,
            lat,
            {name: values[number] for name, values in flat.items()},
            granules[number],
            more[number],
        )
        for number, (lon, lat) in enumerate(centres(grid))
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
