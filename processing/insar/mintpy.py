"""Time series of MintPy: geocoded timeseries.h5 with what lies beside it, or all in one file of HDF-EOS5.

Sources: MintPy's docs/hdfeos5.md and docs/api; displacement in metres, positive towards the satellite; X_FIRST and
Y_FIRST are the outer corner of the first pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
from rasterio import Affine

from processing.insar.delivery import BadDelivery, Direction, PartFacts
from processing.insar.hdf5 import (
    Cube,
    Layer,
    check_cube,
    dataset,
    open_file,
    read_dates,
    reading,
    subgroup,
)
from processing.insar.pixels import PixelGrid, find_crs, plain

_HDFEOS = "HDFEOS/GRIDS/timeseries"
_MM: dict[str, float] = {"m": 1000.0, "cm": 10.0, "mm": 1.0}
_MOST_METADATA = 200
# (attribute or name of its own, dataset, factor), by the file beside timeseries.h5; the first that is there counts.
_VELOCITY = (
    ("mean_velocity", "velocity", 1000.0),
    ("mean_velocity_std", "velocityStd", 1000.0),
    ("seasonality", "annualAmplitude", 1000.0),
)
# What its height refers to depends on the DEM, so that it is no "height" of EGMS.
_GEOMETRY = (
    ("incidence_angle", "incidenceAngle", 1.0),
    ("azimuth_angle", "azimuthAngle", 1.0),
    ("dem_height", "height", 1.0),
)
_COHERENCE = (("temporal_coherence", "temporalCoherence", 1.0),)
_BESIDE = (
    (("velocity.h5", "geo_velocity.h5"), _VELOCITY),
    (("geometryGeo.h5", "geo_geometryRadar.h5"), _GEOMETRY),
    (("temporalCoherence.h5", "geo_temporalCoherence.h5"), _COHERENCE),
)
_MASKS_BESIDE = ("maskTempCoh.h5", "geo_maskTempCoh.h5")


def is_mine(name: str, file: h5py.File) -> bool:
    """Whether MintPy wrote it, be it the file that is needed or another. Raises BadDelivery for links out of it."""
    marked = "MINTPY_VERSION" in _upper(file) or "FILE_TYPE" in file.attrs
    return marked or dataset(name, file, "timeseries") is not None or subgroup(name, file, _HDFEOS) is not None


def read_cube(path: Path, files: list[h5py.File]) -> Cube:
    """The cube of the first of ``files``, to which what lies beside it is added.

    Raises BadDelivery where it is another file of MintPy's, not geocoded, or does not fit what lies beside it.
    """
    file = files[0]
    grids = subgroup(path.name, file, _HDFEOS)
    one_file = grids is not None
    group = file if grids is None else grids
    where = "observation/displacement" if one_file else "timeseries"
    found = dataset(path.name, group, where)
    if found is None:
        kind = str(plain(file.attrs.get("FILE_TYPE", "another file")))[:40]
        raise BadDelivery(path.name, f"this is {kind} of MintPy; upload timeseries.h5 or HDF-EOS5 (save_hdfeos5.py).")
    dates = read_dates(path.name, dataset(path.name, group, "observation/date" if one_file else "date"))
    displacement = check_cube(path.name, found, dates, where)
    attributes = dict(file.attrs) | dict(group.attrs)
    grid = _grid(path.name, attributes, displacement.shape[1:])
    if one_file:
        layers = _layers_within(path.name, group, displacement.shape[1:])
        masks = [dataset(path.name, group, "quality/mask", displacement.shape[1:])]
    else:
        layers, masks = _layers_beside(path, grid, attributes, files)
    facts = PartFacts(
        format="mintpy",
        level="other",
        direction=_direction(attributes),
        identity=path.name.partition(".")[0][:100],
        dates=dates,
        columns=(),
        track=_track(attributes),
        metadata={str(key)[:60]: plain(value) for key, value in list(attributes.items())[:_MOST_METADATA]},
    )
    kept = tuple(mask for mask in masks if mask is not None)
    return Cube(grid, facts, displacement, _mm(path.name, attributes), layers, kept)


def _upper(file: h5py.File) -> set[str]:
    return {str(key).upper() for key in list(file.attrs)[:_MOST_METADATA]}


def _grid(name: str, attributes: dict[str, Any], shape: tuple[int, int]) -> PixelGrid:
    try:
        x, y, dx, dy = (float(plain(attributes[key])) for key in ("X_FIRST", "Y_FIRST", "X_STEP", "Y_STEP"))
    except KeyError:
        problem = "it is in the radar's geometry (no X_FIRST); geocode it first, with MintPy's geocode.py."
        raise BadDelivery(name, problem) from None
    transform = Affine(dx, 0, x, 0, dy, y)
    if str(plain(attributes.get("X_UNIT", "degrees"))).startswith("deg"):
        return PixelGrid(name, *shape, transform)
    if (code := plain(attributes.get("EPSG"))) and str(code) != "None":
        return PixelGrid(name, *shape, transform, find_crs(name, int(float(code))))
    zone = str(plain(attributes.get("UTM_ZONE", ""))).strip().upper()
    if zone[:-1].isdigit() and zone[-1:] in ("N", "S") and 1 <= int(zone[:-1]) <= 60:
        code = (32600 if zone[-1] == "N" else 32700) + int(zone[:-1])
        return PixelGrid(name, *shape, transform, find_crs(name, code))
    raise BadDelivery(name, "its grid is in metres, but neither EPSG nor UTM_ZONE says of which system.")


def _mm(name: str, attributes: dict[str, Any]) -> float:
    unit = str(plain(attributes.get("UNIT", "m"))).strip().lower()
    if unit not in _MM:
        raise BadDelivery(name, f"its unit is {unit[:20]!r}; displacements in metres are needed.")
    return _MM[unit]


def _direction(attributes: dict[str, Any]) -> Direction:
    written = str(plain(attributes.get("ORBIT_DIRECTION", attributes.get("flight_direction", "")))).upper()
    if written.startswith("A"):
        return "ascending"
    return "descending" if written.startswith("D") else "los"


def _track(attributes: dict[str, Any]) -> int | None:
    for key in ("relative_orbit", "trackNumber"):
        written = str(plain(attributes.get(key, "")))
        if written.isdigit() and len(written) < 6:
            return int(written)
    return None


def _layers_within(name: str, group: h5py.Group, shape: tuple[int, int]) -> dict[str, Layer]:
    wanted = [(each[0], f"geometry/{each[1]}", each[2]) for each in _GEOMETRY]
    wanted += [(each[0], f"quality/{each[1]}", each[2]) for each in _COHERENCE]
    found = {each: (dataset(name, group, path, shape), factor) for each, path, factor in wanted}
    return {each: Layer(values, factor) for each, (values, factor) in found.items() if values is not None}


def _layers_beside(
    path: Path, grid: PixelGrid, attributes: dict[str, Any], files: list[h5py.File]
) -> tuple[dict[str, Layer], list[h5py.Dataset | None]]:
    """Opens what lies beside; adds it to ``files``, to be closed with them. Raises BadDelivery for other grids."""
    layers: dict[str, Layer] = {}
    shape = (grid.height, grid.width)
    for names, wanted in _BESIDE:
        if (file := _open_beside(path, names, grid, attributes, files)) is None:
            continue
        for attribute, where, factor in wanted:
            if (values := dataset(Path(file.filename).name, file, where, shape)) is not None:
                layers[attribute] = Layer(values, factor)
    mask = _open_beside(path, _MASKS_BESIDE, grid, attributes, files)
    return layers, [dataset(_MASKS_BESIDE[0], mask, "mask", shape)] if mask is not None else []


def _open_beside(
    path: Path, names: tuple[str, ...], grid: PixelGrid, attributes: dict[str, Any], files: list[h5py.File]
) -> h5py.File | None:
    for name in names:
        beside = path.with_name(name)
        if beside == path or not beside.is_file():
            continue
        file = open_file(beside)
        files.append(file)
        with reading(name):
            corner = tuple(file.attrs.get(key) for key in ("X_FIRST", "Y_FIRST"))
        if tuple(map(_number, corner)) != tuple(_number(attributes[key]) for key in ("X_FIRST", "Y_FIRST")):
            raise BadDelivery(name, f"it lies beside {path.name}, but its grid is another one.")
        return file
    return None


def _number(value: Any) -> float | None:
    return None if value is None else float(plain(value))
