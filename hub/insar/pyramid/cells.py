"""The cells of a layer, made from its points and put in place as a whole: readers see the old ones or the new ones.

The points of a site that is cut out count nowhere. Those of a coarsened site count in no cell smaller than
COARSENED_CELL_M; in one of that size only where there are at least ``least_points`` of them in it, and in larger ones
exactly where they counted there: who may see all other points of a cell learns of no fewer by taking them off.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F

from hub.insar import partitions
from hub.insar.answers.packed import fetch
from hub.insar.deliveries import copying
from hub.insar.deliveries.locks import lock_cells, unlock_cells
from hub.insar.models import Layer, Part, Release, Treatment
from hub.insar.models.words import CELL_SIZES_M, COARSENED_CELL_M
from hub.insar.pyramid import suppression
from hub.insar.pyramid.figures import Cells, Points, cells_of, parents_of
from hub.insar.pyramid.rows import CELL_COLUMNS, packed

logger = logging.getLogger(__name__)

_ROWS_AT_ONCE = 200_000
_MOST_TRIES = 5
_LEAST_VELOCITIES = 2
_KINDS = {
    "column": "int32", "row": "int32", "velocity": "float32", "coherence": "float32", "std": "float32",
    "coarsened": "int32",
}  # fmt: skip
_IN_SITE = """
    EXISTS (
        SELECT FROM insar_sensitivesite s
        WHERE (s.release_id IS NULL OR s.release_id = %(release)s) AND s.treatment = %({treatment})s
            AND ST_Intersects(s.area, p.geom)
    )
"""
_POINTS = f"""
    SELECT
        floor(p.easting / %(side)s)::integer AS "column", floor(p.northing / %(side)s)::integer AS "row",
        p.mean_velocity AS velocity, p.temporal_coherence AS coherence, p.mean_velocity_std AS std,
        {_IN_SITE.format(treatment="coarsened")}::integer AS coarsened
    FROM {{table}} p
    WHERE p.part_id = %(part)s AND p."row" >= %(first)s AND p."row" < %(end)s AND p.mean_velocity IS NOT NULL
        AND NOT {_IN_SITE.format(treatment="cut")}
"""  # noqa: S608 - only constants of this module


def rebuild(layer: Layer) -> int:
    """Make the layer's cells anew; return how many there are. Whoever comes meanwhile waits, and need do nothing."""
    lock_cells(layer)
    try:
        for _ in range(_MOST_TRIES):
            now = Layer.objects.select_related("release").get(pk=layer.pk)
            if now.cells_made == now.cells_wanted and now.cells_made:
                return _count(now)
            made = _rebuild(now)
            if made is not None:
                return made
        logger.warning("The cells of %s change faster than they can be made.", layer)
        return _count(layer)
    finally:
        unlock_cells(layer)


def due() -> list[Layer]:
    """The layers whose cells must be made anew."""
    return list(Layer.objects.filter(indexed=True, cells_wanted__gt=F("cells_made")).order_by("pk"))


def _rebuild(layer: Layer) -> int | None:
    """How many cells there are now; None where something changed while they were made, so that they were not kept."""
    points = _read(layer)
    pyramid = _pyramid(points, layer.release.least_points)
    table = partitions.make_cells(layer)
    with copying.loading(table, CELL_COLUMNS) as copy:
        for size, cells, may_be_shown in pyramid:
            for rows in packed(cells, size_m=size, shown=may_be_shown, layer=layer.pk):
                copy(rows)
    partitions.index_new_cells(layer)
    return sum(cells.count.size for _, cells, _ in pyramid) if _put_in_place(layer, points.velocity) else None


def _put_in_place(layer: Layer, velocity: np.ndarray) -> bool:
    """Whether the new cells are in place: not if sites, points or the least number changed since ``layer`` was read."""
    with transaction.atomic():
        now = Layer.objects.select_for_update().get(pk=layer.pk)
        if now.cells_wanted != layer.cells_wanted:
            return False
        partitions.swap_cells(layer)
        now.cells_made = now.cells_wanted
        if velocity.size >= _LEAST_VELOCITIES:
            now.velocity_p02, now.velocity_p98 = np.percentile(velocity, (2, 98)).tolist()
        now.save(update_fields=["cells_made", "velocity_p02", "velocity_p98"])
        Release.objects.filter(pk=layer.release_id).update(stamp=F("stamp") + 1)
    return True


def _count(layer: Layer) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {partitions.cells_table(layer)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _read(layer: Layer) -> Points:
    """The layer's points that count, with those of coarsened sites marked."""
    found = [
        fetch(_POINTS.format(table=partitions.points_table(layer)), _span(layer, part, first), _KINDS)
        for part in Part.objects.filter(layer=layer).order_by("pk")
        for first in range(0, part.points, _ROWS_AT_ONCE)
    ]
    arrays = {name: np.concatenate([each[name] for each in found] or [np.empty(0)]) for name in _KINDS}
    coarsened = arrays.pop("coarsened").astype(bool)
    column, row = (arrays.pop(name).astype(np.int32) for name in ("column", "row"))
    return Points(column, row, **arrays, coarsened=coarsened)


def _span(layer: Layer, part: Part, first: int) -> dict[str, Any]:
    return {
        "part": part.pk, "first": first, "end": first + _ROWS_AT_ONCE, "release": layer.release_id,
        "side": float(CELL_SIZES_M[0]), "cut": str(Treatment.CUT), "coarsened": str(Treatment.COARSENED),
    }  # fmt: skip


def _pyramid(points: Points, least: int) -> list[tuple[int, Cells, np.ndarray]]:
    """Size, cells and which of them may be shown, from the largest to the smallest."""
    smallest = CELL_SIZES_M[0]
    in_large = points.chosen(~points.coarsened | _counts_when_coarsened(points, least))
    in_small = points.chosen(~points.coarsened)
    if not in_large.velocity.size:
        return []
    sizes = [size for size in reversed(CELL_SIZES_M) if size >= COARSENED_CELL_M or in_small.velocity.size]
    levels = [cells_of(in_large if size >= COARSENED_CELL_M else in_small, size // smallest) for size in sizes]
    parents = [np.empty(0, np.int64)]
    for level in range(1, len(levels)):
        parents.append(parents_of(levels[level], levels[level - 1], sizes[level - 1] // sizes[level]))
    may_be_shown = suppression.shown([level.count for level in levels], parents, least)
    return list(zip(sizes, levels, may_be_shown, strict=True))


def _counts_when_coarsened(points: Points, least: int) -> np.ndarray:
    """Which of the coarsened points have enough others of their kind in the smallest cell they may count in."""
    found = np.zeros(points.velocity.size, bool)
    rows = np.flatnonzero(points.coarsened)
    if rows.size:
        cells = cells_of(points.chosen(rows), COARSENED_CELL_M // CELL_SIZES_M[0])
        found[rows] = cells.count[cells.number] >= least
    return found
