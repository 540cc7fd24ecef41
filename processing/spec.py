"""The one definition of an order: what the form builds, the API receives, the row stores, the worker parses."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from shapely.geometry.base import BaseGeometry

from processing.areas import area_geometry, area_km2, plain_area
from processing.errors import FieldProblem, InvalidOrder
from processing.layers import LAYERS
from processing.periods import EARLIEST, CompositingPeriod
from processing.registry import methods, names
from processing.sentinel2 import BANDS

LONGEST_NAME = 64
# An order can be made of nothing but mistakes; nobody reads more than these.
_MOST_PROBLEMS = 20
_NAME = re.compile(r"[^\W_](?:[\w -]*\w)?")


def _schema(**extra: Callable[[], Sequence[str | None]]) -> Callable[[dict[str, Any]], None]:
    """Fill the plug-ins' and layers' names into a JSON schema when it is asked for."""

    def fill(schema: dict[str, Any]) -> None:
        for key, values in extra.items():
            (schema["items"] if key == "items" else schema)["enum"] = list(values())

    return fill


class MosaicSpec(BaseModel):
    """What a mosaic shall be: period, area, bands, layers, resolution, CRS, method, format.

    Frozen, with a JSON round trip (``parse`` and ``to_json``). Built any other way than by ``parse``
    it raises pydantic's errors instead of ``InvalidOrder``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name of the order: letters, digits, blanks, hyphens; part of the file names")
    area: dict[str, Any] = Field(
        description="GeoJSON Polygon or MultiPolygon in EPSG:4326; its bounding rectangle is delivered"
    )
    period: CompositingPeriod = Field(description="Kind of period and its first day")
    resolution: Literal[10, 20, 60] = Field(description="Pixel size in metres")
    crs: Literal["utm", "wgs84"] = Field("utm", description="UTM on the Sentinel-2 lattice, or degrees")
    bands: Annotated[
        tuple[str, ...],
        Field(json_schema_extra=_schema(items=lambda: list(BANDS)), description="Reflectances"),
    ] = ()
    layers: Annotated[
        tuple[str, ...],
        Field(json_schema_extra=_schema(items=lambda: list(LAYERS)), description="Other layers"),
    ] = ()
    method: str = Field("s2gm", json_schema_extra=_schema(enum=lambda: list(names("methods"))))
    method_options: dict[str, StrictInt] = Field(
        default_factory=dict, description='What the method lets its user set, such as {"threshold": 4}'
    )
    mask: str | None = Field(
        None,
        json_schema_extra=_schema(enum=lambda: [*names("masks"), None]),
        description="Which pixels count; by default the method's own mask",
    )
    format: str = Field("geotiff", json_schema_extra=_schema(enum=lambda: list(names("formats"))))

    @classmethod
    def parse(cls, order: Any, *, today: date | None = None) -> MosaicSpec:
        """Build the spec of a new or stored ``order`` (JSON mapping), or raise InvalidOrder with every problem."""
        if not isinstance(order, Mapping):
            raise InvalidOrder([FieldProblem("order", "must be a JSON object")])
        try:
            spec = cls.model_validate(dict(order))
        except ValidationError as refused:
            errors = refused.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
            raise InvalidOrder([_problem(error) for error in errors]) from None
        today = today or datetime.now(UTC).date()
        if spec.period.first_day > today:
            message = f"lies in the future: {spec.period.title} begins on {spec.period.first_day}"
            raise InvalidOrder([FieldProblem("period.start", message)])
        return spec

    def to_json(self) -> dict[str, Any]:
        """The order as JSON types; ``parse`` gives back an equal spec."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256 (hex) of the order's canonical JSON: equal orders, equal digests."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def geometry(self) -> BaseGeometry:
        """The area as a shapely geometry, EPSG:4326."""
        return area_geometry(self.area)

    @cached_property
    def area_km2(self) -> float:
        """Area on the ellipsoid."""
        return area_km2(self.geometry)

    @property
    def file_name(self) -> str:
        """The name as part of file names: ASCII letters, digits, hyphens and underscores."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_") or "order"

    @field_validator("name")
    @classmethod
    def _name_is_fit_for_files(cls, name: str) -> str:
        if len(name) > LONGEST_NAME:
            raise ValueError(f"is longer than {LONGEST_NAME} characters")
        if not _NAME.fullmatch(name):
            raise ValueError("must begin with a letter or digit and hold only letters, digits, blanks, - and _")
        return name

    @field_validator("area")
    @classmethod
    def _area_is_sound(cls, area: dict[str, Any]) -> dict[str, Any]:
        area_geometry(area)
        return plain_area(area)

    @field_validator("period")
    @classmethod
    def _period_has_sentinel2(cls, period: CompositingPeriod) -> CompositingPeriod:
        if period.last_day < EARLIEST:
            raise ValueError(f"ends before Sentinel-2's launch on {EARLIEST}")
        return period

    @field_validator("bands", "layers", mode="before")
    @classmethod
    def _list_is_no_longer_than_what_there_is(cls, chosen: Any) -> Any:
        # Checked first: pydantic would make an error of each of a million wrong names.
        if isinstance(chosen, list | tuple) and len(chosen) > len(BANDS) + len(LAYERS):
            raise ValueError(f"names {len(chosen)}, more than there are")
        return chosen

    @field_validator("bands")
    @classmethod
    def _bands_are_known(cls, bands: tuple[str, ...]) -> tuple[str, ...]:
        return _known_once(bands, BANDS, "band")

    @field_validator("layers")
    @classmethod
    def _layers_are_known(cls, layers: tuple[str, ...]) -> tuple[str, ...]:
        return _known_once(layers, LAYERS, "layer")

    @field_validator("method")
    @classmethod
    def _method_is_known(cls, method: str) -> str:
        return _known_once((method,), names("methods"), "method")[0]

    @field_validator("method_options", mode="before")
    @classmethod
    def _options_are_few(cls, options: Any) -> Any:
        if isinstance(options, Mapping) and len(options) > _MOST_PROBLEMS:
            raise ValueError(f"names {len(options)}, more than any method has")
        return options

    @field_validator("method_options")
    @classmethod
    def _method_has_these_options(cls, options: dict[str, int], order: ValidationInfo) -> dict[str, int]:
        if options and "method" in order.data:
            _check_options(order.data["method"], options)
        return options

    @field_validator("mask")
    @classmethod
    def _mask_is_known(cls, mask: str | None) -> str | None:
        return mask if mask is None else _known_once((mask,), names("masks"), "mask")[0]

    @field_validator("format")
    @classmethod
    def _format_is_known(cls, name: str) -> str:
        return _known_once((name,), names("formats"), "format")[0]

    @model_validator(mode="after")
    def _something_is_ordered(self) -> MosaicSpec:
        if not self.bands and not self.layers:
            raise ValueError("orders nothing; choose at least one band or layer")
        return self


