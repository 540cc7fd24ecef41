"""Polygons and lines that people send, as the policy compares them: EPSG:3857, checked first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from hub.areas.simplifying import check_crossings, polygons
from hub.insar.answers.places import BadPlace, Box, read_place, to_degrees, to_map
from hub.insar.models.words import MAP_SRID
from hub.wording.titles import number

MOST_CORNERS = 10_000
MOST_LINE_CORNERS = 200
_WIDEST_DEGREES = 180


@dataclass(frozen=True)
class Shape:
    """A polygon or a line of the map, EPSG:3857."""

    geometry: BaseGeometry
    mended: bool = False
    """Whether the outline crossed itself and was cut there."""

    @cached_property
    def ewkb(self) -> str:
        """As PostGIS takes it."""
        return str(shapely.to_wkb(shapely.set_srid(self.geometry, MAP_SRID), hex=True, include_srid=True))

    @cached_property
    def box(self) -> Box:
        """The window around it."""
        return Box(*(float(side) for side in self.geometry.bounds))


def middle_of(shape: Shape) -> tuple[float, float]:
    """(lon, lat) of its centre of gravity."""
    centre = shape.geometry.centroid
    return to_degrees(centre.x, centre.y)


def of_box(box: Box) -> Shape:
    """The window as a polygon."""
    return Shape(shapely.box(box.west, box.south, box.east, box.north))


def read_polygon(sent: Any) -> Shape:
    """The GeoJSON Polygon or MultiPolygon (or Feature of one) that was sent. Raises BadPlace.

    Its corners are connected straight on the map; where the outline crosses itself it is cut.
    """
    kind, coordinates = _geometry(
        sent, ("Polygon", "MultiPolygon"), _("A polygon is a GeoJSON Polygon or MultiPolygon.")
    )
    listed = [coordinates] if kind == "Polygon" else coordinates
    _check_corners(listed, MOST_CORNERS)
    parts = [_polygon(rings) for rings in _each(listed)]
    if not parts:
        raise BadPlace(_("The polygon has no corners."))
    whole, mended = _sound(parts)
    return Shape(whole, mended)


def read_line(sent: Any) -> Shape:
    """The GeoJSON LineString (or Feature of one) that was sent. Raises BadPlace."""
    _kind, coordinates = _geometry(sent, ("LineString",), _("A line is a GeoJSON LineString."))
    _check_corners(coordinates, MOST_LINE_CORNERS)
    corners = _corners(coordinates)
    line = shapely.LineString(corners) if len(corners) >= 2 else shapely.LineString()
    if line.length == 0:
        raise BadPlace(_("A line has at least two different corners."))
    return Shape(line)


def _geometry(sent: Any, kinds: tuple[str, ...], refusal: str) -> tuple[str, Any]:
    if isinstance(sent, dict) and sent.get("type") == "Feature":
        sent = sent.get("geometry")
    if not isinstance(sent, dict) or sent.get("type") not in kinds or "coordinates" not in sent:
        raise BadPlace(refusal)
    return sent["type"], sent["coordinates"]


def _check_corners(coordinates: Any, most: int) -> None:
    """Refuse more corners than ``most`` before anything is made of them."""
    count, level = 0, [coordinates]
    while level:
        lists = [each for each in level if isinstance(each, list)]
        count = sum(1 for each in lists if each and not isinstance(each[0], list))
        if count > most or len(lists) > most:
            text = _("There are more than %(most)s corners; simplify the shape.") % {"most": number(most)}
            raise BadPlace(text)
        level = [inner for each in lists for inner in each]


def _each(listed: Any) -> Iterator[Any]:
    if not isinstance(listed, list):
        raise BadPlace(_("Coordinates are lists of corners, as in GeoJSON."))
    yield from listed


def _corners(listed: Any) -> list[tuple[float, float]]:
    corners = []
    for corner in _each(listed):
        if not isinstance(corner, list) or not 2 <= len(corner) <= 4:
            raise BadPlace(_("Each corner is a pair of numbers: longitude, latitude."))
        corners.append(to_map(*read_place(corner[0], corner[1])))
    return corners


def _polygon(rings: Any) -> BaseGeometry:
    made = [_corners(ring) for ring in _each(rings)]
    if not made or any(len(set(ring)) < 3 for ring in made):
        raise BadPlace(_("Each ring of a polygon has at least three different corners."))
    return shapely.Polygon(made[0], made[1:])


def _sound(parts: list[BaseGeometry]) -> tuple[BaseGeometry, bool]:
    """The parts as one valid polygon, and whether anything had to be mended for that."""
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    mended = not whole.is_valid
    if mended:
        try:
            check_crossings(parts)
        except ValueError:
            raise BadPlace(_("The outline crosses itself at thousands of places; draw it anew.")) from None
        sound = [shapely.make_valid(part, method="structure", keep_collapsed=False) for part in parts]
        left = polygons(shapely.union_all(sound))
        if not left:
            raise BadPlace(_("The polygon encloses nothing."))
        whole = left[0] if len(left) == 1 else shapely.MultiPolygon(left)
    west, _south, east, _north = whole.bounds
    if east - west > to_map(_WIDEST_DEGREES, 0)[0]:
        raise BadPlace(_("The polygon is more than half the world wide; draw it in two parts, one each side of 180°."))
    return whole, mended
