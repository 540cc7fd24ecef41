"""Raw observations: what every scene of a time shows at a few pixels, whether a mosaic would count it, and why not.

The numbers are those that a mosaic has where it takes its pixel from the scene. Whether a scene counts is asked of
the bands that are read: a pixel that lacks a band that the series does not have is not found out. That quality control
would refuse a whole scene is not looked at either.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from processing.clock import Clock
from processing.errors import FieldProblem, InvalidOrder
from processing.granule import Granule
from processing.pixels.candidates import Candidate
from processing.pixels.making import Means, side_by_side
from processing.pixels.seeing import Plan, Seen, plan_for, see
from processing.pixels.series_refusals import MOST_DATES
from processing.pixels.series_spec import SeriesSpec
from processing.pixels.steps import ObservationStep, pixels_of
from processing.pixels.validity import why_rejected
from processing.reading import Reader
from processing.sentinel2 import BANDS

_UNREAD = {
    "scene_class": None,
    "class_title": "",
    "counts": False,
    "reason": "unreadable",
    "why": "The scene cannot be read here.",
}
# Overpasses under way at once where the archive lies on servers, and how many scenes share a reader.
_OVERPASSES_AWAY = 16
_SCENES_PER_READER = 64


def observe_all(
    spec: SeriesSpec, granules: Sequence[Granule], first: int, means: Means
) -> Generator[ObservationStep, None, None]:
    """A step for each of the ``granules`` (newest first), oldest first, from number ``first`` on.

    Raises InvalidOrder where there are more than a series holds, SourceUnreachable.
    """
    if len(granules) > MOST_DATES:
        message = f"makes {len(granules)} observations, and a series holds {MOST_DATES}; choose an earlier end"
        raise InvalidOrder([FieldProblem("end", message)])
    plan = plan_for(spec, granules)
    number = 0
    for part in _parts([granule.for_resolution(spec.resolution) for granule in granules[::-1]]):
        beyond = number + sum(map(len, part))
        if beyond > first:
            for step in _observe_part(plan, part, number, means):
                if step.number >= first:
                    yield step
        number = beyond


def _parts(granules: Sequence[Granule]) -> list[list[list[Granule]]]:
    """The granules, oldest first, by overpass; as many overpasses together as may share a reader."""
    parts: list[list[list[Granule]]] = [[]]
    for _, of_overpass in groupby(granules, key=lambda granule: granule.datatake):
        overpass = list(of_overpass)
        if parts[-1] and sum(map(len, parts[-1])) + len(overpass) > _SCENES_PER_READER:
            parts.append([])
        parts[-1].append(overpass)
    return parts


def _observe_part(
    plan: Plan, overpasses: Sequence[Sequence[Granule]], number: int, means: Means
) -> Generator[ObservationStep, None, None]:
    """The steps of some overpasses, from ``number`` on."""
    granules = [granule for overpass in overpasses for granule in overpass]
    begins = np.cumsum([0, *map(len, overpasses)]).tolist()
    with Reader(granules, clock=Clock(), headers=means.headers) as reader:

        def observe(place: int) -> list[ObservationStep]:
            means.check()
            return _observe(plan, overpasses[place], begins[place], number, reader)

        at_once = _OVERPASSES_AWAY if means.is_away else means.threads
        for steps in side_by_side(observe, range(len(overpasses)), at_once=at_once, means=means):
            yield from steps


def _observe(plan: Plan, overpass: Sequence[Granule], begin: int, number: int, reader: Reader) -> list[ObservationStep]:
    """The steps of one overpass, whose granules are the reader's from ``begin`` on."""
    seen = [see(plan, granule, begin + place, reader) for place, granule in enumerate(overpass)]
    verdicts = _verdicts(plan, [each for each in seen if not each.damage])
    steps = []
    for place, each in enumerate(seen):
        more = [_UNREAD] * plan.pixels if each.damage else next(verdicts)
        granules = [each.granule if pixel["scene_class"] else None for pixel in more]
        pixels = pixels_of(plan.spec.grid, each.rasters, granules, more)
        notes = tuple(filter(None, (each.damage, each.note, *plan.notes)))
        steps.append(ObservationStep(number + begin + place, plan.expected, each.granule, pixels, plan.rasters, notes))
    return steps


def _verdicts(plan: Plan, seen: Sequence[Seen]) -> Iterator[list[dict[str, Any]]]:
    """For each scene of one overpass, oldest first, what to tell of each pixel: class, and whether it counts."""
    newest_first = seen[::-1]
    # The bands that decide, as far as they were read of all that show anything.
    read = [frozenset(each.numbers) for each in seen if each.scene_class.any()]
    compared = tuple(plan.in_all.intersection(*read))
    of_scenes: list[list[dict[str, Any]]] = [[] for _ in seen]
    for at in np.ndindex(plan.spec.grid.height, plan.spec.grid.width):
        candidates = [_candidate(each, place, at) for place, each in enumerate(newest_first)]
        reasons = why_rejected(candidates, plan.mask, compared)
        for told, candidate, reason in zip(of_scenes[::-1], candidates, reasons, strict=True):
            told.append(
                {
                    "scene_class": candidate.scene_class,
                    "class_title": candidate.class_title,
                    "counts": reason is None,
                    "reason": reason.code if reason else "",
                    "why": reason.sentence if reason else "",
                }
            )
    return iter(of_scenes)


def _candidate(seen: Seen, number: int, at: tuple[int, ...]) -> Candidate:
    """One pixel of one scene, as it is judged: reflectances may be below 0."""

    def reflectance(band: str) -> int | None:
        digital = int(seen.numbers[band][at]) if band in seen.numbers else 0
        return digital + seen.granule.files[band].offset if digital else None

    return Candidate(
        granule=seen.granule,
        number=number,
        scene_class=int(seen.scene_class[at]),
        reflectance={band: reflectance(band) for band in BANDS},
        cloud_probability=int(seen.numbers["CLD"][at]) if "CLD" in seen.numbers else None,
        view_zenith_deg=None if seen.view_zenith_deg is None else float(seen.view_zenith_deg[at]),
    )
