"""Areas made sound: what is wrong with the outlines in people's files is mended, and each mending is told.

Nothing is guessed: what cannot be mended without knowing what was meant is refused with a sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from hub.areas.antimeridian import brought_back
from hub.areas.refusing import refuse
from hub.areas.simplifying import (
    METRES_PER_DEGREE,
    areas_m2,
    check_crossings,
    corners,
    polygons,
    simplified,
    without_specks,
)
from processing.areas import NORTHERNMOST, SOUTHERNMOST, area_geometry, area_km2

MOST_CORNERS = 10_000
"""Of an area in an order: as many as still travel with every request of the form."""

MOST_CHANGE_PERCENT = 5
"""What simplifying may take from an area, or give it."""

LEAST_M2 = 100.0
"""One pixel of 10 m."""

STEP_DEGREES = 1e-6
_LARGEST_DEGREES = 720


@dataclass
class _Findings:
    """What was mended in the rings, counted."""

    heights: bool = False
    doubled: int = 0
    unclosed: int = 0
    collapsed: int = 0
    misplaced: int = 0
    notes: list[str] = field(default_factory=list)

    def as_notes(self) -> list[str]:
        """The counts as sentences, and the notes after them."""
        told = []
        if self.heights:
            told.append(_("Heights were left out: an area is flat."))
        if n := self.unclosed:
            text = ngettext(
                "%(count)s ring did not end where it began and was closed with a straight line.",
                "%(count)s rings did not end where they began and were closed with straight lines.",
                n,
            )
            told.append(text % {"count": number(n)})
        if n := self.doubled:
            text = ngettext(
                "%(count)s corner that stood there twice was left out.",
                "%(count)s corners that stood there twice were left out.",
                n,
            )
            told.append(text % {"count": number(n)})
        if n := self.collapsed:
            text = ngettext(
                "%(count)s ring of fewer than three different corners was left out.",
                "%(count)s rings of fewer than three different corners were left out.",
                n,
            )
            told.append(text % {"count": number(n)})
        if n := self.misplaced:
            text = ngettext(
                "The rings of %(count)s shape stood in the wrong order, a hole before its outline; they were sorted.",
                "The rings of %(count)s shapes stood in the wrong order, a hole before its outline; they were sorted.",
                n,
            )
            told.append(text % {"count": number(n)})
        return told + self.notes


def repaired(geometry: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A sound GeoJSON Polygon or MultiPolygon that an order can have, and what was mended, in sentences.

    ``geometry``: type and coordinates as in GeoJSON; rings may be lists of points or arrays (point, 2 or more).
    Raises InvalidOrder with one problem on "area" where nothing that can be ordered is left.
    """
    coordinates = geometry["coordinates"]
    found = _Findings()
    parts = [_polygon(part, found) for part in ([coordinates] if geometry["type"] == "Polygon" else coordinates)]
    parts = [part for part in parts if part is not None]
    if not parts:
        refuse(_("The area has no outline: give at least three different corners."))
    try:
        check_crossings(parts)
    except ValueError:
        refuse(_("The outline crosses itself at thousands of places, which is more than can be mended; draw it anew."))
    area = _uncrossed(parts, found)
    area = _on_the_map(area, found)
    area = _united(area, found)
    area = _without_slivers(area, found)
    area = _thinned(area, found)
    return _checked(area), tuple(found.as_notes())


def number(value: float, decimals: int = 0) -> str:
    """``value`` as it is written in the active language, with thousands apart."""
    # Django cuts decimals off.
    return number_format(round(value, decimals), decimal_pos=decimals, use_l10n=True, force_grouping=True)


def _polygon(rings: Any, found: _Findings) -> BaseGeometry | None:
    """The polygon of ``rings``, crossings and all; None where there is no outline."""
    known = [ring for ring in (_ring(points, found) for points in rings) if ring is not None]
    if not known:
        return None
    extents = [_extent(ring) for ring in known]
    outline = int(np.argmax(extents))
    # A hole that holds the outline is the outline.
    if outline and extents[outline] > extents[0]:
        found.misplaced += 1
        known[0], known[outline] = known[outline], known[0]
    return shapely.Polygon(known[0], known[1:])


def _ring(points: Any, found: _Findings) -> np.ndarray | None:
    """The ring as an array (point, 2), closed and without doubled points."""
    ring = _as_array(points)
    if not len(ring):
        return None
    if ring.shape[1] > 2:
        found.heights = True
        ring = ring[:, :2]
    _check_degrees(ring)
    differs = np.any(ring[1:] != ring[:-1], axis=1)
    kept = ring[np.concatenate([[True], differs])]
    found.doubled += len(ring) - len(kept)
    closed = bool((kept[0] == kept[-1]).all())
    if len(kept) - closed < 3:
        found.collapsed += 1
        return None
    if not closed:
        found.unclosed += 1
        kept = np.vstack([kept, kept[:1]])
    return kept


