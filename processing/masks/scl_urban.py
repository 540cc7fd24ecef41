"""S2GM's scene classes and the unclassified pixels ("Weak_2", ATBD v1.3.3, 2.3.2), so that cities are kept.

Class 7 was low cloud probability in old baselines; from 04.00 on it is what Sen2Cor could not classify,
much of it bright roofs and squares that S2GM's own set loses.
"""

from __future__ import annotations

from processing.masks.scl import WEAK_1, SceneClassMask
from processing.sentinel2 import SceneClass

PLUGIN = SceneClassMask(
    "scl-urban",
    "Scene classes, cities kept",
    "Unclassified pixels count too: cities are whole, at the price of some haze in old processing baselines.",
    classes=(*WEAK_1, SceneClass.UNCLASSIFIED),
)
