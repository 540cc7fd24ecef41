"""Cubes of MintPy and LiCSBAS, written as these write them."""

from datetime import date
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from pyproj import Transformer

from processing.insar.delivery import NODATA, BadDelivery, PointBatch, WideSeries
from processing.insar.opening import open_delivery

DATES = ["20180103", "20180115", "20180127"]
LENGTH, WIDTH = 4, 5
NOTHING = (1, 2)
NAN = (3, 4)
GEOCODED = {"X_FIRST": "-1.1", "Y_FIRST": "43.8", "X_STEP": "0.01", "Y_STEP": "-0.01", "X_UNIT": "degrees"}
MINTPY = GEOCODED | {
    "FILE_TYPE": "timeseries", "UNIT": "m", "ORBIT_DIRECTION": "ASCENDING", "relative_orbit": "30", "PLATFORM": "Sen",
    "LENGTH": str(LENGTH), "WIDTH": str(WIDTH),
}  # fmt: skip


def metres() -> np.ndarray:
    """Displacement (date, y, x): the first date is 0, as MintPy has it; one pixel with nothing, one NaN."""
    y, x = np.mgrid[:LENGTH, :WIDTH]
    cube = np.stack([0 * x, 0.0012 * x - 0.0034, 0.01 * y + 0.0001]).astype(np.float32)
    cube[:, *NOTHING], cube[:, *NAN] = 0, np.nan
    return cube


def write_mintpy(folder: Path, cube: np.ndarray | None = None, **attributes: Any) -> Path:
    path = folder / "timeseries.h5"
    with h5py.File(path, "w") as file:
        file["timeseries"] = metres() if cube is None else cube
        file["date"] = np.array(DATES, "S8")
        file["bperp"] = np.zeros(3, np.float32)
        file.attrs.update({key: value for key, value in (MINTPY | attributes).items() if value is not None})
    return path


def write_beside(folder: Path, name: str, layers: dict[str, np.ndarray], **attributes: Any) -> None:
    with h5py.File(folder / name, "w") as file:
        for layer, values in layers.items():
            file[layer] = values
        file.attrs.update(GEOCODED | attributes)


def write_hdfeos(folder: Path) -> Path:
    path = folder / "S1_IW12_128_0593_0597_20141213_20170928.he5"
    with h5py.File(path, "w") as file:
        group = file.create_group("HDFEOS/GRIDS/timeseries")
        group["observation/displacement"] = metres()
        group["observation/date"] = np.array(DATES, "S8")
        mask = np.ones((LENGTH, WIDTH), bool)
        mask[0, 0] = False
        group["quality/mask"] = mask
        group["quality/temporalCoherence"] = np.full((LENGTH, WIDTH), 0.9, np.float32)
        group["geometry/height"] = np.full((LENGTH, WIDTH), 12.5, np.float32)
        group["geometry/incidenceAngle"] = np.full((LENGTH, WIDTH), 39.0, np.float32)
        group["geometry/azimuthAngle"] = np.full((LENGTH, WIDTH), 102.0, np.float32)
        file.attrs.update(MINTPY | {"FILE_TYPE": "HDFEOS", "ORBIT_DIRECTION": "DESCENDING"})
    return path


