"""Series of the real sample: at random pixels what the mosaics of its month and dekads have there."""

import random
from pathlib import Path

import pytest
from series_products import make_mosaic, series_at
from shapely.geometry import box, mapping

from processing.sources import open_source

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
# Over the border of both tiles, in hills north of Zagreb: cloud, forest, fields.
AREA = mapping(box(15.6, 45.98, 15.72, 46.05))
LAYERS = [
    "cloud_confidence", "snow_confidence", "sun_zenith", "sun_azimuth", "view_zenith_mean", "view_azimuth_mean",
    "medoid_mos", "scene_classification", "valid_obs", "source_index", "observation_date", "method", "rejected_obs",
]  # fmt: skip
BANDS = ["B02", "B03", "B04", "B08"]

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the Slovenian sample is not beside the repository"),
]


@pytest.fixture(scope="module")
def source():
    return open_source(str(ARCHIVE))


def places_in(mosaic, count):
    rng = random.Random(2023)
    rows, columns = range(1, mosaic.grid.height - 1), range(1, mosaic.grid.width - 1)
    return [(rng.choice(rows), rng.choice(columns)) for _ in range(count)]


def assert_equal(step, mosaic, row, column):
    for pixel in step["pixels"]:
        at = row - 1 + pixel["row"], column - 1 + pixel["column"]
        assert pixel["stored"] == mosaic.pixel(*at)
        assert pixel["item"] == mosaic.item(*at)


@pytest.mark.parametrize(
    "order",
    [{"resolution": 60}, {"resolution": 20}, {"resolution": 60, "crs": "wgs84"}, {"resolution": 60, "epsg": 32632}],
    ids=lambda order: "-".join(map(str, order.values())),
)
def test_august_is_the_mosaic_of_august(order, source, tmp_path):
    asked = {"bands": BANDS, "layers": LAYERS} | order
    mosaic = make_mosaic(source, tmp_path, area=AREA, period={"kind": "month", "start": "2023-08-01"}, **asked)
    asked["layers"] = [layer for layer in LAYERS if layer != "source_index"]
    for row, column in places_in(mosaic, 8):
        place = mosaic.place(row, column) | {"pixels": 3}
        (step,) = series_at(source, place=place, **asked, start="2023-08-01", end="2023-08-31")
        assert_equal(step, mosaic, row, column)


def test_every_dekad_is_its_own_mosaic(source, tmp_path):
    asked = {"bands": BANDS, "layers": LAYERS, "resolution": 60}
    mosaics = [
        make_mosaic(source, tmp_path / start, area=AREA, period={"kind": "dekad", "start": start}, **asked)
        for start in ("2023-08-01", "2023-08-11")
    ]
    asked["layers"] = [layer for layer in LAYERS if layer != "source_index"]
    for row, column in places_in(mosaics[0], 6):
        place = mosaics[0].place(row, column) | {"pixels": 3}
        steps = series_at(source, place=place, kind="dekad", start="2023-08-01", end="2023-08-31", **asked)
        *full, nothing = steps
        assert {pixel["granule"] for pixel in nothing["pixels"]} == {None}
        for step, mosaic in zip(full, mosaics, strict=True):
            assert_equal(step, mosaic, row, column)


def test_observations_count_as_the_mosaic_says(source, tmp_path):
    asked = {"bands": BANDS, "layers": LAYERS, "resolution": 60}
    mosaic = make_mosaic(source, tmp_path, area=AREA, period={"kind": "month", "start": "2023-08-01"}, **asked)
    for row, column in places_in(mosaic, 25):
        steps = series_at(
            source, contents="observations", place=mosaic.place(row, column), start="2023-08-01", end="2023-08-31",
            bands=BANDS, layers=[], resolution=60,
        )  # fmt: skip
        stored = mosaic.pixel(row, column)
        assert sum(step["counts"] for step in steps) == stored["valid_obs"]
        chosen = next((step for step in steps if step["item"] == mosaic.item(row, column)), None)
        if chosen is None:
            assert stored["valid_obs"] == 0
        else:
            assert chosen["counts"]
            assert chosen["pixels"][0]["stored"].items() <= stored.items()
