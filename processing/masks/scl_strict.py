"""The strictest set of scene classes that S2GM tried ("Strongest", ATBD v1.3.3, 2.3.2)."""

from __future__ import annotations

from processing.masks.scl import SceneClassMask
from processing.sentinel2 import SceneClass

PLUGIN = SceneClassMask(
    "scl-strict",
    "Scene classes, strict",
    "Dark features are left out too: fewer shadows, but holes in cities and shallow water.",
    classes=(SceneClass.VEGETATION, SceneClass.BARE_SOIL, SceneClass.WATER, SceneClass.SNOW_ICE),
)
