"""What the points of a polygon do together: mean, spread, series; or its cells, where only an overview is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from hub.insar import policy
from hub.insar.answers import packed
from hub.insar.answers.references import Reference
from hub.insar.answers.refusals import TooManyPoints
from hub.insar.answers.shapes import Shape
from hub.insar.models import Layer, Part, Right
from hub.insar.models.words import CELL_SIZES_M
from hub.insar.policy import Access
from hub.wording.titles import number
from processing.insar.delivery import NODATA
from processing.insar.references import rereferenced_std
from processing.insar.series_store import SeriesStore

_MOST_CELLS = 100_000
_ROWS_AT_ONCE = 8192

_POINTS_INSIDE = f"""
    SELECT p.part_id, p."row", p.mean_velocity, p.mean_velocity_std, p.temporal_coherence
    FROM {policy.POINTS} p
    WHERE ST_Intersects(%(shape)s::geometry, p.geom)
    LIMIT %(most)s + 1
"""  # noqa: S608  the names are the policy's own
_COLUMNS = {
    "part_id": "int32", "row": "int32", "mean_velocity": "float32", "mean_velocity_std": "float32",
    "temporal_coherence": "float32",
}  # fmt: skip
# Whole cells and nothing else: two polygons that differ by less than a cell are answered alike. Where the right is
# full the points have spoken already.
_CELLS_INSIDE = f"""
    SELECT count(*), coalesce(sum(c.count), 0), sum(c.count * c.mean::float8) / nullif(sum(c.count), 0), min(c.low),
        max(c.high)
    FROM {policy.CELLS} c
    WHERE ST_CoveredBy(c.geom, %(shape)s::geometry)
        AND NOT coalesce(
            ST_Intersects((SELECT insar_area_near(%(viewer)s, %(release)s, 'full', %(near)s::geometry)), c.geom), false
        )
"""  # noqa: S608


@dataclass(frozen=True)
class Points:
    """The points of a polygon: arrays over points, in the order of the parts and their rows."""

    part: np.ndarray
    row: np.ndarray
    velocity: np.ndarray
    std: np.ndarray
    coherence: np.ndarray

    def __len__(self) -> int:
        return int(self.row.size)


def points_inside(access: Access, layer: Layer, shape: Shape) -> Points:
    """The points in ``shape`` that the person may see. Raises TooManyPoints."""
    most = settings.INSAR_LIMIT_EXPORT_POINTS
    asked = policy.parameters(access, layer, shape.box.ewkt, shape=shape.ewkb, most=most)
    found = packed.fetch(_POINTS_INSIDE, asked, _COLUMNS)
    if found["row"].size > most:
        raise too_many(most)
    order = np.lexsort((found["row"], found["part_id"]))
    return Points(*(found[name][order] for name in _COLUMNS))


def too_many(most: int) -> TooManyPoints:
    """The refusal, with the number."""
    return TooManyPoints(
        _("There are more than %(most)s points in this area, which is as many as one answer may rest on.")
        % {"most": number(most)}
    )


def statistics(points: Points, reference: Reference | None = None) -> dict[str, Any]:
    """Figures of the velocities, mm/yr; None where no point has one.

    "std" is the root mean square of the points' own and is not divided by the root of their number: neighbours share
    the errors of the atmosphere and of the reference, so that the mean of many is hardly better known than one.
    """
    velocity, std = points.velocity.astype(np.float64), points.std.astype(np.float64)
    if reference is not None:
        velocity = velocity - reference.velocity
        std = rereferenced_std(std, reference.std)
    known = velocity[np.isfinite(velocity)]
    names = ("mean", "spread", "median", "p05", "p95", "low", "high")
    figures: dict[str, Any] = dict.fromkeys(names)
    if known.size:
        p05, median, p95 = np.percentile(known, (5, 50, 95))
        values = (known.mean(), known.std(), median, p05, p95, known.min(), known.max())
        figures = {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}
    return {
        "count": len(points), **figures, "std": root_mean_square(std), "coherence": _mean(points.coherence),
    }  # fmt: skip


def root_mean_square(values: np.ndarray) -> float | None:
    """Of those that are numbers; None where there are none."""
    mean = _mean(np.square(values))
    return None if mean is None else round(float(np.sqrt(mean)), 3)


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(known.mean(dtype=np.float64)), 6) if known.size else None


def mean_series(points: Points, reference: Reference | None = None) -> list[dict[str, Any]]:
    """Mean, spread and number of values on each date: one entry for all parts that share their dates, in mm.

    With a reference its series is subtracted; beyond its dates there is no value.
    """
    entries = []
    parts = Part.objects.filter(pk__in=[int(each) for each in np.unique(points.part)]).order_by("identity")
    together: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        if part.dates:
            together.setdefault(tuple(part.dates), []).append(part)
    for dates, own in together.items():
        total = _Sums(len(dates))
        for part in own:
            total.add(part, points.row[points.part == part.pk])
        mean, spread = total.figures()
        if reference is not None:
            mean = mean - reference.on([date.fromisoformat(day) for day in dates])
        entries.append({
            "parts": [part.identity for part in own], "dates": list(dates),
            "mean": in_json(mean), "spread": in_json(spread),
            "count": total.count.tolist(),
        })  # fmt: skip
    return entries


class _Sums:
    """Sums over series, date by date; exact, since values are whole tenths of a millimetre."""

    def __init__(self, dates: int) -> None:
        self.count, self._sum, self._squares = (np.zeros(dates, np.int64) for _ in range(3))

    def add(self, part: Part, rows: np.ndarray) -> None:
        store = SeriesStore(part.series_folder)
        for first in range(0, rows.size, _ROWS_AT_ONCE):
            raw = store.raw(rows[first : first + _ROWS_AT_ONCE])
            there = raw != NODATA
            tenths = np.where(there, raw, 0).astype(np.int64)
            self.count += there.sum(axis=0)
            self._sum += tenths.sum(axis=0)
            self._squares += np.einsum("ij,ij->j", tenths, tenths)

    def figures(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation in mm, NaN on dates without a value."""
        count = np.where(self.count > 0, self.count, np.nan)
        mean = self._sum / count
        return mean / 10, np.sqrt(np.maximum(self._squares / count - mean**2, 0)) / 10


def in_json(values: np.ndarray) -> list[float | None]:
    """Numbers with two decimals, null where there is none."""
    return [None if value != value else round(value, 2) for value in np.asarray(values, np.float64).tolist()]


def cells_inside(access: Access, layer: Layer, shape: Shape) -> dict[str, Any] | None:
    """What the shown cells wholly in ``shape`` say, outside of where points may be seen; None: there are none."""
    size = overview_size(access, shape)
    if not access.reaches(Right.OVERVIEW) or size is None:
        return None
    asked = policy.parameters(
        access, layer, shape.box.ewkt, size=size, shape=shape.ewkb, release=access.release.pk
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CELLS_INSIDE, asked)
        cells, points, mean, low, high = cursor.fetchone()
    if not cells:
        return None
    mean, low, high = (round(float(value), 3) for value in (mean, low, high))
    return {"size_m": size, "cells": cells, "points": points, "mean": mean, "low": low, "high": high}


def overview_size(access: Access, shape: Shape) -> int | None:
    """The smallest cells that an overview shows, or larger ones where those would be too many; None: too large."""
    box = shape.box
    # In units of the map, which are at least a metre wide each.
    extent = (box.east - box.west) * (box.north - box.south)
    allowed = (size for size in CELL_SIZES_M if size >= access.release.overview_cell_m)
    return next((size for size in allowed if extent / size**2 <= _MOST_CELLS), None)
