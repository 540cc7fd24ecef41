"""Every address of ground motion for the OpenAPI page: what it takes, what it answers, with examples.

Importing this module describes the views; they know nothing of it.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from hub.api.insar import shapes_of_answers as shapes
from hub.api.insar.aggregates import AggregateView
from hub.api.insar.cells import CellsView
from hub.api.insar.exports import ExportView
from hub.api.insar.listing import FORMATS, MOST_ON_PAGE, PointsView
from hub.api.insar.points import PointSeriesView, PointView
from hub.api.insar.profiles import ProfileView
from hub.api.insar.releases import ReleasesView, ReleaseView
from hub.api.insar.tiles import TileView
from hub.api.insar.velocities import VelocitiesView
from hub.api.problem_schema import problems
from hub.insar.answers.exports.kinds import CSV, GEOJSON, KINDS, PARQUET, ZIP
from hub.insar.answers.profiles import NARROWEST_M, USUAL_WIDTH_M, WIDEST_M
from hub.insar.models import Direction
from hub.insar.models.releases import KEY
from hub.insar.models.words import CELL_SIZES_M
from processing.insar.regression import MODELS

_PATH = OpenApiParameter.PATH
_KEY = OpenApiParameter(
    "key",
    {"type": "string", "pattern": f"^{KEY}$"},
    _PATH,
    description="Key of the release, such as egms-l2b-2018-2022",
)
_DIRECTION = OpenApiParameter("direction", shapes.TEXT, _PATH, enum=Direction.values, description="Which layer")
_LAYER = [_KEY, _DIRECTION]
_POINT = OpenApiParameter(
    "point_id",
    {"type": "string", "pattern": "^[0-9]{1,19}$"},
    _PATH,
    description="Id of the point, as tiles and lists have it",
)
_BBOX = OpenApiParameter("bbox", shapes.TEXT, required=True, description="west,south,east,north in degrees")
_SERIES = OpenApiParameter("series", shapes.TEXT, enum=["0", "1"], description="1: with all displacements")
_SENT_NAMES = {
    "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    "polygon": {"type": "object", "description": "GeoJSON Polygon or MultiPolygon, up to 10,000 corners, EPSG:4326"},
    "line": {"type": "object", "description": "GeoJSON LineString, up to 200 corners and 200 km, EPSG:4326"},
    "reference": {
        "type": ["object", "null"],
        "description": "What motion is told against: a point's {id}, or {lon, lat, radius_m}",
    },
    "series": {"type": "boolean"},
    "width_m": {"type": "number", "minimum": NARROWEST_M, "maximum": WIDEST_M, "default": USUAL_WIDTH_M},
    "first": {"type": "string", "format": "date"},
    "last": {"type": "string", "format": "date"},
    "after": {"type": "string"},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ON_PAGE},
    "format": {"type": "string", "enum": list(FORMATS)},
}
_RING = [[-1.06, 43.70], [-1.04, 43.70], [-1.04, 43.71], [-1.06, 43.71], [-1.06, 43.70]]
_POLYGON = {"type": "Polygon", "coordinates": [_RING]}
_LINE = {"type": "LineString", "coordinates": _RING[:3]}


def _sent(*names: str, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A JSON body with ``names`` and nothing else."""
    schema: dict[str, Any] = {
        "type": "object", "properties": {name: _SENT_NAMES[name] for name in names}, "additionalProperties": False,
    }  # fmt: skip
    return {"application/json": schema | ({"required": list(required)} if required else {})}


def _example(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True, media_type="application/json")


def _answers(schema: Any, *refusals: int, also: dict[Any, Any] | None = None) -> dict[Any, Any]:
    return {200: OpenApiResponse(schema), **(also or {}), **problems(400, 401, 404, *refusals)}


_SENDING = (403, 413, 415)
_PAGES = {
    (200, GEOJSON): OpenApiResponse(shapes.PAGE),
    (200, CSV): OpenApiTypes.STR,
    (200, PARQUET): OpenApiTypes.BINARY,
}
_FILES = {
    (200, ZIP): OpenApiTypes.BINARY,
    (200, GEOJSON): OpenApiResponse(shapes.COLLECTION),
    (200, PARQUET): OpenApiTypes.BINARY,
}
_KIND = OpenApiParameter(
    "kind",
    shapes.TEXT,
    _PATH,
    enum=list(KINDS),
    description="csv: a zip with CSV in the format of EGMS, README, metadata",
)
_PAGING = [
    OpenApiParameter("after", shapes.TEXT, description="“next” of the page before"),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ON_PAGE}),
    OpenApiParameter("format", shapes.TEXT, enum=list(FORMATS), description="Where csv or parquet, X-Next has “next”"),
    _SERIES,
]


def _described(view: Any, **methods: Any) -> None:
    extend_schema_view(**methods)(view)


