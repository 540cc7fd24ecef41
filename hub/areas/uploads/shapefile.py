"""Shapefiles: the polygons of a ``.shp``, as ESRI's technical description of July 1998 lays them down.

Records are read one after the other, so the index (.shx) and the attributes (.dbf) are not needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import shapely
from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.uploads.found import Found, Rings
from hub.areas.uploads.reference_systems import from_wkt, unknown_but_degrees

MAGIC = b"\x00\x00\x27\x0a"
_HEADER_BYTES = 100
_POLYGONS = {5, 15, 25}
_LINES = {3, 13, 23}
_POINTS = {1, 8, 11, 18, 21, 28}
_MULTIPATCH = 31
_BOX_BYTES = 32


def read(shp: bytes, prj: bytes | None) -> Found:
    """The polygons of a shapefile, in degrees. Raises InvalidOrder."""
    found = Found()
    degrees = from_wkt(prj.decode("utf-8", "replace")) if prj and prj.strip() else None
    try:
        for polygons in _records(shp, found):
            if not prj and not unknown_but_degrees(polygons):
                refuse(_("The shapefile does not say its coordinate system; zip its .prj file too."))
            found.add_feature((degrees.of(rings) for rings in polygons) if degrees else polygons)
    except (struct.error, ValueError):
        refuse(_("The shapefile is damaged or cut short."))
    if not prj and found.polygons:
        found.notes.append(_("The shapefile has no .prj file; its numbers were taken for longitude and latitude."))
    return found


def _records(shp: bytes, found: Found) -> Iterator[list[Rings]]:
    """The polygons of each record; other kinds are counted."""
    if shp[:4] != MAGIC or len(shp) < _HEADER_BYTES:
        raise ValueError("is no shapefile")
    at = _HEADER_BYTES
    while at + 12 <= len(shp):
        (words,) = struct.unpack_from(">i", shp, at + 4)
        end = at + 8 + 2 * words
        if words < 2 or end > len(shp):
            raise ValueError("has a record that ends behind the file")
        (kind,) = struct.unpack_from("<i", shp, at + 8)
        if kind in _POLYGONS:
            yield _polygons(_rings(shp[at + 12 : end], found))
        elif kind in _LINES:
            found.lines += 1
        elif kind in _POINTS:
            found.points += 1
        elif kind == _MULTIPATCH:
            found.add_other("MultiPatch")
        else:
            found.empty += 1
        at = end


def _rings(record: bytes, found: Found) -> Rings:
    """All rings of a record: box, number of rings and of points, where each ring begins, all points."""
    count, points = struct.unpack_from("<ii", record, _BOX_BYTES)
    if count < 0 or points < 0 or _BOX_BYTES + 8 + 4 * count + 16 * points > len(record):
        raise ValueError("has a record with more points than room")
    found.count_corners(points)
    found.corners -= points
    starts = np.frombuffer(record, "<i4", count, _BOX_BYTES + 8)
    corners = np.frombuffer(record, "<f8", 2 * points, _BOX_BYTES + 8 + 4 * count).reshape(points, 2)
    if count and (starts[0] < 0 or (np.diff(starts) < 0).any() or starts[-1] > points):
        raise ValueError("has rings in disorder")
    return [ring.astype(np.float64) for ring in np.split(corners, starts[1:]) if len(ring) > 2] if count else []


def _polygons(rings: Rings) -> list[Rings]:
    """Rings put together: outlines run clockwise, holes the other way, each within its outline."""
    if len(rings) < 2:
        return [[ring] for ring in rings]
    outlines = [[ring] for ring in rings if _is_clockwise(ring)]
    holes = [ring for ring in rings if not _is_clockwise(ring)]
    if not outlines:
        return [[ring] for ring in holes]
    boxes = [shapely.Polygon(outline[0]) if len(outline[0]) > 3 else shapely.Polygon() for outline in outlines]
    tree = shapely.STRtree(boxes)
    sizes = shapely.area(boxes)
    for hole in holes:
        around = tree.query(shapely.Point(hole[0]), predicate="intersects")
        if len(around):
            outlines[min(around, key=lambda index: sizes[index])].append(hole)
        else:
            # It runs the wrong way: there is nothing it could be a hole of.
            outlines.append([hole])
    return outlines


def _is_clockwise(ring: np.ndarray) -> bool:
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return bool(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]) <= 0)
