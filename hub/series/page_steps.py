"""The steps of a series as the pages show them: the table's columns and rows, and all that is known of one pixel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.orders.period_titles import period_title
from hub.wording.sentences import told
from hub.wording.titles import number, title
from processing.layers import LAYERS, RASTERS, OutputLayer
from processing.periods import CompositingPeriod
from processing.pixels.indices import INDICES, indices_of
from processing.pixels.series_spec import SeriesSpec
from processing.sentinel2 import BANDS

NOTHING = "–"
UNITS = {"degree": "°", "percent": "%", "day": gettext_lazy("days")}
COUNTED = ("valid_obs", "method", *(raster.name for raster in LAYERS["rejected_obs"].rasters))
"""Rasters that have a number even where nothing was seen."""
OF_A_SCENE = ("quality", "geometry")
"""Groups of the layers that a single observation has; the others come of compositing."""
FIGURES = {
    "count": gettext_lazy("Pixels"),
    "mean": gettext_lazy("Mean"),
    "std": gettext_lazy("Standard deviation"),
    "min": gettext_lazy("Smallest"),
    "p05": "5 %",
    "p25": "25 %",
    "median": gettext_lazy("Median"),
    "p75": "75 %",
    "p95": "95 %",
    "max": gettext_lazy("Greatest"),
}
"""The statistics of one band or index, in the order of the table."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    name: str
    title: str
    summary: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class Line:
    """What can be plotted."""

    name: str
    title: str
    unit: str
    decimals: int
    group: str
    """ "bands", "indices" or "quality"."""

    bands: tuple[str, ...] = ()
    """Of an index: the first and the second band."""

    flags: tuple[tuple[int, str], ...] = ()
    """Of a layer of classes: number and title."""


@dataclass(frozen=True)
class Row:
    """A step in the table."""

    number: int
    title: str
    counts: bool
    """Whether there is something to show: a period with data, an observation that counts."""

    cells: tuple[tuple[str, bool], ...]
    """Texts in the order of the columns, and whether each is a number."""


def lines(spec: SeriesSpec) -> tuple[Line, ...]:
    """Everything that can be plotted of a series: its bands, the indices they give, its other layers."""
    found = [Line(name, _band_title(name), "", 4, "bands") for name in spec.bands]
    found += [Line(one.name, title(one.title), "", 3, "indices", one.bands) for one in indices_of(spec.bands)]
    if spec.contents == "statistics":
        return tuple(found)
    for raster in _quality(spec):
        flags = tuple((flag.value, title(flag.title)) for flag in raster.flags)
        found.append(Line(raster.name, title(raster.title), unit_of(raster), _decimals(raster), "quality", (), flags))
    return tuple(found)


def columns(spec: SeriesSpec) -> tuple[Column, ...]:
    """The columns of the table after the step's title."""
    if spec.contents == "statistics":
        return (
            Column("share", _("Pixels with data")),
            *(Column(name, str(words)) for name, words in FIGURES.items()),
        )
    rasters = [Column(name, name, _band_title(name)) for name in spec.bands]
    rasters += [Column(raster.name, title(raster.title), raster.name) for raster in _quality(spec)]
    of_observation = (
        (Column("class", _("Class"), is_number=False), Column("counts", _("Counts"), is_number=False))
        if spec.contents == "observations"
        else (Column("sensed_at", _("Sensed at (UTC)"), is_number=False),)
    )
    return (
        *of_observation,
        Column("lon", _("Longitude")),
        Column("lat", _("Latitude")),
        Column("granule", _("Source tile identifier"), is_number=False),
        *rasters,
        *(Column(index.name, index.label, index.formula) for index in indices_of(spec.bands)),
    )


def rows(spec: SeriesSpec, steps: Iterable[Mapping[str, Any]], *, pixel: int, band: str) -> list[Row]:
    """One row per step: of the pixel number ``pixel``, or of the statistics of ``band``."""
    shown = columns(spec)
    return [_row(spec, step, shown, pixel, band) for step in steps]


def step_title(spec: SeriesSpec, step: Mapping[str, Any]) -> str:
    """``June 2024``, or the moment of an observation."""
    if spec.contents == "observations":
        return moment(step.get("sensed_at"))
    return period_title(CompositingPeriod.containing(spec.kind, dt.date.fromisoformat(step["first_day"])))


def pixel_of(step: Mapping[str, Any], number_of_pixel: int) -> Mapping[str, Any]:
    """The pixel of a step, by its number row by row; empty where the step has none."""
    pixels = step.get("pixels") or []
    return pixels[number_of_pixel] if number_of_pixel < len(pixels) else {}


