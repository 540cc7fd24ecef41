"""Orders on the real sample: what the engine makes is what NumPy makes of the same scenes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import independent_mosaic
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
LAYERS = ["valid_obs", "source_index", "scene_classification"]
TILE_33TWM = (499980, 5090220, 609780, 5200020)

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the Slovenian sample is not beside the repository"),
]


def tile_area(bounds):
    """A tile's outline in degrees, with enough corners to follow it."""
    outline = shapely.segmentize(shapely.box(*bounds), 10_000)
    to_degrees = Transformer.from_crs(32633, 4326, always_xy=True)
    moved = shapely.transform(outline, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    return shapely.geometry.mapping(moved)


def make(folder, **changes):
    """Run the command line on an order; return the folders of its products by name."""
    order = {
        "name": "Slovenia",
        "area": tile_area(TILE_33TWM),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "crs": "utm",
        "bands": ["B02", "B03", "B04", "B08"],
        "layers": LAYERS,
        "method": "s2gm",
        "format": "geotiff",
    } | changes
    (folder / "order.json").write_text(json.dumps(order))
    command = [sys.executable, "-m", "processing", folder / "order.json", "--source", ARCHIVE / "items.json"]
    done = subprocess.run([*command, "--out", folder / "out"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    base = Path(done.stdout.strip())
    assert base.parent == folder / "out"
    return {product.name: product for product in base.iterdir() if product.is_dir()}


def rasters(product):
    """Arrays by layer, and the profile of the first."""
    arrays = {}
    for path in sorted(product.glob("*.tiff")):
        with rasterio.open(path) as dataset:
            arrays[re.split("_[DTMQY]60_", path.name)[0]] = dataset.read(1)
            profile = dataset.profile
    return arrays, profile


def compare(product, first_day, last_day):
    """Assert that a product equals the independent mosaic on its own grid, pixel by pixel; return the latter."""
    made, profile = rasters(product)
    metadata = json.loads(next(product.glob("metadata_*.json")).read_text())
    listed = metadata["Source_product_list"]
    shape = (profile["height"], profile["width"])
    counted = []
    for top in range(0, shape[0], 300):
        rows = slice(top, min(top + 300, shape[0]))
        transform = profile["transform"] @ rasterio.Affine.translation(0, top)
        stack = independent_mosaic.samples(
            ARCHIVE, transform, (rows.stop - top, shape[1]), profile["crs"].to_epsg(), first_day, last_day
        )
        wanted = independent_mosaic.composite(stack)
        number_of = {granule: int(number) for number, granule in listed.items()}
        index = np.array([*(number_of.get(sample.granule, -9) for sample in stack), -1])
        np.testing.assert_array_equal(made["source_index"][rows], index[wanted["position"]])
        np.testing.assert_array_equal(made["valid_obs"][rows], wanted["valid_obs"])
        np.testing.assert_array_equal(made["quality_scene_classification"][rows], wanted["scl"])
        for band in independent_mosaic.BANDS:
            np.testing.assert_array_equal(made[band][rows], wanted[band])
        counted.append(wanted["valid_obs"])
    return np.concatenate(counted)


@pytest.fixture(scope="module")
def whole_tile(tmp_path_factory):
    """The product of tile 33TWM, of the month, at 60 m."""
    return make(tmp_path_factory.mktemp("tile"))["33TWM"]


def test_the_whole_of_33twm_agrees_with_numpy(whole_tile):
    """source_index, valid_obs, scene class and every band, on all 1830 x 1830 pixels."""
    _, profile = rasters(whole_tile)
    assert (profile["width"], profile["height"]) == (1830, 1830)
    assert tuple(profile["transform"])[:6] == (60, 0, 499980, 0, -60, 5200020)
    count = compare(whole_tile, "2023-08-01", "2023-08-31")
    # The sample exercises every branch: none, one, the tree, the medoid.
    assert all((count == n).any() for n in (0, 1, 2, 3, 4, 5))


def test_every_pixel_is_an_observation_of_that_pixel(whole_tile):
    """Asserted once more without any rule of choice: the spectrum stands in the scene that source_index names."""
    made, profile = rasters(whole_tile)
    listed = json.loads(next(whole_tile.glob("metadata_*.json")).read_text())["Source_product_list"]
    found = np.zeros(made["B02"].shape, bool)
    for sample in independent_mosaic.samples(
        ARCHIVE, profile["transform"], made["B02"].shape, 32633, "2023-08-01", "2023-08-31"
    ):
        number = next(int(key) for key, granule in listed.items() if granule == sample.granule)
        here = made["source_index"] == number
        for band in independent_mosaic.BANDS:
            np.testing.assert_array_equal(made[band][here], sample.bands[band][here])
        found |= here
    np.testing.assert_array_equal(found, made["source_index"] >= 0)
    np.testing.assert_array_equal(found, made["B08"] != 65535)


def test_both_tiles_of_a_dekad_in_utm(tmp_path):
    west, south, east, north = 15.3, 45.5, 16.1, 46.6
    area = shapely.geometry.mapping(shapely.box(west, south, east, north))
    products = make(tmp_path, area=area, period={"kind": "dekad", "start": "2023-08-11"})
    assert sorted(products) == ["33TWL", "33TWM"]
    for product in products.values():
        compare(product, "2023-08-11", "2023-08-20")


def test_both_tiles_of_a_month_in_wgs84(tmp_path):
    area = shapely.geometry.mapping(shapely.box(15.6, 45.85, 16.0, 46.15))
    product = make(tmp_path, area=area, crs="wgs84")["Slovenia"]
    _, profile = rasters(product)
    step = 6 * 8.983152841195215e-05
    assert profile["transform"].a == pytest.approx(step, rel=1e-15)
    for edge in (profile["transform"].c, profile["transform"].f):
        assert edge / step == pytest.approx(round(edge / step), abs=1e-6)
    compare(product, "2023-08-01", "2023-08-31")


def test_the_metadata_say_which_bands_are_missing_and_what_that_means(whole_tile):
    told = json.loads((whole_tile / "provenance.json").read_text())
    assert "The archive lacks B06, B11, B12, B8A" in told["notes"][0]
    assert "greatest NDVI" in told["notes"][0]
    assert "snow is not tested by its bands" in told["notes"][1]


def test_an_offset_that_is_already_applied_is_not_applied_again(whole_tile):
    scenes = json.loads((whole_tile / "provenance.json").read_text())["scenes"]
    assert {scene["offset"] for scene in scenes} == {0}
    assert {scene["baseline"] for scene in scenes} == {"05.09"}
