"""The contract of a compositing method."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np

from processing.stack import Stack


class Method(Protocol):
    """How one observation is chosen from many. Real observations only: a method never blends."""

    name: str
    title: str
    summary: str

    mask: str
    """Name of the mask that says which pixels count."""

    compares: tuple[str, ...]
    """Bands it looks at; only these are read for every valid observation."""

    def choose(self, stack: Stack) -> np.ndarray:
        """int16 (y, x): position of the chosen observation in the stack, -1 where none is taken."""
        ...

    def without(self, missing: Collection[str]) -> str:
        """What the method does when the archive lacks these of its bands: one sentence for the metadata."""
        ...
