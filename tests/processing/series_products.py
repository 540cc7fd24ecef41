"""Mosaics to hold series against: made by make_product, read back by rasterio."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from processing.grid import WGS84_EPSG, Grid, grid_around, reproject
from processing.layers import LAYERS, RASTERS
from processing.mosaic import make_product
from processing.pixels.places import centres
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec
from processing.planning import ProductPlan, split
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

ALL_LAYERS = tuple(LAYERS)


@dataclass(frozen=True)
class Mosaic:
    """A product's rasters, all of them."""

    grid: Grid
    rasters: dict[str, np.ndarray]
    """As stored, (y, x), by raster name."""

    items: tuple[str, ...]
    """Of its scenes, as source_index counts them."""

    def pixel(self, row: int, column: int) -> dict[str, int]:
        """Stored numbers by raster, but for the numbers of scenes, which every mosaic counts anew."""
        return {name: int(values[row, column]) for name, values in self.rasters.items() if name != "source_index"}

    def item(self, row: int, column: int) -> str | None:
        index = int(self.rasters["source_index"][row, column])
        return self.items[index] if index >= 0 else None

    def place(self, row: int, column: int) -> dict[str, float]:
        """Centre of a pixel, in degrees."""
        lon, lat = centres(self.grid)[row * self.grid.width + column]
        return {"lon": lon, "lat": lat}


def make_mosaic(source: Any, into: Path, *, area: dict[str, Any], epsg: int | None = None, **changes: Any) -> Mosaic:
    """The mosaic of an order with all bands and layers; ``epsg``: in another zone than its own."""
    order = {
        "name": "Mosaic",
        "area": area,
        "period": {"kind": "month", "start": "2024-06-01"},
        "resolution": 10,
        "bands": list(BANDS),
        "layers": list(ALL_LAYERS),
    }
    spec = MosaicSpec.parse(order | changes)
    (plan,) = split(spec)
    if epsg:
        outline = reproject(spec.geometry, WGS84_EPSG, epsg)
        plan = ProductPlan("Mosaic", None, grid_around(outline.bounds, epsg=epsg, resolution_m=spec.resolution))
    made = make_product(spec, plan, source=source, into=into, order_number="1")
    rasters = {name: _read(made.folder, name) for name in (*spec.bands, *(r for n in spec.layers for r in _rasters(n)))}
    scenes = json.loads((made.folder / "provenance.json").read_text())["scenes"]
    return Mosaic(plan.grid, rasters, tuple(scene["item"] for scene in scenes))


def series_at(source: Any, **asked: Any) -> list[dict[str, Any]]:
    """The steps of a series as JSON; all bands and layers unless asked otherwise."""
    asked = {"layers": [name for name in ALL_LAYERS if name != "source_index"]} | asked
    return [step.to_json() for step in make_series(SeriesSpec.parse(asked), source)]


def _rasters(layer: str) -> list[str]:
    return [raster.name for raster in LAYERS[layer].rasters]


def _read(folder: Path, name: str) -> np.ndarray:
    (path,) = folder.glob(f"{RASTERS[name].prefix}_[YQMTD][126]0_*.tiff")
    with rasterio.open(path) as dataset:
        return dataset.read(1)
