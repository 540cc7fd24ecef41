"""The scenes that a product was made from, looked up again in the archive."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from processing.errors import NoReadableScene, NoScenes
from processing.granule import Granule
from processing.grid import Grid
from processing.planning import split
from processing.sources.base import Source
from processing.spec import MosaicSpec


def search_scenes(
    spec: MosaicSpec, source: Source, *, items: Sequence[str] | None, area: BaseGeometry
) -> list[Granule]:
    """The mosaic's scenes of an area (EPSG:4326) that the archive still has, newest first.

    ``items``: ids of the product's scenes; None: whatever there is. Raises NoScenes, NoReadableScene where none of the
    product's scenes is left, SourceUnreachable, CorruptInput.
    """
    found = source.search(area, spec.period.first_day, spec.period.last_day)
    if items is None:
        if not found:
            raise NoScenes("period", "has no scene in the archive for this pixel")
        return found
    wanted = set(items)
    at_hand = [granule for granule in found if granule.item_id in wanted]
    if not at_hand:
        raise NoReadableScene("None of the scenes that this product was made from is in the archive any more.")
    return at_hand


def area_of_products(spec: MosaicSpec, pixel: Grid | None = None) -> BaseGeometry:
    """Where the order's products looked for scenes (EPSG:4326): all of them, or those that hold a pixel."""
    grids = [plan.grid for plan in split(spec)]
    if pixel is not None:
        grids = [grid for grid in grids if _holds(grid, pixel)] or [pixel]
    return shapely.union_all([grid.footprint for grid in grids])


def _holds(grid: Grid, pixel: Grid) -> bool:
    same_lattice = (grid.epsg, grid.resolution_m) == (pixel.epsg, pixel.resolution_m)
    return same_lattice and 0 <= pixel.left - grid.left < grid.width and 0 <= pixel.top - grid.top < grid.height
