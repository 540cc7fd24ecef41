"""KML: polygons of Google Earth and of many others. Links in it are never followed."""

from __future__ import annotations

import re
from collections import deque
from xml.etree.ElementTree import Element

import numpy as np
from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.uploads.found import Found, Rings
from hub.areas.uploads.lines import as_outline
from hub.areas.uploads.markup import child, children, local_name, text_of

_OTHERS = {"Model", "Track", "MultiTrack", "GroundOverlay", "PhotoOverlay", "ScreenOverlay"}
_SHAPES = {"Polygon", "LineString", "LinearRing", "Point", "MultiGeometry"}
_AROUND_COMMA = re.compile(r"\s*,\s*")


def read(root: Element) -> Found:
    """The polygons of a document, closed lines too. Raises InvalidOrder."""
    found = Found()
    links = 0
    # What lies within a placemark is read with it.
    for element in root.iter():
        kind = local_name(element)
        if kind == "Placemark":
            _read_placemark(element, found)
        elif kind in _OTHERS:
            found.add_other(kind)
        elif kind == "NetworkLink":
            links += 1
    if links and not found.polygons:
        refuse(_("The KML file only links to another file; upload that one."))
    if found.features != 1 and (title := text_of(child(root, "Document"), "name")):
        found.names.insert(0, title)
    return found


def _read_placemark(placemark: Element, found: Found) -> None:
    name = text_of(placemark, "name")
    polygons: list[Rings] = []
    lines = found.lines + found.points
    waiting = deque(inner for inner in placemark if local_name(inner) in _SHAPES)
    # Not by recursion: a file may nest as deeply as it likes.
    while waiting:
        shape = waiting.popleft()
        kind = local_name(shape)
        if kind == "MultiGeometry":
            waiting.extend(inner for inner in shape if local_name(inner) in _SHAPES)
        elif kind == "Polygon":
            polygons.append(_polygon(shape))
        elif kind == "Point":
            found.points += 1
        elif outline := as_outline(_points(shape), name=name, found=found):
            polygons.append(outline)
        else:
            found.lines += 1
    if polygons or found.lines + found.points == lines:
        found.add_feature(polygons, name)


def _polygon(polygon: Element) -> Rings:
    outer = child(polygon, "outerBoundaryIs")
    # Some writers put all holes into one innerBoundaryIs.
    boundaries = [outer, *children(polygon, "innerBoundaryIs")] if outer is not None else []
    return [_points(ring) for boundary in boundaries for ring in children(boundary, "LinearRing")]


def _points(ring: Element) -> np.ndarray:
    """Longitude, latitude of every corner (point, 2)."""
    text = _AROUND_COMMA.sub(",", text_of(ring, "coordinates"))
    try:
        points = [[float(number) for number in corner.split(",")[:2]] for corner in text.split()]
        return np.array(points, dtype=np.float64).reshape(-1, 2)
    except ValueError:
        refuse(_("The KML file holds coordinates that are no numbers."))
