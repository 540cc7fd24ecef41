"""GPX: tracks and routes that lead around an area."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.uploads.found import Found
from hub.areas.uploads.lines import as_outline
from hub.areas.uploads.markup import children, text_of


def read(root: Element) -> Found:
    """The areas that tracks and routes enclose. Raises InvalidOrder."""
    found = Found(points=len(children(root, "wpt")))
    for route in children(root, "rte"):
        _read_line(children(route, "rtept"), text_of(route, "name"), found)
    for track in children(root, "trk"):
        segments = [children(segment, "trkpt") for segment in children(track, "trkseg")]
        # A receiver that lost its satellites begins a new segment: the walk is all of them.
        _read_line([point for segment in segments for point in segment], text_of(track, "name"), found)
    if found.lines and not found.polygons:
        refuse(_("The GPX file holds no track or route that comes back to its start, so it encloses no area."))
    return found


def _read_line(points: list[Element], name: str, found: Found) -> None:
    found.count_corners(len(points))
    found.corners -= len(points)
    try:
        line = np.array([[float(point.get("lon", "")), float(point.get("lat", ""))] for point in points])
    except ValueError:
        refuse(_("The GPX file holds a point without longitude and latitude."))
    outline = as_outline(line.reshape(-1, 2), name=name, found=found)
    if outline:
        found.add_feature([outline], name)
    else:
        found.lines += 1