def write_licsbas(folder: Path, name: str = "cum.h5", **changes: Any) -> Path:
    path = folder / name
    layers: dict[str, Any] = {
        "imdates": np.array(DATES, np.int32), "cum": metres() * 1000,
        "vel": np.full((LENGTH, WIDTH), -3.25, np.float32), "vstd": np.full((LENGTH, WIDTH), 0.5, np.float32),
        "hgt": np.full((LENGTH, WIDTH), 7.0, np.float32),
        "corner_lat": 43.8, "corner_lon": -1.1, "post_lat": -0.01, "post_lon": 0.01, "refarea": "0:1/2:3",
        "gap": np.zeros((2, LENGTH, WIDTH), np.int8),
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        for layer, values in (layers | changes).items():
            if values is not None:
                file[layer] = values
    return path


def read(path: Path, *, size: int = 50_000, wide: bool = False) -> list[PointBatch]:
    with open_delivery(path, wide=wide) as delivery:
        return list(delivery.batches(size))


def refusal(path: Path) -> str:
    with pytest.raises(BadDelivery) as raised:
        read(path)
    return str(raised.value)


def test_pixels_of_mintpy_become_points_in_the_middle_of_them(tmp_path: Path) -> None:
    with open_delivery(write_mintpy(tmp_path)) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
        assert delivery.share_read == 1.0
    assert (facts.format, facts.level, facts.direction, facts.track) == ("mintpy", "other", "ascending", 30)
    assert facts.dates == (date(2018, 1, 3), date(2018, 1, 15), date(2018, 1, 27))
    assert facts.metadata["PLATFORM"] == "Sen"
    assert len(batch) == LENGTH * WIDTH - 2
    assert batch.pid[0] == b"0c0"
    assert b"1c2" not in batch.pid
    assert (batch.lon[0], batch.lat[0]) == (pytest.approx(-1.095), pytest.approx(43.795))
    assert (batch.lon[-1], batch.lat[-1]) == (pytest.approx(-1.065), pytest.approx(43.765))
    assert batch.displacement[0].tolist() == [0, -34, 1]
    assert batch.displacement.dtype == np.int16


def test_what_lies_beside_gives_attributes_and_a_mask(tmp_path: Path) -> None:
    path = write_mintpy(tmp_path)
    shape = (LENGTH, WIDTH)
    write_beside(tmp_path, "velocity.h5", {"velocity": np.full(shape, 0.005), "velocityStd": np.full(shape, 0.0012)})
    geometry = {"incidenceAngle": np.full(shape, 39.0), "azimuthAngle": np.full(shape, 102.0), "height": np.ones(shape)}
    write_beside(tmp_path, "geometryGeo.h5", geometry)
    write_beside(tmp_path, "temporalCoherence.h5", {"temporalCoherence": np.full(shape, 0.75)})
    mask = np.zeros(shape, bool)
    mask[2:, 2:] = True
    write_beside(tmp_path, "maskTempCoh.h5", {"mask": mask})
    with open_delivery(path) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert len(batch) == 5
    assert set(facts.columns) == set(batch.attributes)
    assert facts.extra == ("dem_height",) == tuple(batch.extra)
    assert batch.attributes["mean_velocity"].tolist() == [5.0] * 5
    assert batch.attributes["mean_velocity_std"][0] == np.float32(1.2)
    assert batch.attributes["temporal_coherence"][0] == np.float32(0.75)
    # Ascending, looking right: the satellite stands in the west, and a little to the south.
    sight = [float(batch.attributes[name][0]) for name in ("los_east", "los_north", "los_up")]
    assert sight == pytest.approx([-0.6156, -0.1308, 0.7771], abs=1e-3)


def test_one_file_of_hdfeos_has_it_all(tmp_path: Path) -> None:
    with open_delivery(write_hdfeos(tmp_path)) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (facts.direction, facts.identity) == ("descending", "S1_IW12_128_0593_0597_20141213_20170928")
    assert len(batch) == LENGTH * WIDTH - 3
    assert batch.attributes["temporal_coherence"].tolist() == [np.float32(0.9)] * len(batch)
    assert {"los_east", "los_north", "los_up", "incidence_angle"} <= set(batch.attributes)


@pytest.mark.parametrize("system", [{"EPSG": "32630"}, {"UTM_ZONE": "30N"}])
def test_a_grid_in_metres_is_turned_into_degrees(tmp_path: Path, system: dict[str, str]) -> None:
    place = {"X_FIRST": "650000", "Y_FIRST": "4840000", "X_STEP": "40", "Y_STEP": "-40", "X_UNIT": "meters"}
    (batch,) = read(write_mintpy(tmp_path, **place, **system))
    lon, lat = Transformer.from_crs(32630, 4326, always_xy=True).transform(650020, 4839980)
    assert (batch.lon[0], batch.lat[0]) == (pytest.approx(lon), pytest.approx(lat))


@pytest.mark.parametrize(("unit", "factor"), [("m", 1), ("cm", 100), ("mm", 1000)])
def test_other_units_are_understood(tmp_path: Path, unit: str, factor: int) -> None:
    (expected,) = read(write_mintpy(tmp_path))
    (found,) = read(write_mintpy(tmp_path, metres() * factor, UNIT=unit))
    assert found.displacement.tolist() == expected.displacement.tolist()


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_batches_and_windows_do_not_change_the_points(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mintpy(tmp_path)
    (expected,) = read(path)
    monkeypatch.setattr("processing.insar.pixels._WINDOW_BYTES", 1)
    batches = read(path, size=size)
    assert max(map(len, batches)) <= size
    assert np.concatenate([batch.pid for batch in batches]).tolist() == expected.pid.tolist()
    assert np.concatenate([batch.displacement for batch in batches]).tolist() == expected.displacement.tolist()
    assert np.concatenate([batch.lat for batch in batches]).tolist() == expected.lat.tolist()


def test_large_displacements_ask_for_more_room(tmp_path: Path) -> None:
    cube = metres()
    cube[1, 0, 0] = 5.0
    path = write_mintpy(tmp_path, cube)
    with pytest.raises(WideSeries):
        read(path)
    (batch,) = read(path, wide=True)
    assert batch.displacement.dtype == np.int32
    assert batch.displacement[0].tolist() == [0, 50_000, 1]


def test_gaps_in_a_series_are_no_data(tmp_path: Path) -> None:
    cube = metres()
    cube[1, 0, 0] = np.nan
    (batch,) = read(write_mintpy(tmp_path, cube))
    assert batch.displacement[0].tolist() == [0, NODATA, 1]


def test_a_cube_of_licsbas_becomes_points_on_its_grid(tmp_path: Path) -> None:
    with open_delivery(write_licsbas(tmp_path, "124D_04854_171313_cum.h5")) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (facts.format, facts.direction, facts.track) == ("licsbas", "descending", 124)
    assert facts.metadata == {"refarea": "0:1/2:3"}
    assert set(facts.columns) == {"mean_velocity", "mean_velocity_std"}
    assert facts.extra == ("dem_height",)
    assert len(batch) == LENGTH * WIDTH - 2
    # Its corner is the middle of the first pixel.
    assert (batch.lon[0], batch.lat[0]) == (pytest.approx(-1.1), pytest.approx(43.8))
    assert batch.displacement[0].tolist() == [0, -34, 1]
    assert batch.attributes["mean_velocity"][0] == -3.25


def test_the_mask_of_licsbas_is_kept(tmp_path: Path) -> None:
    mask = np.zeros((LENGTH, WIDTH), np.float32)
    mask[0, :2] = 1
    mask[1, 1] = np.nan
    (batch,) = read(write_licsbas(tmp_path, mask=mask))
    assert batch.pid.tolist() == [b"0c0", b"0c1"]
    with open_delivery(write_licsbas(tmp_path)) as delivery:
        assert (delivery.facts.track, delivery.facts.direction) == (None, "los")


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"X_FIRST": None}, "geocode it first"),
        ({"X_FIRST": "west"}, "cannot be read"),
        ({"X_FIRST": "nan"}, "have no size"),
        ({"X_STEP": "0"}, "have no size"),
        ({"Y_FIRST": "543.8"}, "in row 0 of the grid, there is no place"),
        ({"UNIT": "radian"}, "unit is 'radian'"),
        ({"X_UNIT": "meters"}, "neither EPSG nor UTM_ZONE"),
        ({"X_UNIT": "meters", "EPSG": "99999"}, "unknown"),
    ],
)
def test_a_cube_without_a_place_is_refused(tmp_path: Path, attributes: dict[str, str | None], problem: str) -> None:
    assert problem in refusal(write_mintpy(tmp_path, **attributes))


