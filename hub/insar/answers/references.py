"""Other references: a point or a place that a person says stands still, and all else is compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from hub.errors import NotFound
from hub.insar.answers.packed import fetch
from hub.insar.answers.places import RADIUS_M, BadPlace, Box, map_metres, read_place, to_degrees, to_map
from hub.insar.answers.refusals import BadQuestion
from hub.insar.answers.series import ROWS_PER_PART, SeriesOutOfReach, find_point, read_series
from hub.insar.models import Layer, Part
from hub.insar.policy import POINTS, Access, parameters
from processing.insar.fitting import fit
from processing.insar.references import distance_std, mean_series

LARGEST_RADIUS_M = 5000
DEFAULT_RADIUS_M = 100
MOST_POINTS = 200
"""Of a place, the nearest ones; more make its mean no steadier."""

_NEAR = f"""
    SELECT p.part_id, p."row", ST_X(p.geom) AS x, ST_Y(p.geom) AS y
    FROM {POINTS} p
    WHERE ST_DWithin(p.geom, ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 3857), %(radius)s)
    ORDER BY p.geom <-> ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 3857), p.part_id, p."row"
    LIMIT {MOST_POINTS}
"""  # noqa: S608


@dataclass(frozen=True)
class Reference:
    """What displacements are made relative to."""

    ids: tuple[int, ...]
    point: tuple[float, float]
    """(lon, lat)."""
    dates: tuple[date, ...]
    series: np.ndarray
    """float64 (N,), mm: the mean of its points; NaN where less than half of them have a value."""
    velocity: float
    std: float
    """Of its velocity, for white noise; NaN, as the velocity, where there are too few dates."""

    def on(self, dates: Sequence[date]) -> np.ndarray:
        """Its displacement (len(dates),) on other dates: between its own in a straight line, NaN outside of them.

        Parts of one layer were seen on different days where their tracks differ.
        """
        if tuple(dates) == self.dates:
            return self.series
        there = np.flatnonzero(~np.isnan(self.series))
        if not there.size:
            return np.full(len(dates), np.nan)
        own = np.array([each.toordinal() for each in self.dates], np.float64)[there]
        asked = np.array([each.toordinal() for each in dates], np.float64)
        return np.interp(asked, own, self.series[there], left=np.nan, right=np.nan)

    def distance_km(self, lon: np.ndarray | float, lat: np.ndarray | float) -> np.ndarray:
        """From it to other places, along the ground, by the sphere."""
        own_lon, own_lat = np.radians(self.point)
        lon, lat = np.radians(lon), np.radians(lat)
        half = np.sin((lat - own_lat) / 2) ** 2 + np.cos(lat) * np.cos(own_lat) * np.sin((lon - own_lon) / 2) ** 2
        return 2 * RADIUS_M / 1000 * np.arcsin(np.sqrt(np.minimum(1.0, half)))

    def document(self, lon: float | None = None, lat: float | None = None) -> dict[str, Any]:
        """As JSON; with a place also how far that is away, and what the distance adds to the uncertainty."""
        told = {
            "id": self.ids[0] if len(self.ids) == 1 else None,
            "points": len(self.ids),
            "lon": round(self.point[0], 6),
            "lat": round(self.point[1], 6),
            "velocity": _plain(self.velocity),
            "velocity_std": _plain(self.std),
        }
        if lon is None or lat is None:
            return told
        away = float(self.distance_km(lon, lat))
        return told | {"distance_km": round(away, 3), "distance_std": round(float(distance_std(away)), 2)}


def read(access: Access, layer: Layer, document: Any) -> Reference | None:
    """The reference that was sent: ``{"id"}``, ``{"lon", "lat", "radius_m"}``, or None for none.

    Its points must be ones that the viewer may see. Raises NotFound where they are not, or are not there, BadQuestion
    and BadPlace for what cannot be read.
    """
    if document is None:
        return None
    if isinstance(document, dict) and "id" in document:
        return of_point(access, layer, document["id"])
    if isinstance(document, dict) and {"lon", "lat"} <= set(document):
        return of_place(access, layer, document["lon"], document["lat"], document.get("radius_m", DEFAULT_RADIUS_M))
    raise BadQuestion(_("A reference is a point's id, or a place with a radius."))


def of_point(access: Access, layer: Layer, sent: Any) -> Reference:
    """One point as the reference. Raises NotFound."""
    point = find_point(access, layer, sent)
    return _made(point.part_id, [point.row], point.place)


def of_place(access: Access, layer: Layer, lon: Any, lat: Any, radius_m: Any) -> Reference:
    """The points within a radius as the reference: those of the part that has most of them there."""
    lon, lat = read_place(lon, lat)
    known = isinstance(radius_m, int | float) and not isinstance(radius_m, bool)
    if not known or not 0 < radius_m <= LARGEST_RADIUS_M:
        raise BadPlace(_("A radius is a number of metres, at most %(most)s.") % {"most": LARGEST_RADIUS_M})
    x, y = to_map(lon, lat)
    radius = radius_m * map_metres(lat)
    near = Box(x - radius, y - radius, x + radius, y + radius).ewkt
    given = parameters(access, layer, near, x=x, y=y, radius=radius)
    found = fetch(_NEAR, given, {"part_id": "int32", "row": "int32", "x": "float64", "y": "float64"})
    if not found["row"].size:
        raise NotFound
    part = Counter(found["part_id"].tolist()).most_common(1)[0][0]
    own = found["part_id"] == part
    middle = to_degrees(float(found["x"][own].mean()), float(found["y"][own].mean()))
    return _made(part, found["row"][own].tolist(), middle)


def _made(part_id: int, rows: list[int], middle: tuple[float, float]) -> Reference:
    found = read_series(Part.objects.get(pk=part_id), rows)
    if found is None:
        raise BadQuestion(_("What has no series cannot be a reference."))
    mean = mean_series(found.displacement)
    if mean.shape != (len(found.dates),):
        raise SeriesOutOfReach
    fitted = fit(mean, found.years)
    velocity, std = (fitted.velocity, fitted.velocity_std) if fitted else (np.nan, np.nan)
    ids = tuple(part_id * ROWS_PER_PART + row for row in rows)
    return Reference(ids, middle, found.dates, mean, velocity, std)


def _plain(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
