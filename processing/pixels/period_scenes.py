"""The scenes of one period over a small grid, opened for the engine's own compositor.

The same compositor with the same granules gives the same pixels as the mosaic. What is saved is what does not decide
about them: only granules that show something here that can count are looked at as a whole and asked for their angles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from processing.angles import Angles
from processing.block_cells import Crew
from processing.cells import BlockView, CellWindow
from processing.clock import Clock
from processing.compositing import Composite, Compositor
from processing.granule import Granule
from processing.grid import Grid
from processing.layers import LAYERS
from processing.pixels.granule_facts import angles_of, check_usable, settled
from processing.pixels.making import Means, in_order
from processing.pixels.series_spec import SeriesSpec
from processing.reading import GranuleUnreadable, Reader
from processing.scenes import method_and_mask, options_of
from processing.spec import MosaicSpec

_Made = TypeVar("_Made")

# Rows of scene classes that are kept for whoever reads them next; those of a large window are decoded once more.
_MOST_ROWS_KEPT = 16


@dataclass(frozen=True)
class PeriodScenes:
    """The scenes of a period, ready to be composed."""

    granules: tuple[Granule, ...]
    """Oldest first: source_index counts them."""

    compared: tuple[str, ...]
    bands: tuple[str, ...]
    """Those of the ordered ones that the archive has; likewise the layers."""

    layers: tuple[str, ...]
    notes: tuple[str, ...]
    _compositor: Compositor
    _crew: Crew

    def compose(self, block: Grid, *, also: Sequence[str]) -> Composite:
        """The rasters of a block of the grid: the bands and layers, and the layers ``also`` beside."""
        layers = tuple(dict.fromkeys((*self.layers, *also)))
        return self._compositor.compose(block, bands=self.bands, layers=layers, crew=self._crew)


@dataclass(frozen=True)
class _Looked:
    """One granule, and what was found out about it for these pixels."""

    granule: Granule
    angles: Angles | None = None
    note: str = ""


def without_damaged(
    granules: Sequence[Granule], make: Callable[[Sequence[Granule]], _Made]
) -> tuple[_Made | None, tuple[str, ...]]:
    """What is made of those of the granules that can be read, None where there is none; and why others were left out.

    A granule that cannot be read or is not to be used is left out as a mosaic leaves it out.
    """
    left, left_out = list(granules), list[str]()
    while left:
        try:
            return make(left), tuple(left_out)
        except GranuleUnreadable as damage:
            left_out.append(f"{str(damage).rstrip('.')}; it was left out.")
            left = [granule for granule in left if granule.item_id != damage.granule.item_id]
    return None, tuple(left_out)


@contextmanager
def opened(spec: MosaicSpec, grid: Grid, granules: Sequence[Granule], means: Means) -> Iterator[PeriodScenes]:
    """The scenes of the mosaic ``spec`` over ``grid``; ``granules`` newest first.

    Raises GranuleUnreadable for one that cannot be read or is not to be used, SourceUnreachable.
    """
    method, mask = method_and_mask(spec)
    wanted = tuple(dict.fromkeys((*mask.measures, *method.compares)))
    compared = tuple(band for band in wanted if all(band in granule.files for granule in granules))
    at_hand = [granule.for_resolution(spec.resolution) for granule in granules]
    clock = Clock()
    with Reader(at_hand, clock=clock, headers=means.headers) as reader, Crew(means.threads) as crew:
        looked = _look(spec, grid, at_hand, reader, means)
        compositor = Compositor(
            [each.granule for each in looked],
            reader=reader,
            clock=clock,
            method=method,
            options=options_of(spec),
            mask=mask,
            compared=compared,
            angles={number: each.angles for number, each in enumerate(looked) if each.angles is not None},
            first_day=spec.period.first_day,
        )
        bands, layers, lacking = offered(spec, at_hand)
        missing = set(wanted) - set(compared)
        untested = (method.without(missing), mask.without(missing)) if missing else ()
        notes = filter(None, (*untested, *lacking, *(each.note for each in looked)))
        settled_granules = tuple(each.granule for each in looked[::-1])
        yield PeriodScenes(settled_granules, compared, bands, layers, tuple(notes), compositor, crew)


def _look(spec: MosaicSpec, grid: Grid, granules: Sequence[Granule], reader: Reader, means: Means) -> list[_Looked]:
    """What has to be known of each granule before the pixels are composed."""
    _, mask = method_and_mask(spec)
    needs_angles = mask.most_view_zenith_deg is not None or any(
        LAYERS[layer].read_from == "metadata" for layer in spec.layers
    )
    everything = "rejected_obs" in spec.layers
    shared = Counter(granule.datatake for granule in granules)
    view = BlockView(grid)

    def look(number: int) -> _Looked:
        means.check()
        granule = granules[number]
        classes = scene_classes(reader, number, view)
        counts = bool(np.any(mask.reasons[classes] == 0))
        # What cannot count decides nothing, but where it keeps another granule of its overpass from counting.
        if counts or everything or (classes.any() and shared[granule.datatake] > 1):
            check_usable(granule, number, reader, bands=mask.measures)
        if not counts:
            return _Looked(granule)
        found, note = angles_of(granule, number, reader) if needs_angles else (None, "")
        return _Looked(settled(granule, number, reader), found, note)

    return in_order(means.pool.submit(look, number) for number in range(len(granules)))


def scene_classes(reader: Reader, number: int, view: BlockView) -> np.ndarray:
    """The scene classes in the window under the pixels; 0 beyond the raster."""
    grid = reader.grid(number, "SCL")
    window = CellWindow.around(*view.cells(grid))
    kept = window.height if window.height <= _MOST_ROWS_KEPT else 0
    return reader.read(number, "SCL", window, grid, keep_rows=kept)


def offered(
    spec: MosaicSpec | SeriesSpec, granules: Sequence[Granule]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The ordered bands and layers that any of the granules has, and one sentence for each that none has."""
    held = {band for granule in granules for band in granule.files}
    if any(granule.metadata_href for granule in granules):
        held.add("metadata")
    bands = tuple(band for band in spec.bands if band in held)
    layers = tuple(layer for layer in spec.layers if LAYERS[layer].read_from in (None, *held))
    lacking = [name for name in (*spec.bands, *spec.layers) if name not in (*bands, *layers)]
    return bands, layers, (f"Not in the archive here: {', '.join(lacking)}.",) if lacking else ()
