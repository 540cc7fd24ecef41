"""The medoid of two or more valid observations."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from processing.methods.base import Choice, Option
from processing.methods.s2gm import MEDOID_BANDS, choose_by_count, lacking, medoid_without
from processing.stack import Stack


class Medoid:
    """One rule for every pixel; of two observations, which are equally near to each other, the newest."""

    name = "medoid"
    title = "Medoid"
    summary = "The observation nearest to all others, whenever there are two or more; of two the newest."
    mask = "scl"
    compares = MEDOID_BANDS
    options: tuple[Option, ...] = ()

    def choose(self, stack: Stack, options: Mapping[str, int]) -> Choice:
        return choose_by_count(stack, threshold=2)

    def without(self, missing: Collection[str]) -> str:
        return lacking(missing, medoid_without(missing))


PLUGIN = Medoid()
