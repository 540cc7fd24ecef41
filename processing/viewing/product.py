"""A finished product as its folder tells it: its grid, its rasters, its scenes and its period."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from processing.grid import WGS84_EPSG, Grid, lattice_origin_y
from processing.layers import RASTERS
from processing.periods import CompositingPeriod
from processing.pixels.indices import INDICES
from processing.viewing.errors import LookRefused, ProductUnreadable
from processing.viewing.look import Look
from processing.viewing.open_files import RasterFile
from processing.viewing.resolutions import ProductRaster

_BY_PREFIX = {layer.prefix: layer for layer in RASTERS.values()}


@dataclass(frozen=True)
class Scene:
    """A scene of the product, as ``source_index`` numbers it."""

    granule: str
    item: str
    sensed_at: datetime
    tile: str


@dataclass(frozen=True, eq=False)
class ViewedProduct:
    """What is read of a product once, whatever is looked at."""

    folder: Path
    grid: Grid
    rasters: Mapping[str, ProductRaster]
    """By their names, in the order of the product's JSON."""

    scenes: Sequence[Scene]
    period: CompositingPeriod

    @classmethod
    def read(cls, folder: Path) -> ViewedProduct:
        """The product in ``folder``. Raises FileNotFoundError where it is gone, ProductUnreadable."""
        described = sorted(folder.glob("metadata_*.json"))
        if not described:
            raise FileNotFoundError(folder)
        try:
            told = json.loads(described[0].read_text())
            provenance = json.loads((folder / "provenance.json").read_text())
            return cls(
                folder=folder,
                grid=_grid(told),
                rasters=_rasters(folder, told["Band_interpretations"]),
                scenes=[_scene(scene) for scene in provenance["scenes"]],
                period=CompositingPeriod(
                    kind=provenance["order"]["period"]["kind"],
                    start=date.fromisoformat(provenance["order"]["period"]["start"]),
                ),
            )
        except (ValueError, KeyError, TypeError, IndexError) as damage:
            raise ProductUnreadable(f"{folder}: {damage!r}") from damage

    @cached_property
    def indices(self) -> list[str]:
        """Names of the indices that can be made of its bands."""
        return [name for name, index in INDICES.items() if set(index.bands) <= set(self.rasters)]

    def check(self, look: Look) -> None:
        """Raise LookRefused where the look needs a raster that the product does not hold."""
        if not set(look.rasters) <= set(self.rasters):
            raise LookRefused("show", "not_in_product")


def _grid(told: Mapping[str, Any]) -> Grid:
    geometry, resolution = told["Geometry"], int(told["Resolution_distance"])
    epsg = int(geometry["CRS"].removeprefix("EPSG:"))
    west, north = geometry["Boundary"][0]
    size = Grid(epsg, 0, 0, 1, 1, resolution).pixel_size
    origin_y = 0.0 if epsg == WGS84_EPSG else lattice_origin_y(epsg)
    return Grid(
        epsg, round(west / size), round((origin_y - north) / size),
        int(geometry["Image_width"]), int(geometry["Image_height"]), resolution,
    )  # fmt: skip


def _rasters(folder: Path, interpretations: Sequence[Mapping[str, Any]]) -> dict[str, ProductRaster]:
    found = {}
    for told in interpretations:
        # A name alone: nothing outside the product's folder is ever opened.
        path = folder / Path(told["File_path"]).name
        layer = _BY_PREFIX[told["Name"]]
        found[layer.name] = ProductRaster(layer, RasterFile.of(path, layer.prefix))
    return found


def _scene(told: Mapping[str, Any]) -> Scene:
    return Scene(told["granule"], told["item"], datetime.fromisoformat(told["sensed_at"]), told["tile"])
