"""The scenes over one place, opened: what a mosaic knows of its scenes before it looks at a pixel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from processing.angles import Angles
from processing.cells import BlockView, CellGrid, CellWindow
from processing.clock import Clock
from processing.compositing import Compositor
from processing.granule import Granule
from processing.grid import Grid
from processing.pixels.granule_facts import angles_of, check_usable, settled
from processing.rasters.remote import CONNECTIONS
from processing.reading import Reader
from processing.scenes import method_and_mask, options_of
from processing.spec import MosaicSpec

Offset = int | Mapping[str, int]
"""Of all reflectance bands of a granule, or each band's, as provenance.json has them."""


@dataclass(frozen=True)
class OpenedScenes:
    """Granules that may hold a place, newest first, with what is needed to look at it."""

    granules: tuple[Granule, ...]
    """Their offsets settled."""

    reader: Reader
    """Of their rasters, by their places in ``granules``; to be closed by who is done with it."""

    compositor: Compositor
    angles: Mapping[int, Angles]
    compared: tuple[str, ...]
    """The bands that all scenes of the mosaic have, in the mask's and the method's order."""

    notes: tuple[str, ...]
    """What could not be read and does no harm, one sentence each."""


def cell_window(reader: Reader, number: int, band: str, view: BlockView) -> tuple[CellGrid, CellWindow]:
    """The cells of a band as the mosaic sees them, and which of them lie under the pixels."""
    grid = reader.grid(number, band)
    if band != "SCL":
        grid = grid.for_pixels_of(view.part.resolution_m)
    return grid, CellWindow.around(*view.cells(grid))


def fetch(reader: Reader, granules: Sequence[Granule], bands: Sequence[str], view: BlockView) -> None:
    """Begin to fetch bands of granules from servers, many at once; what lies on disks is read when its turn comes."""
    away = [
        (number, band)
        for number, granule in enumerate(granules)
        for band in bands
        if band in granule.files and granule.files[band].is_remote
    ]
    reader.open_remote(away)
    for number, band in away:
        grid, window = cell_window(reader, number, band, view)
        reader.prefetch(number, band, window, grid, last_row=0)


def compared_bands(spec: MosaicSpec, granules: Sequence[Granule]) -> tuple[str, ...]:
    """The bands that the order's mask and method look at, as far as all the mosaic's granules have them."""
    method, mask = method_and_mask(spec)
    wanted = dict.fromkeys((*mask.measures, *method.compares))
    return tuple(band for band in wanted if all(band in granule.files for granule in granules))


def open_place(
    spec: MosaicSpec,
    place: Grid,
    granules: Sequence[Granule],
    *,
    compared: Sequence[str],
    offsets: Mapping[str, Offset],
    looked_at: bool,
    threads: int,
    headers: Path | None = None,
) -> OpenedScenes:
    """Open ``granules``, newest first, as ``processing.scenes.open_scenes`` does for a whole mosaic.

    They may be used for other places than ``place`` as well; its scene classes are read first.

    ``offsets``: those that are settled already, by item. ``looked_at``: whether the scenes were found usable when
    the mosaic was made; if not, each is looked at as a whole, which takes longer than the pixel.
    ``headers``: see ``Reader``.
    Raises GranuleUnreadable for one that cannot be read or is not to be used, SourceUnreachable.
    """
    clock = Clock()
    method, mask = method_and_mask(spec)
    at_hand = [granule.for_resolution(spec.resolution) for granule in granules]
    reader = Reader(at_hand, clock=clock, headers=headers)
    view = BlockView(place)

    def open_one(number: int) -> tuple[Granule, Angles | None, str]:
        granule = at_hand[number]
        if not looked_at:
            check_usable(granule, number, reader, bands=mask.measures)
        grid, window = cell_window(reader, number, "SCL", view)
        # Before the metadata: what is kept of them is known to be good by the version of the scene classes.
        reader.read(number, "SCL", window, grid, keep_rows=window.height)
        return _settled(granule, number, reader, offsets), *angles_of(granule, number, reader)

    try:
        fetch(reader, at_hand, ["SCL"], view)
        opened = _each(open_one, at_hand, threads)
    except BaseException:
        reader.close()
        raise
    at_hand = [granule for granule, _, _ in opened]
    angles = {number: found for number, (_, found, _) in enumerate(opened) if found is not None}
    compositor = Compositor(
        at_hand,
        reader=reader,
        clock=clock,
        method=method,
        options=options_of(spec),
        mask=mask,
        compared=compared,
        angles=angles,
        first_day=spec.period.first_day,
    )
    notes = tuple(note for _, _, note in opened if note)
    return OpenedScenes(tuple(at_hand), reader, compositor, angles, tuple(compared), notes)


def _each(
    open_one: Callable[[int], tuple[Granule, Angles | None, str]], granules: Sequence[Granule], threads: int
) -> list[tuple[Granule, Angles | None, str]]:
    away = any(granule.files["SCL"].is_remote for granule in granules)
    with ThreadPoolExecutor(CONNECTIONS if away else threads) as pool:
        return list(pool.map(open_one, range(len(granules))))


def _settled(granule: Granule, number: int, reader: Reader, offsets: Mapping[str, Offset]) -> Granule:
    known = offsets.get(granule.item_id)
    if isinstance(known, int) and granule.offset_in_doubt:
        return granule.with_offset(known, "as when the mosaic was made")
    return settled(granule, number, reader)