_described(
    ReleasesView,
    get=extend_schema(
        operation_id="insar_releases", summary="Releases of ground motion that you may know of",
        responses=_answers(shapes.RELEASES),
    ),
)  # fmt: skip
_described(
    ReleaseView,
    get=extend_schema(
        operation_id="insar_release", summary="One release, its parts, and where you may see what", parameters=[_KEY],
        responses=_answers(shapes.RELEASE, also={304: None}),
    ),
)  # fmt: skip
_described(
    TileView,
    get=extend_schema(
        operation_id="insar_tile", summary="A vector tile of points and cells",
        parameters=[
            *_LAYER,
            *(OpenApiParameter(name, {"type": "integer", "minimum": 0}, _PATH) for name in ("zoom", "column", "row")),
        ],
        responses={
            (200, "application/vnd.mapbox-vector-tile"): OpenApiTypes.BINARY,
            204: OpenApiResponse(description="There is nothing to be seen in this tile"), 304: None,
            **problems(400, 401, 404),
        },
    ),
)  # fmt: skip
_described(
    PointView,
    get=extend_schema(
        operation_id="insar_point", summary="One point: attributes, geometry, precisions, words",
        parameters=[*_LAYER, _POINT], responses=_answers(shapes.POINT, also={304: None}),
    ),
)  # fmt: skip
_described(
    PointSeriesView,
    get=extend_schema(
        operation_id="insar_point_series", summary="The series of a point, with a fit",
        parameters=[
            *_LAYER, _POINT, OpenApiParameter("model", shapes.TEXT, enum=list(MODELS)),
            OpenApiParameter("reference", shapes.TEXT, description="Id of the point that motion is told against"),
            OpenApiParameter("reference_date", OpenApiTypes.DATE, description="Day on which displacement is 0"),
        ],
        responses=_answers(shapes.SERIES, also={304: None}),
    ),
)  # fmt: skip
_described(
    VelocitiesView,
    post=extend_schema(
        operation_id="insar_velocities", summary="Velocities of any window of dates, for the points of a box",
        parameters=_LAYER,
        request=_sent("bbox", "first", "last", "reference", required=("bbox", "first", "last")),
        examples=[
            _example("Two years", {"bbox": [-1.06, 43.7, -1.04, 43.71], "first": "2020-01-01", "last": "2021-12-31"})
        ],
        responses=_answers(shapes.VELOCITIES, 422, *_SENDING),
    ),
)  # fmt: skip
_described(
    AggregateView,
    post=extend_schema(
        operation_id="insar_aggregate", summary="Mean, spread and series of the points in a polygon",
        parameters=_LAYER, request=_sent("polygon", "series", "reference", required=("polygon",)),
        examples=[_example("A quarter", {"polygon": _POLYGON, "series": True})],
        responses=_answers(shapes.AGGREGATE, 422, *_SENDING),
    ),
)  # fmt: skip
_described(
    ProfileView,
    post=extend_schema(
        operation_id="insar_profile", summary="Motion along a line", parameters=_LAYER,
        request=_sent("line", "width_m", "reference", required=("line",)),
        examples=[_example("A river bank", {"line": _LINE, "width_m": 100})],
        responses=_answers(shapes.PROFILE, 422, *_SENDING),
    ),
)  # fmt: skip
_described(
    CellsView,
    get=extend_schema(
        operation_id="insar_cells", summary="Cells of a window, as GeoJSON",
        parameters=[
            *_LAYER, _BBOX,
            OpenApiParameter("size", shapes.TEXT, enum=[str(size) for size in CELL_SIZES_M], description="Metres"),
        ],
        responses={(200, GEOJSON): OpenApiResponse(shapes.CELLS), **problems(400, 401, 404, 422)},
    ),
)  # fmt: skip
_described(
    PointsView,
    get=extend_schema(
        operation_id="insar_points", summary="Points of a window, page by page", parameters=[*_LAYER, _BBOX, *_PAGING],
        responses={**_PAGES, **problems(400, 401, 404, 429)},
    ),
    post=extend_schema(
        operation_id="insar_points_of_polygon", summary="Points of a polygon, page by page", parameters=_LAYER,
        request=_sent("bbox", "polygon", "after", "limit", "format", "series"),
        examples=[_example("A quarter", {"polygon": _POLYGON, "limit": 1000})],
        responses={**_PAGES, **problems(400, 401, 404, 429, *_SENDING)},
    ),
)  # fmt: skip
_described(
    ExportView,
    get=extend_schema(
        operation_id="insar_export", summary="All points of a window in one file",
        parameters=[*_LAYER, _KIND, _BBOX, _SERIES],
        responses={**_FILES, **problems(400, 401, 404, 422, 429)},
    ),
    post=extend_schema(
        operation_id="insar_export_of_polygon", summary="All points of a polygon in one file",
        parameters=[*_LAYER, _KIND], request=_sent("bbox", "polygon", "series"),
        examples=[_example("A quarter", {"polygon": _POLYGON, "series": True})],
        responses={**_FILES, **problems(400, 401, 404, 422, 429, *_SENDING)},
    ),
)  # fmt: skip
