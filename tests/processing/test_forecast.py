"""Forecasts are what the finished mosaic counts, as far as coarse cells allow, and never made of mixed classes."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
import shapely

from processing.mosaic import make_product, plan_products
from processing.overviews.forecast import cells_inside, count_valid, map_grid, threshold_of
from processing.overviews.grid import CoarseGrid, Lattice
from processing.overviews.masks import (
    CLOUDS,
    Sighting,
    classes_of,
    counting,
    merged,
    read_sighting,
    unpacked,
)
from processing.overviews.reading import OverviewReader, read_overview
from processing.reading import GranuleUnreadable
from processing.registry import masks, methods
from processing.sample import make_archive
from processing.scenes import method_and_mask
from processing.sources import open_source
from processing.spec import MosaicSpec

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
real_data = [
    pytest.mark.real_data,
    pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository"),
]
NO_DATA = 255


def finished(spec, source, folder):
    """valid_obs of the order's first product, and its grid."""
    plan = plan_products(spec, source)[0]
    made = make_product(spec, plan, source=source, into=folder, order_number="1")
    with rasterio.open(next(made.folder.glob("valid_obs*.tiff"))) as dataset:
        counted = dataset.read(1).astype(int)
    counted[counted == NO_DATA] = 0
    return counted, plan.grid


def forecast(spec, source, grid, *, times=1, inside=None):
    """Counts on a grid, of the scenes' cells made ``times`` as large."""
    west, south, east, north = shapely.box(*grid.footprint.bounds).bounds
    found = source.search(shapely.box(west, south, east, north), spec.period.first_day, spec.period.last_day)
    with OverviewReader() as overviews:
        sightings = [read_sighting(granule, overviews).thinned(times) for granule in found]
    asked = [
        (granule.datatake, partial(lambda sighting: sighting, sighting), sighting.lattice)
        for granule, sighting in zip(found, sightings, strict=True)
    ]
    if inside is None:
        inside = np.ones((grid.height, grid.width), bool)
    return count_valid(asked, grid, method_and_mask(spec)[1], inside)


def as_coarse(grid):
    return CoarseGrid(grid.epsg, grid.transform.c, grid.transform.f, grid.pixel_size, grid.width, grid.height)


@pytest.mark.parametrize("mask", [None, *sorted(masks())])
@pytest.mark.parametrize("period", [("year", "2024-01-01"), ("dekad", "2024-06-11")])
def test_a_mosaic_in_the_cells_size_is_forecast_to_the_pixel(archive, order, tmp_path, mask, period):
    spec = MosaicSpec.parse(
        order(resolution=60, mask=mask, layers=["valid_obs"], period={"kind": period[0], "start": period[1]})
    )
    source = open_source(str(archive))
    counted, grid = finished(spec, source, tmp_path)
    np.testing.assert_array_equal(forecast(spec, source, as_coarse(grid)).count, counted)


