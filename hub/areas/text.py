"""Areas as people paste them: WKT or GeoJSON text in, a GeoJSON geometry out.

Only the text is judged here. Whether the geometry can be ordered (crossings, extent, size) is ``MosaicSpec``'s to say.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from shapely.geometry import mapping, shape

from processing.errors import FieldProblem, InvalidOrder

MAX_CHARACTERS = 1_000_000
AREAL = {"Polygon", "MultiPolygon"}
PLAIN = {
    "POINT": gettext_noop("a point"),
    "MULTIPOINT": gettext_noop("a set of points"),
    "LINESTRING": gettext_noop("a line"),
    "LINEARRING": gettext_noop("a line"),
    "MULTILINESTRING": gettext_noop("a set of lines"),
    "GEOMETRYCOLLECTION": gettext_noop("a collection of shapes"),
}
WKT_HEAD = re.compile(r"^\s*(?:SRID\s*=\s*(?P<srid>\d+)\s*;)?\s*(?P<kind>[A-Z]+)\s*(?P<dimensions>ZM|Z|M)?\b", re.I)
WKT_EXAMPLE = "POLYGON((8.55 45.75, 8.75 45.75, 8.75 45.85, 8.55 45.75))"


def read_area(text: str) -> dict[str, Any]:
    """The GeoJSON Polygon or MultiPolygon that ``text`` describes as WKT or GeoJSON, in EPSG:4326.

    Raises InvalidOrder with one problem on "area".
    """
    text = text.strip()
    if not text:
        _refuse(_("is missing; draw it on the map, or paste it as WKT or GeoJSON"))
    if len(text) > MAX_CHARACTERS:
        most = f"{MAX_CHARACTERS:,}"
        _refuse(_("is a text of more than %(most)s characters; simplify its outline") % {"most": most})
    return _from_geojson(text) if text[0] in "{[" else _from_wkt(text)


def write_area(area: dict[str, Any]) -> str:
    """``area`` as WKT for the form, with about a metre's precision; as GeoJSON text where it is no geometry."""
    try:
        return shapely.to_wkt(shape(area), rounding_precision=6)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return json.dumps(area)


def _refuse(message: str) -> NoReturn:
    raise InvalidOrder([FieldProblem("area", message)])


def _refuse_kind(kind: str) -> NoReturn:
    plain = PLAIN.get(kind.upper())
    what = _(plain) if plain else f"“{kind[:40]}”"
    _refuse(_("is %(what)s; give a Polygon or a MultiPolygon") % {"what": what})


def _from_wkt(text: str) -> dict[str, Any]:
    head = WKT_HEAD.match(text)
    kind = head["kind"].upper() if head else ""
    if kind in PLAIN:
        _refuse_kind(kind)
    if kind not in {"POLYGON", "MULTIPOLYGON"}:
        _refuse(_("is neither WKT nor GeoJSON; WKT looks like %(example)s") % {"example": WKT_EXAMPLE})
    if head["srid"] not in (None, "4326"):
        _refuse(_("is in EPSG:%(code)s; give longitude and latitude (EPSG:4326)") % {"code": head["srid"][:10]})
    if head["dimensions"]:
        _refuse(_("has heights or measures; give longitude and latitude only"))
    try:
        geometry = shapely.from_wkt(text.split(";", 1)[-1])
    except shapely.errors.ShapelyError as error:
        _refuse(_wkt_sentence(str(error)))
    if geometry.has_z:
        _refuse(_("has heights; give longitude and latitude only"))
    if geometry.is_empty:
        _refuse(_("is empty; give at least three different corners"))
    return _as_json(mapping(geometry))


def _wkt_sentence(reason: str) -> str:
    """What is wrong, from what GEOS, the parser, says about a text."""
    if "closed" in reason:
        return _("is not closed: its last corner must repeat its first")
    if "Invalid number of points" in reason or "must contain" in reason:
        return _("has too few corners; give at least three and repeat the first at the end")
    return _("is WKT with a slip in it; check brackets and commas against %(example)s") % {"example": WKT_EXAMPLE}


def _from_geojson(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_such_number)
    except RecursionError:
        _refuse(_("is GeoJSON nested too deeply; paste one geometry or feature"))
    except json.JSONDecodeError as error:
        reason = {"reason": error.msg.lower(), "line": error.lineno}
        _refuse(_("is GeoJSON that cannot be read: %(reason)s in line %(line)s") % reason)
    except ValueError:  # a number of thousands of digits
        _refuse(_("is GeoJSON with a number that cannot be read"))
    geometries = [_areal(geometry) for geometry in _geometries(value)]
    if not geometries:
        _refuse(_("is GeoJSON without a geometry; give a Polygon or a MultiPolygon"))
    if len(geometries) == 1:
        return geometries[0]
    parts: list[Any] = []
    for geometry in geometries:
        whole = geometry["type"] == "Polygon"
        parts.extend([geometry["coordinates"]] if whole else geometry["coordinates"])
    return {"type": "MultiPolygon", "coordinates": parts}


def _no_such_number(name: str) -> NoReturn:
    _refuse(_("holds %(name)s, which is no coordinate") % {"name": name})


def _geometries(value: Any) -> list[Any]:
    """The geometries in a GeoJSON geometry, feature or collection of features."""
    if not isinstance(value, dict):
        _refuse(_("is a GeoJSON list; give a Polygon, a MultiPolygon, or a feature with one"))
    match value.get("type"):
        case "Feature":
            return [value.get("geometry")]
        case "FeatureCollection":
            features = value.get("features")
            known = features if isinstance(features, list) else []
            return [feature.get("geometry") for feature in known if isinstance(feature, dict)]
    return [value]


def _areal(geometry: Any) -> dict[str, Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in AREAL:
        _refuse_kind(str(kind or "nothing"))
    if not isinstance(geometry.get("coordinates"), list):
        _refuse(_("is GeoJSON without coordinates"))
    return {"type": kind, "coordinates": geometry["coordinates"]}


def _as_json(value: Any) -> Any:
    """``value`` with lists for tuples, as it would come from JSON."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value
