"""The engine's side of the comparison: a product made the ordinary way, read back from its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from processing.layers import LAYERS
from processing.mosaic import Limits, make_product, plan_products
from processing.sources import open_source
from processing.spec import MosaicSpec

from .encoding import LAYERS as REFERENCE_LAYERS
from .mosaic import Mosaic, make_mosaic
from .resampling import Target

BLOCK_PX = 17
"""Edge of the engine's blocks: small and odd, so that cells of 20 and 60 m are cut by their borders."""

DECISIVE = ("source_index", "method", "valid_obs")
"""Compared first: where these differ all else does."""


@dataclass(frozen=True)
class Made:
    """A product's rasters by layer, its grid, and what its JSON lists as sources, oldest first."""

    layers: dict[str, np.ndarray]
    target: Target
    sources: list[str]


def make(items: Path, order: Mapping[str, Any], folder: Path, *, block_px: int = BLOCK_PX) -> Made:
    """The one product of an order, made by the engine."""
    spec = MosaicSpec.parse(dict(order))
    source = open_source(str(items))
    (plan,) = plan_products(spec, source)
    limits = Limits(threads=1, block_px=block_px)
    product = make_product(spec, plan, source=source, into=folder, order_number="7", limits=limits)
    layers, profile = {}, {}
    for file in product.files:
        if file.role == "data":
            with rasterio.open(product.folder / Path(file.name).name) as dataset:
                layers[file.layer] = dataset.read(1)
                profile = dataset.profile
    listed = json.loads(next(product.folder.glob("metadata_*.json")).read_text())["Source_product_list"]
    target = Target(
        profile["transform"], (profile["height"], profile["width"]), profile["crs"].to_epsg(), spec.resolution
    )
    return Made(layers, target, [listed[str(number)] for number in range(len(listed))])


def assert_the_same(items: Path, order: Mapping[str, Any], folder: Path, *, block_px: int = BLOCK_PX) -> Mosaic:
    """Make the order both ways and compare every raster, pixel by pixel; give back the reference's mosaic."""
    made = make(items, order, folder, block_px=block_px)
    period = MosaicSpec.parse(dict(order)).period
    wanted = reference(items, order, made.target, period.first_day, period.last_day)
    assert made.sources == wanted.sources
    assert set(made.layers) == ordered_rasters(order)
    for name in sorted(made.layers, key=lambda name: (name not in DECISIVE, name)):
        array = made.layers[name]
        dtype, _ = REFERENCE_LAYERS[name]
        assert array.dtype == dtype, name
        np.testing.assert_array_equal(array, wanted.layers[name], err_msg=name)
    return wanted


def reference(items: Path, order: Mapping[str, Any], target: Target, first_day: date, last_day: date) -> Mosaic:
    """The same order made by the reference, on the product's grid."""
    return make_mosaic(
        items,
        target,
        first_day=first_day,
        last_day=last_day,
        method=order["method"],
        **order.get("method_options", {}),
    )


def ordered_rasters(order: Mapping[str, Any]) -> set[str]:
    """Names of the rasters that an order brings."""
    return {*order["bands"], *(raster.name for layer in order["layers"] for raster in LAYERS[layer].rasters)}
