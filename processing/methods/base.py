"""The contract of a compositing method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from processing.stack import Stack

NO_SPREAD = 65535


@dataclass(frozen=True)
class Choice:
    """What a method chose in a block; all arrays are (y, x)."""

    observation: np.ndarray
    """int16: position of the chosen observation in the stack, -1 where none is taken."""

    decision: np.ndarray
    """uint8: how it was decided, values of ``layers.Decision``."""

    spread: np.ndarray
    """uint16: mean distance from the medoid to all observations, reflectance x 10000; 65535 where it is no medoid."""


@dataclass(frozen=True)
class Option:
    """A whole number that a method lets its user set."""

    name: str
    title: str
    summary: str
    default: int
    smallest: int
    largest: int


class Method(Protocol):
    """How one observation is chosen from many. Real observations only: a method never blends."""

    name: str
    """As orders name it: the module's name with hyphens for underscores, dots between digits (s2gm_1_0: s2gm-1.0)."""

    title: str
    summary: str

    mask: str
    """Name of the mask that says which pixels count unless the order names another."""

    compares: tuple[str, ...]
    """Bands it looks at, and "CLD" where it wants the cloud probability; only these are read for every observation."""

    options: tuple[Option, ...]

    def choose(self, stack: Stack, options: Mapping[str, int]) -> Choice:
        """The choice for every pixel. ``options`` holds a value for each of the method's options."""
        ...

    def without(self, missing: Collection[str]) -> str:
        """What the method does when the archive lacks these of its bands: one sentence for the metadata."""
        ...
