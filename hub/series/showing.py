"""Series and their steps as the pages' scripts get them: JSON, with the texts in the page's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from hub.orders.period_titles import period_title
from hub.series.models import Series
from hub.wording.sentences import told
from hub.wording.titles import title
from processing.periods import CompositingPeriod

MOST_STEPS = 200
"""Steps in one answer; who needs more asks again."""

BATCH = 100
SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")


def standing(series: Series) -> dict[str, Any]:
    """How the series stands."""
    return {
        "key": series.key,
        "name": series.name,
        "state": series.state,
        "steps_done": series.steps_done,
        "steps_expected": series.steps_expected,
        "problems": problems(series),
    }


def problems(series: Series) -> list[dict[str, str]]:
    """Why it has failed, in the active language."""
    return [{"field": problem["field"], "message": told(problem["message"])} for problem in series.problems]


def steps_after(series: Series, after: int) -> tuple[list[dict[str, Any]], bool]:
    """Up to MOST_STEPS steps with greater numbers than ``after``, as the engine made them; and whether more follow."""
    found = list(series.steps.filter(number__gt=after).values_list("content", flat=True)[: MOST_STEPS + 1])
    return found[:MOST_STEPS], len(found) > MOST_STEPS


def all_steps(series: Series) -> Iterator[dict[str, Any]]:
    """Every step that is there, as the engine made it, with few of them in memory."""
    last = -1
    while True:
        batch = list(series.steps.filter(number__gt=last).values_list("number", "content")[:BATCH])
        if not batch:
            return
        yield from (content for _number, content in batch)
        last = batch[-1][0]


def told_step(step: dict[str, Any], kind: str) -> dict[str, Any]:
    """The step with its texts in the active language; ``kind`` is that of the series' periods."""
    changed = _told_observation(step)
    if "title" in step:
        first_day = date.fromisoformat(step["first_day"])
        changed["title"] = period_title(CompositingPeriod(kind=kind, start=first_day))
    if "pixels" in step:
        changed["pixels"] = [_told_observation(pixel) for pixel in step["pixels"]]
    if step.get("note"):
        changed["note"] = _told(step["note"], get_language())
    return changed


def _told_observation(observed: dict[str, Any]) -> dict[str, Any]:
    """With the class and the reason why it does not count in the active language, where it has them."""
    changed = dict(observed)
    if observed.get("class_title"):
        changed["class_title"] = title(observed["class_title"])
    if observed.get("why"):
        changed["why"] = _told(observed["why"], get_language())
    return changed


@lru_cache(maxsize=1024)
def _told(sentences: str, language: str | None) -> str:
    """One sentence of the engine's, or several; ``language`` is the active one. Steps repeat the same few."""
    whole = told(sentences)
    return whole if whole != sentences else " ".join(told(sentence) for sentence in SENTENCE_END.split(sentences))
