"""What a series is refused for though each of its fields is sound: time, place, and how much it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processing.errors import FieldProblem, InvalidOrder
from processing.periods import EARLIEST, CompositingPeriod, first_day_of

if TYPE_CHECKING:
    from processing.pixels.series_spec import SeriesSpec

MOST_PERIODS = 400
MOST_DATES = 2_000
"""Observations that one series can hold."""

MOST_AREA_PX = 4_000_000
"""Pixels of the rectangle around the area of a series of statistics."""


def problems_of_time(spec: SeriesSpec) -> list[FieldProblem]:
    if spec.end < spec.start:
        return [FieldProblem("end", f"lies before the start, {spec.start}; choose a later day")]
    if spec.contents == "observations":
        first = EARLIEST
    else:
        first = first_day_of(spec.kind, EARLIEST)
        if not spec.periods:
            begins = CompositingPeriod.containing(spec.kind, spec.start).next().first_day
            began = first_day_of(spec.kind, spec.start)
            message = (
                f"no {spec.kind} begins between {spec.start} and {spec.end}; "
                f"start on {began}, or end on {begins} or later"
            )
            return [FieldProblem("start", message)]
        if len(spec.periods) > MOST_PERIODS:
            message = f"makes more than {MOST_PERIODS} periods; choose an earlier end, or longer periods"
            return [FieldProblem("end", message)]
    if spec.start < first:
        return [FieldProblem("start", f"lies before Sentinel-2's launch on {EARLIEST}; start on {first} or later")]
    return []


def problems_of_place(spec: SeriesSpec) -> list[FieldProblem]:
    """What is wrong with the place or the area, and with the CRS for it."""
    wanted, other = ("area", "place") if spec.contents == "statistics" else ("place", "area")
    problems = []
    if getattr(spec, wanted) is None:
        remedy = "give an area" if wanted == "area" else "give a point"
        problems.append(FieldProblem(wanted, f"is missing; {remedy} for a series of {spec.contents}"))
    if getattr(spec, other) is not None:
        problems.append(FieldProblem(other, f"has no place in a series of {spec.contents}; leave it out"))
    if spec.crs == "wgs84" and spec.epsg is not None:
        problems.append(FieldProblem("epsg", "names a UTM zone, but the CRS is degrees; leave it out or choose UTM"))
    if problems:
        return problems
    try:
        grid = spec.grid
    except InvalidOrder as refused:
        at = {"lon": "place.lon", "lat": "place.lat", "pixels": "place.pixels"}
        return [FieldProblem(at.get(problem.field, problem.field), problem.message) for problem in refused.problems]
    west, _, east, _ = grid.footprint.bounds
    if east - west > 180:
        field = "place.lon" if wanted == "place" else "area"
        problems.append(FieldProblem(field, "lies on the 180th meridian, as no mosaic does; choose one beside it"))
    if grid.width * grid.height > MOST_AREA_PX:
        message = (
            f"takes {grid.width} x {grid.height} pixels of {spec.resolution} m; "
            f"{MOST_AREA_PX // 1_000_000} million are the most: draw a smaller area, or choose a coarser resolution"
        )
        problems.append(FieldProblem("area", message))
    return problems
