"""Motion along a line: points of a strip by their way along it, and means of equal pieces of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from hub.insar import policy
from hub.insar.answers import packed
from hub.insar.answers.aggregates import overview_size, root_mean_square, too_many
from hub.insar.answers.places import BadPlace, Box, map_metres, to_degrees
from hub.insar.answers.references import Reference
from hub.insar.answers.refusals import BadQuestion
from hub.insar.answers.shapes import Shape
from hub.insar.models import Layer
from hub.insar.policy import Access
from hub.wording.titles import number
from processing.insar.references import rereferenced_std

LONGEST_KM = 200
NARROWEST_M, WIDEST_M, USUAL_WIDTH_M = 10, 10_000, 100
MOST_LISTED = 5_000
_MOST_BINS = 50
_NICE_M = [factor * 10**power for power in range(1, 6) for factor in (1, 2, 5)]
# The line is straight on the map, which on the ground it is not: it goes over in steps of this.
_STEP_M = 1_000
# Points that far beyond the line's ends, along it, count as beside it.
_BEYOND_M = 1.0

_POINTS_NEAR = f"""
    SELECT p.part_id::bigint * 4294967296 + p."row" AS id, ST_X(p.geom) AS x, ST_Y(p.geom) AS y, p.mean_velocity,
        p.mean_velocity_std, p.height
    FROM {policy.POINTS} p
    WHERE ST_DWithin(%(shape)s::geometry, p.geom, %(within)s)
    LIMIT %(most)s + 1
"""  # noqa: S608  the names are the policy's own
_POINT_COLUMNS = {
    "id": "int64", "x": "float64", "y": "float64", "mean_velocity": "float32", "mean_velocity_std": "float32",
    "height": "float32",
}  # fmt: skip
_CELLS_NEAR = f"""
    SELECT ST_X(ST_Centroid(c.geom)) AS x, ST_Y(ST_Centroid(c.geom)) AS y, c.count, c.mean, c.spread, c.low, c.high
    FROM {policy.CELLS} c
    WHERE ST_DWithin(%(shape)s::geometry, c.geom, %(within)s)
        AND NOT coalesce(
            ST_Intersects((SELECT insar_area_near(%(viewer)s, %(release)s, 'full', %(near)s::geometry)), c.geom), false
        )
