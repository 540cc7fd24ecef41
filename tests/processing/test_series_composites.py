"""A time series has at every pixel what the mosaics of its periods have there."""

import json
import random
import shutil
from datetime import date

import pytest
from series_products import make_mosaic, series_at
from shapely.geometry import box, mapping, shape

from processing.errors import CorruptInput, InvalidOrder, NoScenes
from processing.pixels.granule_facts import forget_all
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec
from processing.sample import make_archive
from processing.sources import open_source

MONTHS = {"kind": "month", "start": "2024-06-01", "end": "2024-07-31"}
DEKADS = {"kind": "dekad", "start": "2024-06-01", "end": "2024-07-31"}


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Twelve passes over two tiles in June and July, half of it cloudy."""
    folder = tmp_path_factory.mktemp("series") / "archive"
    return make_archive(folder, size_km=2.4, dates=12, start=date(2024, 6, 3), cloudiness=0.5, blocksize=256)


@pytest.fixture(scope="module")
def source(items):
    return open_source(str(items))


@pytest.fixture(scope="module")
def middle(area):
    """The middle of it, as a place."""
    return dict(zip(("lon", "lat"), shape(area).centroid.coords[0], strict=True))


@pytest.fixture(scope="module")
def area(source):
    """A kilometre in the middle, over the border of both tiles."""
    west, south, east, north = source.extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, (east - west) / 5
    return mapping(box(x - half, y - half, x + half, y + half))


def places_in(mosaic, count, *, margin=1):
    """Random pixels of a mosaic whose neighbours are in it too."""
    rng = random.Random(7)
    rows, columns = range(margin, mosaic.grid.height - margin), range(margin, mosaic.grid.width - margin)
    return [(rng.choice(rows), rng.choice(columns)) for _ in range(count)]


def assert_step_is_mosaic(step, mosaic, row, column, *, side=1):
    """All pixels of a step have the numbers of the mosaic, and come from the same scene."""
    assert len(step["pixels"]) == side * side
    for pixel in step["pixels"]:
        at = row - side // 2 + pixel["row"], column - side // 2 + pixel["column"]
        assert pixel["stored"] == mosaic.pixel(*at)
        assert pixel["item"] == mosaic.item(*at)
        assert (pixel["lon"], pixel["lat"]) == pytest.approx(tuple(mosaic.place(*at).values()), abs=1e-7)


ORDERS = [
    {"resolution": 10},
    {"resolution": 20},
    {"resolution": 60},
    {"resolution": 10, "crs": "wgs84"},
    {"resolution": 20, "crs": "wgs84", "method": "medoid"},
    {"resolution": 20, "epsg": 32632},
    {"resolution": 10, "epsg": 32634, "method": "s2gm-1.0"},
    {"resolution": 10, "method": "latest", "mask": "scl-strict"},
    {"resolution": 20, "method": "s2gm", "method_options": {"threshold": 3}, "mask": "scl-urban"},
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(map(str, order.values())))
def test_a_month_of_a_series_is_the_months_mosaic_at_all_nine_pixels(order, source, area, tmp_path):
    mosaic = make_mosaic(source, tmp_path, area=area, **order)
    for row, column in places_in(mosaic, 8):
        place = mosaic.place(row, column) | {"pixels": 3}
        (step,) = series_at(source, place=place, **order, kind="month", start="2024-06-01", end="2024-06-30")
        assert_step_is_mosaic(step, mosaic, row, column, side=3)


def test_every_period_of_a_series_is_its_own_mosaic(source, area, tmp_path):
    mosaics = {}
    for day in ("01", "11", "21"):
        for month in ("06", "07"):
            first = f"2024-{month}-{day}"
            period = {"kind": "dekad", "start": first}
            try:
                mosaics[first] = make_mosaic(source, tmp_path / first, area=area, period=period)
            except NoScenes:
                mosaics[first] = None
    whole = next(mosaic for mosaic in mosaics.values() if mosaic)
    for row, column in places_in(whole, 4):
        steps = series_at(source, place=whole.place(row, column), **DEKADS)
        assert [step["first_day"] for step in steps] == sorted(mosaics)
        for step in steps:
            mosaic = mosaics[step["first_day"]]
            if mosaic:
                assert_step_is_mosaic(step, mosaic, row, column)
            else:
                assert step["pixels"][0]["granule"] is None


@pytest.mark.parametrize("resolution", [10, 60])
def test_safe_products_give_the_same_as_their_mosaic(resolution, tmp_path):
    folder = make_archive(tmp_path / "safe", size_km=1.8, dates=2, start=date(2024, 6, 3), layout="safe")
    source = open_source(str(folder))
    x, y = box(*source.extent().bounds).centroid.coords[0]
    area = mapping(box(x - 0.003, y - 0.003, x + 0.003, y + 0.003))
    mosaic = make_mosaic(source, tmp_path / "out", area=area, resolution=resolution)
    row, column = mosaic.grid.height // 2, mosaic.grid.width // 2
    place = mosaic.place(row, column) | {"pixels": 3}
    (step,) = series_at(source, place=place, resolution=resolution, start="2024-06-01", end="2024-06-30")
    assert_step_is_mosaic(step, mosaic, row, column, side=3)


def test_fewer_layers_change_nothing_of_the_others(source, middle):
    place = middle | {"pixels": 3}
    whole = series_at(source, place=place, **MONTHS)
    few = series_at(source, place=place, **MONTHS, bands=["B04", "B08"], layers=["valid_obs"])
    for step, of_few in zip(whole, few, strict=True):
        for pixel, of_fewer in zip(step["pixels"], of_few["pixels"], strict=True):
            assert {name: pixel["stored"].get(name) for name in of_fewer["stored"]} == of_fewer["stored"]
            assert set(of_fewer["values"]) == {"B04", "B08", "valid_obs"}
            assert list(of_fewer["indices"]) == ["ndvi"]


def test_what_is_kept_of_granules_changes_nothing(source, middle):
    forget_all()
    fresh = series_at(source, place=middle, **MONTHS)
    assert series_at(source, place=middle, **MONTHS) == fresh


def test_values_are_physical_and_no_data_is_null(source, middle):
    steps = series_at(source, place=middle, kind="month", start="2024-05-01", end="2024-07-31")
    empty, *full = steps
    assert [step["title"] for step in steps] == ["May 2024", "June 2024", "July 2024"]
    pixel = empty["pixels"][0]
    assert (pixel["granule"], pixel["sensed_at"], pixel["valid_obs"], empty["scenes"]) == (None, None, 0, 0)
    assert set(pixel["values"].values()) == set(pixel["indices"].values()) == {None}
    for pixel in (step["pixels"][0] for step in full):
        assert pixel["values"]["B08"] == pytest.approx(pixel["stored"]["B08"] / 10_000)
        assert pixel["values"]["sun_zenith"] == pytest.approx(pixel["stored"]["sun_zenith"] / 100)
        assert pixel["values"]["scene_classification"] == pixel["stored"]["scene_classification"]
        b08, b04 = pixel["values"]["B08"], pixel["values"]["B04"]
        assert pixel["indices"]["ndvi"] == pytest.approx((b08 - b04) / (b08 + b04), abs=1e-6)
        assert pixel["valid_obs"] == pixel["values"]["valid_obs"]
        assert pixel["granule"].startswith("S2")


def test_a_damaged_scene_is_left_out_as_the_mosaic_leaves_it_out(items, area, tmp_path):
    copy = shutil.copytree(items.parent, tmp_path / "damaged")
    for raster in copy.glob("*_2024060*/SCL.tif"):
        raster.write_bytes(raster.read_bytes()[:200])
    source = open_source(str(copy))
    mosaic = make_mosaic(source, tmp_path / "out", area=area)
    for row, column in places_in(mosaic, 3):
        (step,) = series_at(source, place=mosaic.place(row, column), kind="month", start="2024-06-01", end="2024-06-30")
        assert_step_is_mosaic(step, mosaic, row, column)
        assert "SCL.tif cannot be read (it is damaged or cut short); it was left out." in step["note"]
        assert str(tmp_path) not in step["note"]


def test_a_month_of_damaged_scenes_is_a_step_without_data(items, tmp_path, middle):
    copy = shutil.copytree(items.parent, tmp_path / "damaged")
    for raster in copy.glob("*_202406*/SCL.tif"):
        raster.write_bytes(b"II*\0")
    june, july = series_at(open_source(str(copy)), place=middle, **MONTHS)
    assert june["pixels"][0]["granule"] is None
    assert "cannot be read" in june["note"]
    assert july["pixels"][0]["granule"]


def test_a_scene_that_quality_control_refuses_is_not_used_once_it_was_changed(items, tmp_path, middle):
    import rasterio

    copy = shutil.copytree(items.parent, tmp_path / "odd")
    source = open_source(str(copy))
    asked = {"place": middle, "kind": "month", "start": "2024-06-01", "end": "2024-06-30"}
    (before,) = series_at(source, **asked)
    raster = copy / before["pixels"][0]["item"] / "SCL.tif"
    with rasterio.open(raster) as dataset:
        profile, classes = dataset.profile, dataset.read()
    height, width = classes.shape[1:]
    classes[:, : height // 4, : width // 2] = 77
    with rasterio.open(raster, "w", **profile) as dataset:
        dataset.write(classes)
    (after,) = series_at(source, **asked)
    assert "of its scene classes do not exist" in after["note"]
    assert after["pixels"][0]["item"] != before["pixels"][0]["item"]


def test_a_band_that_the_archive_lacks_is_null_and_named(items, tmp_path, middle):
    collection = json.loads(items.read_text())
    for item in collection["features"]:
        del item["assets"]["coastal"]
        item["assets"].pop("aot", None)
    without = items.with_name("without.json")
    without.write_text(json.dumps(collection))
    june, _ = series_at(open_source(str(without)), place=middle, **MONTHS)
    values = june["pixels"][0]["values"]
    assert (values["B01"], values["aot"]) == (None, None)
    assert values["B02"] is not None
    assert "Not in the archive here: B01, aot." in june["notes"]
    assert june["note"] == " ".join(june["notes"])


@pytest.mark.parametrize(
    ("place", "time", "field", "word"),
    [
        ({"lon": -30.0, "lat": 40.0}, MONTHS, "place", "outside the archive"),
        (None, {"kind": "month", "start": "2024-01-01", "end": "2024-04-30"}, "start", "the nearest one"),
        (None, {"kind": "month", "start": "2019-01-01", "end": "2019-12-31"}, "place", "half a year"),
    ],
)
def test_where_the_archive_has_nothing_the_field_is_named(place, time, field, word, source, middle):
    with pytest.raises(NoScenes) as refused:
        series_at(source, place=place or middle, **time)
    assert refused.value.problems[0].field == field
    assert word in refused.value.problems[0].message


def test_a_series_can_be_taken_up_at_a_later_step(source, middle):
    spec = SeriesSpec.parse({"place": middle, "kind": "dekad", "start": "2024-06-01", "end": "2024-07-31"})
    whole = [step.to_json() for step in make_series(spec, source)]
    assert [step.to_json() for step in make_series(spec, source, first=4)] == whole[4:]
    assert list(make_series(spec, source, first=6)) == []


def test_progress_ends_the_series_by_raising(source, middle):
    class Enough(Exception):
        pass

    heard = []

    def progress(stage, percent):
        heard.append((stage, percent))
        if percent > 30:
            raise Enough

    spec = SeriesSpec.parse({"place": middle, "kind": "dekad", "start": "2024-06-01", "end": "2024-07-31"})
    taken = []
    with pytest.raises(Enough):
        for step in make_series(spec, source, progress=progress):
            taken.append(step.number)
    assert taken == [0]
    assert heard[0] == ("searching", 0)


def test_a_series_that_is_given_up_lets_go_of_its_threads(source, middle):
    import threading

    spec = SeriesSpec.parse({"place": middle, "kind": "dekad", "start": "2024-06-01", "end": "2024-07-31"})
    before = threading.active_count()
    steps = make_series(spec, source)
    assert next(steps).number == 0
    steps.close()
    assert threading.active_count() == before


def test_steps_say_how_many_there_will_be(source, middle):
    spec = SeriesSpec.parse({"place": middle, **MONTHS})
    assert {step.expected for step in make_series(spec, source)} == {spec.steps_expected} == {2}


def test_an_unreadable_item_file_is_no_series(tmp_path):
    (tmp_path / "items.json").write_text("{")
    with pytest.raises(CorruptInput):
        open_source(str(tmp_path))


def test_a_series_of_a_place_too_far_from_its_zone_is_refused():
    with pytest.raises(InvalidOrder) as refused:
        SeriesSpec.parse({"place": {"lon": 15.7, "lat": 46.0}, **MONTHS, "epsg": 32660})
    assert refused.value.problems[0].field == "place.lon"
