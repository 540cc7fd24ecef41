"""Writing a series as NetCDF: dimensions, stations, time, variables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from processing.formats.netcdf import attributes as cf
from processing.formats.netcdf.writer import ONE_AT_A_TIME
from processing.layers import OutputLayer
from processing.pixels.exports import netcdf_attributes as told
from processing.pixels.exports.columns import STATISTICS, Step, measured_names, number, rasters_of, verdict
from processing.pixels.indices import indices_of
from processing.pixels.places import centres
from processing.pixels.series_spec import SeriesSpec
from processing.storage import storage_errors, written_whole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# More than any series takes: what the library writes when it closes the file is not told where the disk is full.
_ROOM_BYTES = 2**22


def write_series(spec: SeriesSpec, steps: Sequence[Step], path: Path) -> None:
    """Write the file at ``path``, whole or not at all. Raises StorageFull, OSError."""
    with storage_errors(path.parent), tempfile.TemporaryDirectory(dir=path.parent, prefix=".series-") as scratch:
        made = Path(scratch) / path.name
        with written_whole(made, room_bytes=_ROOM_BYTES), _created(made) as dataset:
            dataset.setncatts(told.series_attributes(spec))
            match spec.contents:
                case "composites":
                    _write_composites(dataset, spec, steps)
                case "observations":
                    _write_observations(dataset, spec, steps)
                case _:
                    _write_statistics(dataset, spec, steps)
        made.replace(path)


@contextmanager
def _created(path: Path) -> Iterator[netCDF4.Dataset]:
    with ONE_AT_A_TIME:
        dataset = netCDF4.Dataset(path, "w", format="NETCDF4")
        try:
            yield dataset
        finally:
            dataset.close()


def _write_composites(dataset: netCDF4.Dataset, spec: SeriesSpec, steps: Sequence[Step]) -> None:
    _write_stations(dataset, spec)
    _write_periods(dataset, steps)
    pixels = _pixels(spec, steps)
    _add_texts(
        dataset, "source_tile_identifier", told.GRANULE, [[_text(each, "granule") for each in row] for row in pixels]
    )
    _write_pixels(dataset, spec, pixels, ("station", "time"))


def _write_observations(dataset: netCDF4.Dataset, spec: SeriesSpec, steps: Sequence[Step]) -> None:
    _write_stations(dataset, spec)
    dataset.createDimension("obs", len(steps))
    _add(dataset, "time", "f8", ("obs",), told.SENSING_TIME)[:] = [_days(step.get("sensed_at")) for step in steps]
    for key, name, attributes in told.OBSERVATION_TEXTS:
        _add_texts(dataset, name, attributes, [_text(step, key) for step in steps], ("obs",))
    pixels = _pixels(spec, steps)
    verdicts = [list(zip(steps, row, strict=True)) for row in pixels]
    counts = [[bool(verdict(step, pixel, "counts")) for step, pixel in row] for row in verdicts]
    _add(dataset, "counts", "i1", ("station", "obs"), told.COUNTS)[:] = np.array(counts, np.int8)
    reasons = [[str(verdict(step, pixel, "reason") or "") for step, pixel in row] for row in verdicts]
    _add_texts(dataset, "reason", told.REASON, reasons, ("station", "obs"))
    _write_pixels(dataset, spec, pixels, ("station", "obs"))


def _write_statistics(dataset: netCDF4.Dataset, spec: SeriesSpec, steps: Sequence[Step]) -> None:
    _write_area(dataset, spec)
    _write_periods(dataset, steps)
    for name, attributes in told.PIXEL_COUNTS.items():
        counts = [number(step.get(name)) for step in steps]
        variable = _add(dataset, name, "i4", ("time",), attributes, fill_value=np.int32(-1))
        variable[:] = np.array([-1 if count is None else count for count in counts], np.int32)
    for name in measured_names(spec):
        for key in STATISTICS:
            figures = [((step.get("bands") or {}).get(name) or {}).get(key) for step in steps]
            _add_numbers(dataset, f"{name}_{key}", told.statistic(name, key), figures, ("time",))


def _write_stations(dataset: netCDF4.Dataset, spec: SeriesSpec) -> None:
    """A station for each pixel, row by row from the north west."""
    grid = spec.grid
    places = centres(grid)
    dataset.createDimension("station", len(places))
    rows, columns = np.divmod(np.arange(len(places), dtype=np.int32), np.int32(grid.width))
    names = [f"row {row}, column {column}" for row, column in zip(rows, columns, strict=True)]
    _add_texts(dataset, "pixel", told.PIXEL, names, ("station",))
    _add(dataset, "lon", "f8", ("station",), told.LONGITUDE)[:] = [lon for lon, _ in places]
    _add(dataset, "lat", "f8", ("station",), told.LATITUDE)[:] = [lat for _, lat in places]
    _add(dataset, "pixel_row", "i4", ("station",), told.PIXEL_ROW)[:] = rows
    _add(dataset, "pixel_column", "i4", ("station",), told.PIXEL_COLUMN)[:] = columns


def _write_area(dataset: netCDF4.Dataset, spec: SeriesSpec) -> None:
    """One station, in the area: what the statistics are of has an outline in the file's attributes."""
    inside = spec.geometry.representative_point()
    _add(dataset, "pixel", str, (), told.AREA)[...] = np.array(spec.name, object)
    _add(dataset, "lon", "f8", (), told.LONGITUDE_OF_AREA)[...] = inside.x
    _add(dataset, "lat", "f8", (), told.LATITUDE_OF_AREA)[...] = inside.y


