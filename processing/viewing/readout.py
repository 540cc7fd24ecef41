"""One pixel of a product: everything that its rasters say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from processing.grid import WGS84_EPSG, transformer
from processing.layers import Flag, OutputLayer
from processing.viewing.product import Scene, ViewedProduct


@dataclass(frozen=True)
class RasterValue:
    """What one raster holds at a pixel."""

    layer: OutputLayer
    stored: int
    flag: Flag | None = None
    """The class that the number stands for."""

    @property
    def value(self) -> float | None:
        """In the layer's unit; None for no data."""
        # Whole thousandths and hundredths, not what is left of them in binary.
        return None if self.stored == self.layer.nodata else round(self.stored * self.layer.scale, 6)


@dataclass(frozen=True)
class PixelReading:
    """A pixel, where it lies, and what the product says of it."""

    row: int
    column: int
    x: float
    """Of its centre, in ``epsg``."""

    y: float
    epsg: int
    lon: float
    """Of its centre."""

    lat: float
    outline: Sequence[tuple[float, float]]
    """Its corners, longitude and latitude, from the upper left one clockwise."""

    values: Sequence[RasterValue]
    date: date | None
    """Of the observation, as far as the product knows."""

    scene: Scene | None


def read_pixel(product: ViewedProduct, lon: float, lat: float) -> PixelReading | None:
    """The pixel that holds a point in degrees; None outside of the product. Raises as ``OpenFiles.opened``."""
    place = _place(product, lon, lat)
    if place is None:
        return None
    row, column = place
    values = [_value(product, name, row, column) for name in product.rasters]
    stored = {value.layer.name: value.stored for value in values if value.value is not None}
    scene = _scene(product, stored.get("source_index"))
    transform = product.grid.transform
    x, y = transform @ (column + 0.5, row + 0.5)
    corners = [transform @ corner for corner in _corners(row, column)]
    to_degrees = transformer(product.grid.epsg, WGS84_EPSG)
    longitudes, latitudes = to_degrees.transform(*zip((x, y), *corners, strict=True))
    return PixelReading(
        row=row, column=column, x=x, y=y, epsg=product.grid.epsg,
        lon=longitudes[0], lat=latitudes[0], outline=list(zip(longitudes[1:], latitudes[1:], strict=True)),
        values=values, date=_date(product, stored.get("observation_date"), scene), scene=scene,
    )  # fmt: skip


def _corners(row: int, column: int) -> list[tuple[int, int]]:
    return [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]


def _place(product: ViewedProduct, lon: float, lat: float) -> tuple[int, int] | None:
    x, y = transformer(WGS84_EPSG, product.grid.epsg).transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    column, row = ~product.grid.transform @ (x, y)
    row, column = math.floor(row), math.floor(column)
    inside = 0 <= row < product.grid.height and 0 <= column < product.grid.width
    return (row, column) if inside else None


def _value(product: ViewedProduct, name: str, row: int, column: int) -> RasterValue:
    raster = product.rasters[name]
    pixel = raster.pixels(raster.resolutions[0], np.array([row]), np.array([column]))
    stored = int(pixel[0])
    return RasterValue(raster.layer, stored, next((flag for flag in raster.layer.flags if flag.value == stored), None))


def _scene(product: ViewedProduct, number: int | None) -> Scene | None:
    return product.scenes[number] if number is not None and 0 <= number < len(product.scenes) else None


def _date(product: ViewedProduct, days: int | None, scene: Scene | None) -> date | None:
    if days is not None:
        return product.period.first_day + timedelta(days=days)
    return scene.sensed_at.date() if scene else None
