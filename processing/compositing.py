"""Compositing one block: which observations there are, which is chosen.

Reads no more than it must: scene classes first; the compared bands only of granules that have a pixel
that can count; what else is ordered only from observations that were chosen (processing.chosen).
All threads work on one block: each reads some of its rasters, then composes some of its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

import numpy as np

from processing.angles import Angles
from processing.block_cells import BlockCells, Crew
from processing.cells import BlockView
from processing.chosen import Chosen
from processing.clock import Clock
from processing.granule import Granule
from processing.grid import Block, Grid
from processing.kernels.masks import drop_unmeasured
from processing.layers import LAYERS, Reason
from processing.masks.base import Mask
from processing.methods.base import Choice, Method
from processing.reading import Reader
from processing.rejections import Rejections
from processing.stack import Stack
from processing.stacking import Observed, Part, Room, read_stacks

# Fewer rows are not worth a thread.
_LEAST_ROWS = 16


@dataclass(frozen=True)
class Composite:
    """What was made of one block."""

    rasters: dict[str, np.ndarray]
    """(y, x) by raster name, each in its product data type."""

    taken: np.ndarray
    """int64 (granule,): how many pixels come from each granule, newest first."""


@dataclass(frozen=True)
class Decided:
    """What was chosen in some rows of a block."""

    choice: Choice
    stack: Stack
    chosen: Chosen

    def taken(self, granules: int) -> np.ndarray:
        """int64 (granule,): how many pixels come from each."""
        taken = np.zeros(granules, np.int64)
        positions = self.choice.observation[self.choice.observation >= 0]
        taken[list(self.stack.observations)] = np.bincount(positions, minlength=len(self.stack.observations))
        return taken


class Compositor:
    """Makes composites of blocks from a product's granules, one at a time."""

    def __init__(
        self,
        granules: Sequence[Granule],
        *,
        reader: Reader,
        clock: Clock,
        method: Method,
        options: Mapping[str, int],
        mask: Mask,
        compared: Sequence[str],
        angles: Mapping[int, Angles],
        first_day: date,
    ) -> None:
        """``granules`` newest first; ``compared``: the bands that all of them have, in the mask's and method's order.

        ``angles``: by the granule's number; a granule that is not in it is not judged by its view angle.
        ``options``: a value for each of the method's. ``first_day``: of the period.
        """
        self._granules = tuple(granules)
        self._reader = reader
        self._clock = clock
        self._method = method
        self._options = dict(options)
        self._mask = mask
        self._compared = tuple(compared)
        self._angles = angles
        self._first_day = first_day
        self._room = Room()
        self._overpasses = Counter(granule.datatake for granule in granules)

    def compose(
        self, block: Grid, *, bands: Sequence[str], layers: Sequence[str], crew: Crew, below: Grid | None = None
    ) -> Composite:
        """The rasters of the ordered bands and layers of a block; ``below``: what comes after it in its column."""
        parts = self._parts(block, crew.threads, with_rejections="rejected_obs" in layers)
        cells = BlockCells(self._reader, crew, [part.view for part in parts], below)
        here = cells.covering(range(len(self._granules)), "SCL")
        cells.load([(number, "SCL") for number in here])
        crew.each(lambda part: self._observe(part, here, cells), parts)
        observed = {number: self._granules[number] for number in here if any(number in part.observed for part in parts)}
        stacks = read_stacks(parts, observed, self._compared, cells, crew, self._room)
        decided = crew.each(lambda place: self._decide(parts[place], stacks[place], cells), range(len(parts)))
        taken = np.sum([each.taken(len(self._granules)) for each in decided], axis=0)
        made = self._gather(decided, np.flatnonzero(taken), cells, crew, bands=bands, layers=layers)
        for part, rasters in zip(parts, made, strict=True):
            if part.rejections:
                rasters.update(part.rejections.rasters())
        joined = {name: np.concatenate([rasters[name] for rasters in made]) for name in made[0]}
        return Composite(joined, taken)

    def release(self) -> None:
        """Let go of the memory that is kept from block to block."""
        self._room = Room()

    def _parts(self, block: Grid, threads: int, *, with_rejections: bool) -> list[Part]:
        """The block's rows, shared out evenly."""
        count = max(1, min(2 * threads, block.height // _LEAST_ROWS))
        edges = [block.height * number // count for number in range(count + 1)]
        grids = [block.part(Block(0, top, block.width, end - top)) for top, end in pairwise(edges)]
        return [
            Part(BlockView(grid), Rejections((grid.height, grid.width)) if with_rejections else None, {})
            for grid in grids
        ]

    def _observe(self, part: Part, here: Iterable[int], cells: BlockCells) -> None:
        """Note the granules with a pixel in the part that may count.

        One sample per datatake: where granules of one overpass overlap, the first that saw anything counts
        (S2GM's script, evaluated per orbit).
        """
        seen: dict[str, np.ndarray] = {}
        covered: dict[str, np.ndarray] = {}
        rejections = part.rejections
        for number in here:
            scene_class = cells.look_up(number, "SCL", part.view)
            granule = self._granules[number]
            with self._clock.measuring("kernel"):
                sampled = scene_class > 0
                before = seen.get(granule.datatake)
                if self._overpasses[granule.datatake] > 1:
                    seen[granule.datatake] = sampled if before is None else before | sampled
                if before is not None:
                    sampled = sampled & ~before
                if rejections:
                    rejections.add_by_class(scene_class, sampled, self._mask.reasons)
                    inside = self._inside(number, part.view)
                    known = covered.get(granule.datatake)
                    covered[granule.datatake] = inside if known is None else known | inside
                    seen.setdefault(granule.datatake, sampled)
                valid = sampled & (self._mask.reasons[scene_class] == 0)
                self._drop_oblique(number, part.view, valid, rejections)
                if valid.any():
                    part.observed[number] = Observed(scene_class, valid)
        if rejections:
            for datatake, inside in covered.items():
                rejections.add(Reason.NO_DATA, inside & ~seen[datatake])

    def _inside(self, number: int, view: BlockView) -> np.ndarray:
        """bool (y, x): whether the granule's raster covers the pixel, measured or not."""
        grid = self._reader.grid(number, "SCL")
        rows, columns = view.cells(grid)
        return (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)

    def _drop_oblique(self, number: int, view: BlockView, valid: np.ndarray, rejections: Rejections | None) -> None:
        """Clear ``valid`` where the granule was seen too obliquely: swath edges are often wrong."""
        limit, angles = self._mask.most_view_zenith_deg, self._angles.get(number)
        if limit is None or angles is None or not valid.any():
            return
        coordinates = view.coordinates(self._reader.grid(number, "SCL").epsg)
        if angles.view_zenith_mean.stays_below(limit, *coordinates):
            return
        before = valid.copy() if rejections else valid
        angles.view_zenith_mean.drop_from(limit, *coordinates, valid)
        if rejections:
            rejections.add(Reason.EDGE, before & ~valid)

    def _decide(self, part: Part, stack: Stack, cells: BlockCells) -> Decided:
        with self._clock.measuring("kernel"):
            self._drop_by_bands(stack, part.rejections)
            choice = self._method.choose(stack, self._options)
        chosen = Chosen(
            choice, stack, part.view, granules=self._granules, reader=cells, clock=self._clock, angles=self._angles
        )
        return Decided(choice, stack, chosen)

    def _drop_by_bands(self, stack: Stack, rejections: Rejections | None) -> None:
        """Clear what was not measured in every band of the spectrum, then what the mask refines away."""
        if not stack.bands:
            return
        spectrum = stack.positions(self._mask.measures)
        steps = (
            (Reason.NO_DATA, lambda: drop_unmeasured(*stack.cells(), spectrum[spectrum >= 0], stack.valid)),
            (self._mask.refines_as, lambda: self._mask.refine(stack)),
        )
        for reason, step in steps:
            before = stack.valid.copy() if rejections else None
            step()
            if rejections and before is not None:
                # What was and no longer is, without another array of the stack's size.
                rejections.add(reason, np.greater(before, stack.valid, out=before))

    def _gather(
        self,
        decided: Sequence[Decided],
        numbers: Iterable[int],
        cells: BlockCells,
        crew: Crew,
        *,
        bands: Sequence[str],
        layers: Sequence[str],
    ) -> list[dict[str, np.ndarray]]:
        """The rasters of each part. What was not compared is read of the granules ``numbers``, one band at a time."""
        read = {band: band for band in bands if band not in decided[0].stack.bands}
        for layer in layers:
            source = LAYERS[layer].read_from
            if source and source != "metadata":
                read[layer] = source
        made: list[dict[str, np.ndarray]] = [{} for _ in decided]

        def take(place: int, names: Iterable[str]) -> None:
            chosen = decided[place].chosen
            for name in names:
                made[place][name] = (
                    chosen.reflectance(name) if name in bands else chosen.layer(name, first_day=self._first_day)
                )

        known = [name for name in (*bands, *layers) if name not in read and name != "rejected_obs"]
        crew.each(partial(take, names=known), range(len(decided)))
        for name, source in read.items():
            cells.load([(int(number), source) for number in numbers if source in self._granules[number].files])
            crew.each(partial(take, names=[name]), range(len(decided)))
            cells.forget(source)
        return [{name: rasters[name] for name in (*bands, *layers) if name in rasters} for rasters in made]