@pytest.mark.parametrize("resolution", [10, 20])
def test_a_finer_mosaic_differs_only_where_classes_change_within_a_cell(archive, order, tmp_path, resolution):
    spec = MosaicSpec.parse(order(resolution=resolution, layers=["valid_obs"]))
    source = open_source(str(archive))
    counted, grid = finished(spec, source, tmp_path)
    made = forecast(spec, source, as_coarse(grid))
    # A cell of 60 m holds the class of its middle pixel of 20 m: where no pixel beside differs, there is no doubt.
    certain = plain(counted, 60 // resolution)
    assert certain.mean() > 0.2
    np.testing.assert_array_equal(made.count[certain], counted[certain])
    for level in (1, 2, 4):
        assert made.share(level) == pytest.approx((counted >= level).mean(), abs=0.02)
    assert made.count.mean() == pytest.approx(counted.mean(), abs=0.02)


def test_a_mosaic_in_degrees_differs_only_where_classes_change(archive, order, tmp_path):
    spec = MosaicSpec.parse(order(resolution=60, crs="wgs84", layers=["valid_obs"]))
    source = open_source(str(archive))
    counted, grid = finished(spec, source, tmp_path)
    made = forecast(spec, source, as_coarse(grid))
    # Its pixels are not the cells' own: under each may lie any pixel of the cell.
    certain = plain(counted, 1)
    assert certain.mean() > 0.1
    assert (made.count == counted)[certain].mean() > 0.97
    assert made.share(1) == pytest.approx((counted >= 1).mean(), abs=0.03)
    assert made.count.mean() == pytest.approx(counted.mean(), abs=0.05)


def test_the_web_maps_grid_has_the_same_shares(archive, order, tmp_path):
    spec = MosaicSpec.parse(order(resolution=20, layers=["valid_obs"]))
    source = open_source(str(archive))
    counted, _ = finished(spec, source, tmp_path)
    grid = map_grid(spec.geometry, looks=4)
    made = forecast(spec, source, grid, inside=cells_inside(spec.geometry, grid))
    for level in (1, 2, 3, 4):
        assert made.share(level) == pytest.approx((counted >= level).mean(), abs=0.03)
    assert sum(made.histogram(12)) == pytest.approx(1)
    assert made.histogram(12)[0] == pytest.approx(made.share(0, 1))


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("mask", ["scl", "scl-urban"])
@pytest.mark.parametrize("period", [("month", "2023-08-01"), ("dekad", "2023-08-11"), ("day", "2023-08-15")])
@pytest.mark.real_data
@pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository")
def test_real_scenes_are_forecast_but_for_pixels_without_data_in_a_band(tmp_path, crs, mask, period):
    """In one band and not in the classes lacks data: 0.05 to 0.15 % of the pixels of these scenes."""
    source = open_source(str(SLOVENIA))
    spec = MosaicSpec.parse(
        {
            "name": "Slovenia",
            "area": shapely.geometry.mapping(shapely.box(15.4, 45.8, 15.9, 46.3)),
            "period": {"kind": period[0], "start": period[1]},
            "resolution": 60,
            "crs": crs,
            "mask": mask,
            "layers": ["valid_obs"],
        }
    )
    counted, grid = finished(spec, source, tmp_path)
    made = forecast(spec, source, as_coarse(grid))
    differing = made.count != counted
    assert differing.mean() < 0.004
    if crs == "utm":
        assert (made.count >= counted).all(), "bands only take away"
    for level in (1, 4, 8):
        assert made.share(level) == pytest.approx((counted >= level).mean(), abs=0.003)


@pytest.fixture
def wide(archive, tmp_path):
    """A granule of 40 km, large enough for overviews, which are made as named; and its classes."""
    granule = everything(open_source(str(archive)))[0]
    rng = np.random.default_rng(5)
    classes = np.kron(rng.choice([0, 3, 4, 5, 6, 8, 9, 10, 11], (334, 334)), np.ones((6, 6))).astype(np.uint8)
    classes = classes[:2000, :2000]

    def make(resampling):
        files = dict(granule.files)
        for band, pixels, metres in (("SCL", classes, 20), ("B02", (classes > 0) * np.uint16(900), 20)):
            path = tmp_path / f"{resampling}-{band}.tif"
            place = rasterio.Affine(metres, 0, 499980, 0, -metres, 5200020)
            profile = {"driver": "COG", "compress": "DEFLATE", "blocksize": 512, "overview_resampling": resampling}
            shape = {"width": pixels.shape[1], "height": pixels.shape[0], "count": 1, "dtype": pixels.dtype}
            with rasterio.open(path, "w", crs="EPSG:32633", transform=place, **profile, **shape) as dataset:
                dataset.write(pixels, 1)
            files[band] = dataclasses.replace(files[band], href=str(path), copies={})
        kept = {band: files[band] for band in ("SCL", "B02")}
        return dataclasses.replace(granule, files=kept, metadata_href=None)

    return make, classes


def test_overviews_of_picked_classes_are_used(wide):
    make, classes = wide
    with OverviewReader() as overviews:
        sighting = read_sighting(make("NEAREST"), overviews)
    assert sighting.lattice.cell == 80 and sighting.cells.shape == (500, 500)
    shares = [np.bincount(found.ravel(), minlength=12) / found.size for found in (sighting.cells, classes)]
    np.testing.assert_allclose(*shares, atol=0.005)


@pytest.mark.parametrize("resampling", ["AVERAGE", "CUBIC"])
def test_overviews_that_mix_classes_are_not_believed(wide, resampling):
    make, classes = wide
    with OverviewReader() as overviews:
        sighting = read_sighting(make(resampling), overviews)
    assert sighting.lattice.cell == 60
    np.testing.assert_array_equal(sighting.cells[:666, :666], classes[1::3, 1::3][:666, :666])


def test_jpeg_2000_is_not_asked_for_coarse_classes(tmp_path):
    source = open_source(str(make_archive(tmp_path / "safe", size_km=4, dates=1, layout="safe")))
    granule = everything(source)[0]
    with OverviewReader() as overviews:
        sighting = read_sighting(granule, overviews)
    with rasterio.open(granule.for_resolution(60).files["SCL"].href) as dataset:
        np.testing.assert_array_equal(classes_of(sighting.cells), dataset.read(1))


def test_a_sighting_can_be_packed_and_thinned():
    cells = np.arange(91 * 77, dtype=np.uint32).reshape(91, 77).astype(np.uint8) & 0b11011
    lattice = Lattice(32633, 499980, 5200020, 499980 + 77 * 60, 5200020 - 91 * 60, 77, 91)
    sighting = Sighting(lattice, cells)
    again = unpacked(sighting.packed(), lattice)
    np.testing.assert_array_equal(again.cells, cells)
    thin = sighting.thinned(4)
    assert thin.cells.shape == (23, 20) and thin.lattice == merged(lattice, 4) and thin.lattice.cell == 240
    np.testing.assert_array_equal(thin.cells[:-1, :-1], cells[2::4, 2::4][:22, :19])
    with pytest.raises(ValueError):
        unpacked(sighting.packed(), thin.lattice)


def test_swath_edges_count_only_where_a_mask_lets_them():
    values = np.arange(256)
    cut, uncut = counting(masks()["scl"]), counting(dataclasses_like(masks()["scl"], most_view_zenith_deg=None))
    assert cut[4] and not cut[4 | 0b10000] and uncut[4 | 0b10000]
    assert not uncut[(values & 15) > 11].any()
    assert not cut[list(CLOUDS)].any()


def test_a_damaged_scene_is_named(damaged_archive, archive):
    names = [everything(open_source(str(archive)))[0].item_id]
    granule = next(g for g in everything(open_source(str(damaged_archive(names)))) if g.item_id == names[0])
    with OverviewReader() as overviews, pytest.raises(GranuleUnreadable, match=names[0]):
        read_sighting(granule, overviews)


def test_a_missing_file_is_named(archive):
    granule = everything(open_source(str(archive)))[0]
    lost = dataclasses.replace(granule.files["SCL"], href="/nowhere/SCL.tif")
    granule = dataclasses.replace(granule, files={**granule.files, "SCL": lost})
    grid = CoarseGrid(32633, 500_000, 5_100_000, 60, 10, 10)
    with pytest.raises(GranuleUnreadable, match="missing"):
        read_overview(granule, "SCL", grid)


def test_beside_a_granule_there_is_nothing(archive):
    granule = everything(open_source(str(archive)))[0]
    far = CoarseGrid(32633, 100_000, 1_000_000, 60, 10, 12)
    assert read_overview(granule, "B04", far).tolist() == np.zeros((12, 10)).tolist()


@pytest.mark.parametrize("metres", [20, 60, 200])
@pytest.mark.parametrize("epsg", [3857, 4326, 32633, 32632])
def test_a_band_is_looked_up_where_it_lies(archive, metres, epsg):
    granule = everything(open_source(str(archive)))[0]
    west, south, east, north = granule.footprint.bounds
    middle = shapely.box(west, south, east, north).centroid
    to_crs = rasterio.warp.transform("EPSG:4326", f"EPSG:{epsg}", [middle.x], [middle.y])
    pixel = {3857: metres / np.cos(np.radians(middle.y)), 4326: metres / 111_320}.get(epsg, metres)
    grid = CoarseGrid(epsg, to_crs[0][0] - 20 * pixel, to_crs[1][0] + 15 * pixel, pixel, 40, 30)
    found = read_overview(granule, "SCL", grid)
    with rasterio.open(granule.files["SCL"].href) as dataset:
        xs, ys = np.meshgrid(*grid.pixel_centres())
        x, y = rasterio.warp.transform(f"EPSG:{epsg}", dataset.crs, xs.ravel(), ys.ravel())
        wanted = np.array([value[0] for value in dataset.sample(zip(x, y, strict=True))]).reshape(found.shape)
    assert (found == wanted).mean() > 0.995


@pytest.mark.parametrize("area", [(15, 45, 15.001, 45.001), (-180, -80, 180, 84), (10, 50, 10.00001, 55)])
def test_however_large_the_area_its_grid_is_bounded(area):
    for looks in (1, 100, 10_000):
        grid = map_grid(shapely.box(*area), looks=looks)
        assert 0 < grid.width * grid.height < 1_050_000
        assert cells_inside(shapely.box(*area), grid).any()


def test_gaps_are_told_by_where_they_lie():
    grid = map_grid(shapely.box(15, 45, 15.3, 45.2), looks=1)
    count = np.ones((grid.height, grid.width), np.uint16)
    count[: grid.height // 4, -grid.width // 4 :] = 0
    counts = count_valid([], grid, masks()["scl"], np.ones(count.shape, bool))
    counts = dataclasses.replace(counts, count=count)
    assert counts.gap_sectors() == [("ne", pytest.approx(1))]
    assert counts.share(0, 1) == pytest.approx(1 / 16, abs=0.002)
    assert dataclasses.replace(counts, count=count + 1).gap_sectors() == []


def test_the_threshold_is_the_methods():
    assert threshold_of(methods()["s2gm"], {"threshold": 6}) == 6
    assert threshold_of(methods()["s2gm"], {}) == 4
    assert threshold_of(methods()["medoid"], {}) == 2
    assert threshold_of(methods()["latest"], {}) is None


def everything(source):
    extent = source.extent()
    return source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)


def plain(values, reach):
    """Where all values within ``reach`` pixels are the same."""
    same = np.ones(values.shape, bool)
    padded = np.pad(values, reach, mode="edge")
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            same &= padded[down : down + values.shape[0], right : right + values.shape[1]] == values
    return same


def dataclasses_like(mask, **changes):
    """A copy of a plug-in with other attributes."""
    copy = object.__new__(type(mask))
    copy.__dict__.update(mask.__dict__ | changes)
    return copy
