"""S2GM, Mosaics V1.1.0: the medoid of four or more valid observations, below that a decision tree."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from processing.kernels.composite import choose_s2gm
from processing.stack import Stack

MEDOID_BANDS = ("B02", "B03", "B04", "B06", "B08", "B11", "B12")
TREE_BANDS = ("B02", "B03", "B04", "B08", "B8A", "B11", "B12")
"""In the order of the columns in kernels.stc."""


class S2gm:
    """As the Sentinel-2 Global Mosaic service ran it from March 2019 on (ATBD v1.3.3)."""

    name = "s2gm"
    title = "S2GM"
    summary = (
        "One valid observation: that one. Two or three: the short-term decision tree. "
        "Four or more: the medoid, the observation nearest to all others."
    )
    mask = "scl"
    compares = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
    threshold = 4

    def choose(self, stack: Stack) -> np.ndarray:
        medoid_bands = stack.positions(MEDOID_BANDS)
        return choose_s2gm(
            *stack.cells(),
            stack.offset,
            stack.scene_class,
            stack.valid,
            medoid_bands[medoid_bands >= 0],
            stack.positions(TREE_BANDS),
            self.threshold,
        )

    def without(self, missing: Collection[str]) -> str:
        left = [band for band in MEDOID_BANDS if band not in missing]
        medoid = f"the medoid compares {' '.join(left)} only" if len(left) < len(MEDOID_BANDS) else ""
        tree = ""
        if {"B04", "B08"} & set(missing):
            tree = "of two or three valid observations the newest is taken"
        elif set(TREE_BANDS) & set(missing):
            tree = "of two or three valid observations the one with the greatest NDVI is taken"
        return f"The archive lacks {', '.join(sorted(missing))}: {'; '.join(filter(None, (medoid, tree)))}."


PLUGIN = S2gm()
