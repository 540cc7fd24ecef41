"""Why a pixel of a mosaic is as it is: all observations there were, which was chosen, and why not the others.

The engine's own compositor, over a grid of one pixel, is the truth about what was chosen. Beside it stands a log in
plain words, reckoned once more in plain Python from the same numbers (``validity``, ``deciding``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from processing.block_cells import Crew
from processing.errors import NoReadableScene
from processing.granule import Granule
from processing.grid import Block, Grid
from processing.pixels.candidates import Candidate, read_candidates
from processing.pixels.deciding import DECISIONS, Decided, decide, decided_by_engine
from processing.pixels.explanation import ExplainedCandidate, Explanation, MissingScene, Verdict, notes_on
from processing.pixels.opened import Offset, OpenedScenes, compared_bands, open_place
from processing.pixels.places import pixel_place
from processing.pixels.product_scenes import area_of_products, search_scenes
from processing.pixels.statements import Statement
from processing.pixels.tiles_over import tiles_over
from processing.pixels.validity import why_rejected
from processing.reading import GranuleUnreadable
from processing.scenes import method_and_mask, options_of
from processing.sentinel2 import BANDS
from processing.sources.base import Source
from processing.spec import MosaicSpec

MOST_PIXELS = 64 * 64
"""That are explained at once."""

_LAYERS = (
    "valid_obs", "source_index", "method", "medoid_mos", "scene_classification", "observation_date", "rejected_obs",
)  # fmt: skip


def explain(
    spec: MosaicSpec,
    grid: Grid,
    *,
    source: Source,
    items: Sequence[str] | None = None,
    offsets: Mapping[str, Offset] | None = None,
    recorded: int | None = None,
    threads: int = 2,
    headers: Path | None = None,
) -> Explanation:
    """Why the one pixel of ``grid`` is as it is in the mosaic ``spec``.

    ``items``: ids of the product's scenes in the order of their source_index, as provenance.json has them; scenes
    that the archive got since are left alone, those that it no longer has are named. By default the pixel is
    explained as a mosaic of its own, made now. The other arguments: see ``Explainer`` and its ``explain``.
    """
    area = area_of_products(spec, grid) if items is not None else grid.footprint
    with Explainer(
        spec, source, items=items, offsets=offsets, area=area, threads=threads, headers=headers
    ) as explainer:
        return explainer.explain(grid, recorded=recorded)


class Explainer:
    """Explains pixels of one mosaic; its scenes are opened once. A context manager; for one thread at a time."""

    def __init__(
        self,
        spec: MosaicSpec,
        source: Source,
        *,
        items: Sequence[str] | None = None,
        offsets: Mapping[str, Offset] | None = None,
        area: BaseGeometry | None = None,
        threads: int = 2,
        headers: Path | None = None,
    ) -> None:
        """``items``: see ``explain``. ``offsets``: by item, as the provenance has them, for archives that do not say.

        ``area`` (EPSG:4326): where its scenes lie, the footprint of a product's grid; by default that of all of the
        order's products. Without ``items`` it decides how source_index counts.
        ``headers``: see ``processing.reading.Reader``.
        Raises NoScenes, SourceUnreachable, CorruptInput.
        """
        self._spec, self._threads, self._headers = spec, threads, headers
        self._method, self._mask = method_and_mask(spec)
        self._options = options_of(spec)
        self._offsets = dict(offsets or {})
        self._items = None if items is None else tuple(items)
        self._granules = search_scenes(
            spec, source, items=self._items, area=area_of_products(spec) if area is None else area
        )
        self._compared = compared_bands(spec, self._granules)
        self._footprints = shapely.STRtree([granule.footprint for granule in self._granules])
        self._unreadable: dict[str, str] = {}
        self._opened: dict[tuple[str, ...], OpenedScenes] = {}
        self._crew = Crew(threads)
        self._working = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files and threads."""
        with self._working:
            for scenes in self._opened.values():
                scenes.reader.close()
            self._opened.clear()
            self._crew.__exit__()

    @property
    def granules(self) -> tuple[Granule, ...]:
        """The scenes of the mosaic that the archive has, newest first."""
        return tuple(self._granules)

    def explain(self, grid: Grid, *, recorded: int | None = None) -> Explanation:
        """Why the one pixel of ``grid`` is as it is.

        ``recorded``: what the product's own source_index says there, -1 for nothing; an answer that differs says so.
        Raises NoReadableScene, SourceUnreachable, CorruptInput.
        """
        if (grid.width, grid.height) != (1, 1):
            raise ValueError("explains one pixel; explain_each explains more")
        return self.explain_each(grid, recorded=[recorded])[0]

    def explain_each(self, grid: Grid, *, recorded: Sequence[int | None] = ()) -> list[Explanation]:
        """The same for every pixel of a small grid, row by row."""
        if grid.width * grid.height > MOST_PIXELS:
            raise ValueError(f"explains at most {MOST_PIXELS} pixels at once")
        recorded = recorded or [None] * (grid.width * grid.height)
        with self._working:
            scenes, found, made = self._looked_at(grid)
            numbers = self._source_indices()
        pixels = np.ndindex(grid.height, grid.width)
        return [
            self._explained(
                grid.part(Block(column, row, 1, 1)),
                scenes,
                candidates,
                {name: int(raster[row, column]) for name, raster in made.items()},
                known,
                numbers,
            )
            for (row, column), candidates, known in zip(pixels, found, recorded, strict=True)
        ]

    def _looked_at(self, grid: Grid) -> tuple[OpenedScenes | None, list[list[Candidate]], dict[str, np.ndarray]]:
        """The scenes over the grid, the candidates of every pixel, and the mosaic's rasters there.

        As in a mosaic, a scene that turns out to be unreadable is left out and the rest looked at anew.
        """
        while near := self._near(grid):
            try:
                scenes = self._open(near, grid)
                candidates = read_candidates(scenes, grid, self._crew)
                return scenes, candidates, self._composed(scenes, grid)
            except GranuleUnreadable as damage:
                self._leave_out(damage)
        if self._unreadable:
            raise NoReadableScene(f"No scene of this pixel can be read: {next(iter(self._unreadable.values()))}.")
        return None, [[] for _ in range(grid.width * grid.height)], {}

    def _composed(self, scenes: OpenedScenes, grid: Grid) -> dict[str, np.ndarray]:
        held = {band for granule in scenes.granules for band in granule.files}
        bands = [band for band in BANDS if band in held or band in self._spec.bands]
        layers = list(dict.fromkeys((*_LAYERS, *self._spec.layers)))
        return scenes.compositor.compose(grid, bands=bands, layers=layers, crew=self._crew).rasters

    def _near(self, grid: Grid) -> list[Granule]:
        """The scenes whose rasters may cover a pixel of the grid, newest first."""
        tiles = tiles_over(grid)
        seen = set(self._footprints.query(grid.footprint, predicate="intersects").tolist())
        return [
            granule
            for number, granule in enumerate(self._granules)
            if granule.item_id not in self._unreadable and (granule.tile in tiles or number in seen)
        ]

    def _open(self, granules: Sequence[Granule], grid: Grid) -> OpenedScenes:
        key = tuple(granule.item_id for granule in granules)
        known = self._opened.get(key)
        if known is None:
            known = self._opened[key] = open_place(
                self._spec,
                grid,
                granules,
                compared=self._compared,
                offsets=self._offsets,
                looked_at=self._items is not None,
                threads=self._threads,
                headers=self._headers,
            )
        return known

    def _leave_out(self, damage: GranuleUnreadable) -> None:
        self._unreadable[damage.granule.item_id] = str(damage).rstrip(".")
        for key in [key for key in self._opened if damage.granule.item_id in key]:
            self._opened.pop(key).reader.close()

    def _explained(
        self,
        grid: Grid,
        scenes: OpenedScenes | None,
        candidates: Sequence[Candidate],
        values: Mapping[str, int],
        recorded: int | None,
        numbers: Mapping[str, int],
    ) -> Explanation:
        """One pixel: the engine's choice, and the log beside it."""
        rejected = why_rejected(candidates, self._mask, self._compared)
        valid = [position for position, reason in enumerate(rejected) if reason is None]
        chosen = self._chosen(scenes, candidates, values)
        taken = valid.index(chosen) if chosen in valid else None
        decision = DECISIONS[values.get("method", 0)]
        decided = decide(
            [candidates[position] for position in valid],
            method=self._method,
            options=self._options,
            compared=self._compared,
        ) or decided_by_engine(decision, taken, len(valid), self._method)
        by_log = None if decided.taken is None else valid[decided.taken]
        valid_obs = values.get("valid_obs", 0)
        missing = self._missing()
        index = None if chosen is None else numbers[candidates[chosen].granule.item_id]
        return Explanation(
            place=pixel_place(grid),
            spec=self._spec,
            mask=self._mask.name,
            valid_obs=valid_obs,
            decision=decision,
            decided=decided,
            source_index=index,
            recorded=recorded,
            chosen=chosen,
            values={**values, "source_index": -1 if index is None else index} if values else {},
            missing=missing,
            notes=notes_on(
                chosen=None if chosen is None else candidates[chosen].granule.item_id,
                missing=missing,
                source_index=index,
                recorded=recorded,
                recorded_item=self._item_of(recorded),
                not_read=scenes.notes if scenes else (),
            ),
            candidates=tuple(_told(candidates, rejected, decided, chosen, numbers)),
            agrees=(chosen, valid_obs) == (by_log, min(len(valid), 254)),
        )

    def _chosen(
        self, scenes: OpenedScenes | None, candidates: Sequence[Candidate], values: Mapping[str, int]
    ) -> int | None:
        """Position of the candidate that the engine chose."""
        if scenes is None or values["source_index"] < 0:
            return None
        # The compositor counts from the oldest of the scenes that it was given.
        number = len(scenes.granules) - 1 - values["source_index"]
        return next(position for position, candidate in enumerate(candidates) if candidate.number == number)

    def _source_indices(self) -> dict[str, int]:
        """By item, as the product's list of sources numbers them: the oldest is 0."""
        if self._items is not None:
            return {item: number for number, item in enumerate(self._items)}
        readable = [granule.item_id for granule in self._granules if granule.item_id not in self._unreadable]
        return {item: number for number, item in enumerate(reversed(readable))}

    def _item_of(self, source_index: int | None) -> str | None:
        known = self._items if source_index is not None and source_index >= 0 else None
        return known[source_index] if known and source_index is not None and source_index < len(known) else None

    def _missing(self) -> tuple[MissingScene, ...]:
        held = {granule.item_id for granule in self._granules}
        gone = [MissingScene(item, "gone") for item in self._items or () if item not in held]
        return (*gone, *(MissingScene(item, "unreadable") for item in self._unreadable))


def _told(
    candidates: Sequence[Candidate],
    rejected: Sequence[Statement | None],
    decided: Decided,
    chosen: int | None,
    numbers: Mapping[str, int],
) -> Iterator[ExplainedCandidate]:
    """Every candidate with what became of it."""
    place = -1
    for position, (candidate, reason) in enumerate(zip(candidates, rejected, strict=True)):
        number = numbers[candidate.granule.item_id]
        if reason is not None:
            yield ExplainedCandidate(candidate, number, "rejected", reason, None)
            continue
        place += 1
        distance = decided.distances[place] if decided.distances else None
        verdict: Verdict = "chosen" if position == chosen else "not_chosen"
        yield ExplainedCandidate(candidate, number, verdict, decided.reasons[place], distance)
