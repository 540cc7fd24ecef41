"""Coordinates of any system made longitude and latitude."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from django.utils.translation import gettext as _
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from hub.areas.refusing import refuse
from hub.areas.uploads.found import Rings, cleaned

MOST_WKT_CHARACTERS = 20_000
# A straight edge of a map is a curve on the Earth: from this length on the difference is more than a metre.
_LONGEST_EDGE_M = 5_000
_MOST_ADDED = 20_000


class Degrees:
    """Turns rings of one coordinate system into degrees of WGS 84."""

    def __init__(self, crs: CRS) -> None:
        self._crs = crs
        # The authority's order of axes may be latitude first; in files it is always x first.
        self._transformer = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)

    def of(self, rings: Rings) -> Rings:
        """The polygon's rings in degrees; heights are left as they are."""
        return [self._ring(ring) for ring in (self._denser(rings) if self._crs.is_projected else rings)]

    def _ring(self, ring: np.ndarray) -> np.ndarray:
        try:
            x, y = self._transformer.transform(ring[:, 0], ring[:, 1], errcheck=True)
        except ProjError:
            x = y = np.array([np.inf])
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            refuse(
                _("The file has coordinates that do not exist in its coordinate system, %(name)s.")
                % {"name": cleaned(self._crs.name)[:80]}
            )
        return np.column_stack([x, y, *ring.T[2:]])

    def _denser(self, rings: Rings) -> Rings:
        """The rings with corners added on long edges, heights left out; as they are where that would be too many."""
        flat = [ring[:, :2] for ring in rings]
        if not all(np.isfinite(ring).all() and len(ring) > 1 for ring in flat):
            return rings
        longest = _LONGEST_EDGE_M / (self._crs.axis_info[0].unit_conversion_factor or 1.0)
        length = sum(float(np.hypot(*np.diff(ring, axis=0).T).sum()) for ring in flat)
        if length <= longest or length / longest > _MOST_ADDED:
            return rings
        return [shapely.get_coordinates(shapely.segmentize(shapely.LineString(ring), longest)) for ring in flat]


def from_wkt(wkt: str) -> Degrees | None:
    """The system that ``wkt`` describes; None where that is WGS 84 in degrees already."""
    if len(wkt) > MOST_WKT_CHARACTERS:
        refuse(_("The file's coordinate system is described in a text too long to be one."))
    try:
        return _degrees(CRS.from_wkt(wkt.strip("\ufeff \t\r\n\x00")))
    except (CRSError, ProjError, ValueError):
        refuse(_("The file's coordinate system cannot be read; save it in EPSG:4326."))


@lru_cache(maxsize=64)
def from_epsg(code: int) -> Degrees | None:
    """The system of that number; None for WGS 84 in degrees. Raises InvalidOrder for one that is not known."""
    try:
        return _degrees(CRS.from_epsg(code))
    except (CRSError, ProjError, ValueError):
        refuse(_("The file is in the unknown coordinate system EPSG:%(code)s.") % {"code": code})


def _degrees(crs: CRS) -> Degrees | None:
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    if not (flat.is_geographic or flat.is_projected) or flat.is_geocentric:
        refuse(_("The file is in a local coordinate system, which has no place on Earth; save it in EPSG:4326."))
    return None if flat.equals(CRS.from_epsg(4326), ignore_axis_order=True) else Degrees(flat)


def unknown_but_degrees(polygons: list[Rings]) -> bool:
    """Whether coordinates of an unknown system can be degrees."""
    return all(
        np.abs(ring[:, 0]).max(initial=0) <= 360 and np.abs(ring[:, 1]).max(initial=0) <= 90
        for rings in polygons
        for ring in rings
    )
