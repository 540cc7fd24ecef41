"""Time series: one step per period or scene, made side by side and handed out in the order of time.

Every step of composites is what the mosaic of that period has at these pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Literal

import shapely

from processing.errors import NoScenes
from processing.granule import Granule
from processing.pixels.composites import compose_step
from processing.pixels.making import Means, Telling, means_for, side_by_side
from processing.pixels.observations import observe_all
from processing.pixels.series_spec import SeriesSpec
from processing.pixels.statistics import measure_all
from processing.pixels.steps import PeriodStep, Step
from processing.pixels.tiles_over import tiles_over
from processing.scenes import Progress
from processing.sources.base import Source

__all__ = ["Step", "make_series"]

# Footprints are drawn with few corners: a scene whose outline passes by this closely is looked at all the same.
_MARGIN_DEGREES = 0.01
_WORLD = shapely.box(-180, -90, 180, 90)
_NEARBY = timedelta(days=183)
# Periods under way at once where most of the time goes into waiting for servers.
_PERIODS_AWAY = 6


def make_series(
    spec: SeriesSpec,
    source: Source,
    *,
    threads: int = 2,
    progress: Progress | None = None,
    first: int = 0,
    headers: Path | None = None,
) -> Generator[Step, None, None]:
    """The steps of a series in the order of time, from number ``first`` on, each as soon as it is ready.

    A period without scenes or data is a step with nulls, never missing. ``progress`` hears the stage and the
    percentage, in the caller's thread; what it raises ends the series, as closing the iterator does. ``headers``:
    see ``Reader``.

    Raises NoScenes (an InvalidOrder with the field) where the archive has nothing for the place or the time,
    InvalidOrder for more observations than a series holds, SourceUnreachable, CorruptInput.
    """
    tell = Telling(progress)
    tell("searching", 0)
    granules = _search(spec, source)
    is_away = any(granule.files["SCL"].is_remote for granule in granules)
    with (
        means_for(threads=threads, is_away=is_away, headers=headers, tell=tell) as means,
        closing(_MAKERS[spec.contents](spec, granules, first, means)) as steps,
    ):
        for step in steps:
            tell("compositing", 100 * (step.number + 1) / step.expected)
            yield step
    tell("finished", 100)


def _search(spec: SeriesSpec, source: Source) -> list[Granule]:
    """The granules of all the time that is asked for, newest first. Raises NoScenes."""
    area = spec.grid.footprint.buffer(_MARGIN_DEGREES).intersection(_WORLD)
    tiles = tiles_over(spec.grid)
    found = [
        granule
        for granule in source.search(area, spec.first_day, spec.last_day)
        if granule.tile in tiles or granule.footprint.intersects(spec.grid.footprint)
    ]
    if not found:
        raise _no_scenes(spec, source)
    return found


def _no_scenes(spec: SeriesSpec, source: Source) -> NoScenes:
    """Whether it is the place or the time that the archive knows nothing of."""
    where: Literal["area", "place"] = "area" if spec.contents == "statistics" else "place"
    extent = source.extent()
    if not shapely.box(*extent.bounds).intersects(spec.geometry):
        west, south, east, north = extent.bounds
        return NoScenes(
            where,
            f"lies outside the archive, which covers {west:.2f} to {east:.2f} degrees east "
            f"and {south:.2f} to {north:.2f} degrees north",
        )
    nearby = source.search(spec.geometry, spec.first_day - _NEARBY, spec.last_day + _NEARBY)
    if not nearby:
        return NoScenes(
            where,
            f"has no scene in the archive from half a year before {spec.first_day} "
            f"to half a year after {spec.last_day}",
        )
    nearest = min((granule.sensed_at.date() for granule in nearby), key=lambda day: abs(day - spec.first_day))
    return NoScenes(
        "start",
        f"there is no scene of this place from {spec.first_day} to {spec.last_day}; "
        f"the nearest one in the archive is of {nearest}",
    )


def _composites(
    spec: SeriesSpec, granules: Sequence[Granule], first: int, means: Means
) -> Generator[PeriodStep, None, None]:
    """The steps of the periods from number ``first`` on, some of them under way at the same time."""
    expected = len(spec.periods)

    def make(number: int) -> PeriodStep:
        period = spec.periods[number]
        of_period = [each for each in granules if period.first_day <= each.sensed_at.date() <= period.last_day]
        return compose_step(spec, number, period, of_period, expected=expected, means=means)

    at_once = _PERIODS_AWAY if means.is_away else means.threads
    yield from side_by_side(make, range(first, expected), at_once=at_once, means=means)


_MAKERS: Mapping[str, Callable[[SeriesSpec, Sequence[Granule], int, Means], Generator[Step, None, None]]] = {
    "composites": _composites,
    "observations": observe_all,
    "statistics": measure_all,
}
