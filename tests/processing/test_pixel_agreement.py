"""Why-this-pixel and the product agree: the scene, the count, the numbers, at every pixel looked at."""

from collections import Counter
from datetime import date
from pathlib import Path

import explained_products
import pytest
import shapely
from pyproj import Transformer
from reference.handmade import ZONE, Recipe, ground_bounds, write_archive

from processing.pixels.explaining import explain
from processing.sample import make_archive
from processing.sentinel2 import BANDS
from processing.sources import open_source

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
real_data = [
    pytest.mark.real_data,
    pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository"),
]


@pytest.fixture(scope="module")
def landscape(tmp_path_factory):
    """Twelve dates of a generated landscape on the border of two tiles."""
    return make_archive(tmp_path_factory.mktemp("why") / "a", size_km=2.4, dates=12, start=date(2024, 6, 3))


def order_in(items, *, share, **changes):
    """An order of all bands and layers on a share of the archive's ground, around its middle."""
    west, south, east, north = open_source(str(items)).extent().bounds
    x, y, dx, dy = (west + east) / 2, (south + north) / 2, (east - west) * share / 2, (north - south) * share / 2
    return {
        "name": "Why",
        "area": shapely.geometry.mapping(shapely.box(x - dx, y - dy, x + dx, y + dy)),
        "period": {"kind": "year", "start": "2024-01-01"},
        "resolution": 20,
        "crs": "utm",
        "bands": list(BANDS),
        "layers": explained_products.all_layers(),
        "method": "s2gm",
        "format": "geotiff",
    } | changes


@pytest.mark.parametrize(
    ("share", "changes"),
    [
        (0.3, {"resolution": 10}),
        (0.3, {"resolution": 10, "crs": "wgs84", "mask": "scl-urban"}),
        (0.4, {"period": {"kind": "quarter", "start": "2024-04-01"}}),
        (0.4, {"method": "s2gm-1.0", "method_options": {"threshold": 9}}),
        (0.4, {"method": "s2gm-1.0", "crs": "wgs84", "period": {"kind": "month", "start": "2024-07-01"}}),
        (1.0, {"resolution": 60, "method": "medoid", "mask": "scl-unrefined"}),
        (1.0, {"resolution": 60, "crs": "wgs84", "method_options": {"threshold": 100}}),
        (0.4, {"method": "latest", "mask": "scl-strict", "bands": ["B04"]}),
    ],
)
def test_every_pixel_of_a_landscape_is_explained_as_it_was_made(landscape, tmp_path, share, changes):
    product = explained_products.make(landscape, order_in(landscape, share=share, **changes), tmp_path)
    met = explained_products.compare(product, least=1000)
    assert met["pixels"] >= 1000


def order_over(recipe, **changes):
    """An order of all that a handmade archive has, over its ground and a little more."""
    west, south, east, north = ground_bounds(recipe)
    to_degrees = Transformer.from_crs(ZONE, 4326, always_xy=True)
    corners = [(west - 70, south - 70), (east + 70, south - 70), (east + 70, north + 70), (west - 70, north + 70)]
    without = {"AOT", "CLD", "SNW", "metadata"} - {*recipe.others, "metadata" if "MTD" in recipe.others else ""}
    return {
        "name": "Why",
        "area": shapely.geometry.mapping(shapely.Polygon([to_degrees.transform(*corner) for corner in corners])),
        "period": {"kind": "month", "start": "2021-06-01"},
        "resolution": recipe.ground_m,
        "crs": "utm",
        "bands": list(recipe.bands),
        "layers": explained_products.all_layers(without=without),
        "method": "s2gm",
        "format": "geotiff",
    } | changes


