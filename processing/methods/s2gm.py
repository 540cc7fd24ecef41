"""S2GM, Mosaics V1.1.0: the medoid of four or more valid observations, below that a decision tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from processing.kernels.composite import BY_INDICES, BY_PAIRS, FIRST, GREENEST, choose_s2gm
from processing.methods.base import Choice, Option
from processing.stack import Stack

MEDOID_BANDS = ("B02", "B03", "B04", "B06", "B08", "B11", "B12")
TREE_BANDS = ("B02", "B03", "B04", "B08", "B8A", "B11", "B12", "CLD")
"""In the order of the columns in kernels.stc and kernels.pairwise."""

THRESHOLD = Option(
    "threshold",
    "Medoid from",
    "Valid observations from which on the medoid decides; with fewer the short-term tree does.",
    default=4,
    smallest=2,
    largest=100,
)


def choose_by_count(stack: Stack, *, threshold: int, by_pairs: bool = False) -> Choice:
    """The medoid of ``threshold`` or more valid observations, below that a tree: V1.1.0's, or V1.0's ``by_pairs``."""
    medoid_bands = stack.positions(MEDOID_BANDS)
    return Choice(
        *choose_s2gm(
            (*stack.cells(), stack.offset),
            stack.scene_class,
            stack.valid,
            medoid_bands[medoid_bands >= 0],
            stack.positions(TREE_BANDS),
            threshold,
            _tree(stack, by_pairs=by_pairs),
        )
    )


def _tree(stack: Stack, *, by_pairs: bool) -> int:
    """Which of the short-term trees the stack's bands allow."""
    has = dict(zip(TREE_BANDS, stack.positions(TREE_BANDS) >= 0, strict=True))
    if by_pairs:
        return BY_PAIRS if all(has[band] for band in ("B02", "B03", "B04", "B08", "B11", "B12")) else FIRST
    if all(has[band] for band in TREE_BANDS[:7]):
        return BY_INDICES
    return GREENEST if has["B04"] and has["B08"] else FIRST


def medoid_without(missing: Collection[str]) -> str:
    """What the medoid does when the archive lacks these bands, or nothing."""
    left = [band for band in MEDOID_BANDS if band not in missing]
    return f"the medoid compares {' '.join(left)} only" if len(left) < len(MEDOID_BANDS) else ""


def lacking(missing: Collection[str], *consequences: str) -> str:
    """One sentence: what the archive lacks and what comes of it; nothing where nothing comes of it."""
    found = "; ".join(filter(None, consequences))
    return f"The archive lacks {', '.join(sorted(missing))}: {found}." if found else ""


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
    options = (THRESHOLD,)

    def choose(self, stack: Stack, options: Mapping[str, int]) -> Choice:
        return choose_by_count(stack, threshold=options["threshold"])

    def without(self, missing: Collection[str]) -> str:
        tree = ""
        if {"B04", "B08"} & set(missing):
            tree = "below the medoid's threshold the newest valid observation is taken"
        elif set(self.compares) & set(TREE_BANDS) & set(missing):
            tree = "below the medoid's threshold the observation with the greatest NDVI is taken"
        return lacking(missing, medoid_without(missing), tree)


PLUGIN = S2gm()
