"""A series as NetCDF: by the CF Conventions, with the numbers of the steps, whole or not at all."""

import json
import subprocess
import sysconfig
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray
from series_steps import GRANULE, SQUARE, composites, observations, series, statistics

from processing.layers import LAYERS
from processing.pixels.exports import to_netcdf
from processing.pixels.indices import INDICES
from processing.pixels.series_spec import SeriesSpec

CHECKER = Path(sysconfig.get_path("scripts")) / "compliance-checker"
NINE = {"lon": 15.1, "lat": 46.2, "pixels": 3}
AREA = {"type": "Polygon", "coordinates": [SQUARE]}
CASES = {
    "one pixel": (lambda: series(), composites),
    "nine pixels": (lambda: series(place=NINE), composites),
    "degrees": (lambda: series(crs="wgs84", kind="dekad"), composites),
    "every layer": (lambda: series(bands=None, layers=list(LAYERS)), composites),
    "observations": (lambda: series(contents="observations"), observations),
    "statistics": (lambda: series(contents="statistics", place=None, area=AREA), statistics),
}


def written(folder, case):
    of_spec, of_steps = CASES[case]
    spec = of_spec()
    to_netcdf(spec, of_steps(spec), folder / "series.nc")
    return folder / "series.nc"


@pytest.mark.parametrize("case", CASES)
def test_the_cf_checker_finds_nothing_at_all(case, tmp_path):
    path, report = written(tmp_path, case), tmp_path / "report.json"
    done = subprocess.run(
        [CHECKER, "--test=cf:1.11", "--criteria=strict", "--format=json", f"--output={report}", path],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr + report.read_text()
    found = json.loads(report.read_text())["cf:1.11"]
    assert found["scored_points"] == found["possible_points"] > 30
    assert (found["high_count"], found["medium_count"], found["low_count"]) == (0, 0, 0)


def test_xarray_reads_time_place_and_values(tmp_path):
    with xarray.open_dataset(written(tmp_path, "nine pixels")) as opened:
        assert dict(opened.sizes) == {"station": 9, "time": 3, "bnds": 2}
        assert [str(time)[:16] for time in opened.time.values] == [
            "2023-06-16T00:00", "2023-07-16T12:00", "2023-08-16T12:00",
        ]  # fmt: skip
        assert str(opened.time_bnds.values[1, 1])[:10] == "2023-08-01"
        wanted = [[0.04 + n / 10_000, np.nan, 0.06 + n / 10_000] for n in range(9)]
        np.testing.assert_allclose(opened.B03.values, wanted, rtol=1e-6)
        np.testing.assert_allclose(opened.B08.values[:, 0], 4 + np.arange(9) / 10_000, rtol=1e-6)
        assert opened.sun_azimuth.values[0, 0] == pytest.approx(-30)
        assert opened.source_tile_identifier.values[0].tolist() == [GRANULE, "", GRANULE]
        assert opened.pixel_row.values.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert opened.lat.values[0] > opened.lat.values[-1]
        ndvi = INDICES["ndvi"].of(opened.B08.values, opened.B04.values)
        np.testing.assert_allclose(opened.ndvi.values, ndvi, rtol=1e-6)


def test_numbers_are_stored_as_in_products(tmp_path):
    with netCDF4.Dataset(written(tmp_path, "one pixel")) as dataset:
        dataset.set_auto_maskandscale(False)
        assert dataset["B08"].dtype == np.int16
        assert dataset["B08"][0].view(np.uint16).tolist() == [40_000, 65_535, 40_200]
        assert dataset["quality_scene_classification"][0].tolist() == [4, 255, 4]
        assert (
            dict(zip(dataset["method"].flag_values.tolist(), dataset["method"].flag_meanings.split(), strict=True))[2]
            == "short_term"
        )
        assert dataset["valid_obs"][0].tolist() == [3, 0, 3]
        assert dataset.featureType == "timeSeries"
        assert dataset.Conventions == "CF-1.11, ACDD-1.3"
        assert SeriesSpec.parse(json.loads(dataset.series)) == series()


def test_steps_without_stored_numbers_are_stored_by_their_values(tmp_path):
    spec = series()
    steps = composites(spec)
    for step in steps:
        for pixel in step["pixels"]:
            del pixel["stored"]
    to_netcdf(spec, steps, tmp_path / "series.nc")
    with netCDF4.Dataset(tmp_path / "series.nc") as dataset:
        dataset.set_auto_maskandscale(False)
        assert dataset["B08"][0].view(np.uint16).tolist() == [40_000, 65_535, 40_200]


def test_observations_keep_those_of_one_overpass_apart(tmp_path):
    with xarray.open_dataset(written(tmp_path, "observations")) as opened:
        assert dict(opened.sizes) == {"station": 1, "obs": 3}
        assert [str(time)[:19] for time in opened.time.values] == [
            "2023-06-15T09:56:31", "2023-08-15T09:56:31", "2023-08-15T09:56:31",
        ]  # fmt: skip
        assert opened.counts.values.tolist() == [[1, 1, 0]]
        assert opened.reason.values.tolist() == [["", "", "cloud"]]


def test_statistics_are_a_variable_per_figure(tmp_path):
    with xarray.open_dataset(written(tmp_path, "statistics")) as opened:
        np.testing.assert_array_equal(opened.B04_p95.values, [0.25, np.nan, 0.25])
        assert opened.ndvi_mean.attrs["cell_methods"] == "area: mean"
        np.testing.assert_array_equal(opened.pixels_with_data.values, [90, 0, 90])


def test_a_series_without_a_single_step_is_a_file_too(tmp_path):
    to_netcdf(series(), [], tmp_path / "series.nc")
    with xarray.open_dataset(tmp_path / "series.nc") as opened:
        assert opened.sizes["time"] == 0


def test_the_same_series_is_the_same_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert written(tmp_path / "a", "nine pixels").read_bytes() == written(tmp_path / "b", "nine pixels").read_bytes()


def test_nothing_is_left_where_the_steps_fail(tmp_path):
    def steps():
        yield composites(series())[0]
        raise RuntimeError("the archive went away")

    with pytest.raises(RuntimeError, match="went away"):
        to_netcdf(series(), steps(), tmp_path / "series.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stored", [10**9, -1, float("nan"), "many", None])
def test_a_number_that_no_raster_holds_is_no_data(tmp_path, stored):
    spec = series()
    steps = composites(spec)[:1]
    steps[0]["pixels"][0]["stored"]["B04"] = stored
    steps[0]["pixels"][0]["values"]["B04"] = None
    to_netcdf(spec, steps, tmp_path / "series.nc")
    with xarray.open_dataset(tmp_path / "series.nc") as opened:
        assert np.isnan(opened.B04.values).all()
