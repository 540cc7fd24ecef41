"""A product's granules, opened: looked at, their offsets settled, their angles read, their common bands found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from processing import registry
from processing.angles import Angles, read_angles
from processing.blocks import Lattice, TileSize, bytes_per_pixel, lattice_of
from processing.clock import Clock
from processing.compositing import Compositor
from processing.errors import CorruptInput
from processing.granule import Granule
from processing.grid import Grid
from processing.layers import LAYERS, output_layers
from processing.masks.base import Mask
from processing.methods.base import Method
from processing.offsets import settle_offset
from processing.quality.inputs import Finding, forecast_share, inspect_scene
from processing.quality.report import Check
from processing.rasters.remote import CONNECTIONS
from processing.reading import GranuleUnreadable, Reader
from processing.spec import MosaicSpec

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Scenes:
    """A product's granules, newest first, opened and settled."""

    granules: tuple[Granule, ...]
    compositor: Compositor
    judged_by_angle: tuple[bool, ...]
    """Whether the view angles of each granule are known, so that its swath edge could be cut."""

    notes: tuple[str, ...]
    checks: tuple[Check, ...]
    """What was found when the scenes were looked at."""

    forecast: float | None
    """Share of the product's pixels that should hold data, by a sample of the scene classes; None: not known."""

    reader: Reader
    """Of their rasters; to be closed by who is done with them."""

    pixel_bytes: float
    """Memory that one pixel of a block takes."""

    tiles: tuple[TileSize, ...]
    """Of every raster that takes part."""

    lattice: Lattice
    """Where their widest tiles begin."""


@dataclass(frozen=True)
class _Opened:
    granule: Granule
    angles: Angles | None
    note: str
    finding: Finding


class SceneRefused(GranuleUnreadable):
    """A granule can be read, but what it holds is not to be used."""

    def __init__(self, granule: Granule, finding: Finding) -> None:
        Exception.__init__(self, finding.refused)
        self.granule, self.finding = granule, finding


def open_scenes(
    spec: MosaicSpec,
    grid: Grid,
    granules: Sequence[Granule],
    *,
    scratch: Path,
    clock: Clock,
    threads: int,
    tell: Progress,
    headers: Path | None = None,
) -> Scenes:
    """Open every granule, look at it, settle its offset and read its angles.

    ``scratch``: folder for what is decoded or fetched ahead of need. ``headers``: see ``Reader``.
    Raises GranuleUnreadable for one that cannot be read or is not to be used.
    """
    method, mask = method_and_mask(spec)
    at_hand = [granule.for_resolution(spec.resolution) for granule in granules]
    reader = Reader(at_hand, clock=clock, scratch=scratch, headers=headers)
    try:
        opened = _open_all(spec, at_hand, mask, reader, threads, tell)
        settled = tuple(scene.granule for scene in opened)
        wanted = tuple(dict.fromkeys((*mask.measures, *method.compares)))
        compared = [band for band in wanted if all(band in granule.files for granule in settled)]
        tiles, lattice = _tiles(grid, settled, reader, {"SCL", *compared, *spec.bands})
    except BaseException:
        reader.close()
        raise
    compositor = Compositor(
        settled,
        reader=reader,
        clock=clock,
        method=method,
        options=options_of(spec),
        mask=mask,
        compared=compared,
        angles={number: scene.angles for number, scene in enumerate(opened) if scene.angles is not None},
        first_day=spec.period.first_day,
    )
    findings = [scene.finding for scene in opened]
    return Scenes(
        settled,
        compositor,
        judged_by_angle=tuple(scene.angles is not None for scene in opened),
        notes=(*_notes(method, mask, set(wanted) - set(compared), opened), *_gaps(spec, opened)),
        checks=tuple(check for finding in findings for check in finding.checks),
        forecast=forecast_share(findings, grid, mask.reasons),
        reader=reader,
        pixel_bytes=bytes_per_pixel(
            observations=len(settled),
            compared=compared,
            rasters=len(output_layers(spec)),
            resolution_m=spec.resolution,
        ),
        tiles=tiles,
        lattice=lattice,
    )


