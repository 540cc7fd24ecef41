"""The columns of a series, by what it holds and what was asked for; and its rows.

Names and order of those that S2GM's time-series tool has are its own (time range, place, source tile, bands, quality);
what it never had comes after them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from processing.layers import LAYERS, RASTERS, OutputLayer
from processing.pixels.indices import indices_of
from processing.pixels.places import centres
from processing.pixels.series_spec import QUALITY_LAYERS, SeriesSpec

Step = Mapping[str, Any]
Row = dict[str, Any]
"""Values by column: text, whole numbers, numbers, or None."""

STATISTICS = ("count", "mean", "std", "min", "p05", "p25", "median", "p75", "p95", "max")

# What only a composite has: a single observation was neither chosen nor compared.
_OF_COMPOSITES = frozenset(
    {"medoid_mos", "valid_obs", "source_index", "observation_date", "method"}
    | {raster.name for raster in LAYERS["rejected_obs"].rasters}
)
_INDEX_DIGITS = 6
# A metre is some 0.00001 degrees.
_DEGREE_DIGITS = 7


@dataclass(frozen=True)
class Column:
    """One column: its name in the first line, what it holds, and in which unit."""

    name: str
    title: str
    unit: str = ""
    raster: OutputLayer | None = None
    """The product's raster whose values it holds."""

    def to_json(self) -> dict[str, Any]:
        """Name, title, unit; for classes what each number means."""
        told: dict[str, Any] = {"name": self.name, "title": self.title, "unit": self.unit}
        if self.raster and self.raster.flags:
            told["classes"] = {str(flag.value): flag.title for flag in self.raster.flags}
        return told


_PERIOD = (
    Column("period_start", "First day of the period", "date"),
    Column("period_end", "Last day of the period", "date"),
)
_PLACE = (
    Column("longitude", "Longitude of the pixel's centre, WGS 84", "degrees_east"),
    Column("latitude", "Latitude of the pixel's centre, WGS 84", "degrees_north"),
    Column("pixel_row", "Row of the pixel among those asked for, from the north"),
    Column("pixel_column", "Column of the pixel among those asked for, from the west"),
)
_GRANULE = Column("source_tile_identifier", "The Level-2A granule that the pixel comes from")
_OBSERVATION = (
    Column("item", "The granule's item in the archive"),
    Column("platform", "Satellite"),
    Column("mgrs_tile", "MGRS tile"),
    Column("counts", "Whether a composite counts this observation: 1 yes, 0 no"),
    Column("reason", "Why it does not count, one word"),
)


def columns_of(spec: SeriesSpec) -> list[Column]:
    """The columns of a series, in their order."""
    match spec.contents:
        case "composites":
            indices = _index_columns(spec)
            day = Column("observation_date", "Day on which the pixel was observed", "date")
            quality, ours = _raster_columns(spec, without={"observation_date"})
            return [*_PERIOD, *_PLACE, _GRANULE, *_band_columns(spec), *quality, day, *ours, *indices]
        case "observations":
            quality, ours = _raster_columns(spec, without=_OF_COMPOSITES | {"scene_classification"})
            scene_class = _raster_column(RASTERS["scene_classification"])
            sensed = Column("sensed_at", "Start of the datatake, UTC", "time")
            observed = [sensed, *_PLACE, _GRANULE, *_OBSERVATION]
            return [*observed, *_band_columns(spec), scene_class, *quality, *ours, *_index_columns(spec)]
        case _:
            pixels = [
                Column("pixels_total", "Pixels whose centre lies in the area", "count"),
                Column("pixels_with_data", "Those of them that hold data", "count"),
            ]
            name = Column("name", "Band or index")
            return [*_PERIOD, *pixels, name, *(Column(each, _STATISTIC_TITLES[each]) for each in STATISTICS)]


_STATISTIC_TITLES = {
    "count": "Pixels that the figures are of",
    "mean": "Mean",
    "std": "Standard deviation",
    "min": "Smallest",
    "p05": "5th percentile",
    "p25": "25th percentile",
    "median": "Median",
    "p75": "75th percentile",
    "p95": "95th percentile",
    "max": "Largest",
}


def rows_of(spec: SeriesSpec, step: Step) -> Iterator[Row]:
    """The rows of a step: one for each of its pixels, or for each band and index of statistics."""
    match spec.contents:
        case "composites":
            for pixel in _pixels(spec, step):
                values = _values(spec, pixel)
                if values.get("valid_obs") is None:
                    # Where there was not a single scene there is no raster either, but a number.
                    values["valid_obs"] = number(pixel.get("valid_obs"))
                yield _period(step) | _place(pixel) | values | {"observation_date": _day(step, pixel)}
        case "observations":
            for pixel in _pixels(spec, step):
                yield _place(pixel) | _values(spec, pixel) | _observation(step, pixel)
        case _:
            shared = _period(step) | {key: step.get(key) for key in ("pixels_total", "pixels_with_data")}
            figures = step.get("bands") or {}
            for name in measured_names(spec):
                yield shared | {"name": name} | {key: number((figures.get(name) or {}).get(key)) for key in STATISTICS}


