"""One point as a viewer may see it, and the series of points from beside the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext_lazy as _

from hub.errors import HubError, NotFound
from hub.insar.answers.places import HALF_WIDTH_M, Box, to_degrees
from hub.insar.models import Layer, Part
from hub.insar.policy import POINTS, Access, parameters
from processing.insar.attributes import ATTRIBUTES
from processing.insar.series_store import DamagedSeries, SeriesStore

ROWS_PER_PART = 2**32
_MOST_STORES = 512
_LONGEST_ID = 19
_LARGEST = 2**31 - 1
_EVERYWHERE = Box(-HALF_WIDTH_M, -HALF_WIDTH_M, HALF_WIDTH_M, HALF_WIDTH_M)

# The first point of the layer is looked at too, and thrown away: so that the policy is asked, and takes its time,
# whether there is a point of the id that was asked for or not.
_POINT = f"""
    SELECT p.part_id, p."row", p.pid, ST_X(p.geom), ST_Y(p.geom), {", ".join(f"p.{name}" for name in ATTRIBUTES)}
    FROM {POINTS} p
    WHERE (p.part_id = %(part)s AND p."row" = %(row)s)
        OR (p.part_id = (SELECT min(first.id) FROM insar_part first WHERE first.layer_id = %(layer)s) AND p."row" = 0)
"""  # noqa: S608


class SeriesOutOfReach(HubError):
    """The files beside the database are missing or damaged."""

    code = "series_out_of_reach"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    mender = "operator"
    sentence = _("The series of this point cannot be read at the moment.")
    remedy = _("Write to the service desk if it stays so.")


@dataclass(frozen=True)
class SeenPoint:
    """A point that the viewer may see."""

    part_id: int
    row: int
    pid: str
    x: float
    """EPSG:3857."""
    y: float
    attributes: dict[str, Any]
    """By their names; None where nothing was delivered."""

    @property
    def id(self) -> int:
        return self.part_id * ROWS_PER_PART + self.row

    @property
    def place(self) -> tuple[float, float]:
        """(lon, lat)."""
        return to_degrees(self.x, self.y)


@dataclass(frozen=True)
class PointSeries:
    """Series of points of one part."""

    dates: tuple[date, ...]
    years: np.ndarray
    """Since the first date, days / 365."""
    displacement: np.ndarray
    """float64 (k, N), mm; NaN where there is none."""


def read_id(sent: Any) -> tuple[int, int]:
    """(part, row) of a point's id as it was sent; of no point, where it is none."""
    text = str(sent) if isinstance(sent, int | str) and not isinstance(sent, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        return -1, -1
    part, row = divmod(int(text), ROWS_PER_PART)
    return (part, row) if part <= _LARGEST and row <= _LARGEST else (-1, -1)


def find_point(access: Access, layer: Layer, sent: Any) -> SeenPoint:
    """The point with the id that was sent.

    Raises NotFound for what is no id, of no point, of another layer's, or of one that the viewer may not see: the
    same statement is run for all of them.
    """
    wanted = read_id(sent)
    given = parameters(access, layer, extent_of(layer), part=wanted[0], row=wanted[1])
    with connection.cursor() as cursor:
        cursor.execute(_POINT, given)
        found = next((row for row in cursor.fetchall() if row[:2] == wanted), None)
    if found is None:
        raise NotFound
    part, row, pid, x, y, *values = found
    return SeenPoint(part, row, pid, x, y, dict(zip(ATTRIBUTES, values, strict=True)))


def extent_of(layer: Layer) -> str:
    """EWKT of a window that holds the whole layer."""
    if layer.extent is None:
        return _EVERYWHERE.ewkt
    west, south, east, north = layer.extent.extent
    return Box(west - 1, south - 1, east + 1, north + 1).ewkt


def read_series(part: Part, rows: Sequence[int] | np.ndarray) -> PointSeries | None:
    """The series of the points in ``rows`` of the part; None where it has no dates. Raises SeriesOutOfReach."""
    if not part.dates:
        return None
    try:
        store = _store(str(part.series_folder))
        return PointSeries(store.dates, store.years, store.rows(rows).astype(np.float64))
    except (DamagedSeries, IndexError) as cause:
        _store.cache_clear()
        raise SeriesOutOfReach from cause


def read_extra(part: Part, row: int) -> dict[str, float]:
    """What was delivered of a point beyond the known attributes."""
    found: dict[str, float] = {}
    for name in part.extra:
        try:
            store = _store(str(part.series_folder))
            value = float(store.extra(name, [row])[0])  # noqa: S610  no QuerySet
        except (DamagedSeries, KeyError, IndexError, ValueError, TypeError):
            continue
        if np.isfinite(value):
            found[name] = value
    return found


@lru_cache(_MOST_STORES)
def _store(folder: str) -> SeriesStore:
    """What is known of a part's files; it holds none of them open, and threads may share it."""
    return SeriesStore(Path(folder))
