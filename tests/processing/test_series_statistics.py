"""Statistics over an area are NumPy's of the mosaic's pixels whose centres lie in it."""

from datetime import date

import numpy as np
import pytest
from rasterio.features import geometry_mask
from series_products import make_mosaic, series_at
from shapely.geometry import Polygon, mapping

from processing.errors import InvalidOrder, NoScenes
from processing.grid import WGS84_EPSG, reproject
from processing.pixels import statistics
from processing.pixels.indices import INDICES
from processing.sample import make_archive
from processing.sources import open_source

JUNE = {"contents": "statistics", "kind": "month", "start": "2024-06-01", "end": "2024-06-30"}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("statistics") / "archive"
    return open_source(
        str(make_archive(folder, size_km=2.4, dates=6, start=date(2024, 6, 3), cloudiness=0.7, blocksize=256))
    )


@pytest.fixture(scope="module")
def field(source):
    """An odd outline with a hole, over the border of both tiles, in degrees."""
    west, south, east, north = source.extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, (east - west) / 4
    outline = [(x - half, y - half / 2), (x + half / 3, y - half), (x + half, y + half / 2), (x - half / 2, y + half)]
    hole = [(x - half / 4, y), (x, y - half / 4), (x + half / 5, y + half / 4)]
    return mapping(Polygon(outline, [hole]))


def figures_by_numpy(values):
    names = ("p05", "p25", "median", "p75", "p95")
    return {
        "count": len(values), "mean": values.mean(), "std": values.std(), "min": values.min(), "max": values.max(),
    } | dict(zip(names, np.percentile(values, (5, 25, 50, 75, 95)), strict=True))  # fmt: skip


def inside(mosaic, area):
    geometry = reproject(Polygon(area["coordinates"][0], area["coordinates"][1:]), WGS84_EPSG, mosaic.grid.epsg)
    return geometry_mask([geometry], (mosaic.grid.height, mosaic.grid.width), mosaic.grid.transform, invert=True)


@pytest.mark.parametrize(
    "order", [{"resolution": 10}, {"resolution": 20, "crs": "wgs84"}, {"resolution": 60}, {"method": "latest"}], ids=str
)
def test_figures_are_those_of_the_mosaics_pixels_inside(order, source, field, tmp_path):
    mosaic = make_mosaic(source, tmp_path, area=field, **order)
    (step,) = series_at(source, area=field, **order, **JUNE)
    mask = inside(mosaic, field)
    assert step["pixels_total"] == mask.sum()
    assert step["pixels_with_data"] == (mosaic.rasters["source_index"][mask] >= 0).sum()
    assert 0 < step["pixels_with_data"] <= step["pixels_total"] < mask.size
    stored = {band: mosaic.rasters[band][mask] for band in mosaic.rasters if band.startswith("B")}
    assert set(step["bands"]) == set(stored) | set(INDICES)
    for band, numbers in stored.items():
        assert step["bands"][band] == pytest.approx(figures_by_numpy(numbers[numbers != 65535] / 10_000), abs=2e-6)
    for name, index in INDICES.items():
        first, second = (stored[band].astype(np.float64) for band in index.bands)
        known = (first != 65535) & (second != 65535) & (first + second > 0)
        values = ((first - second) / np.where(known, first + second, 1))[known]
        assert step["bands"][name] == pytest.approx(figures_by_numpy(values), abs=2e-6)


def test_small_blocks_make_the_same_figures(source, field, monkeypatch):
    whole = series_at(source, area=field, **JUNE)
    monkeypatch.setattr(statistics, "_BLOCK_BYTES", 1)
    assert series_at(source, area=field, **JUNE) == whole


def test_a_period_without_scenes_is_a_step_of_nothing(source, field):
    steps = series_at(source, area=field, **JUNE | {"start": "2024-05-01"})
    may, june = steps
    assert (may["pixels_with_data"], may["scenes"]) == (0, 0)
    assert may["pixels_total"] == june["pixels_total"]
    assert set(may["bands"]) == set(june["bands"])
    assert may["bands"]["B08"]["count"] == 0
    assert {may["bands"]["ndvi"][name] for name in ("mean", "std", "min", "median", "max")} == {None}


def test_only_what_is_asked_for_is_measured(source, field):
    (step,) = series_at(source, area=field, bands=["B03", "B08", "B11"], **JUNE)
    assert list(step["bands"]) == ["B03", "B08", "B11", "ndwi", "ndmi"]


def test_an_area_between_pixel_centres_is_refused(source):
    west, south, east, north = source.extent().bounds
    x, y = (west + east) / 2, (south + north) / 2
    sliver = mapping(Polygon([(x, y), (x + 1e-6, y), (x, y + 1e-6)]))
    with pytest.raises(InvalidOrder) as refused:
        for shift in range(3):
            moved = mapping(Polygon([(lon + shift * 2e-5, lat) for lon, lat in sliver["coordinates"][0]]))
            series_at(source, area=moved, **JUNE)
    assert refused.value.problems[0].field == "area"
    assert "centre of no pixel" in refused.value.problems[0].message


def test_an_area_in_the_sea_has_no_scenes(source):
    sea = mapping(Polygon([(-30, 40), (-29.99, 40), (-29.99, 40.01)]))
    with pytest.raises(NoScenes) as refused:
        series_at(source, area=sea, **JUNE)
    assert refused.value.problems[0].field == "area"
