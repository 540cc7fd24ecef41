"""The newest valid observation."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from processing.kernels.composite import choose_first
from processing.layers import Decision
from processing.methods.base import NO_SPREAD, Choice, Option
from processing.stack import Stack


class Latest:
    """What the ground looked like last, cloud by cloud."""

    name = "latest"
    title = "Latest"
    summary = "The newest valid observation of the period, whatever the others say."
    mask = "scl"
    compares: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()

    def choose(self, stack: Stack, options: Mapping[str, int]) -> Choice:
        chosen = choose_first(stack.valid)
        decision = np.where(chosen >= 0, np.uint8(Decision.SINGLE), np.uint8(Decision.NONE))
        return Choice(chosen, decision, np.full(chosen.shape, NO_SPREAD, np.uint16))

    def without(self, missing: Collection[str]) -> str:
        return ""


PLUGIN = Latest()