def explained(folder, recipe, *, least=None, **changes):
    """Make a handmade archive and an order of it, explain its pixels; give back what was met."""
    items = write_archive(folder / "archive", recipe)
    product = explained_products.make(items, order_over(recipe, **changes), folder / "out")
    return explained_products.compare(product, least=least)


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        (Recipe(seed=1, overpasses=3, edge_px=33), {}),
        (Recipe(seed=2, overpasses=9, edge_px=16, shift_m=20, aot_m=20), {"crs": "wgs84", "resolution": 10}),
        (Recipe(seed=3, overpasses=8, edge_px=33), {"resolution": 60}),
        (Recipe(seed=4, overpasses=7, edge_px=33), {"mask": "scl-strict", "method_options": {"threshold": 2}}),
        (Recipe(seed=5, overpasses=8, edge_px=33, sparse=("CLD", "MTD")), {"method": "s2gm-1.0"}),
        (Recipe(seed=6, overpasses=30, edge_px=16), {"method": "medoid"}),
        (Recipe(seed=7, overpasses=3, edge_px=40, step=300, classes="pure"), {"method": "s2gm-1.0"}),
        (Recipe(seed=8, overpasses=3, edge_px=40, step=300), {}),
        (Recipe(seed=9, overpasses=3, edge_px=40, others=("CLD",), wild=True), {}),
        (Recipe(seed=10, overpasses=3, edge_px=33, bands=("B02", "B03", "B04", "B08"), others=("MTD",)), {}),
        (Recipe(seed=11, overpasses=4, edge_px=33, bands=("B02", "B03", "B11"), others=()), {}),
        (Recipe(seed=12, overpasses=6, edge_px=33, others=()), {"method": "latest", "mask": "scl"}),
    ],
)
def test_every_pixel_of_random_scenes_is_explained_as_it_was_made(tmp_path, recipe, changes):
    """Swath edges, ties, snow that is none, gaps, tiles of two zones, missing bands, offsets of both kinds."""
    met = explained(tmp_path, recipe, least=1000, **changes)
    assert met["pixels"] >= 200


def test_every_rule_and_every_reason_is_met(tmp_path):
    """Each of the eight rules of the tree decides somewhere, and so does every other part of the log."""
    met = Counter()
    for resolution, overpasses in ((10, 3), (20, 2), (20, 3), (60, 3)):
        recipe = Recipe(
            seed=300 + resolution + overpasses, overpasses=overpasses, edge_px=36, ground_m=resolution,
            others=(), classes="pure",
        )  # fmt: skip
        met += explained(tmp_path / f"{resolution}-{overpasses}", recipe)
    met += explained(tmp_path / "8", Recipe(seed=8, overpasses=12, edge_px=40))
    met += explained(tmp_path / "1.0", Recipe(seed=7, overpasses=3, edge_px=40, classes="pure"), method="s2gm-1.0")
    rules = {"none", "single", "medoid", *(f"rule_{number}" for number in range(1, 9))}
    verdicts = {
        "nothing_taken", "nearest", "farther", "lower_ndvi", "higher_ndvi", "lower_mndwi", "brighter", "left",
        "class", "vegetation", "darker", "no_data", "saturated", "cloud_shadow", "unclassified", "cloud_medium",
        "cloud_high", "cirrus", "edge", "false_snow", "same_overpass", "not_measured",
    }  # fmt: skip
    assert rules | verdicts <= set(met), (rules | verdicts) - set(met)


def test_one_pixel_after_another_is_explained_as_it_was_made(landscape, tmp_path):
    """As the hub asks: each pixel opened by itself, with nothing but the ids of the product's scenes."""
    product = explained_products.make(landscape, order_in(landscape, share=0.4), tmp_path)
    for block in explained_products.blocks(product, least=12, size=1):
        recorded = product.recorded(block.row, block.column)
        pixel = product.grid.part(block)
        explanation = explain(product.spec, pixel, source=product.source, items=product.items, recorded=recorded)
        explained_products.assert_says(explanation, product, block.row, block.column)
        assert explained_products.is_json(explanation.to_json())


def order_of_slovenia(**changes):
    """The month of 33TWM at 60 m."""
    outline = shapely.segmentize(shapely.box(499980, 5090220, 609780, 5200020), 10_000)
    to_degrees = Transformer.from_crs(32633, 4326, always_xy=True)
    ring = [to_degrees.transform(*corner) for corner in outline.exterior.coords]
    return {
        "name": "Slovenia",
        "area": shapely.geometry.mapping(shapely.Polygon(ring)),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "crs": "utm",
        "bands": ["B02", "B03", "B04", "B08"],
        "layers": explained_products.all_layers(without={"CLD", "SNW", "AOT"}),
        "method": "s2gm",
        "format": "geotiff",
    } | changes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "medoid", "mask": "scl-urban"},
        {"crs": "wgs84", "area": shapely.geometry.mapping(shapely.box(15.6, 45.85, 16.0, 46.15))},
    ],
)
@pytest.mark.parametrize("_", [pytest.param(None, marks=real_data)])
def test_real_pixels_are_explained_as_they_were_made(tmp_path, changes, _):
    product = explained_products.make(SLOVENIA / "items.json", order_of_slovenia(**changes), tmp_path)
    met = explained_products.compare(product, least=1000, size=6)
    assert met["pixels"] >= 1000
    assert met["cloud_high"]