def _write_periods(dataset: netCDF4.Dataset, steps: Sequence[Step]) -> None:
    dataset.createDimension("time", len(steps))
    dataset.createDimension("bnds", 2)
    bounds = [_bounds(step) for step in steps]
    _add(dataset, "time", "f8", ("time",), told.PERIOD_TIME)[:] = [(begin + end) / 2 for begin, end in bounds]
    _add(dataset, "time_bnds", "f8", ("time", "bnds"), {})[:] = np.reshape(bounds, (-1, 2))


def _write_pixels(
    dataset: netCDF4.Dataset, spec: SeriesSpec, pixels: Sequence[Sequence[Step]], dimensions: tuple[str, str]
) -> None:
    """Every raster as products store it, with scale and no data; then the indices. ``pixels`` by station and step."""
    for layer in rasters_of(spec):
        stored = np.array([[_stored(layer, each) for each in row] for row in pixels], layer.dtype)
        attributes = cf.number_attributes(layer) | told.AT_STATIONS[dimensions[1]]
        if dimensions[1] == "obs":
            attributes.pop("cell_methods", None)
        fill = cf.fill_value(layer)
        _add(dataset, layer.prefix, cf.stored_type(layer), dimensions, attributes, fill_value=fill)[:] = cf.as_stored(
            layer, stored
        )
    for index in indices_of(spec.bands):
        values = [[index.of_values(_reflectances(spec, each)) for each in row] for row in pixels]
        _add_numbers(dataset, index.name, told.of_index(index) | told.AT_STATIONS[dimensions[1]], values, dimensions)


def _pixels(spec: SeriesSpec, steps: Sequence[Step]) -> list[list[Step]]:
    """The steps' pixels by station, then by step; one that a step does not have is empty."""
    found = [{(each["row"], each["column"]): each for each in step.get("pixels") or ()} for step in steps]
    places = [(row, column) for row in range(spec.grid.height) for column in range(spec.grid.width)]
    return [[of_step.get(place, {}) for of_step in found] for place in places]


def _reflectances(spec: SeriesSpec, pixel: Step) -> dict[str, float | None]:
    values = pixel.get("values") or {}
    return {band: number(values.get(band)) for band in spec.bands}


def _stored(layer: OutputLayer, pixel: Step) -> int:
    """The number as the product's raster holds it, or its no data."""
    stored = number((pixel.get("stored") or {}).get(layer.name))
    if stored is None:
        value = number((pixel.get("values") or {}).get(layer.name))
        stored = layer.nodata if value is None else round(value / layer.scale)
    limits = np.iinfo(layer.dtype)
    return int(stored) if limits.min <= stored <= limits.max else layer.nodata


def _bounds(step: Step) -> tuple[float, float]:
    """Begin of the first day and end of the last, in days since 1970."""
    first, last = date.fromisoformat(step["first_day"]), date.fromisoformat(step["last_day"])
    return float((first - _EPOCH.date()).days), float((last - _EPOCH.date()).days + 1)


def _days(moment: str | None) -> float:
    return (datetime.fromisoformat(moment or "").astimezone(UTC) - _EPOCH).total_seconds() / 86400


def _text(of: Mapping[str, Any], key: str) -> str:
    return str(of.get(key) or "")


def _add_numbers(
    dataset: netCDF4.Dataset, name: str, attributes: Mapping[str, Any], values: Any, dimensions: tuple[str, ...]
) -> None:
    """Numbers of which any may be missing."""
    known = np.array(
        [[number(each) for each in row] if isinstance(row, list) else number(row) for row in values], float
    )
    _add(dataset, name, "f8", dimensions, attributes, fill_value=np.nan)[:] = known


def _add_texts(
    dataset: netCDF4.Dataset,
    name: str,
    attributes: Mapping[str, Any],
    texts: Sequence[Any],
    dimensions: tuple[str, ...] = ("station", "time"),
) -> None:
    _add(dataset, name, str, dimensions, attributes)[:] = np.array(texts, object)


def _add(
    dataset: netCDF4.Dataset,
    name: str,
    dtype: Any,
    dimensions: tuple[str, ...],
    attributes: Mapping[str, Any],
    **storage: Any,
) -> netCDF4.Variable:
    """A new variable that takes numbers as they are to be stored."""
    variable = dataset.createVariable(name, dtype, dimensions, **storage)
    variable.set_auto_maskandscale(False)
    variable.setncatts(attributes)
    return variable
