"""NetCDF files follow the CF Conventions, open as time series, and say the same as the GeoTIFFs."""

import json
import subprocess
import sysconfig
import threading
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio
import xarray
from pyproj import CRS, Transformer
from written_products import ALL_LAYERS, GRIDS, SOME_LAYERS, SUFFIX, TINY_GRIDS, heading, pixels, write

from processing.grid import Grid
from processing.registry import formats

NETCDF = formats()["netcdf"]
CHECKER = Path(sysconfig.get_path("scripts")) / "compliance-checker"

every_grid = pytest.mark.parametrize("grid", (GRIDS | TINY_GRIDS).values(), ids=GRIDS | TINY_GRIDS)


def one_file(folder, grid, *, layers=SOME_LAYERS, of=None, **changes):
    (file,), _ = write(NETCDF, folder, grid, pixels(grid, layers=layers, **changes), layers=layers, of=of)
    return file.path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file with every layer that can be ordered, in UTM."""
    return one_file(tmp_path_factory.mktemp("utm"), GRIDS["southern utm"], layers=ALL_LAYERS)


@pytest.fixture
def dataset(path):
    with netCDF4.Dataset(path) as opened:
        opened.set_auto_maskandscale(False)
        yield opened


# --- Conventions ----------------------------------------------------------------------------------
@every_grid
def test_the_cf_checker_finds_nothing_at_all_in_a_file_with_all_layers(grid, tmp_path):
    path = one_file(tmp_path, grid, layers=ALL_LAYERS)
    report = tmp_path / "report.json"
    done = subprocess.run(
        [CHECKER, "--test=cf:1.8", "--criteria=strict", "--format=json", f"--output={report}", path],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())["cf:1.8"]
    assert found["possible_points"] > 100
    assert found["scored_points"] == found["possible_points"]
    assert (found["high_count"], found["medium_count"], found["low_count"]) == (0, 0, 0)


def test_the_cf_checker_finds_what_is_wrong(path, tmp_path):
    """So that its silence means something."""
    broken = tmp_path / "broken.nc"
    broken.write_bytes(path.read_bytes())
    with netCDF4.Dataset(broken, "a") as dataset:
        dataset["sun_zenith"].units = "metre"
        dataset["B02"].grid_mapping = "nowhere"
    done = subprocess.run([CHECKER, "--test=cf:1.8", broken], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "sun_zenith" in done.stdout
    assert "nowhere" in done.stdout


def test_the_file_says_what_it_is(dataset):
    """A1-064, A1-067."""
    told = {name: dataset.getncattr(name) for name in dataset.ncattrs()}
    assert told["Conventions"].startswith("CF-1.8")
    assert told["title"] == "Copernicus Sentinel-2 Mosaic of March 2018, 20 m"
    assert told["id"] == "S2GM_M20_20180301_20180331_Trial_STD_v0.1.0_7"
    assert told["spatial_resolution"] == "20 m"
    assert told["time_coverage_start"] == "2018-03-01T00:00:00Z"
    assert told["time_coverage_end"] == "2018-04-01T00:00:00Z"
    assert told["comment"] == "Contains modified Copernicus Sentinel data 2018"
    assert {"institution", "source", "history", "references", "summary", "keywords"} <= set(told)
    assert not [name for name in told if "date" in name], "a file does not say when it was made"


def test_what_the_heading_says_comes_first_and_empty_statements_are_left_out(tmp_path):
    of = heading(institution="Zentrum für Fernerkundung, Kraków", creator_name="", license="CC-BY-4.0")
    path = one_file(tmp_path, TINY_GRIDS["one row"], of=of)
    with netCDF4.Dataset(path) as dataset:
        assert dataset.institution == "Zentrum für Fernerkundung, Kraków"
        assert dataset.license == "CC-BY-4.0"
        assert "creator_name" not in dataset.ncattrs()


@every_grid
def test_the_bounds_hold_every_pixel(grid, tmp_path):
    path = one_file(tmp_path, grid)
    with netCDF4.Dataset(path) as dataset:
        for name in ("lat", "lon"):
            places = dataset[name][:].astype(np.float64)
            smallest, largest = dataset.getncattr(f"geospatial_{name}_min"), dataset.getncattr(f"geospatial_{name}_max")
            assert smallest <= places.min() <= places.max() <= largest
            assert largest - smallest < np.ptp(places) + 0.001
        assert dataset.geospatial_bounds.startswith("POLYGON ((")
        latitude, longitude = map(float, dataset.geospatial_bounds.removeprefix("POLYGON ((").split(",")[0].split())
        assert (latitude, longitude) == pytest.approx((dataset["lat"][:].mean(), dataset["lon"][:].mean()), abs=0.2)


# --- Time -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "start", "middle", "end"),
    [
        ("month", date(2018, 3, 1), "2018-03-16T12:00", "2018-04-01T00:00"),
        ("month", date(2018, 4, 1), "2018-04-16T00:00", "2018-05-01T00:00"),
        ("month", date(2020, 2, 1), "2020-02-15T12:00", "2020-03-01T00:00"),
        ("day", date(2019, 12, 31), "2019-12-31T12:00", "2020-01-01T00:00"),
        ("dekad", date(2018, 8, 21), "2018-08-26T12:00", "2018-09-01T00:00"),
        ("quarter", date(2017, 10, 1), "2017-11-16T00:00", "2018-01-01T00:00"),
        ("year", date(2016, 1, 1), "2016-07-02T00:00", "2017-01-01T00:00"),
    ],
)
def test_time_is_the_middle_of_the_period_between_its_bounds(kind, start, middle, end, tmp_path):
    """A1-063."""
    path = one_file(tmp_path, TINY_GRIDS["one pixel"], of=heading(kind=kind, start=start))
    with xarray.open_dataset(path) as opened:
        assert opened.time.values == [np.datetime64(middle)]
        assert opened.time_bnds.values.tolist() == np.array([[start, end]], "datetime64[ns]").tolist()
    with netCDF4.Dataset(path) as dataset:
        assert dataset["time"].dtype == np.float64
        assert dataset["time"].calendar == "standard"


@pytest.mark.filterwarnings("ignore:In a future version of xarray:FutureWarning")
def test_three_months_open_as_one_dataset_whose_spread_over_time_can_be_computed(tmp_path):
    """A1-063, A2-007."""
    grid = GRIDS["southern utm"]
    layers = [layer for layer in ALL_LAYERS if layer.name in ("B08", "valid_obs")]
    months = []
    for month in (3, 4, 5):
        made = pixels(grid, layers=layers, seed=month)
        of = heading(start=date(2018, month, 1), suffix=f"M20_2018{month:02}01_Trial")
        write(NETCDF, tmp_path, grid, made, layers=layers, of=of)
        months.append(np.where(made["B08"] == 65535, np.nan, made["B08"] * 1e-4))
    with xarray.open_mfdataset(str(tmp_path / "*.nc")) as series:
        assert dict(series.sizes) == {"time": 3, "y": grid.height, "x": grid.width, "bnds": 2}
        assert [str(time)[:16] for time in series.time.values] == [
            "2018-03-16T12:00", "2018-04-16T00:00", "2018-05-16T12:00",
        ]  # fmt: skip
        spread = series.B08.std("time").compute()
    assert spread.dims == ("y", "x")
    np.testing.assert_allclose(spread.values, np.std(months, axis=0), atol=1e-12)
    assert np.isnan(spread.values).any()
    assert np.nanmax(spread.values) > 0


# --- Place ----------------------------------------------------------------------------------------
def test_dimensions_and_coordinates_are_those_of_s2gm(dataset):
    """A1-063, A1-064."""
    grid = GRIDS["southern utm"]
    assert {name: len(size) for name, size in dataset.dimensions.items()} == {
        "time": 1, "y": grid.height, "x": grid.width, "bnds": 2,
    }  # fmt: skip
    assert (dataset["lat"].dimensions, dataset["lat"].dtype) == (("y", "x"), np.float32)
    assert (dataset["lon"].dimensions, dataset["lon"].dtype) == (("y", "x"), np.float32)
    for layer in ALL_LAYERS:
        assert dataset[layer.prefix].dimensions == ("time", "y", "x")
        assert dataset[layer.prefix].coordinates == "lat lon"


@every_grid
def test_latitude_and_longitude_are_those_of_the_pixels_centres(grid, tmp_path):
    """A1-064."""
    path = one_file(tmp_path, grid)
    with rasterio.open(f'NETCDF:"{path}":B02') as raster:
        columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
        x, y = raster.transform @ (columns, rows)
        to_degrees = Transformer.from_crs(CRS.from_epsg(raster.crs.to_epsg()), CRS.from_epsg(4326), always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    with netCDF4.Dataset(path) as dataset:
        np.testing.assert_allclose(dataset["lat"][:], lat, rtol=0, atol=4e-6)
        np.testing.assert_allclose(dataset["lon"][:], lon, rtol=0, atol=2e-6)
        np.testing.assert_allclose(dataset["x"][:], x[0], rtol=0, atol=1e-9)
        np.testing.assert_allclose(dataset["y"][:], y[:, 0], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("utm", ("projection_x_coordinate", "m", "X"), ("projection_y_coordinate", "m", "Y")),
        ("wgs84", ("longitude", "degrees_east", "X"), ("latitude", "degrees_north", "Y")),
    ],
)
def test_axes_and_crs_are_told_in_the_words_of_cf(name, x, y, tmp_path):
    path = one_file(tmp_path, GRIDS[name], layers=SOME_LAYERS[:1])
    with netCDF4.Dataset(path) as dataset:
        for axis, told in (("x", x), ("y", y)):
            variable = dataset[axis]
            assert (variable.standard_name, variable.units, variable.axis) == told
        mapping = dataset[dataset["B02"].grid_mapping]
        assert CRS.from_cf({name: mapping.getncattr(name) for name in mapping.ncattrs()}).to_epsg() == GRIDS[name].epsg
        without_wkt = {name: mapping.getncattr(name) for name in mapping.ncattrs() if name != "crs_wkt"}
        assert CRS.from_cf(without_wkt).is_projected == GRIDS[name].is_utm


@every_grid
def test_gdal_sees_exactly_what_it_sees_in_the_geotiffs(grid, tmp_path):
    made = pixels(grid)
    (file,), _ = write(NETCDF, tmp_path / "netcdf", grid, made)
    tiffs, _ = write(formats()["geotiff"], tmp_path / "geotiff", grid, made)
    for tiff in tiffs:
        (layer,) = tiff.layers
        with rasterio.open(tiff.path) as wanted, rasterio.open(file.dataset(layer)) as found:
            assert found.crs == wanted.crs
            assert found.transform.almost_equals(wanted.transform, precision=1e-12)
            assert found.shape == wanted.shape
            assert found.nodata == wanted.nodata
            assert found.scales == wanted.scales
            np.testing.assert_array_equal(found.read(1), wanted.read(1))


# --- Layers ---------------------------------------------------------------------------------------
def test_numbers_are_stored_as_cf_allows_and_read_as_what_they_are(path, dataset):
    made = pixels(GRIDS["southern utm"], layers=ALL_LAYERS)
    with xarray.open_dataset(path, mask_and_scale=True) as opened:
        for layer in ALL_LAYERS:
            assert dataset[layer.prefix].dtype == np.int16
            assert ("_Unsigned" in dataset[layer.prefix].ncattrs()) == (layer.dtype == "uint16")
            wanted = np.where(made[layer.name] == layer.nodata, np.nan, made[layer.name] * layer.scale)
            np.testing.assert_allclose(opened[layer.prefix].values[0], wanted, rtol=1e-6)
            assert opened[layer.prefix].attrs["units"] == layer.unit
            assert opened[layer.prefix].attrs["long_name"] == layer.title


def test_reflectances_above_3_are_not_read_as_negative_numbers(tmp_path):
    grid, layers = Grid(32633, 0, -500_000, 2, 1, 10), ALL_LAYERS[:1]
    made = {layers[0].name: np.array([[32768, 65534]], np.uint16)}
    (file,), _ = write(NETCDF, tmp_path, grid, made, layers=layers)
    with xarray.open_dataset(file.path) as opened, netCDF4.Dataset(file.path) as dataset:
        np.testing.assert_allclose(opened["B01"].values[0], [[3.2768, 6.5534]])
        np.testing.assert_allclose(dataset["B01"][0], [[3.2768, 6.5534]])


def test_classes_are_named(dataset):
    for layer in ALL_LAYERS:
        variable = dataset[layer.prefix]
        if layer.flags:
            assert variable.flag_values.dtype == variable.dtype
            told = dict(zip(variable.flag_values.tolist(), variable.flag_meanings.split(), strict=True))
            assert told == {flag.value: flag.name for flag in layer.flags}
        else:
            assert "flag_values" not in variable.ncattrs()
    assert dataset["quality_scene_classification"].flag_meanings.split()[4] == "vegetation"


def test_counts_are_told_as_sums_over_the_period(dataset):
    summed = {name for name, variable in dataset.variables.items() if "cell_methods" in variable.ncattrs()}
    assert summed == {layer.prefix for layer in ALL_LAYERS if layer.name.endswith("_obs") or "rejected" in layer.name}
    assert dataset["valid_obs"].cell_methods == "time: sum"


def test_the_source_index_names_its_scenes(dataset):
    assert dataset["source_index"].source_product_list.split("; ") == [
        "0: S2A_33TWM_00000 2018-03-01T10:01:21Z",
        "1: S2A_33TWM_00001 2018-03-02T11:01:21Z",
        "2: S2A_33TWM_00002 2018-03-03T12:01:21Z",
    ]


def test_thousands_of_scenes_fit(tmp_path):
    """More than the 64 kB that old HDF5 files allow an attribute."""
    path = one_file(tmp_path, TINY_GRIDS["one pixel"], of=heading(scenes=5000))
    with netCDF4.Dataset(path) as dataset:
        scenes = dataset["source_index"].source_product_list.split("; ")
    assert len(scenes) == 5000
    assert scenes[-1].startswith("4999: S2A_33TWM_04999 ")
    with rasterio.open(f'NETCDF:"{path}":source_index') as raster:
        assert raster.nodata == -1


def test_rasters_are_compressed_in_a_way_that_every_reader_knows(dataset):
    for name in ("lat", "lon", *(layer.prefix for layer in ALL_LAYERS)):
        used = {key for key, value in dataset[name].filters().items() if value}
        assert used == {"zlib", "shuffle", "complevel"}
        assert dataset[name].chunking()[-2:] == [200, 262]


def test_large_rasters_are_cut_into_chunks(tmp_path):
    path = one_file(tmp_path, GRIDS["utm"], layers=SOME_LAYERS[:1])
    with netCDF4.Dataset(path) as dataset:
        assert dataset["B02"].chunking() == [1, 512, 512]
        assert dataset["lat"].chunking() == [512, 512]


# --- How it is written ----------------------------------------------------------------------------
def test_a_file_does_not_tell_where_and_beside_what_it_was_written(tmp_path):
    grid = TINY_GRIDS["one row"]
    first = one_file(tmp_path / "here", grid).read_bytes()
    other = tmp_path / "elsewhere" / "with a longer name"
    one_file(other, GRIDS["wgs84"], of=heading(suffix="another"))
    assert one_file(other, grid).read_bytes() == first
    assert str(tmp_path).encode() not in first
    assert b".gathered" not in first


def test_two_products_can_be_written_at_once(tmp_path):
    grid = GRIDS["wgs84"]
    wanted = one_file(tmp_path / "alone", grid).read_bytes()
    written = {}
    threads = [
        threading.Thread(target=lambda name: written.update({name: one_file(tmp_path / name, grid)}), args=(name,))
        for name in ("one", "two", "three")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [written[name].read_bytes() == wanted for name in ("one", "two", "three")] == [True, True, True]


def test_a_truncated_file_is_not_read(path, tmp_path):
    """What quality control relies on."""
    cut = tmp_path / f"{SUFFIX}.nc"
    cut.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open(f'NETCDF:"{cut}":B02')
