"""The newest valid observation."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from processing.kernels.composite import choose_first
from processing.stack import Stack


class Latest:
    """What the ground looked like last, cloud by cloud."""

    name = "latest"
    title = "Latest"
    summary = "The newest valid observation of the period, whatever the others say."
    mask = "scl"
    compares: tuple[str, ...] = ()

    def choose(self, stack: Stack) -> np.ndarray:
        return choose_first(stack.valid)

    def without(self, missing: Collection[str]) -> str:
        return ""


PLUGIN = Latest()