def _check_options(method: str, chosen: Mapping[str, int]) -> None:
    """ValueError where the method does not have one of the chosen options, or not with this value."""
    offered = {option.name: option for option in methods()[method].options}
    for name, value in chosen.items():
        if name not in offered:
            has = f"it has {', '.join(offered)}" if offered else "it has none"
            raise ValueError(f"{name[:40]!r} is not an option of the method {method}; {has}")
        option = offered[name]
        if not option.smallest <= value <= option.largest:
            raise ValueError(f"{name} must be from {option.smallest} to {option.largest}, not {value}")


def _known_once(chosen: tuple[str, ...], offered: Sequence[str] | Mapping[str, Any], kind: str) -> tuple[str, ...]:
    for name in chosen:
        if name not in offered:
            raise ValueError(f"{name[:40]!r} is not a {kind} that can be ordered; choose from {', '.join(offered)}")
        if chosen.count(name) > 1:
            raise ValueError(f"names {name} twice")
    return chosen


# What pydantic calls a wrong type, and what it should be.
_WRONG_TYPES = {
    "missing": "is missing",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "tuple_type": "must be a list of names",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    **dict.fromkeys(
        ("date_from_datetime_parsing", "date_parsing", "date_type", "date_from_datetime_inexact"),
        "must be a date as YYYY-MM-DD",
    ),
}


def _problem(error: ErrorDetails) -> FieldProblem:
    """One of pydantic's errors as a field and a plain sentence."""
    location = [str(part) for part in error["loc"]]
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            message = str(context["error"])
        case "extra_forbidden":
            known = CompositingPeriod.model_fields if location[0] == "period" else MosaicSpec.model_fields
            message = f"is not a key of an order; its keys are {', '.join(known)}"
        case "literal_error":
            message = f"must be {context['expected']}"
        case kind:
            message = _WRONG_TYPES.get(kind, error["msg"][0].lower() + error["msg"][1:])
    field = ".".join(location) or "bands"
    if field == "period" and "not the first day" in message:
        field = "period.start"
    return FieldProblem(field[:100], message)
