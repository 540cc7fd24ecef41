"""GeoJSON files: a geometry, a feature or a collection of features."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from django.utils.translation import gettext as _

from hub.areas.refusing import refusal, refuse
from hub.areas.uploads.found import Found, Rings
from hub.areas.uploads.reference_systems import Degrees, from_epsg

# Each bracket becomes an object, which takes more memory than itself; a corner has one.
MOST_BRACKETS = 1_000_000
_DEEPEST = 8
_NAMES = ("name", "NAME", "Name", "title")
_EPSG = re.compile(r"^(?:urn:ogc:def:crs:EPSG:[\d.]*:|EPSG:)(\d{4,6})$", re.I)
_CRS84 = re.compile(r"^(?:urn:ogc:def:crs:OGC:[\d.]*:|OGC:)CRS84$", re.I)


def read(data: bytes) -> Found:
    """The polygons of a document. Raises InvalidOrder."""
    document = _document(data)
    found = Found()
    degrees = _system(document.get("crs"))
    for feature in _features(document):
        counted = found.points + found.lines + len(found.others)
        try:
            polygons = list(_polygons(feature.get("geometry"), found))
        except (TypeError, ValueError, OverflowError):
            refuse(_("The GeoJSON file holds coordinates that are no pairs of numbers."))
        if polygons or found.points + found.lines + len(found.others) == counted:
            found.add_feature((degrees.of(rings) for rings in polygons) if degrees else polygons, _name(feature))
    return found


def _document(data: bytes) -> dict[str, Any]:
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        refuse(_("The file has more elements than can be read; leave out what is no area."))
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        refuse(_("The GeoJSON file is not in UTF-8."))
    except RecursionError:
        refuse(_("The GeoJSON file is nested too deeply."))
    except json.JSONDecodeError as error:
        refuse(_("The GeoJSON file cannot be read from line %(line)s on.") % {"line": error.lineno})
    except ValueError:
        refuse(_("The GeoJSON file holds a number that cannot be read."))
    if not isinstance(document, dict):
        refuse(_("The file is JSON, but no GeoJSON."))
    if document.get("type") == "Topology":
        refuse(_("The file is TopoJSON; save it as GeoJSON."))
    return document


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _features(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match document.get("type"):
        case "FeatureCollection":
            features = document.get("features")
            yield from (each for each in features if isinstance(each, dict)) if isinstance(features, list) else ()
        case "Feature":
            yield document
        case "Polygon" | "MultiPolygon" | "GeometryCollection" | "Point" | "MultiPoint" | "LineString":
            yield {"geometry": document}
        case "MultiLineString":
            yield {"geometry": document}
        case _:
            refuse(_("The file is JSON, but no GeoJSON."))


def _polygons(geometry: Any, found: Found, depth: int = 0) -> Iterator[Rings]:
    if not isinstance(geometry, dict):
        return
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Polygon":
            yield _rings(coordinates)
        case "MultiPolygon":
            yield from (_rings(part) for part in coordinates)
        case "GeometryCollection" if depth < _DEEPEST:
            for inner in geometry.get("geometries") or ():
                yield from _polygons(inner, found, depth + 1)
        case "Point" | "MultiPoint":
            found.points += 1
        case "LineString" | "MultiLineString":
            found.lines += 1
        case kind:
            found.add_other(str(kind)[:40])


def _rings(coordinates: Any) -> Rings:
    return [_ring(ring) for ring in coordinates]


def _ring(points: Any) -> np.ndarray:
    """The corners (point, 2 or 3); some may have a height."""
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) >= 2 for point in points):
        raise ValueError
    if any(isinstance(value, str | bool) for point in points for value in point[:2]):
        raise ValueError
    dimensions = 3 if points and all(len(point) > 2 for point in points) else 2
    return np.array([point[:dimensions] for point in points], dtype=np.float64).reshape(-1, dimensions)


def _name(feature: dict[str, Any]) -> str | None:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return None
    return next((value for key in _NAMES if isinstance(value := properties.get(key), str)), None)


def _system(crs: Any) -> Degrees | None:
    """The system that the GeoJSON of 2008 could name; today it is always longitude and latitude."""
    if not isinstance(crs, dict):
        return None
    properties = crs.get("properties")
    name = str(properties.get("name", "") if isinstance(properties, dict) else "")[:100]
    if not name or _CRS84.match(name):
        return None
    if match := _EPSG.match(name):
        return from_epsg(int(match[1]))
    raise refusal(_("The file's coordinate system cannot be read; save it in EPSG:4326."))
