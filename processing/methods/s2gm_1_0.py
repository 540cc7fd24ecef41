"""S2GM, Mosaics V1.0: below the medoid's threshold scene classes decide, pair by pair."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from processing.methods.base import Choice
from processing.methods.s2gm import THRESHOLD, choose_by_count, lacking, medoid_without
from processing.stack import Stack

_TREE_BANDS = frozenset({"B02", "B03", "B04", "B08", "B11", "B12"})


class S2gm10:
    """As the service ran it until March 2019 (ATBD v1.1 and the service's published script), defects included."""

    name = "s2gm-1.0"
    title = "S2GM 1.0"
    summary = (
        "S2GM's first version: two or three valid observations are compared pair by pair, by scene class, "
        "cloud probability and brightness; four or more give the medoid. Snow is taken at its class's word."
    )
    mask = "scl-unrefined"
    compares = ("B02", "B03", "B04", "B06", "B08", "B11", "B12", "CLD")
    options = (THRESHOLD,)

    def choose(self, stack: Stack, options: Mapping[str, int]) -> Choice:
        return choose_by_count(stack, threshold=options["threshold"], by_pairs=True)

    def without(self, missing: Collection[str]) -> str:
        tree = ""
        if _TREE_BANDS & set(missing):
            tree = "below the medoid's threshold the newest valid observation is taken"
        elif "CLD" in missing:
            tree = "the cloud probability counts as 0 everywhere"
        return lacking(missing, medoid_without(missing), tree)


PLUGIN = S2gm10()
