"""The engine and the reference make the same product of the generated archive: a landscape, not noise."""

import json
from datetime import date

import numpy as np
import pytest
import shapely

from processing.layers import LAYERS
from processing.sample import make_archive
from processing.sentinel2 import BANDS
from processing.sources import open_source

from .engine import assert_the_same


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Twelve dates of two months on the border of two tiles, mixed baselines."""
    return make_archive(tmp_path_factory.mktemp("generated") / "a", size_km=2.4, dates=12, start=date(2024, 6, 3))


def order_for(items, *, width, height, **changes):
    """An order of all bands and layers on the given shares of the archive's ground, around its middle."""
    west, south, east, north = open_source(str(items)).extent().bounds
    x, y, dx, dy = (west + east) / 2, (south + north) / 2, (east - west) * width / 2, (north - south) * height / 2
    return {
        "name": "Generated",
        "area": shapely.geometry.mapping(shapely.box(x - dx, y - dy, x + dx, y + dy)),
        "period": {"kind": "quarter", "start": "2024-04-01"},
        "crs": "utm",
        "bands": list(BANDS),
        "layers": list(LAYERS),
        "method": "s2gm",
        "format": "geotiff",
    } | changes


@pytest.mark.parametrize(
    ("resolution", "width", "height", "method", "crs"),
    [
        (10, 0.3, 0.3, "s2gm", "utm"),
        (20, 0.6, 0.6, "s2gm", "utm"),
        (20, 0.6, 0.6, "s2gm-1.0", "wgs84"),
        (60, 1.0, 1.0, "s2gm", "wgs84"),
        (60, 1.0, 1.0, "medoid", "utm"),
    ],
)
def test_every_layer_is_the_same(items, tmp_path, resolution, width, height, method, crs):
    """A1-092, A1-084."""
    order = order_for(items, width=width, height=height, resolution=resolution, method=method, crs=crs)
    mosaic = assert_the_same(items, order, tmp_path, block_px=50)
    assert len(np.unique(mosaic.layers["source_index"])) > 3
    offsets = {
        round(feature["assets"]["blue"]["raster:bands"][0]["offset"] * 10000)
        for feature in json.loads(items.read_text())["features"]
    }
    assert offsets == {0, -1000}
