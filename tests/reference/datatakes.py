"""One sample per overpass (3.3)."""

from collections.abc import Sequence
from typing import NamedTuple

from .resampling import OUTSIDE


class Overpass(NamedTuple):
    """A datatake that a pixel lies in."""

    datatake: str
    scene: int | None
    """Number of the scene that it is seen by; None if no scene of it has data there."""


def overpasses(datatakes: Sequence[str], scene_classes: Sequence[int]) -> list[Overpass]:
    """The datatakes whose rasters cover a pixel, in the order of the scenes, each with one scene at most.

    Scenes come newest datatake first, then tile descending; the scene of a datatake is the first one whose
    class there is above 0. ``scene_classes`` are -1 where a scene's raster does not cover the pixel.
    """
    found: dict[str, int | None] = {}
    for number, (datatake, scene_class) in enumerate(zip(datatakes, scene_classes, strict=True)):
        if scene_class == OUTSIDE:
            continue
        found.setdefault(datatake, None)
        if found[datatake] is None and scene_class > 0:
            found[datatake] = number
    return [Overpass(datatake, number) for datatake, number in found.items()]
