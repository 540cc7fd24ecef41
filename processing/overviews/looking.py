"""Looking at many scenes from afar within a time: classes first, then the bands of what counts, best scenes first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from processing.angles import AngleGrid, read_angles
from processing.band_files import REFLECTANCES
from processing.clock import Clock
from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule
from processing.grid import Block
from processing.masks.base import Mask
from processing.offsets import settle_offset
from processing.overviews.grid import CoarseGrid
from processing.overviews.grid_reader import GridReader
from processing.overviews.reading import OverviewReader
from processing.rasters.remote import CONNECTIONS
from processing.reading import GranuleUnreadable, Reader

# Of the time there is, the part after which no more classes are read.
_TIME_FOR_CLASSES = 0.4
_LARGEST = 65534
# What is found out about a scene once holds for good; an entry takes 5 kB.
_MOST_REMEMBERED = 2000


@dataclass(frozen=True)
class Looks:
    """What scenes show on a grid: one plane for each overpass, newest first."""

    values: np.ndarray
    """uint16 (band, overpass, y, x): reflectance x 10000 and no less than 1, percentages as they are; 0 is no data."""

    scene_class: np.ndarray
    """uint8 (overpass, y, x)."""

    valid: np.ndarray
    """bool (overpass, y, x): what can count, by class and view angle, and was read."""

    owner: np.ndarray
    """int32 (overpass, y, x): number of the granule that was seen there, -1 for none."""

    read: tuple[int, ...]
    """Numbers of the granules that were read as far as they matter."""

    unreadable: tuple[int, ...]


@dataclass(frozen=True)
class _Settled:
    """What is the same for every look at a granule."""

    offsets: Mapping[str, int]
    view_zenith: AngleGrid | None
    epsg: int


class _Late(Exception):
    """There was no time left to begin with it."""


def look_at(
    granules: Sequence[Granule],
    grid: CoarseGrid,
    *,
    mask: Mask,
    bands: Sequence[str],
    first_counts: bool,
    budget_seconds: float,
    threads: int,
) -> Looks:
    """Look at ``granules``, newest first, all of which have the ``bands``.

    Scenes whose reading has not begun after ``budget_seconds`` are left out. They are read tile by turns, the ones
    with the most pixels that can count first; with ``first_counts`` the newest, which then decide.
    Raises SourceUnreachable when the archive does not answer.
    """
    started = time.monotonic()
    away = any(granule.files["SCL"].is_remote for granule in granules)
    with (
        OverviewReader() as overviews,
        Reader(granules, clock=Clock()) as reader,
        ThreadPoolExecutor(CONNECTIONS if away else threads, thread_name_prefix="look") as pool,
    ):
        looking = _Looking(granules, GridReader(overviews, grid), reader, pool)
        classes = looking.read_classes(
            by_turns(granules, range(len(granules))), started + _TIME_FOR_CLASSES * budget_seconds
        )
        planes = _Planes(granules, grid, bands, classes, mask)
        planes_in_turn = sorted(planes.place) if first_counts else sorted(planes.place, key=planes.worth, reverse=True)
        done = looking.read_bands(by_turns(granules, planes_in_turn), bands, planes, mask, started + budget_seconds)
    idle = set(classes) - set(planes.place)
    if looking.away and not done and not idle:
        raise looking.away
    return Looks(
        planes.values,
        planes.scene_class,
        planes.valid,
        planes.owner,
        read=tuple(sorted([*done, *idle])),
        unreadable=tuple(sorted(looking.unreadable)),
    )


def by_turns(granules: Sequence[Granule], numbers: Iterable[int]) -> list[int]:
    """The numbers with the tiles taking turns, each tile's in the order given."""
    of_tile: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        of_tile[granules[number].tile].append(number)
    return [number for turn in zip_longest(*of_tile.values()) for number in turn if number is not None]


class _Planes:
    """Room for what is seen of each overpass. Its granules write into pixels that are theirs alone.

    Where granules of one overpass overlap, the first that saw anything counts, as in the engine.
    """

    def __init__(
        self,
        granules: Sequence[Granule],
        grid: CoarseGrid,
        bands: Sequence[str],
        classes: Mapping[int, tuple[Block, np.ndarray]],
        mask: Mask,
    ) -> None:
        seen: dict[str, np.ndarray] = {}
        owned: dict[int, tuple[Block, np.ndarray]] = {}
        for number in sorted(classes):
            block, scene_class = classes[number]
            datatake = granules[number].datatake
            before = seen.setdefault(datatake, np.zeros((grid.height, grid.width), bool))[block.rows, block.columns]
            own = (scene_class > 0) & ~before & (mask.reasons[scene_class] == 0)
            before |= scene_class > 0
            if own.any():
                owned[number] = block, own
        overpasses = list(dict.fromkeys(granules[number].datatake for number in owned))
        self.place = {number: overpasses.index(granules[number].datatake) for number in owned}
        shape = (max(1, len(overpasses)), grid.height, grid.width)
        self.values = np.zeros((len(bands), *shape), np.uint16)
        self.scene_class = np.zeros(shape, np.uint8)
        self.valid = np.zeros(shape, bool)
        self.owner = np.full(shape, -1, np.int32)
        self._worth = {}
        for number, (block, own) in owned.items():
            here = self.place[number], block.rows, block.columns
            self.owner[here][own] = number
            self.scene_class[here][own] = classes[number][1][own]
            self._worth[number] = int(own.sum())

    def worth(self, number: int) -> int:
        """How many pixels of a granule can count."""
        return self._worth[number]

    def write(self, number: int, band: int, block: Block, numbers: np.ndarray, offset: int | None) -> None:
        """Keep a band of a granule where its pixels count. ``offset``: to be added; None for what is no reflectance."""
        here = self.place[number], block.rows, block.columns
        mine = self.owner[here] == number
        values = numbers[mine].astype(np.int32)
        if offset:
            values = np.where(values == 0, 0, np.clip(values + offset, 1, _LARGEST))
        self.values[band][here][mine] = values

    def count(self, number: int, settled: _Settled, most_zenith_deg: float | None, lookup: GridReader) -> None:
        """Let a granule's pixels count that were not seen too obliquely."""
        place = self.place[number]
        mine = self.owner[place] == number
        if most_zenith_deg is not None and settled.view_zenith is not None:
            x, y = lookup.coordinates(settled.epsg)
            if not settled.view_zenith.stays_below(most_zenith_deg, x, y):
                settled.view_zenith.drop_from(most_zenith_deg, x, y, mine)
        self.valid[place] |= mine