def value_text(name: str, pixel: Mapping[str, Any]) -> str:
    """A raster's value at a pixel for people: ``0.0312``, ``48.21°``, ``Vegetation``."""
    raster = RASTERS[name]
    value = (pixel.get("values") or {}).get(name)
    if value is None:
        return NOTHING
    if raster.flags:
        flag = next((flag for flag in raster.flags if flag.value == round(value)), None)
        return f"{title(flag.title)} ({flag.value})" if flag else str(value)
    return _joined(number(value, _decimals(raster)), unit_of(raster))


def unit_of(raster: OutputLayer) -> str:
    return str(UNITS.get(raster.unit, ""))


def moment(text: str | None) -> str:
    """``3 June 2024, 10:15`` of an ISO time, UTC."""
    if not text:
        return NOTHING
    when = dt.datetime.fromisoformat(text)
    return f"{date_format(when, 'j F Y')}, {when:%H:%M}"


def degrees(value: float | None) -> str:
    return NOTHING if value is None else number(value, 6)


def of_pixel(name: str, step: Mapping[str, Any], pixel: Mapping[str, Any]) -> Any:
    """What the pixel itself says; else what its step says."""
    return pixel[name] if name in pixel else step.get(name)


def reason_text(step: Mapping[str, Any], pixel: Mapping[str, Any]) -> str:
    """Why an observation does not count at a pixel; empty where it does."""
    return told(of_pixel("why", step, pixel) or "")


def _row(spec: SeriesSpec, step: Mapping[str, Any], shown: tuple[Column, ...], pixel_number: int, band: str) -> Row:
    if spec.contents == "statistics":
        texts, counts = statistics_texts(step, band), bool(step.get("pixels_with_data"))
    else:
        pixel = pixel_of(step, pixel_number)
        texts = {column.name: _cell(column.name, step, pixel) for column in shown}
        is_observed = spec.contents == "observations"
        counts = bool(of_pixel("counts", step, pixel)) if is_observed else has_data(step, pixel)
    cells = tuple((texts[column.name], column.is_number) for column in shown)
    return Row(step["number"], step_title(spec, step), counts, cells)


def _cell(name: str, step: Mapping[str, Any], pixel: Mapping[str, Any]) -> str:
    match name:
        case "sensed_at":
            return moment(pixel.get("sensed_at"))
        case "class":
            return title(of_pixel("class_title", step, pixel) or "") or NOTHING
        case "counts":
            return _("yes") if of_pixel("counts", step, pixel) else _("no")
        case "lon" | "lat":
            return degrees(pixel.get(name))
        case "granule":
            return pixel.get("granule") or step.get("granule") or NOTHING
    return index_text(name, pixel) if name in INDICES else value_text(name, pixel)


def index_text(name: str, pixel: Mapping[str, Any]) -> str:
    """An index at a pixel for people."""
    value = INDICES[name].of_values(pixel.get("values") or {})
    return NOTHING if value is None else number(value, 3)


def statistics_texts(step: Mapping[str, Any], band: str) -> dict[str, str]:
    """The figures of one band or index in a step, by column."""
    found = (step.get("bands") or {}).get(band) or {}
    decimals = 4 if band in BANDS else 3
    texts = {
        name: NOTHING if (value := found.get(name)) is None else number(value, 0 if name == "count" else decimals)
        for name in FIGURES
    }
    return texts | {"share": share_text(step)}


def has_data(step: Mapping[str, Any], pixel: Mapping[str, Any]) -> bool:
    """Whether anything was seen: at the pixel, or in the area."""
    seen = (value is not None for name, value in (pixel.get("values") or {}).items() if name not in COUNTED)
    return bool(step.get("pixels_with_data")) or any(seen)


def share_text(step: Mapping[str, Any]) -> str:
    """How much of the area has data."""
    total = step.get("pixels_total") or 0
    return f"{number(100 * (step.get('pixels_with_data') or 0) / total, 1)} %" if total else NOTHING


def _quality(spec: SeriesSpec) -> list[OutputLayer]:
    """The rasters beside the bands; of single observations only those that come with a scene."""
    names = [name for name in spec.layers if spec.contents != "observations" or LAYERS[name].group in OF_A_SCENE]
    return [raster for name in names for raster in LAYERS[name].rasters]


def _band_title(name: str) -> str:
    return f"{name} {title(BANDS[name].title)}"


def _decimals(raster: OutputLayer) -> int:
    return {1.0: 0, 0.01: 2, 0.001: 3}.get(raster.scale, 4)


def _joined(value: str, unit: str) -> str:
    return f"{value}{unit}" if unit == "°" else f"{value} {unit}".strip()
