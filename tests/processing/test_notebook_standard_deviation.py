"""The notebook runs as it stands, on mosaics and a series of the engine's own, and says what numpy says (A2-007)."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import rasterio

from processing.__main__ import main
from processing.grid import WGS84_EPSG, transformer
from processing.sample import make_archive
from processing.sources import open_source

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "standard_deviation.ipynb"
MONTHS = ("2024-06-01", "2024-07-01", "2024-08-01")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Three months of one tile, 2 km wide."""
    folder = tmp_path_factory.mktemp("notebook") / "archive"
    return make_archive(folder, size_km=2, dates=16, tiles=("33TWL",), cloudiness=0.5)


@pytest.fixture(scope="module")
def area(archive):
    """A square in the archive's middle."""
    west, south, east, north = open_source(str(archive)).extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, (east - west) / 5
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return {"type": "Polygon", "coordinates": [[[x + half * right, y + half * up] for right, up in corners]]}


@pytest.fixture(scope="module")
def mosaics(archive, area, tmp_path_factory):
    """A folder with the three products in ``mosaics``, ordered as a user would."""
    folder = tmp_path_factory.mktemp("ordered")
    for month in MONTHS:
        order = {
            "name": "Trial", "area": area, "period": {"kind": "month", "start": month}, "resolution": 10,
            "bands": ["B08"], "layers": ["valid_obs"], "format": "netcdf",
        }  # fmt: skip
        (folder / "order.json").write_text(json.dumps(order))
        out = ["--out", str(folder / "mosaics"), "--quiet"]
        assert main([str(folder / "order.json"), "--source", str(archive), *out]) == 0
    return folder


def as_rasters(folder):
    """B08 of the three months, reflectances with NaN, read by GDAL; and where they lie."""
    files = sorted((folder / "mosaics").rglob("*.nc"))
    assert len(files) == 3
    found = []
    for file in files:
        with rasterio.open(f'NETCDF:"{file}":B08') as raster:
            stored = raster.read(1)
            found.append(np.where(stored == raster.nodata, np.nan, stored * raster.scales[0]))
            place = raster.crs, raster.transform
    return np.array(found), place


def cells():
    return [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def run_notebook():
    """Execute the notebook's code in the working folder; its variables."""
    names = {}
    for cell in cells():
        exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)  # noqa: S102  our own notebook
    return names


@pytest.fixture(scope="module")
def place(mosaics):
    """Longitude and latitude of a pixel that all three months show, and its row and column."""
    months, (crs, transform) = as_rasters(mosaics)
    rows, columns = np.nonzero(np.isfinite(months).all(axis=0))
    row, column = int(rows[len(rows) // 2]), int(columns[len(rows) // 2])
    x, y = transform @ (column + 0.5, row + 0.5)
    return *transformer(crs.to_epsg(), WGS84_EPSG).transform(x, y), row, column


@pytest.fixture(scope="module")
def ran(archive, mosaics, place, tmp_path_factory):
    """What the notebook computed, with the series of a pixel beside the mosaics."""
    lon, lat, _, _ = place
    where = ["--lon", str(lon), "--lat", str(lat), "--from", MONTHS[0], "--to", "2024-08-31", "--kind", "month"]
    out = ["--format", "netcdf", "--out", str(mosaics / "series.nc"), "--quiet"]
    assert main(["series", "--source", str(archive), *where, *out]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(mosaics)
        return run_notebook()


def test_it_is_a_notebook():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    identifiers = [cell["id"] for cell in notebook["cells"]]
    assert len(set(identifiers)) == len(identifiers)
    for cell in notebook["cells"]:
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | (
            {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        )
        assert cell["source"]
    assert all((cell["execution_count"], cell["outputs"]) == (None, []) for cell in cells())


def test_the_spread_over_three_months_is_what_numpy_says(ran, mosaics):
    months, _ = as_rasters(mosaics)
    seen = np.isfinite(months).sum(axis=0)
    assert seen.max() == 3
    wanted = np.where(seen >= 2, np.nanstd(np.where(seen >= 2, months, 0), axis=0), np.nan)
    np.testing.assert_allclose(ran["spread"].values, wanted, atol=1e-7)
    assert np.nanmax(wanted) > 0
    assert ran["spread"].dims == ("y", "x")


def test_the_geotiff_lies_where_the_mosaics_lie(ran, mosaics):
    _, (crs, transform) = as_rasters(mosaics)
    with rasterio.open(mosaics / "standard_deviation.tif") as raster:
        assert raster.crs == crs
        assert raster.transform.almost_equals(transform, precision=1e-6)
        np.testing.assert_allclose(raster.read(1), ran["spread"].values, atol=1e-6)


def test_the_series_of_a_pixel_has_the_spread_of_the_mosaics_there(ran, mosaics, place):
    _, _, row, column = place
    (value,) = ran["spread_here"].values
    assert math.isclose(value, ran["spread"].values[row, column], abs_tol=1e-6)
    months, _ = as_rasters(mosaics)
    np.testing.assert_allclose(value, np.std(months[:, row, column]), atol=1e-6)
