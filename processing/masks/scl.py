"""S2GM's pre-filter: scene classes, view zenith, snow that is snow (ATBD v1.3.3, 2.4.1)."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from processing.kernels.masks import SNOW, drop_false_snow, drop_unmeasured
from processing.sentinel2 import SceneClass
from processing.stack import Stack

VALID_CLASSES = (
    SceneClass.DARK_FEATURE_SHADOW,
    SceneClass.VEGETATION,
    SceneClass.BARE_SOIL,
    SceneClass.WATER,
    SceneClass.SNOW_ICE,
)
SNOW_BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")

_IS_VALID = np.zeros(256, dtype=bool)
_IS_VALID[list(VALID_CLASSES)] = True


class Scl:
    """The "Weak_1" set of scene classes that S2GM chose, refined as S2GM refined it."""

    name = "scl"
    title = "Scene classification"
    summary = "Dark features, vegetation, bare soil, water, and snow that is bright and snow-coloured."
    measures = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
    most_view_zenith_deg: float | None = 11.0

    def observed(self, scene_class: np.ndarray) -> np.ndarray:
        return _IS_VALID[scene_class]

    def refine(self, stack: Stack) -> None:
        drop_unmeasured(*stack.cells(), stack.valid)
        bands = stack.positions(SNOW_BANDS)
        # Without its bands the test cannot be made, and the scene class is taken at its word.
        if np.all(bands >= 0) and np.any(stack.scene_class == SNOW):
            drop_false_snow(*stack.cells(), stack.offset, bands, stack.scene_class, stack.valid)

    def without(self, missing: Collection[str]) -> str:
        lacking = sorted(set(SNOW_BANDS) & set(missing))
        if not lacking:
            return ""
        return f"Without {', '.join(lacking)} snow is not tested by its bands: the scene class is taken at its word."


PLUGIN = Scl()
