"""Where the pixels of a delivered product lie, and what it was made from: read from the files beside its data."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.errors import FileGone
from hub.orders.models import Product, ProductFile, Role
from hub.orders.scenes import MOST_BYTES, PROVENANCE
from hub.orders.states import Status
from hub.orders.storage import path_of
from processing.grid import Grid, grid_around
from processing.pixels.places import pixel_grid, pixel_place

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pixel:
    """One pixel of a product."""

    row: int
    column: int
    lon: float
    """Of its centre."""
    lat: float


@dataclass(frozen=True)
class Made:
    """What a product's provenance says of its making."""

    items: tuple[str, ...]
    """Of its scenes, in the order of ``source_index``."""
    offsets: dict[str, Any]
    """As they were settled then, by item."""
    software: str


def grid_of(product: Product) -> Grid:
    """The grid of a delivered product. Raises FileGone when its files are kept no longer."""
    told = _beside(product, lambda name: name.startswith("metadata") and name.endswith(".json"))
    try:
        epsg, corners = int(told["Geometry"]["CRS"].removeprefix("EPSG:")), told["Geometry"]["Boundary"]
        (west, north), (east, south) = corners[0], corners[2]
        bounds = float(west), float(south), float(east), float(north)
        return grid_around(bounds, epsg=epsg, resolution_m=int(told["Resolution_distance"]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        logger.warning("The metadata of product %s cannot be read: %s", product.pk, error)
        raise FileGone from None


def pixel_at(grid: Grid, lon: float, lat: float) -> Pixel | None:
    """The pixel that holds a point; None outside the product. Raises InvalidOrder naming ``lon`` or ``lat``."""
    pixel = pixel_grid(lon, lat, resolution_m=grid.resolution_m, epsg=grid.epsg)
    row, column = pixel.top - grid.top, pixel.left - grid.left
    if not (0 <= row < grid.height and 0 <= column < grid.width):
        return None
    place = pixel_place(pixel)
    return Pixel(row, column, place.lon, place.lat)


def cell(grid: Grid, *, row: int, column: int) -> Grid:
    """One pixel of a grid as a grid."""
    return Grid(grid.epsg, grid.left + column, grid.top + row, 1, 1, grid.resolution_m)


def made_from(product: Product) -> Made:
    """The scenes of a delivered product. Raises FileGone when that is not known any more."""
    told = _beside(product, lambda name: name == PROVENANCE)
    try:
        software = f"{told['software']['name']} {told['software']['version']}"
        items = tuple(str(scene["item"]) for scene in told["scenes"])
        return Made(items, {str(scene["item"]): scene["offset"] for scene in told["scenes"]}, software)
    except (KeyError, TypeError) as error:
        logger.warning("The provenance of product %s cannot be read: %s", product.pk, error)
        raise FileGone from None


def _beside(product: Product, is_wanted: Callable[[str], bool]) -> dict[str, Any]:
    """The JSON file beside the product's data."""
    file = _file(product, is_wanted)
    try:
        told = json.loads(path_of(file).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        if not isinstance(error, FileNotFoundError):
            logger.warning("%s of product %s cannot be read: %s", file.name, product.pk, error)
        raise FileGone from None
    if not isinstance(told, dict):
        raise FileGone
    return told


def _file(product: Product, is_wanted: Callable[[str], bool]) -> ProductFile:
    if product.status != Status.SUCCESSFUL:
        raise FileGone
    files = product.files.filter(role=Role.METADATA, size_bytes__lte=MOST_BYTES)
    found = next((file for file in files if is_wanted(file.name)), None)
    if found is None:
        raise FileGone
    return found
