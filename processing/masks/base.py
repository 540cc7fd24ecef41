"""The contract of a mask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np

from processing.layers import Reason
from processing.stack import Stack


class Mask(Protocol):
    """Which pixels of a granule count as observations of the ground."""

    name: str
    title: str
    summary: str

    reasons: np.ndarray
    """uint8 (256,), by scene class: 0 where a pixel can count, else why not, a value of ``layers.Reason``."""

    measures: tuple[str, ...]
    """The spectrum: a pixel counts only where each of these bands, as far as the archive has it, was measured."""

    most_view_zenith_deg: float | None
    """Pixels seen at this angle or beyond do not count; None: the angle does not matter."""

    refines_as: Reason
    """Why what ``refine`` clears does not count."""

    def refine(self, stack: Stack) -> None:
        """Clear ``stack.valid`` in place where the bands show that a pixel does not count after all."""
        ...

    def without(self, missing: Collection[str]) -> str:
        """What the mask cannot tell when the archive lacks these of its bands: one sentence, or nothing."""
        ...
