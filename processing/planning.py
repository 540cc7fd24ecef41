"""From an order to its products: the tiles it is split into, and whether there is anything to make them from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import shapely
from shapely.geometry.base import BaseGeometry

from processing.errors import FieldProblem, InvalidOrder, NoScenes
from processing.granule import Granule
from processing.grid import WGS84_EPSG, Grid, grid_around, reproject
from processing.layers import LAYERS
from processing.sentinel2 import BANDS, TILE_SIZE_M
from processing.sources.base import Source
from processing.spec import MosaicSpec
from processing.tiles import tiles_for, utm_epsg, utm_parts

_LONGEST_EDGE_DEGREES = 0.05
_NEARBY = timedelta(days=183)


@dataclass(frozen=True)
class ProductPlan:
    """One product to be made: a folder name and a grid."""

    name: str
    """The order's name, or the tile's where the order is split."""

    tile: str | None
    grid: Grid


def split(spec: MosaicSpec) -> list[ProductPlan]:
    """The products of an order, by name.

    WGS84: one. UTM: one, in the zone of the area's centre, as long as the area fits into the size of a
    Sentinel-2 tile; a larger area is split into one product per tile, each in its own zone.
    Products are rectangles: of the area's bounds, cut to the tile where there is one.
    """
    area = spec.geometry
    if spec.crs == "wgs84":
        return [ProductPlan(spec.file_name, None, _grid(area, WGS84_EPSG, spec))]
    centre = shapely.box(*area.bounds).centroid
    epsg = utm_epsg(centre.x, centre.y)
    west, south, east, north = area.bounds
    # Far from its zone UTM is undefined; an area so wide is split anyway.
    if east - west < 6:
        whole = reproject(shapely.segmentize(area, _LONGEST_EDGE_DEGREES), WGS84_EPSG, epsg)
        grid = grid_around(whole.bounds, epsg=epsg, resolution_m=spec.resolution)
        if max(grid.width, grid.height) * spec.resolution <= TILE_SIZE_M:
            return [ProductPlan(spec.file_name, None, grid)]
    return _per_tile(area, spec)


@dataclass(frozen=True)
class Prospect:
    """A product to be made, and the granules of the archive that it would be made from."""

    plan: ProductPlan
    granules: tuple[Granule, ...]


def plan_products(spec: MosaicSpec, source: Source) -> list[ProductPlan]:
    """The products of an order that the archive has scenes for; the others would be empty.

    Raises NoScenes when it holds nothing for the area or the period, InvalidOrder when it lacks a band or layer.
    """
    return [prospect.plan for prospect in prospects(spec, source)]


def prospects(spec: MosaicSpec, source: Source) -> list[Prospect]:
    """The same with each product's granules; raises what ``plan_products`` raises."""
    found = source.search(spec.geometry, spec.period.first_day, spec.period.last_day)
    if not found:
        raise _no_scenes(spec, source)
    check_offered(spec, found)
    return prospects_among(spec, found)


def prospects_among(spec: MosaicSpec, granules: Sequence[Granule]) -> list[Prospect]:
    """The products of an order that ``granules`` have something for; all of them where none has."""
    tree = shapely.STRtree([granule.footprint for granule in granules])
    found = [Prospect(plan, _within(plan, granules, tree)) for plan in split(spec)]
    return [prospect for prospect in found if prospect.granules] or found


def _within(plan: ProductPlan, granules: Sequence[Granule], tree: shapely.STRtree) -> tuple[Granule, ...]:
    """Those of the granules that touch the product, in their order."""
    return tuple(granules[index] for index in sorted(tree.query(plan.grid.footprint, predicate="intersects")))


def _no_scenes(spec: MosaicSpec, source: Source) -> NoScenes:
    """Whether it is the area or the period that the archive knows nothing of."""
    first, last = spec.period.first_day, spec.period.last_day
    extent = source.extent()
    if not shapely.box(*extent.bounds).intersects(spec.geometry):
        west, south, east, north = extent.bounds
        return NoScenes(
            "area",
            f"lies outside the archive, which covers {west:.2f} to {east:.2f} degrees east "
            f"and {south:.2f} to {north:.2f} degrees north",
        )
    nearby = source.search(spec.geometry, first - _NEARBY, last + _NEARBY)
    if not nearby:
        return NoScenes("area", f"has no scene in the archive from half a year before to half a year after {first}")
    nearest = min((granule.sensed_at.date() for granule in nearby), key=lambda day: abs(day - first))
    return NoScenes("period", f"has no scene of this area; the nearest one in the archive is of {nearest}")


def check_offered(spec: MosaicSpec, granules: Sequence[Granule]) -> None:
    """Raise InvalidOrder when an ordered band, or what an ordered layer is read from, is in none of the granules."""
    held = {band for granule in granules for band in granule.files}
    if any(granule.metadata_href for granule in granules):
        held.add("metadata")
    problems = []
    if bands := [band for band in spec.bands if band not in held]:
        offered = ", ".join(band for band in BANDS if band in held)
        message = f"{', '.join(bands)}: not in the archive for this area and period; it has {offered}"
        problems.append(FieldProblem("bands", message))
    if layers := [name for name in spec.layers if not _can_be_made(name, held)]:
        message = f"{', '.join(layers)}: the archive lacks what is needed for this area and period; leave it out"
        problems.append(FieldProblem("layers", message))
    if problems:
        raise InvalidOrder(problems)


def _can_be_made(layer: str, held: Collection[str]) -> bool:
    return LAYERS[layer].read_from in (None, *held)


def _per_tile(area: BaseGeometry, spec: MosaicSpec) -> list[ProductPlan]:
    plans = [
        ProductPlan(tile.name, tile.name, grid_around(held.bounds, epsg=epsg, resolution_m=spec.resolution))
        for epsg, part in utm_parts(area).items()
        for tile, held in tiles_for(part, epsg=epsg, margin_m=spec.resolution)
    ]
    return sorted(plans, key=lambda plan: plan.name)


def _grid(area: BaseGeometry, epsg: int, spec: MosaicSpec) -> Grid:
    return grid_around(area.bounds, epsg=epsg, resolution_m=spec.resolution)
