"""The one definition of a time series: what page, API and command line ask for, and every refusal.

What a series shares with an order (name, bands, layers, resolution, CRS, method and its options, mask) is checked
by MosaicSpec itself, under the same fields.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import Any, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from processing.areas import NORTHERNMOST, SOUTHERNMOST, area_geometry, plain_area
from processing.errors import FieldProblem, InvalidOrder
from processing.grid import WGS84_EPSG, Grid, grid_around, reproject
from processing.layers import LAYERS
from processing.periods import CompositingPeriod, PeriodKind
from processing.pixels.places import pixel_grid
from processing.pixels.series_refusals import MOST_PERIODS, problems_of_place, problems_of_time
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

QUALITY_LAYERS = (
    "medoid_mos",
    "aot",
    "cloud_confidence",
    "scene_classification",
    "snow_confidence",
    "sun_azimuth",
    "sun_zenith",
    "valid_obs",
    "view_azimuth_mean",
    "view_zenith_mean",
)
"""The quality columns of S2GM's time-series tool, in its order."""

DEFAULT_LAYERS = (*QUALITY_LAYERS, "observation_date", "method")

Contents = Literal["composites", "observations", "statistics"]

_SHARED = ("name", "bands", "layers", "resolution", "crs", "method", "method_options", "mask")
_MOST_PROBLEMS = 20
LONGEST_EDGE_DEGREES = 0.05
"""Longer edges of areas bend when they are brought into another CRS."""

# Of an area in one UTM zone.
_WIDEST_DEGREES = 6
# Where the calendar ends, periods have no next one.
_LATEST = date(2999, 12, 31)
# Any area and period that an order can have: only what a series shares with orders is asked about.
_SOME_ORDER = {
    "area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    "period": {"kind": "month", "start": "2018-08-01"},
}