def test_other_files_of_mintpy_are_refused_with_the_one_that_is_needed(tmp_path: Path) -> None:
    write_beside(tmp_path, "velocity.h5", {"velocity": np.zeros((LENGTH, WIDTH))}, FILE_TYPE="velocity")
    assert "this is velocity of MintPy; upload timeseries.h5" in refusal(tmp_path / "velocity.h5")


def test_files_beside_of_another_grid_are_refused(tmp_path: Path) -> None:
    path = write_mintpy(tmp_path)
    write_beside(tmp_path, "velocity.h5", {"velocity": np.zeros((LENGTH, WIDTH))}, X_FIRST="5.0")
    assert "another one" in refusal(path)
    write_beside(tmp_path, "velocity.h5", {"velocity": np.zeros((2, 2))})
    assert "shape (2, 2)" in refusal(path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"corner_lat": None}, "not geocoded"),
        ({"imdates": np.array([20180103, 20180103, 20180127])}, "not in order"),
        ({"imdates": np.array([20180103, 20181399, 20190127])}, "is no day"),
        ({"imdates": np.array([20180103])}, "there are 1 dates"),
        ({"imdates": np.empty(0, np.int32)}, "no dates"),
        ({"cum": np.zeros((3, LENGTH))}, "no cube"),
        ({"vel": np.zeros((2, 2))}, "shape"),
        ({"cum": np.zeros((3, LENGTH, WIDTH))}, "no points"),
        ({"cum": np.full((3, LENGTH, WIDTH), np.nan)}, "no points"),
        ({"cum": np.full((3, LENGTH, WIDTH), 1e12)}, "is its unit right"),
        ({"cum": np.empty((3, 0, 0)), "vel": None, "vstd": None, "hgt": None}, "empty"),
        ({"cum": None}, "neither of MintPy nor of LiCSBAS"),
    ],
)
def test_a_broken_cube_of_licsbas_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    assert problem in refusal(write_licsbas(tmp_path, **changes))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_half_an_upload_is_called_incomplete(tmp_path: Path, share: float) -> None:
    path = write_licsbas(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "incomplete" in refusal(path)


def test_links_to_other_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(1000))
    path = write_licsbas(tmp_path, cum=None)
    with h5py.File(path, "a") as file:
        file["cum"] = h5py.ExternalLink(str(write_mintpy(tmp_path)), "/timeseries")
    assert "links are refused" in refusal(path)
    path = write_licsbas(tmp_path, cum=None)
    with h5py.File(path, "a") as file:
        shape = (3, LENGTH, WIDTH)
        file.create_dataset("cum", shape, np.float32, external=[(str(secret), 0, 4 * 3 * LENGTH * WIDTH)])
    assert "another file" in refusal(path)
    path = write_licsbas(tmp_path, cum=None)
    with h5py.File(path, "a") as file:
        layout = h5py.VirtualLayout((3, LENGTH, WIDTH), np.float32)
        layout[:] = h5py.VirtualSource(str(tmp_path / "timeseries.h5"), "timeseries", (3, LENGTH, WIDTH))
        file.create_virtual_dataset("cum", layout)
    assert "another file" in refusal(path)