"""  # noqa: S608
_CELL_COLUMNS = {
    "x": "float64", "y": "float64", "count": "int32", "mean": "float32", "spread": "float32", "low": "float32",
    "high": "float32",
}  # fmt: skip


@dataclass(frozen=True)
class Strip:
    """A line and what lies within half a width of it; distances are metres on the ground."""

    shape: Shape
    width_m: float
    line: Any
    """The line in a plane around its middle, in metres, true to half a thousandth."""

    to_plane: Any

    @property
    def length_m(self) -> float:
        return float(self.line.length)

    @property
    def within(self) -> float:
        """Half the width in units of the map, where those are smallest on the ground."""
        farthest = max(abs(to_degrees(0, y)[1]) for y in (self.shape.box.south, self.shape.box.north))
        # A little more, since the strip reaches beyond the line; what lies outside is told apart on the ground.
        return self.width_m / 2 * map_metres(min(farthest + 0.2, 85)) * 1.01

    @property
    def box(self) -> Box:
        around, by = self.shape.box, self.within
        return Box(around.west - by, around.south - by, around.east + by, around.north + by)

    def places(self, x: np.ndarray, y: np.ndarray, *, within_m: float | None = None) -> tuple[np.ndarray, ...]:
        """Of places of the map: way along the line, distance to it (right is positive), whether in the strip."""
        plane = shapely.points(*self.to_plane.transform(x, y))
        along = shapely.line_locate_point(self.line, plane)
        aside = shapely.distance(self.line, plane)
        # Which side, and whether beyond an end: by the line's direction just there.
        before = shapely.get_coordinates(shapely.line_interpolate_point(self.line, np.maximum(along - 0.5, 0)))
        after = shapely.get_coordinates(
            shapely.line_interpolate_point(self.line, np.minimum(along + 0.5, self.length_m))
        )
        ahead = (after - before) / np.maximum(np.linalg.norm(after - before, axis=1), 1e-9)[:, np.newaxis]
        there = shapely.get_coordinates(plane) - shapely.get_coordinates(
            shapely.line_interpolate_point(self.line, along)
        )
        beyond = np.abs(np.einsum("ij,ij->i", ahead, there))
        at_end = (along <= 0) | (along >= self.length_m)
        inside = (aside <= (within_m or self.width_m / 2)) & ~(at_end & (beyond > _BEYOND_M))
        right = ahead[:, 1] * there[:, 0] - ahead[:, 0] * there[:, 1] >= 0
        return along, np.where(right, aside, -aside), inside


def strip(shape: Shape, width_m: Any = None) -> Strip:
    """The strip of ``width_m`` along a line. Raises BadPlace, BadQuestion."""
    width = USUAL_WIDTH_M if width_m is None else width_m
    is_number = isinstance(width, int | float) and not isinstance(width, bool) and math.isfinite(width)
    if not is_number or not NARROWEST_M <= width <= WIDEST_M:
        text = _("The strip's width is from %(narrowest)s to %(widest)s m.")
        raise BadQuestion(text % {"narrowest": number(NARROWEST_M), "widest": number(WIDEST_M)})
    box = shape.box
    lon, lat = to_degrees((box.west + box.east) / 2, (box.south + box.north) / 2)
    plane = pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84 +units=m")
    to_plane = pyproj.Transformer.from_crs("EPSG:3857", plane, always_xy=True)
    # Before it is cut into steps: a line around the world has many.
    if max(box.east - box.west, box.north - box.south) > 12 * LONGEST_KM * 1000:
        raise _too_long()
    fine = shapely.segmentize(shape.geometry, _STEP_M)
    line = shapely.transform(fine, lambda points: np.column_stack(to_plane.transform(points[:, 0], points[:, 1])))
    if line.length > LONGEST_KM * 1000:
        raise _too_long()
    return Strip(shape, float(width), line, to_plane)


def _too_long() -> BadPlace:
    return BadPlace(_("A line is at most %(longest)s km long.") % {"longest": number(LONGEST_KM)})


def profile(access: Access, layer: Layer, asked: Strip, reference: Reference | None = None) -> dict[str, Any]:
    """Points along the line, bins, and, where only an overview is allowed, cells. Raises TooManyPoints."""
    most = settings.INSAR_LIMIT_VIEW_POINTS
    parameters = policy.parameters(
        access, layer, asked.box.ewkt, shape=asked.shape.ewkb, within=asked.within, most=most
    )  # fmt: skip
    found = packed.fetch(_POINTS_NEAR, parameters, _POINT_COLUMNS)
    if found["id"].size > most:
        raise too_many(most)
    along, offset, inside = asked.places(found["x"], found["y"])
    order = np.lexsort((found["id"], along))
    order = order[inside[order]]
    velocity, std = (found[name][order].astype(np.float64) for name in ("mean_velocity", "mean_velocity_std"))
    if reference is not None:
        velocity, std = velocity - reference.velocity, rereferenced_std(std, reference.std)
    columns = {
        "id": found["id"][order], "distance_m": along[order].round(1), "offset_m": offset[order].round(1),
        "velocity": velocity, "std": std, "height": found["height"][order],
    }  # fmt: skip
    return {
        "length_m": round(asked.length_m, 1),
        "width_m": asked.width_m,
        "count": int(order.size),
        "complete": order.size <= MOST_LISTED,
        "points": _listed(columns),
        "bins": _bins(asked.length_m, columns["distance_m"], velocity, std),
        "cells": _cells(access, layer, asked),
    }


def _listed(columns: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """The points, evenly thinned where they are too many to be drawn."""
    step = max(1, math.ceil(columns["id"].size / MOST_LISTED))
    values = [[_plain(value) for value in column[::step].tolist()] for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _plain(value: float) -> float | None:
    """A number for JSON; None for NaN."""
    if isinstance(value, int):
        return value
    return None if value != value else round(value, 3)


def _bins(length_m: float, along: np.ndarray, velocity: np.ndarray, std: np.ndarray) -> list[dict[str, Any]]:
    """Pieces of the line with points that have a velocity, each as long as the others."""
    step = next((nice for nice in _NICE_M if length_m / nice <= _MOST_BINS), _NICE_M[-1])
    known = np.isfinite(velocity)
    piece = np.minimum(along // step, max(0, math.ceil(length_m / step) - 1)).astype(int)
    made = []
    for index in np.unique(piece[known]):
        own = known & (piece == index)
        values = velocity[own]
        made.append({
            "from_m": float(index * step), "to_m": round(min((index + 1) * step, length_m), 1),
            "count": int(own.sum()), "mean": round(float(values.mean()), 3), "spread": round(float(values.std()), 3),
            "std": root_mean_square(std[own]), "low": round(float(values.min()), 3),
            "high": round(float(values.max()), 3),
        })  # fmt: skip
    return made


def _cells(access: Access, layer: Layer, asked: Strip) -> list[dict[str, Any]]:
    """The shown cells whose middle lies in the strip, or under the line itself, where points may not be seen."""
    size = overview_size(access, Shape(shapely.box(asked.box.west, asked.box.south, asked.box.east, asked.box.north)))
    if size is None:
        return []
    parameters = policy.parameters(
        access, layer, asked.box.ewkt, size=size, shape=asked.shape.ewkb, within=asked.within, release=access.release.pk
    )  # fmt: skip
    found = packed.fetch(_CELLS_NEAR, parameters, _CELL_COLUMNS)
    if not found["x"].size:
        return []
    # A strip may be narrower than a cell: what the line passes through counts, to half a cell's diagonal.
    along, offset, inside = asked.places(found["x"], found["y"], within_m=max(asked.width_m / 2, size * 0.71))
    order = np.argsort(along, kind="stable")
    return [
        {
            "distance_m": round(float(along[at]), 1), "offset_m": round(float(offset[at]), 1), "size_m": size,
            "count": int(found["count"][at]),
        } | {name: _plain(float(found[name][at])) for name in ("mean", "spread", "low", "high")}
        for at in order if inside[at]
    ]  # fmt: skip