class Place(BaseModel):
    """A point, and how many pixels around the one that holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float = Field(description="Longitude in degrees, EPSG:4326", ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(description="Latitude in degrees, EPSG:4326", ge=-80, le=84, allow_inf_nan=False)
    pixels: Literal[1, 3] = Field(1, description="1: the pixel that holds the point; 3: it and its eight neighbours")

    @field_validator("lon", "lat", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        if isinstance(value, bool | str):
            raise ValueError("must be a number of degrees")
        return value


class SeriesSpec(BaseModel):
    """A time series at a point or over an area: composites by period, raw observations, or statistics.

    Frozen, with a JSON round trip (``parse`` and ``to_json``). Built any other way than by ``parse`` it raises
    pydantic's errors instead of ``InvalidOrder``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("Series", description="Name of the series: letters, digits, blanks, hyphens")
    contents: Contents = Field(
        "composites",
        description="composites: one mosaic's pixel per period; observations: every scene, without compositing; "
        "statistics: of the mosaic's pixels in an area, per period",
    )
    place: Place | None = Field(None, description="Where: a point; for composites and observations")
    area: dict[str, Any] | None = Field(
        None, description="GeoJSON Polygon or MultiPolygon in EPSG:4326; for statistics"
    )
    kind: PeriodKind = Field("month", description="Kind of period; without meaning for observations")
    start: date = Field(description="First day. The periods that begin from this day on are taken")
    end: date = Field(description="Last day on which a period may begin, or a scene be sensed; not after today")
    resolution: Literal[10, 20, 60] = Field(10, description="Pixel size in metres")
    crs: Literal["utm", "wgs84"] = Field("utm", description="UTM on the Sentinel-2 lattice, or degrees")
    epsg: int | None = Field(None, description="UTM zone by its EPSG code; by default the place's own zone")
    method: str = Field("s2gm", description="How one observation is chosen")
    method_options: dict[str, StrictInt] = Field(default_factory=dict, description="What the method lets its user set")
    mask: str | None = Field(None, description="Which pixels count; by default the method's own mask")
    bands: tuple[str, ...] = Field(tuple(BANDS), description="Reflectances")
    layers: tuple[str, ...] = Field(DEFAULT_LAYERS, description="Other layers")

    @classmethod
    def parse(cls, asked: Any, *, today: date | None = None) -> SeriesSpec:
        """Build the spec of a new or stored series (JSON mapping), or raise InvalidOrder with every problem."""
        if not isinstance(asked, Mapping):
            raise InvalidOrder([FieldProblem("series", "must be a JSON object")])
        try:
            spec = cls.model_validate(dict(asked))
        except ValidationError as refused:
            errors = refused.errors(include_url=False, include_input=False)
            raise InvalidOrder(_all_problems(asked, errors)[:_MOST_PROBLEMS]) from None
        today = today or datetime.now(UTC).date()
        late = [name for name in ("start", "end") if getattr(spec, name) > today]
        if late:
            raise InvalidOrder([FieldProblem(name, f"lies in the future; today is {today}") for name in late])
        return spec

    def to_json(self) -> dict[str, Any]:
        """The series as JSON types; ``parse`` gives back an equal spec."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: equal series, equal digests."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def grid(self) -> Grid:
        """The pixels asked about: 1 x 1, 3 x 3, or the rectangle around the area."""
        if self.place is not None:
            return pixel_grid(
                self.place.lon,
                self.place.lat,
                resolution_m=self.resolution,
                crs=self.crs,
                epsg=self.epsg,
                side=self.place.pixels,
            )
        return _grid_of_area(self.geometry, crs=self.crs, epsg=self.epsg, resolution_m=self.resolution)

    @cached_property
    def geometry(self) -> BaseGeometry:
        """The area as a shapely geometry, EPSG:4326; of a place the outline of its pixels."""
        return self.grid.footprint if self.area is None else area_geometry(self.area)

    @cached_property
    def periods(self) -> tuple[CompositingPeriod, ...]:
        """The periods that begin from ``start`` to ``end``, both included; none for observations."""
        if self.contents == "observations":
            return ()
        # One more tells that there are too many.
        return tuple(islice(_periods(self.kind, self.start, self.end), MOST_PERIODS + 1))

    @property
    def steps_expected(self) -> int | None:
        """How many steps there will be; None for observations, of which only the archive knows the number."""
        return None if self.contents == "observations" else len(self.periods)

    @property
    def first_day(self) -> date:
        """The first day that scenes are taken of."""
        return self.start if self.contents == "observations" else self.periods[0].first_day

    @property
    def last_day(self) -> date:
        """The last day that scenes are taken of: the last period's, which may lie after ``end``."""
        return self.end if self.contents == "observations" else self.periods[-1].last_day

    def mosaic(self, period: CompositingPeriod) -> MosaicSpec:
        """The order whose mosaic has this series' pixels in ``period``."""
        return MosaicSpec(
            name=self.name,
            area=self.area or _as_area(self.geometry),
            period=period,
            resolution=self.resolution,
            crs=self.crs,
            bands=self.bands,
            layers=self.layers or ("valid_obs",),
            method=self.method,
            method_options=self.method_options,
            mask=self.mask,
        )

    @field_validator("area")
    @classmethod
    def _area_is_sound(cls, area: dict[str, Any] | None) -> dict[str, Any] | None:
        if area is None:
            return None
        area_geometry(area)
        return plain_area(area)

    @field_validator("start", "end", mode="before")
    @classmethod
    def _day_is_written_as_a_day(cls, day: Any) -> Any:
        # Pydantic would also take seconds since 1970, and times.
        if isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
            return day
        if isinstance(day, date) and not isinstance(day, datetime):
            return day
        raise ValueError("must be a date as YYYY-MM-DD")

    @field_validator("start", "end")
    @classmethod
    def _day_is_of_this_age(cls, day: date) -> date:
        if day > _LATEST:
            raise ValueError("lies in the far future")
        return day

    @field_validator("bands", "layers", mode="before")
    @classmethod
    def _list_is_no_longer_than_what_there_is(cls, chosen: Any) -> Any:
        # Checked first: pydantic would make an error of each of a million wrong names.
        if isinstance(chosen, list | tuple) and len(chosen) > len(BANDS) + len(LAYERS):
            raise ValueError(f"names {len(chosen)}, more than there are")
        return chosen

    @model_validator(mode="after")
    def _all_fits_together(self) -> SeriesSpec:
        shared = self.model_dump(mode="json", include=set(_SHARED))
        problems = [*_shared_problems(shared), *problems_of_time(self), *problems_of_place(self)]
        if not self.bands and (self.contents == "statistics" or not self.layers):
            problems.append(FieldProblem("bands", "names none; choose at least one band"))
        if problems:
            raise _Unsound(problems)
        return self