def _tiles(
    grid: Grid, granules: Sequence[Granule], reader: Reader, bands: Collection[str]
) -> tuple[tuple[TileSize, ...], Lattice]:
    """The tiles of all rasters, taken to be those of the newest granule, and where the widest of them begin."""
    sizes = {}
    reader.open_remote([(n, band) for n, granule in enumerate(granules) for band in bands if band in granule.files])
    for band in sorted(set(bands) & set(granules[0].files)):
        raster = reader.grid(0, band)
        share = raster.size_m / grid.resolution_m
        height, width = reader.tile_px(0, band)
        merged = 1 if band == "SCL" else raster.for_pixels_of(grid.resolution_m).merged
        sizes[band] = TileSize(width * share, height * share, merged)
    widest = max(sizes, key=lambda band: sizes[band].width)
    return tuple(sizes.values()) * len(granules), lattice_of(grid, reader.grid(0, widest), sizes[widest])


def method_and_mask(spec: MosaicSpec) -> tuple[Method, Mask]:
    """How an order's pixels are chosen, and which count: the method's own mask unless the order names another."""
    method = registry.methods()[spec.method]
    return method, registry.masks()[spec.mask or method.mask]


def options_of(spec: MosaicSpec) -> dict[str, int]:
    """A value for each option of the order's method."""
    method = registry.methods()[spec.method]
    return {option.name: spec.method_options.get(option.name, option.default) for option in method.options}


def _open_all(
    spec: MosaicSpec, granules: Sequence[Granule], mask: Mask, reader: Reader, threads: int, tell: Progress
) -> list[_Opened]:
    needs_angles = mask.most_view_zenith_deg is not None or any(
        LAYERS[layer].read_from == "metadata" for layer in spec.layers
    )

    def open_one(number: int) -> _Opened:
        finding = inspect_scene(granules[number], number, reader, bands=mask.measures)
        if finding.refused:
            raise SceneRefused(granules[number], finding)
        granule = settle_offset(granules[number], number, reader)
        return _Opened(granule, *_angles(granule, number, reader, wanted=needs_angles), finding)

    opened = []
    away = any(granule.files["SCL"].is_remote for granule in granules)
    with ThreadPoolExecutor(CONNECTIONS if away else threads) as pool:
        for number, scene in enumerate(pool.map(open_one, range(len(granules)))):
            opened.append(scene)
            tell("opening scenes", 1 + 4 * (number + 1) / len(granules))
    return opened


def _notes(method: Method, mask: Mask, missing: set[str], opened: Sequence[_Opened]) -> tuple[str, ...]:
    lacking = (method.without(missing), mask.without(missing)) if missing else ()
    return tuple(filter(None, (*lacking, *(scene.note for scene in opened))))


def _gaps(spec: MosaicSpec, opened: Sequence[_Opened]) -> list[str]:
    """What is ordered and not in every scene, one sentence each."""
    sources = {name: LAYERS[name].read_from or "SCL" for name in spec.layers} | {band: band for band in spec.bands}
    notes = []
    for name, source in sources.items():
        with_angles = source == "metadata"
        lacking = sum(scene.angles is None if with_angles else source not in scene.granule.files for scene in opened)
        if lacking:
            notes.append(f"{name} is not in {lacking} of {len(opened)} scenes: no data where one of these was chosen.")
    return notes


def _angles(granule: Granule, number: int, reader: Reader, *, wanted: bool) -> tuple[Angles | None, str]:
    """The granule's angles, or None and why they are not there."""
    if not wanted or granule.metadata_href is None:
        return None, ""
    try:
        return read_angles(reader.metadata(number)), ""
    except CorruptInput as unread:
        return None, f"{granule.item_id}: {unread} Its swath edge is not cut."
