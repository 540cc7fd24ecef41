"""S2GM's scene classes as its first version took them: snow without a test."""

from __future__ import annotations

from processing.masks.scl import WEAK_1, SceneClassMask

PLUGIN = SceneClassMask(
    "scl-unrefined",
    "Scene classes, snow untested",
    "The classes of S2GM; snow is taken at its class's word, as before March 2019.",
    classes=WEAK_1,
    refines_snow=False,
)
