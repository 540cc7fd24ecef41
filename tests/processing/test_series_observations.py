"""Raw observations are what the composites chose from: the same numbers, and the same judgement of what counts."""

import json
import shutil
from collections import Counter
from datetime import date

import pytest
from series_products import make_mosaic, series_at
from shapely.geometry import box, mapping

from processing.errors import InvalidOrder, NoScenes
from processing.pixels import observations, series_refusals
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec
from processing.sample import make_archive
from processing.sources import open_source

JUNE = {"contents": "observations", "start": "2024-06-01", "end": "2024-06-30"}
# By what a mosaic counts them as.
CLOUD = {"cloud_medium", "cloud_high", "cirrus", "unclassified"}
SHADOW = {"cloud_shadow", "dark"}
EDGE = {"edge", "edge_unknown"}


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Six passes over two tiles, half of it cloudy."""
    folder = tmp_path_factory.mktemp("observations") / "archive"
    return make_archive(folder, size_km=2.4, dates=6, start=date(2024, 6, 3), cloudiness=0.5, blocksize=256)


@pytest.fixture(scope="module")
def source(items):
    return open_source(str(items))


@pytest.fixture(scope="module")
def mosaic(source, tmp_path_factory):
    west, south, east, north = source.extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, (east - west) / 5
    area = mapping(box(x - half, y - half, x + half, y + half))
    return make_mosaic(source, tmp_path_factory.mktemp("mosaic"), area=area)


PIXELS = [(row, column) for row in (3, 20, 41, 60, 88) for column in (2, 30, 55)]


@pytest.mark.parametrize("at", PIXELS)
def test_the_chosen_observation_has_the_mosaics_numbers(at, mosaic, source):
    (chosen,) = [
        step for step in series_at(source, place=mosaic.place(*at), **JUNE) if step["item"] == mosaic.item(*at)
    ]
    pixel = chosen["pixels"][0]
    assert chosen["counts"]
    assert pixel["stored"].items() <= mosaic.pixel(*at).items()
    assert len(pixel["stored"]) == 11 + 8


@pytest.mark.parametrize("at", PIXELS)
def test_as_many_observations_count_as_the_mosaic_says(at, mosaic, source):
    steps = series_at(source, place=mosaic.place(*at), **JUNE)
    told, stored = Counter(step["reason"] for step in steps), mosaic.pixel(*at)
    assert told[""] == sum(step["counts"] for step in steps) == stored["valid_obs"]
    assert sum(told[code] for code in CLOUD) == stored["rejected_obs_cloud"]
    assert sum(told[code] for code in SHADOW) == stored["rejected_obs_shadow"]
    assert sum(told[code] for code in EDGE) == stored["rejected_obs_edge"]
    assert told["false_snow"] == stored["rejected_obs_snow"]


def test_steps_are_scenes_oldest_first(mosaic, source):
    steps = series_at(source, place=mosaic.place(10, 10), **JUNE)
    assert [step["number"] for step in steps] == list(range(len(steps)))
    times = [step["sensed_at"] for step in steps]
    assert times == sorted(times)
    assert len({step["item"] for step in steps}) == len(steps)
    assert all(step["sensed_at"].endswith("Z") and step["platform"] in ("S2A", "S2B") for step in steps)


def test_all_nine_pixels_have_their_own_class_and_verdict(mosaic, source):
    steps = series_at(source, place=mosaic.place(40, 40) | {"pixels": 3}, **JUNE)
    for row, column in ((0, 0), (1, 1), (2, 2)):
        alone = series_at(source, place=mosaic.place(39 + row, 39 + column), **JUNE)
        for step, single in zip(steps, alone, strict=True):
            pixel = step["pixels"][3 * row + column] | {"row": 0, "column": 0}
            assert pixel == single["pixels"][0]
            if (row, column) == (1, 1):
                assert {key: step[key] for key in ("counts", "reason", "scene_class", "class_title")} == {
                    key: single[key] for key in ("counts", "reason", "scene_class", "class_title")
                }


@pytest.mark.parametrize("resolution", [20, 60])
def test_coarser_observations_are_merged_as_in_mosaics(resolution, source, tmp_path):
    west, south, east, north = source.extent().bounds
    area = mapping(box(west + 0.008, south + 0.008, east - 0.008, north - 0.008))
    mosaic = make_mosaic(source, tmp_path, area=area, resolution=resolution)
    steps = series_at(source, place=mosaic.place(4, 5), resolution=resolution, **JUNE)
    (chosen,) = [step for step in steps if step["item"] == mosaic.item(4, 5)]
    assert chosen["pixels"][0]["stored"].items() <= mosaic.pixel(4, 5).items()


def test_fewer_bands_change_no_verdict_but_for_bands_that_lack_data(mosaic, source):
    place = mosaic.place(60, 30)
    whole = series_at(source, place=place, **JUNE)
    few = series_at(source, place=place, bands=["B04", "B08"], layers=[], **JUNE)
    assert [step["reason"] for step in few] == [step["reason"] for step in whole]
    for step, full in zip(few, whole, strict=True):
        pixel = step["pixels"][0]
        assert set(pixel["values"]) == {"B04", "B08"}
        assert pixel["stored"].items() <= full["pixels"][0]["stored"].items()
        assert pixel["indices"]["ndvi"] == full["pixels"][0]["indices"]["ndvi"]


def test_another_mask_judges_otherwise(mosaic, source):
    place = mosaic.place(60, 30)
    strict = series_at(source, place=place, mask="scl-strict", **JUNE)
    assert {step["reason"] for step in strict if step["scene_class"] == 2} <= {"dark", "same_overpass"}


def test_layers_of_the_choice_are_not_in_observations(mosaic, source):
    steps = series_at(source, place=mosaic.place(0, 0), layers=["valid_obs", "method", "aot"], **JUNE)
    assert all("valid_obs" not in pixel["values"] and "aot" in pixel["values"] for pixel in steps[0]["pixels"])


def test_a_scene_that_cannot_be_read_is_a_step_that_says_so(items, mosaic, tmp_path):
    copy = shutil.copytree(items.parent, tmp_path / "damaged")
    source = open_source(str(copy))
    steps = series_at(source, place=mosaic.place(10, 10), **JUNE)
    damaged = next(step for step in steps if step["counts"])
    (copy / damaged["item"] / "B08.tif").write_bytes(b"II*\0")
    again = series_at(source, place=mosaic.place(10, 10), **JUNE)
    step = again[damaged["number"]]
    assert (step["item"], step["reason"], step["counts"]) == (damaged["item"], "unreadable", False)
    assert set(step["pixels"][0]["values"].values()) == {None}
    assert step["pixels"][0]["granule"] is None
    assert "B08.tif cannot be read" in step["note"]
    assert str(tmp_path) not in json.dumps(step)
    assert again[: step["number"]] == steps[: step["number"]]


def test_a_scene_without_data_here_is_a_step_without_values(items, mosaic, tmp_path):
    import rasterio

    copy = shutil.copytree(items.parent, tmp_path / "dark")
    source = open_source(str(copy))
    steps = series_at(source, place=mosaic.place(10, 10), **JUNE)
    raster = copy / steps[0]["item"] / "SCL.tif"
    with rasterio.open(raster) as dataset:
        profile, classes = dataset.profile, dataset.read()
    classes[:] = 0
    with rasterio.open(raster, "w", **profile) as dataset:
        dataset.write(classes)
    step = series_at(source, place=mosaic.place(10, 10), **JUNE)[0]
    assert (step["scene_class"], step["class_title"], step["reason"]) == (0, "No data", "no_data")
    assert set(step["pixels"][0]["values"].values()) == {None}


def test_observations_can_be_taken_up_at_a_later_one(mosaic, source, monkeypatch):
    monkeypatch.setattr(observations, "_SCENES_PER_READER", 3)
    spec = SeriesSpec.parse({"place": mosaic.place(10, 10), **JUNE})
    whole = [step.to_json() for step in make_series(spec, source)]
    for first in range(len(whole) + 1):
        assert [step.to_json() for step in make_series(spec, source, first=first)] == whole[first:]


def test_every_step_says_how_many_there_will_be(mosaic, source):
    spec = SeriesSpec.parse({"place": mosaic.place(10, 10), **JUNE})
    steps = list(make_series(spec, source))
    assert {step.expected for step in steps} == {len(steps)}
    assert spec.steps_expected is None


def test_more_observations_than_a_series_holds_are_refused(mosaic, source, monkeypatch):
    monkeypatch.setattr(observations, "MOST_DATES", 3)
    with pytest.raises(InvalidOrder) as refused:
        series_at(source, place=mosaic.place(10, 10), **JUNE)
    assert refused.value.problems[0].field == "end"
    assert "3" in refused.value.problems[0].message
    assert series_refusals.MOST_DATES == 2_000


def test_a_time_without_observations_names_the_nearest(mosaic, source):
    with pytest.raises(NoScenes) as refused:
        series_at(source, place=mosaic.place(1, 1), contents="observations", start="2024-05-01", end="2024-06-02")
    assert refused.value.problems[0].field == "start"
    assert "2024-06-03" in refused.value.problems[0].message
