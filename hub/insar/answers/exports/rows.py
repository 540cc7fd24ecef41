"""Points to be given away, batch by batch: who asks is asked for anew with each, and few are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from hub.insar import policy
from hub.insar.answers import packed
from hub.insar.answers.places import HALF_WIDTH_M
from hub.insar.answers.refusals import BadQuestion, TooManyPoints
from hub.insar.answers.shapes import Shape
from hub.insar.models import Layer, Part
from hub.insar.policy import Access
from hub.wording.titles import number
from processing.insar.attributes import ATTRIBUTES
from processing.insar.motion import FIELDS
from processing.insar.series_store import SeriesStore

POINTS_AT_ONCE = 10_000
_PART_BITS = 32

_KEYS = f"""
    SELECT p.part_id, p."row"
    FROM {policy.POINTS} p
    WHERE (%(after_part)s::integer IS NULL OR (p.part_id, p."row") > (%(after_part)s::integer, %(after_row)s::integer))
        AND ST_Intersects(%(shape)s::geometry, p.geom)
    ORDER BY 1, 2
    LIMIT %(most)s + 1
"""  # noqa: S608  the names are the policy's own
_ROWS = f"""
    SELECT p."row", p.pid, ST_X(p.geom) AS x, ST_Y(p.geom) AS y, {", ".join(f"p.{name}" for name in ATTRIBUTES)}
    FROM {policy.POINTS} p
    WHERE p.part_id = %(part)s AND p."row" = ANY(%(rows)s::integer[])
    ORDER BY 1
"""  # noqa: S608
_COLUMNS = {"row": "int32", "pid": "text", "x": "float64", "y": "float64"} | {
    name: attribute.dtype for name, attribute in ATTRIBUTES.items()
}


@dataclass(frozen=True)
class Keys:
    """Which points: arrays, by part and row."""

    part: np.ndarray
    row: np.ndarray
    more: bool
    """Whether there are others behind them."""

    def __len__(self) -> int:
        return int(self.row.size)


@dataclass(frozen=True)
class Batch:
    """Points of one part: arrays over points."""

    part: Part
    row: np.ndarray
    pid: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    attributes: dict[str, np.ndarray]
    """By name, those that the part has; NaN or NO_NUMBER where nothing is known."""

    series: np.ndarray | None
    """(point, date), tenths of a millimetre with NODATA; None where they were not asked for, or are not there."""

    dates: tuple[date, ...]
    extra: dict[str, np.ndarray]
    """Columns beyond those of EGMS, float32."""

    def __len__(self) -> int:
        return int(self.row.size)

    @property
    def ids(self) -> np.ndarray:
        """As in addresses."""
        return (np.int64(self.part.pk) << _PART_BITS) + self.row.astype(np.int64)


def keys(access: Access, layer: Layer, shape: Shape, *, most: int, after: tuple[int, int] | None = None) -> Keys:
    """The first ``most`` points in ``shape`` that the person may see, behind ``after``: (part, row)."""
    part, row = after or (None, None)
    asked = policy.parameters(
        access, layer, shape.box.ewkt, shape=shape.ewkb, most=most, after_part=part, after_row=row
    )  # fmt: skip
    found = packed.fetch(_KEYS, asked, {"part_id": "int32", "row": "int32"})
    return Keys(found["part_id"][:most], found["row"][:most], more=found["row"].size > most)


def all_keys(access: Access, layer: Layer, shape: Shape, *, most: int) -> Keys:
    """All points in ``shape`` that the person may see. Raises TooManyPoints where they are more than ``most``."""
    found = keys(access, layer, shape, most=most)
    if found.more:
        text = _("There are more than %(most)s points in this area, which is as many as one file may hold.")
        raise TooManyPoints(text % {"most": number(most)})
    return found


def batches(access: Access, layer: Layer, shape: Shape, wanted: Keys, *, series: bool) -> Iterator[Batch]:
    """The points ``wanted``, part by part; those that may no longer be seen, or are gone, are left out."""
    parts = parts_of(wanted)
    # Series as text are large: a few hundred numbers a point.
    step = max(1, POINTS_AT_ONCE // 4) if series else POINTS_AT_ONCE
    for pk in np.unique(wanted.part):
        part = parts.get(int(pk))
        if part is None:
            continue
        rows = wanted.row[wanted.part == pk]
        store = SeriesStore(part.series_folder) if part.dates and (series or part.extra) else None
        for first in range(0, rows.size, step):
            batch = _batch(access, layer, shape, part, rows[first : first + step], store, series=series)
            if len(batch):
                yield batch


def parts_of(wanted: Keys) -> dict[int, Part]:
    """The parts of points, by their numbers."""
    return {part.pk: part for part in Part.objects.filter(pk__in=[int(pk) for pk in np.unique(wanted.part)])}


def _batch(
    access: Access, layer: Layer, shape: Shape, part: Part, rows: np.ndarray, store: SeriesStore | None,
    *, series: bool,
) -> Batch:  # fmt: skip
    asked = policy.parameters(access, layer, shape.box.ewkt, part=part.pk, rows=rows.tolist())
    found = packed.fetch(_ROWS, asked, _COLUMNS)
    lat = np.degrees(2 * np.arctan(np.exp(found["y"] / HALF_WIDTH_M * np.pi)) - np.pi / 2)
    return Batch(
        part=part, row=found["row"], pid=found["pid"], lon=found["x"] / HALF_WIDTH_M * 180, lat=lat,
        attributes={name: found[name] for name in columns_of(part)},
        series=store.raw(found["row"]) if store is not None and series else None,
        dates=store.dates if store is not None and series else (),
        extra=_extra(part, store, found["row"]) if store is not None else {},
    )  # fmt: skip


def _extra(part: Part, store: SeriesStore, rows: np.ndarray) -> dict[str, np.ndarray]:
    read = store.extra
    return {name: read(name, rows) for name in part.extra}


def columns_of(part: Part) -> list[str]:
    """The attributes that a part's points have, in the order of EGMS: those delivered and those computed."""
    return [name for name in ATTRIBUTES if name in part.columns or name in FIELDS]


def page_after(cursor: Any) -> tuple[int, int] | None:
    """The (part, row) behind which a page begins; None: at the beginning. Raises BadQuestion."""
    if cursor in (None, ""):
        return None
    text = str(cursor)
    if not (text.isascii() and text.isdecimal() and len(text) <= 19) or int(text) >= 2**63:
        raise BadQuestion(_("The cursor is not one of ours: send the “next” of the page before."))
    return int(text) >> _PART_BITS, min(int(text) & (2**_PART_BITS - 1), 2**31 - 1)


def cursor_behind(found: Keys) -> str | None:
    """What leads to the page behind these points; None where there is none."""
    if not found.more:
        return None
    return str((int(found.part[-1]) << _PART_BITS) + int(found.row[-1]))
