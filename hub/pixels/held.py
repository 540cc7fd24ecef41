"""What a delivered product holds at a pixel: read from its files, to be held against what is found anew."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from hub.orders.models import Product, Role
from hub.orders.storage import path_of
from processing.layers import RASTERS

logger = logging.getLogger(__name__)

_BY_PREFIX = {raster.prefix: raster for raster in RASTERS.values()}


def held_values(product: Product, *, row: int, column: int) -> dict[str, int]:
    """The stored number of every raster of the product at a pixel, by the raster's name; those that can be read."""
    found = {}
    for told, path in _rasters(product):
        raster = _BY_PREFIX.get(str(told.get("Name")))
        if raster is None:
            continue
        try:
            found[raster.name] = _read(path, str(told["Name"]), row, column)
        except (RasterioError, IndexError, ValueError) as error:
            logger.warning("%s of product %s cannot be read: %s", told.get("Name"), product.pk, error)
    return found


def _rasters(product: Product) -> list[tuple[dict[str, Any], Path]]:
    """The interpretation of every raster, and its file."""
    files = {file.name: file for file in product.files.all()}
    metadata = next((file for name, file in files.items() if _is_metadata(name) and file.role == Role.METADATA), None)
    if metadata is None:
        return []
    told = json.loads(path_of(metadata).read_bytes())["Band_interpretations"]
    return [(each, path_of(files[each["File_path"]])) for each in told if each.get("File_path") in files]


def _is_metadata(name: str) -> bool:
    return name.startswith("metadata") and name.endswith(".json")


def _read(path: Path, name: str, row: int, column: int) -> int:
    address = f'netcdf:"{path}":{name}' if path.suffix == ".nc" else str(path)
    with rasterio.open(address) as dataset:
        return int(dataset.read(1, window=Window(column, row, 1, 1))[0, 0])