class _Unsound(ValueError):
    """What pydantic is told when fields that are sound each do not fit together."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(f"{problem.field}: {problem.message}" for problem in problems))


def _shared_problems(asked: Mapping[str, Any]) -> list[FieldProblem]:
    """What an order would be refused for, of what a series shares with it."""
    shared = {key: asked[key] for key in _SHARED if key in asked}
    try:
        # Nothing but bands may be asked for: what is then ordered is something all the same.
        MosaicSpec.parse({"name": "Series", "resolution": 10, **_SOME_ORDER, **shared, "layers": _some(shared)})
    except InvalidOrder as refused:
        return list(refused.problems)
    return []


def _some(shared: Mapping[str, Any]) -> Any:
    return shared.get("layers") or ["valid_obs"]


def _as_area(pixels: BaseGeometry) -> dict[str, Any]:
    """The outline of pixels as an order's area: what of it lies where orders may."""
    within = pixels.intersection(shapely.box(-180, SOUTHERNMOST, 180, NORTHERNMOST))
    return plain_area(mapping(within))


def _grid_of_area(area: BaseGeometry, *, crs: str, epsg: int | None, resolution_m: int) -> Grid:
    """The rectangle of pixels around an area, as that of an order of it. InvalidOrder where no UTM zone holds it."""
    if crs == "wgs84":
        return grid_around(area.bounds, epsg=WGS84_EPSG, resolution_m=resolution_m)
    west, south, east, north = area.bounds
    if east - west >= _WIDEST_DEGREES:
        raise InvalidOrder([FieldProblem("area", f"is {east - west:.0f} degrees wide; draw a smaller one")])
    middle = (west + east) / 2, (south + north) / 2
    zone = pixel_grid(*middle, resolution_m=resolution_m, crs="utm", epsg=epsg).epsg
    outline = reproject(shapely.segmentize(area, LONGEST_EDGE_DEGREES), WGS84_EPSG, zone)
    return grid_around(outline.bounds, epsg=zone, resolution_m=resolution_m)


def _periods(kind: PeriodKind, start: date, end: date) -> Iterator[CompositingPeriod]:
    """The periods that begin from ``start`` to ``end``."""
    period = CompositingPeriod.containing(kind, start)
    if period.first_day < start:
        period = period.next()
    while period.first_day <= end:
        yield period
        period = period.next()


# What pydantic calls a wrong type, and what it should be.
_WRONG_TYPES = {
    "missing": "is missing",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "tuple_type": "must be a list of names",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number of degrees",
    "finite_number": "must be a number of degrees",
    "date_type": "must be a date as YYYY-MM-DD",
    "date_parsing": "must be a date as YYYY-MM-DD",
    "date_from_datetime_parsing": "must be a date as YYYY-MM-DD",
}


def _all_problems(asked: Mapping[str, Any], errors: Sequence[ErrorDetails]) -> list[FieldProblem]:
    """Pydantic's errors as fields and plain sentences, each field once."""
    problems: list[FieldProblem] = []
    for error in errors:
        unsound = error.get("ctx", {}).get("error")
        problems += unsound.problems if isinstance(unsound, _Unsound) else [_problem(error)]
    # Where fields are wrong each by itself pydantic stops before what MosaicSpec has to say.
    problems = [*_shared_problems(asked), *problems]
    return list({problem.field: problem for problem in reversed(problems)}.values())[::-1]


def _problem(error: ErrorDetails) -> FieldProblem:
    location = [str(part) for part in error["loc"]]
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            message = str(context["error"])
        case "extra_forbidden":
            known = Place.model_fields if location[0] == "place" else SeriesSpec.model_fields
            message = f"is not a key of a series; its keys are {', '.join(known)}"
        case "literal_error":
            message = f"must be {context['expected']}"
        case "greater_than_equal":
            message = f"must be at least {context['ge']:g} degrees"
        case "less_than_equal":
            message = f"must be at most {context['le']:g} degrees"
        case kind:
            message = _WRONG_TYPES.get(kind, error["msg"][0].lower() + error["msg"][1:])
    return FieldProblem(".".join(location)[:100], message)