def measured_names(spec: SeriesSpec) -> list[str]:
    """What statistics are of: the bands, then the indices that they make."""
    bands = [column.name for column in _band_columns(spec)]
    return [*bands, *(index.name for index in indices_of(spec.bands))]


def rasters_of(spec: SeriesSpec) -> list[OutputLayer]:
    """The product's rasters that a series of pixels can have values of: bands, quality, others."""
    return [column.raster for column in columns_of(spec) if column.raster is not None]


def number(value: Any) -> int | float | None:
    """A value that is a number and finite, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _band_columns(spec: SeriesSpec) -> list[Column]:
    return [_raster_column(RASTERS[band]) for band in sorted(spec.bands, key=list(RASTERS).index)]


def _raster_columns(spec: SeriesSpec, *, without: frozenset[str] | set[str]) -> tuple[list[Column], list[Column]]:
    """Those of S2GM's tool in its order, then the others in the order of the spec."""
    quality = [name for name in QUALITY_LAYERS if name in spec.layers]
    ours = [name for name in spec.layers if name not in quality]
    of_layers = ([raster for name in names for raster in LAYERS[name].rasters] for names in (quality, ours))
    first, second = ([_raster_column(each) for each in rasters if each.name not in without] for rasters in of_layers)
    return first, second


def _raster_column(raster: OutputLayer) -> Column:
    return Column(raster.prefix, raster.title, raster.unit, raster)


def _index_columns(spec: SeriesSpec) -> list[Column]:
    return [Column(index.name, f"{index.title}: {index.formula}", "1") for index in indices_of(spec.bands)]


def _pixels(spec: SeriesSpec, step: Step) -> Sequence[Mapping[str, Any]]:
    """The pixels of a step; of one that has none those of the spec, without data."""
    pixels: Sequence[Mapping[str, Any]] = step.get("pixels") or []
    if pixels:
        return pixels
    width = spec.grid.width
    return [
        {"row": place // width, "column": place % width, "lon": lon, "lat": lat}
        for place, (lon, lat) in enumerate(centres(spec.grid))
    ]


def _period(step: Step) -> Row:
    return {"period_start": step.get("first_day"), "period_end": step.get("last_day")}


def _place(pixel: Mapping[str, Any]) -> Row:
    return {
        "longitude": _rounded(pixel.get("lon"), _DEGREE_DIGITS),
        "latitude": _rounded(pixel.get("lat"), _DEGREE_DIGITS),
        "pixel_row": pixel.get("row"),
        "pixel_column": pixel.get("column"),
        "source_tile_identifier": pixel.get("granule"),
    }


def verdict(step: Step, pixel: Mapping[str, Any], key: str) -> Any:
    """What is told of an observed pixel under ``key``, or of the whole step where it is not told of each."""
    return pixel[key] if key in pixel else step.get(key)


def _observation(step: Step, pixel: Mapping[str, Any]) -> Row:
    counts = verdict(step, pixel, "counts")
    return {
        "sensed_at": step.get("sensed_at"),
        "source_tile_identifier": step.get("granule"),
        "item": step.get("item"),
        "platform": step.get("platform"),
        "mgrs_tile": step.get("tile"),
        "counts": None if counts is None else int(bool(counts)),
        "reason": verdict(step, pixel, "reason") or None,
        "quality_scene_classification": number(verdict(step, pixel, "scene_class")),
    }


def _day(step: Step, pixel: Mapping[str, Any]) -> str | None:
    """The day of a composite's pixel: of its granule, or counted from the period's first day."""
    if pixel.get("sensed_at"):
        return str(pixel["sensed_at"])[:10]
    days = number((pixel.get("values") or {}).get("observation_date"))
    if days is None or not step.get("first_day"):
        return None
    return (date.fromisoformat(step["first_day"]) + timedelta(days=int(days))).isoformat()


def _values(spec: SeriesSpec, pixel: Mapping[str, Any]) -> Row:
    values = pixel.get("values") or {}
    row: Row = {raster.prefix: number(values.get(raster.name)) for raster in rasters_of(spec)}
    known = {band: number(values.get(band)) for band in spec.bands}
    return row | {index.name: _rounded(index.of_values(known), _INDEX_DIGITS) for index in indices_of(spec.bands)}


def _rounded(value: Any, digits: int) -> float | None:
    known = number(value)
    return None if known is None else round(known, digits)
