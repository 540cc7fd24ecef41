"""Rasters of mean velocity."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from processing.insar.delivery import BadDelivery, PointBatch
from processing.insar.opening import open_delivery

TILE = "EGMS_L3_E43N22_100km_U_2018_2022_1.tiff"
VELOCITIES = np.array([[1.5, np.nan, -25.0], [0.0, 3.25, np.nan]], np.float32)


def write(folder: Path, values: np.ndarray = VELOCITIES, name: str = TILE, unit: str = "", **changes: Any) -> Path:
    bands = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2],
        "dtype": bands.dtype, "crs": "EPSG:3035", "transform": from_origin(4_300_000, 2_300_000, 100, 100),
        "nodata": np.nan if bands.dtype.kind == "f" else None,
    }  # fmt: skip
    path = folder / name
    with rasterio.open(path, "w", **(profile | changes)) as raster:
        raster.write(bands)
        if unit:
            raster.units = [unit]
    return path


def read(path: Path, size: int = 50_000) -> list[PointBatch]:
    with open_delivery(path) as delivery:
        return list(delivery.batches(size))


def refusal(path: Path) -> str:
    with pytest.raises(BadDelivery) as raised:
        read(path)
    return str(raised.value)


def test_a_tile_of_egms_becomes_points_without_series(tmp_path: Path) -> None:
    with open_delivery(write(tmp_path)) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (facts.format, facts.level, facts.direction, facts.identity) == ("raster", "L3", "up", "E43N22_U")
    assert (facts.dates, facts.first_year, facts.version) == ((), 2018, 1)
    assert batch.attributes["mean_velocity"].tolist() == [1.5, -25.0, 0.0, 3.25]
    assert batch.attributes["easting"].tolist() == [4_300_050, 4_300_250, 4_300_050, 4_300_150]
    assert batch.attributes["northing"].tolist() == [2_299_950, 2_299_950, 2_299_850, 2_299_850]
    assert batch.displacement.shape == (4, 0)
    assert batch.pid.tolist() == [b"0c0", b"0c2", b"1c0", b"1c1"]
    lon, lat = Transformer.from_crs(3035, 4326, always_xy=True).transform(4_300_050, 2_299_950)
    assert (batch.lon[0], batch.lat[0]) == (pytest.approx(lon), pytest.approx(lat))


def test_another_raster_in_degrees_is_read_by_its_own_name(tmp_path: Path) -> None:
    path = write(tmp_path, name="pilot.tif", crs="EPSG:4326", transform=from_origin(-1.1, 43.8, 0.01, 0.01))
    with open_delivery(path) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (facts.level, facts.direction, facts.identity) == ("other", "los", "pilot")
    assert facts.columns == ("mean_velocity",)
    assert (batch.lon[0], batch.lat[0]) == (pytest.approx(-1.095), pytest.approx(43.795))


def test_whole_numbers_with_a_declared_nodata_are_read(tmp_path: Path) -> None:
    (batch,) = read(write(tmp_path, np.array([[5, -9999], [7, 8]], np.int16), nodata=-9999))
    assert batch.attributes["mean_velocity"].tolist() == [5, 7, 8]


def test_metres_a_year_are_turned_into_millimetres(tmp_path: Path) -> None:
    (batch,) = read(write(tmp_path, VELOCITIES / 1000, unit="m/yr"))
    assert batch.attributes["mean_velocity"].tolist() == pytest.approx([1.5, -25.0, 0.0, 3.25])


@pytest.mark.parametrize("size", [1, 3])
def test_batches_do_not_change_the_points(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    (expected,) = read(path)
    monkeypatch.setattr("processing.insar.pixels._WINDOW_BYTES", 1)
    batches = read(path, size)
    assert np.concatenate([batch.pid for batch in batches]).tolist() == expected.pid.tolist()
    assert np.concatenate([batch.lat for batch in batches]).tolist() == expected.lat.tolist()


@pytest.mark.parametrize(
    ("values", "changes", "problem"),
    [
        (VELOCITIES, {"crs": None}, "no coordinate system"),
        (np.stack([VELOCITIES] * 3), {}, "3 bands"),
        (np.zeros((2, 2), np.uint8), {}, "a picture"),
        (np.full((2, 2), np.nan, np.float32), {}, "no points"),
        (np.array([[1.0, -9999.0]], np.float32), {}, "is its nodata value declared"),
        (np.array([[1.0, np.inf]], np.float32), {}, "is its nodata value declared"),
        (VELOCITIES, {"unit": "radians"}, "unit is 'radians'"),
        (VELOCITIES, {"crs": "EPSG:4326"}, "in row 0 of the grid, there is no place"),
        (VELOCITIES.astype(np.complex64), {"nodata": None}, "a picture"),
    ],
)
def test_what_is_no_raster_of_velocities_is_refused(
    tmp_path: Path, values: np.ndarray, changes: dict[str, Any], problem: str
) -> None:
    assert problem in refusal(write(tmp_path, values, **changes))


def test_half_an_upload_is_called_incomplete(tmp_path: Path) -> None:
    path = write(tmp_path, np.random.default_rng(1).normal(size=(500, 500)).astype(np.float32))
    content = path.read_bytes()
    for share in (0.0001, 0.01, 0.5):
        path.write_bytes(content[: max(8, int(len(content) * share))])
        assert "incomplete" in refusal(path)


def test_a_raster_that_is_only_announced_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 30_000, "width": 30_000, "dtype": "float32"}
    with rasterio.open(
        path, "w", **profile, crs="EPSG:3035", transform=from_origin(4_000_000, 4_000_000, 10, 10), sparse_ok=True,
        tiled=True,
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 2_000_000
    assert "400 million" in refusal(path)
