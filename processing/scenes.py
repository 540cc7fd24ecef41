"""A product's granules, opened: their offsets settled, their view angles read, their common bands found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import rasterio

from processing import registry
from processing.angles import AngleGrid, read_view_zenith
from processing.clock import Clock
from processing.compositing import Compositor
from processing.errors import CorruptInput
from processing.granule import Granule
from processing.grid import bytes_per_pixel
from processing.offsets import settle_offset
from processing.reading import GDAL_OPTIONS, Reader, read_metadata_file
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
    pixel_bytes: float


def open_scenes(spec: MosaicSpec, granules: Sequence[Granule], clock: Clock, threads: int, tell: Progress) -> Scenes:
    """Open every granule, settle its offset and read its view angles."""
    method = registry.methods()[spec.method]
    mask = registry.masks()[method.mask]
    doubtful = Reader(granules, clock=clock)

    def open_one(number: int) -> tuple[Granule, AngleGrid | None, str]:
        with rasterio.Env(**GDAL_OPTIONS):
            doubtful.grid(number, "SCL")
            granule = settle_offset(granules[number], number, doubtful)
            return granule, *_view_zenith(granule, wanted=mask.most_view_zenith_deg is not None)

    opened = []
    with ThreadPoolExecutor(max(4, threads)) as pool:
        for number, scene in enumerate(pool.map(open_one, range(len(granules)))):
            opened.append(scene)
            tell("opening scenes", 1 + 4 * (number + 1) / len(granules))
    settled = tuple(granule for granule, _, _ in opened)
    wanted = tuple(dict.fromkeys((*mask.measures, *method.compares)))
    compared = [band for band in wanted if all(band in granule.files for granule in settled)]
    missing = [band for band in wanted if band not in compared]
    notes = [note for _, _, note in opened if note]
    if missing:
        notes = [*filter(None, (method.without(missing), mask.without(missing))), *notes]
    compositor = Compositor(
        settled,
        reader=Reader(settled, clock=clock),
        clock=clock,
        method=method,
        mask=mask,
        compared=compared,
        view_zenith={number: angles for number, (_, angles, _) in enumerate(opened) if angles is not None},
    )
    pixel_bytes = bytes_per_pixel(
        observations=len(settled), compared=compared, ordered=spec.bands, resolution_m=spec.resolution
    )
    judged = tuple(angles is not None for _, angles, _ in opened)
    return Scenes(settled, compositor, judged, tuple(notes), pixel_bytes)


def _view_zenith(granule: Granule, *, wanted: bool) -> tuple[AngleGrid | None, str]:
    """The granule's view angles, or None and why they are not there."""
    if not wanted:
        return None, ""
    if granule.metadata_href is None:
        return None, ""
    try:
        return read_view_zenith(read_metadata_file(granule.metadata_href)), ""
    except CorruptInput as unread:
        return None, f"{granule.item_id}: {unread} Its swath edge is not cut."