def test_a_cube_that_is_only_announced_is_refused_by_its_size(tmp_path: Path) -> None:
    path = write_licsbas(tmp_path, cum=None, vel=None, vstd=None, hgt=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("cum", (3, 10**6, 10**6), np.float32, chunks=(1, 100, 100))
    assert "400 million" in refusal(path)
    path = write_licsbas(tmp_path, cum=None, vel=None, vstd=None, hgt=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("cum", (3, 10_000, 10_000), np.float32, chunks=(3, 10_000, 10_000))
    assert "chunks" in refusal(path)


def test_rows_too_long_for_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processing.insar.pixels._MOST_WINDOW_BYTES", 100)
    assert "cut it into tiles" in refusal(write_licsbas(tmp_path))


def test_damaged_numbers_in_a_sound_file_are_refused_when_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cum.h5"
    write_licsbas(tmp_path, cum=None)
    with h5py.File(path, "a") as file:
        cube = file.create_dataset("cum", data=metres() * 1000, compression="gzip", chunks=(3, LENGTH, WIDTH))
        place = cube.id.get_chunk_info(0)
        offset, size = place.byte_offset, place.size
    content = bytearray(path.read_bytes())
    content[offset : offset + size] = b"\xff" * size
    path.write_bytes(content)
    assert "damaged" in refusal(path)