def _as_array(points: Any) -> np.ndarray:
    try:
        ring = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        ring = _of_uneven_points(points)
    if ring.size == 0:
        return np.empty((0, 2))
    if ring.ndim != 2 or ring.shape[1] < 2 or not np.isfinite(ring[:, :2]).all():
        refuse(_("The area holds a corner that is not a pair of numbers (longitude, latitude)."))
    return ring


def _of_uneven_points(points: Any) -> np.ndarray:
    """Some points with a height, some without."""
    try:
        return np.asarray([point[:2] for point in points], dtype=np.float64)
    except (TypeError, ValueError, OverflowError, IndexError, KeyError):
        refuse(_("The area holds a corner that is not a pair of numbers (longitude, latitude)."))


def _check_degrees(ring: np.ndarray) -> None:
    longest, highest = np.abs(ring).max(axis=0)
    if highest <= 90 and longest <= _LARGEST_DEGREES:
        return
    worst = ring[np.argmax(np.abs(ring).max(axis=1))]
    place = {"first": f"{worst[0]:.10g}", "second": f"{worst[1]:.10g}"}
    if longest <= 90 and highest <= 180:
        refuse(
            _(
                "The area holds the corner (%(first)s, %(second)s), whose latitude would be %(second)s: longitude "
                "and latitude may have been swapped; give longitude first."
            )
            % place
        )
    refuse(
        _(
            "The area holds the corner (%(first)s, %(second)s), which is no longitude and latitude in degrees; save it "
            "in EPSG:4326, or in a format that says its coordinate system."
        )
        % place
    )


