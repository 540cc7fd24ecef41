"""S2GM's pre-filter: scene classes, view zenith, snow that is snow (ATBD v1.3.3, 2.4.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from processing.kernels.masks import SNOW, drop_false_snow
from processing.layers import Reason
from processing.sentinel2 import SceneClass
from processing.stack import Stack

WEAK_1 = (
    SceneClass.DARK_FEATURE_SHADOW,
    SceneClass.VEGETATION,
    SceneClass.BARE_SOIL,
    SceneClass.WATER,
    SceneClass.SNOW_ICE,
)
"""The classes that S2GM chose of the sets it tried."""

SNOW_BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")

# Why a class does not count, if it does not.
_REASONS: Mapping[int, Reason] = {
    SceneClass.DARK_FEATURE_SHADOW: Reason.SHADOW,
    SceneClass.CLOUD_SHADOW: Reason.SHADOW,
    SceneClass.UNCLASSIFIED: Reason.CLOUD,
    SceneClass.CLOUD_MEDIUM_PROBABILITY: Reason.CLOUD,
    SceneClass.CLOUD_HIGH_PROBABILITY: Reason.CLOUD,
    SceneClass.THIN_CIRRUS: Reason.CLOUD,
}


class SceneClassMask:
    """A set of scene classes, the view angle, and snow refined by its bands where ``refines_snow``."""

    measures = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
    most_view_zenith_deg: float | None = 11.0
    refines_as = Reason.SNOW

    def __init__(
        self, name: str, title: str, summary: str, *, classes: Collection[SceneClass], refines_snow: bool = True
    ) -> None:
        self.name, self.title, self.summary = name, title, summary
        self._refines_snow = refines_snow
        self.reasons = np.full(256, Reason.NO_DATA, np.uint8)
        for scene_class, reason in _REASONS.items():
            self.reasons[scene_class] = reason
        self.reasons[list(classes)] = 0

    def refine(self, stack: Stack) -> None:
        bands = stack.positions(SNOW_BANDS)
        # Without its bands the test cannot be made, and the scene class is taken at its word.
        if self._refines_snow and np.all(bands >= 0) and np.any(stack.scene_class == SNOW):
            drop_false_snow((*stack.cells(), stack.offset), bands, stack.scene_class, stack.valid)

    def without(self, missing: Collection[str]) -> str:
        absent = sorted(set(SNOW_BANDS) & set(missing))
        if not absent or not self._refines_snow:
            return ""
        return f"Without {', '.join(absent)} snow is not tested by its bands: the scene class is taken at its word."


PLUGIN = SceneClassMask(
    "scl",
    "Scene classes as S2GM",
    "Dark features, vegetation, bare soil, water, and snow that is bright and snow-coloured.",
    classes=WEAK_1,
)
