"""The engine and the reference make the same product of real scenes, in every pixel of every layer."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from processing.layers import LAYERS

from .archive import REFLECTANCES
from .engine import assert_the_same

DATA = Path(__file__).parents[3] / "shared" / "data" / "s2"
SLOVENIA = DATA / "slovenia_2023" / "items.json"
DESERT = DATA / "riotilerpds_29RKH_20200219" / "S2A_29RKH_20200219_0_L2A"
EDGE_M = 9_000
BLOCK_PX = 61

# Corners in EPSG:32633 of squares in which the two tiles overlap.
PLACES = {
    "western swath edge and clouds": (505_500, 5_086_020),
    "wedges without data": (567_000, 5_087_040),
    "eastern swath edge": (595_500, 5_090_040),
}

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.exists(), reason="the real scenes are not beside the repository"),
]


def order_for(corner, *, epsg, layers, bands, edge_m=EDGE_M, **changes):
    """An order of a square, given by its lower left corner in ``epsg``."""
    x, y = corner
    square = shapely.segmentize(shapely.box(x, y, x + edge_m, y + edge_m), edge_m / 4)
    to_degrees = Transformer.from_crs(epsg, 4326, always_xy=True)
    area = shapely.transform(square, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    return {
        "name": "Real",
        "area": shapely.geometry.mapping(area),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "crs": "utm",
        "bands": list(bands),
        "layers": list(layers),
        "method": "s2gm",
        "format": "geotiff",
    } | changes


def compare_slovenia(folder, place, **changes):
    """One of the places with all that the sample holds: four bands, and every layer but AOT."""
    layers = [name for name in LAYERS if name != "aot"]
    order = order_for(PLACES[place], epsg=32633, layers=layers, bands=["B02", "B03", "B04", "B08"], **changes)
    return assert_the_same(SLOVENIA, order, folder, block_px=BLOCK_PX).layers


@pytest.mark.parametrize("place", PLACES)
def test_a_place_in_slovenia_is_the_same(tmp_path, place):
    """A1-092, A1-080, A1-083."""
    layers = compare_slovenia(tmp_path, place)
    assert {2, 3} <= set(np.unique(layers["method"]))
    assert layers["rejected_obs_cloud"].max() > 2
    reason = "no_data" if "wedges" in place else "edge"
    assert (layers[f"rejected_obs_{reason}"] > 0).sum() > 500


@pytest.mark.parametrize("place", PLACES)
def test_a_place_in_slovenia_is_the_same_in_degrees(tmp_path, place):
    """A1-092."""
    layers = compare_slovenia(tmp_path, place, crs="wgs84", edge_m=6_000)
    assert len(np.unique(layers["source_index"])) > 4


@pytest.mark.parametrize(
    ("method", "options"),
    [("s2gm-1.0", {}), ("medoid", {}), ("latest", {}), ("s2gm", {"threshold": 2}), ("s2gm", {"threshold": 6})],
)
def test_every_method_is_the_same_in_slovenia(tmp_path, method, options):
    """A1-092, A1-081."""
    compare_slovenia(tmp_path, "western swath edge and clouds", method=method, method_options=options, edge_m=4_500)


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_a_desert_scene_with_all_bands_is_the_same(tmp_path, resolution, crs):
    """A1-092, A1-084: bands of three pixel sizes, AOT, no metadata; one date, so nothing is compared."""
    item = json.loads((DESERT / f"{DESERT.name}.json").read_text())
    item["assets"] = {
        name: asset | {"href": str(DESERT / Path(asset["href"]).name)}
        for name, asset in item["assets"].items()
        if (DESERT / Path(asset["href"]).name).exists()
    }
    items = tmp_path / "items.json"
    items.write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    layers = [name for name, layer in LAYERS.items() if layer.read_from in (None, "AOT")]
    order = order_for(
        (285_020, 2_735_040), epsg=32629, layers=layers, bands=REFLECTANCES, edge_m=100 * resolution,
        resolution=resolution, crs=crs, period={"kind": "month", "start": "2020-02-01"},
    )  # fmt: skip
    made = assert_the_same(items, order, tmp_path / "products", block_px=BLOCK_PX).layers
    assert len(np.unique(made["B8A"])) > 10