def _extent(ring: np.ndarray) -> float:
    """The area a ring encloses, in square degrees."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def _uncrossed(parts: list[BaseGeometry], found: _Findings) -> BaseGeometry:
    """The parts, each valid; where outlines cross themselves they are cut there."""
    sound: list[BaseGeometry] = []
    crossed, first, before, after = 0, "", 0.0, 0.0
    for part in parts:
        if part.is_valid:
            sound.append(part)
            continue
        mended = polygons(shapely.make_valid(part, method="structure", keep_collapsed=False))
        crossed += 1
        first = first or _place(shapely.is_valid_reason(part))
        before, after = before + part.area, after + sum(piece.area for piece in mended)
        sound.extend(mended)
    if not sound:
        refuse(_("The area is only a line: its outline encloses nothing."))
    if crossed:
        text = ngettext(
            "The outline of %(count)s shape crossed or touched itself (%(place)s); it was cut there into sound shapes.",
            "The outlines of %(count)s shapes crossed or touched themselves (first %(place)s); they were cut there "
            "into sound shapes.",
            crossed,
        )
        found.notes.append(text % {"count": number(crossed), "place": first})
    return shapely.multipolygons(sound)


def _place(reason: str) -> str:
    """Where GEOS found it, from its reason "Self-intersection[14.2 46.1]"."""
    try:
        x, y = (float(value) for value in reason[reason.index("[") + 1 : reason.index("]")].split()[:2])
    except ValueError:
        return _("at several places")
    return _("near longitude %(longitude)s, latitude %(latitude)s") % {
        "longitude": number(x, 4),
        "latitude": number(y, 4),
    }


def _on_the_map(area: BaseGeometry, found: _Findings) -> BaseGeometry:
    """The area between longitudes -180 and 180 and where there are mosaics."""
    west, south, east, north = area.bounds
    if west < -180 or east > 180:
        area = brought_back(area)
        crosses = west < -180 < east or west < 180 < east
        found.notes.append(
            _("The area crosses the 180° meridian and was cut there in two.")
            if crosses
            else _("Longitudes beyond 180° were brought back by a whole turn.")
        )
    elif np.ptp(shapely.bounds(area.geoms)[:, [0, 2]], axis=1).max() > 180:
        found.notes.append(
            _("The area is more than half the world wide; if it should cross the 180° meridian, draw it in two parts.")
        )
    if south < SOUTHERNMOST or north > NORTHERNMOST:
        area = shapely.intersection(area, shapely.box(-180, SOUTHERNMOST, 180, NORTHERNMOST))
        if area.area == 0:
            refuse(_("The area lies beyond 80° south or 84° north, where no mosaics are made."))
        found.notes.append(_("What lay beyond 80° south or 84° north was left out: no mosaics are made there."))
    return shapely.multipolygons(polygons(area))


def _united(area: BaseGeometry, found: _Findings) -> BaseGeometry:
    """The parts without overlaps, and those that share an edge as one."""
    count = len(area.geoms)
    if count == 1:
        return area
    united = polygons(shapely.union_all(area.geoms))
    overlap = area.area - sum(part.area for part in united)
    if len(united) < count or overlap > 1e-9 * area.area:
        found.notes.append(
            ngettext(
                "%(before)s shapes touched or overlapped; united they are %(count)s shape.",
                "%(before)s shapes, some of which touched or overlapped, were united to %(count)s shapes.",
                len(united),
            )
            % {"before": number(count), "count": number(len(united))}
        )
    return shapely.multipolygons(united)


def _without_slivers(area: BaseGeometry, found: _Findings) -> BaseGeometry:
    """The area without shapes and holes that are smaller than a pixel of 10 m."""
    # What coordinates are rounded to may close the narrowest places.
    if corners(area) <= MOST_CORNERS:
        area = shapely.set_precision(area, STEP_DEGREES)
    parts = polygons(area)
    sizes = areas_m2(parts) if parts else np.zeros(0)
    kept = [part for part, size in zip(parts, sizes, strict=True) if size >= LEAST_M2]
    if not kept:
        refuse(_("The area of %(size)s m² is smaller than a pixel of 10 m.") % {"size": number(float(sizes.sum()), 1)})
    if dropped := len(parts) - len(kept):
        text = ngettext(
            "%(count)s sliver smaller than a pixel of 10 m was left out.",
            "%(count)s slivers smaller than a pixel of 10 m were left out.",
            dropped,
        )
        found.notes.append(text % {"count": number(dropped)})
    whole = [without_specks(part, LEAST_M2) for part in kept]
    if filled := sum(len(part.interiors) for part in kept) - sum(len(part.interiors) for part in whole):
        text = ngettext(
            "%(count)s hole smaller than a pixel of 10 m was filled.",
            "%(count)s holes smaller than a pixel of 10 m were filled.",
            filled,
        )
        found.notes.append(text % {"count": number(filled)})
    return shapely.multipolygons(whole)


def _thinned(area: BaseGeometry, found: _Findings) -> BaseGeometry:
    """The area with no more corners than an order may have."""
    count = corners(area)
    if count <= MOST_CORNERS:
        return area
    # A shape has four corners at least: where those there is room for are not most of the area, no way leads there.
    sizes = np.sort(areas_m2(polygons(area)))[::-1]
    if sizes[: MOST_CORNERS // 4].sum() < (1 - MOST_CHANGE_PERCENT / 100) * sizes.sum():
        refuse(_("The area consists of too many small shapes; simplify it."))
    try:
        thin, tolerance_m = simplified(area, most_corners=MOST_CORNERS)
    except ValueError:
        refuse(_("The outline is too intricate to be simplified; draw it with fewer corners."))
    if tolerance_m > MOST_CHANGE_PERCENT / 100 * _diagonal_m(area):
        refuse(_("The outline is too intricate to be simplified; draw it with fewer corners."))
    thin = shapely.multipolygons(polygons(shapely.set_precision(thin, STEP_DEGREES)))
    before = area_km2(area)
    change = 100 * (area_km2(thin) - before) / before
    if abs(change) > MOST_CHANGE_PERCENT:
        refuse(_("The area consists of too many small shapes; simplify it."))
    found.notes.append(
        _(
            "The outline had %(before)s corners and an order takes %(most)s; it was simplified to %(after)s, by at "
            "most %(metres)s m, which changes the area by %(percent)s %%."
        )
        % {
            "before": number(count),
            "most": number(MOST_CORNERS),
            "after": number(corners(thin)),
            "metres": number(_rounded_up(tolerance_m)),
            "percent": f"{'+' if change >= 0 else '−'}{number(abs(change), 3)}",
        }
    )
    return thin


def _diagonal_m(area: BaseGeometry) -> float:
    west, south, east, north = area.bounds
    return math.hypot(east - west, north - south) * METRES_PER_DEGREE


def _rounded_up(metres: float) -> int:
    """Two digits are enough of a tolerance: 1 240 m is told as 1 300 m."""
    unit = 10 ** max(0, math.floor(math.log10(max(metres, 1))) - 1)
    return math.ceil(metres / unit) * unit


def _checked(area: BaseGeometry) -> dict[str, Any]:
    """The area as GeoJSON, outlines counter-clockwise as RFC 7946 wants them, as an order would take it."""
    parts = shapely.orient_polygons(area).geoms
    made = json.loads(json.dumps(mapping(parts[0] if len(parts) == 1 else shapely.multipolygons(list(parts)))))
    made["coordinates"] = _rounded(made["coordinates"])
    try:
        area_geometry(made)
    except ValueError as error:
        refuse(str(error))
    return made


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, list):
        return [_rounded(item) for item in coordinates]
    return round(coordinates, 6)