class _Looking:
    """Reads what it can until a deadline, and notes what it cannot."""

    def __init__(
        self, granules: Sequence[Granule], lookup: GridReader, reader: Reader, pool: ThreadPoolExecutor
    ) -> None:
        self._granules = granules
        self._lookup = lookup
        self._reader = reader
        self._pool = pool
        self.away: SourceUnreachable | None = None
        self.unreadable: set[int] = set()

    def read_classes(self, order: Sequence[int], deadline: float) -> dict[int, tuple[Block, np.ndarray]]:
        """By number, of those granules that lie on the grid; the first of the order is read in any case."""
        nothing = Block(0, 0, 0, 0), np.zeros((0, 0), np.uint8)
        futures = {
            number: self._submit(
                None if number == order[0] else deadline, self._lookup.read, self._granules[number], "SCL"
            )
            for number in order
        }
        found = {number: self._results(number, [future]) for number, future in futures.items()}
        return {number: result[0] or nothing for number, result in found.items() if result is not None}

    def read_bands(
        self, order: Sequence[int], bands: Sequence[str], planes: _Planes, mask: Mask, deadline: float
    ) -> list[int]:
        """Fill the planes; return the granules that were read whole."""
        under_way: dict[int, list[Future[Any]]] = {}
        for number in order:
            until = None if number == order[0] else deadline
            settled = self._submit(until, self._settle, number, mask)
            fill = [
                self._submit(until, self._fill, number, place, band, planes, settled)
                for place, band in enumerate(bands)
            ]
            under_way[number] = [settled, *fill]
        done = []
        for number, futures in under_way.items():
            results = self._results(number, futures)
            if results is not None:
                planes.count(number, results[0], mask.most_view_zenith_deg, self._lookup)
                done.append(number)
        return done

    def _submit(self, deadline: float | None, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        def unless_late() -> Any:
            if deadline is not None and time.monotonic() > deadline:
                raise _Late
            return work(*arguments)

        return self._pool.submit(unless_late)

    def _results(self, number: int, futures: Sequence[Future[Any]]) -> list[Any] | None:
        """What was found of a granule; None where some of it could not be read, or not in time."""
        try:
            return [future.result() for future in futures]
        except _Late:
            return None
        except SourceUnreachable as away:
            self.away = away
        except (GranuleUnreadable, CorruptInput):
            self.unreadable.add(number)
        return None

    def _fill(self, number: int, place: int, band: str, planes: _Planes, settled: Future[_Settled]) -> None:
        # Submitted before, so it is under way or done: nobody waits for a thread that waits.
        found: _Settled = settled.result()
        looked_up = self._lookup.read(self._granules[number], band)
        if looked_up is not None:
            planes.write(number, place, *looked_up, found.offsets[band] if band in REFLECTANCES else None)

    def _settle(self, number: int, mask: Mask) -> _Settled:
        granule = self._granules[number]
        known = _remembered(granule)
        if known is None:
            settled = settle_offset(granule, number, self._reader)
            offsets = {band: file.offset for band, file in settled.files.items()}
            known = _Settled(offsets, self._view_zenith(number), self._reader.grid(number, "SCL").epsg)
            _remember(granule, known)
        return known

    def _view_zenith(self, number: int) -> AngleGrid | None:
        """None where the archive has no angles that can be read: the swath's edge is not cut then."""
        if self._granules[number].metadata_href is None:
            return None
        try:
            return read_angles(self._reader.metadata(number)).view_zenith_mean
        except CorruptInput:
            return None


_memory: OrderedDict[str, _Settled] = OrderedDict()
_remembering = threading.Lock()


def _key(granule: Granule) -> str:
    return granule.files["SCL"].href.partition("?")[0]


def _remembered(granule: Granule) -> _Settled | None:
    with _remembering:
        return _memory.get(_key(granule))


def _remember(granule: Granule, settled: _Settled) -> None:
    with _remembering:
        _memory[_key(granule)] = settled
        while len(_memory) > _MOST_REMEMBERED:
            _memory.popitem(last=False)
