"""How answers on ground motion look, as JSON Schema for the OpenAPI page."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}


def thing(description: str = "", /, **properties: Schema) -> Schema:
    """An object that has all of ``properties``."""
    made: Schema = {"type": "object", "required": list(properties), "properties": properties}
    return made | ({"description": description} if description else {})


def many(of: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": of} | ({"description": description} if description else {})


def maybe(of: Schema, description: str = "") -> Schema:
    return {"anyOf": [of, {"type": "null"}]} | ({"description": description} if description else {})


def said(of: Schema, description: str) -> Schema:
    return of | {"description": description}


GEOMETRY = thing("GeoJSON, EPSG:4326", type=TEXT, coordinates={"type": "array"})
WORDS = many(thing(code=TEXT, text=TEXT), "Plain sentences in the language of Accept-Language, each with a stable code")
REFERENCE = maybe(
    thing(id=MAYBE_WHOLE, points=WHOLE, lon=NUMBER, lat=NUMBER, velocity=MAYBE_NUMBER, velocity_std=MAYBE_NUMBER)
)
DATES = many({"type": "string", "format": "date"})
VALUES = many(MAYBE_NUMBER)

LAYER = thing(
    direction=TEXT, points_about=said(WHOLE, "To two digits"), extent=maybe(many(NUMBER)),
    velocity_range=maybe(many(NUMBER), "2nd and 98th percentile, mm/yr"), first_date=MAYBE_TEXT, last_date=MAYBE_TEXT,
    dates=WHOLE,
)  # fmt: skip
_RELEASE: dict[str, Schema] = {
    "key": TEXT, "title": TEXT, "collection": TEXT, "level": TEXT, "first_year": MAYBE_WHOLE,
    "last_year": MAYBE_WHOLE, "version": WHOLE,
    "right": {"type": "string", "enum": ["exists", "overview", "full"], "description": "Your highest, anywhere"},
    "summary": TEXT, "attribution": TEXT, "licence": TEXT, "least_points": WHOLE, "overview_cell_m": WHOLE,
    "undertaking": maybe(thing(id=WHOLE, title=TEXT, version=WHOLE, accepted=FLAG)), "layers": many(LAYER),
}  # fmt: skip
RELEASES = thing(releases=many(thing(**_RELEASE)))
PART = thing(
    identity=TEXT, track=MAYBE_WHOLE, facility=MAYBE_TEXT, version=MAYBE_WHOLE, first_date=MAYBE_TEXT,
    last_date=MAYBE_TEXT, dates=WHOLE,
)  # fmt: skip
RELEASE = thing(
    **_RELEASE, parts=many(PART),
    areas=thing("Where you have which right", overview=maybe(GEOMETRY), full=maybe(GEOMETRY)),
)  # fmt: skip
POINT = thing(
    id=WHOLE, pid=TEXT, lon=NUMBER, lat=NUMBER,
    attributes=many(thing(name=TEXT, title=TEXT, unit=TEXT, value=NUMBER, text=TEXT)), part=PART,
    compass=maybe(thing(azimuth=NUMBER, incidence=NUMBER)), precisions=many({"type": "object"}), words=WORDS,
)  # fmt: skip
SERIES = thing(
    id=WHOLE, dates=DATES, displacement=said(VALUES, "mm"), model=TEXT, fit=VALUES,
    low=said(VALUES, "95 % confidence of the fit"), high=VALUES, residuals=VALUES, velocity=MAYBE_NUMBER,
    velocity_std=MAYBE_NUMBER, velocity_std_correlated=MAYBE_NUMBER, acceleration=MAYBE_NUMBER,
    acceleration_std=MAYBE_NUMBER, seasonality=MAYBE_NUMBER, seasonality_std=MAYBE_NUMBER,
    seasonality_std_correlated=MAYBE_NUMBER, rmse=MAYBE_NUMBER,
    significant=FLAG, reference=REFERENCE, words=WORDS,
)  # fmt: skip
VELOCITIES = thing(ids=many(WHOLE), velocity=VALUES, std=VALUES, count=WHOLE, complete=FLAG)
AGGREGATE = thing(
    points=maybe(
        thing(
            "Of the velocities, mm/yr; std is the root mean square of the points' own",
            count=WHOLE, mean=MAYBE_NUMBER, spread=MAYBE_NUMBER, median=MAYBE_NUMBER, p05=MAYBE_NUMBER,
            p95=MAYBE_NUMBER, low=MAYBE_NUMBER, high=MAYBE_NUMBER, std=MAYBE_NUMBER, coherence=MAYBE_NUMBER,
            series=many(
                thing(parts=many(TEXT), dates=DATES, mean=VALUES, spread=VALUES, count=many(WHOLE)),
                "One entry for all parts that share their dates, mm",
            ),
        ),
        "null where there is no point that you may see",
    ),
    cells=maybe(
        thing(size_m=WHOLE, cells=WHOLE, points=WHOLE, mean=NUMBER, low=NUMBER, high=NUMBER),
        "Of whole cells, where you have an overview only",
    ),
    mended=FLAG, reference=REFERENCE, words=WORDS,
)  # fmt: skip
PROFILE = thing(
    length_m=NUMBER, width_m=NUMBER, count=WHOLE, complete=said(FLAG, "false: the points listed are thinned"),
    points=many(
        thing(
            id=WHOLE, distance_m=NUMBER, offset_m=said(NUMBER, "Right of the line is positive"), velocity=MAYBE_NUMBER,
            std=MAYBE_NUMBER, height=MAYBE_NUMBER,
        )
    ),
    bins=many(
        thing(
            from_m=NUMBER, to_m=NUMBER, count=WHOLE, mean=NUMBER, spread=NUMBER, std=MAYBE_NUMBER, low=NUMBER,
            high=NUMBER,
        )
    ),
    cells=many(
        thing(
            distance_m=NUMBER, offset_m=NUMBER, size_m=WHOLE, count=WHOLE, mean=MAYBE_NUMBER, spread=MAYBE_NUMBER,
            low=MAYBE_NUMBER, high=MAYBE_NUMBER,
        ),
        "Where you have an overview only",
    ),
    reference=REFERENCE,
)  # fmt: skip
FEATURE = thing(type=TEXT, geometry=GEOMETRY, properties={"type": "object"})
CELLS = thing(type=TEXT, attribution=TEXT, licence=TEXT, features=many(FEATURE))
PAGE = thing(
    type=TEXT, next=said(MAYBE_TEXT, "Send it as after= for the next page; null: this was the last"), attribution=TEXT,
    licence=TEXT, dates={"type": "object", "description": "Of each part's series"}, features=many(FEATURE),
)  # fmt: skip
COLLECTION = thing(type=TEXT, metadata={"type": "object"}, features=many(FEATURE))
