"""The first half of an intake: a delivered file, read and checked, as staged rows and series in the file's order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer

from hub.insar.deliveries.ahead import ahead
from hub.insar.deliveries.copying import NUMBERS, StagedRows
from hub.insar.deliveries.staging import StagedArray
from hub.insar.deliveries.summaries import LARGEST_LATITUDE, Summary, on_map
from processing.insar import motion
from processing.insar.delivery import LONGEST_PID, BadDelivery, Delivery, PartFacts, PointBatch
from processing.insar.motion import FIELDS
from processing.insar.regression import DAYS_PER_YEAR
from processing.insar.validation import Comparison

_MOST_ROWS, _MOST_VALUES = 50_000, 4_000_000
_WGS84, _LAEA = 4326, 3035
_COHERENCE = "temporal_coherence"


@dataclass
class StagedPart:
    """All points of a file, as staged."""

    layout: StagedRows
    rows: StagedArray
    places: StagedArray
    """x and y, by themselves: to put the points in order, all are needed at a time."""

    pids: StagedArray
    displacement: Any
    """A StagedArray, or None where the part has no series."""

    extra: dict[str, StagedArray]
    dates: tuple[date, ...]
    summary: Summary
    report: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    """What was done to it that is worth knowing."""

    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.rows.count


def stage(
    delivery: Delivery, folder: Path, *, name: str, wide: bool = False,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> StagedPart:  # fmt: skip
    """Read an opened file to its end; ``name`` is how it is spoken of, ``wide`` how it was opened.

    Raises BadDelivery, WideSeries; what is in ``folder`` then is of no use.
    """
    work = _Staging(delivery.facts, folder, name=name, wide=wide)
    size = _MOST_ROWS if not delivery.facts.dates else _MOST_VALUES // len(delivery.facts.dates)
    batches = _timed(delivery.batches(max(1000, min(_MOST_ROWS, size))), work.part.seconds)
    with closing(ahead((batch, delivery.share_read) for batch in batches)) as made:
        for batch, share in made:
            work.add(batch)
            progress("reading", share)
    if delivery.rounded:
        work.part.notes["rounded_displacements"] = delivery.rounded
    return work.finish()


def _timed(batches: Iterator[PointBatch], seconds: dict[str, float]) -> Iterator[PointBatch]:
    """Keeps how long the batches took to make."""
    begun = time.perf_counter()
    for batch in batches:
        seconds["parsing"] = seconds.get("parsing", 0.0) + time.perf_counter() - begun
        yield batch
        begun = time.perf_counter()


class _Staging:
    """Takes batches up, computes their figures anew, and writes them down."""

    def __init__(self, facts: PartFacts, folder: Path, *, name: str, wide: bool) -> None:
        self._name, self._facts, self._folder = name, facts, folder
        self._years = np.array([(day - facts.dates[0]).days for day in facts.dates]) / DAYS_PER_YEAR
        self._comparison = Comparison()
        delivered = [name for name in facts.columns if name in NUMBERS]
        self._computed = [name for name in FIELDS if name not in delivered] if facts.dates else []
        self._needs_coherence = bool(facts.dates) and facts.level != "L3" and _COHERENCE not in delivered
        self._needs_metres = not {"easting", "northing"} <= set(delivered)
        columns = [*delivered, *self._computed, *([_COHERENCE] if self._needs_coherence else []), "easting", "northing"]
        layout = StagedRows(columns)
        self.part = StagedPart(
            layout, StagedArray(folder / "rows", layout.dtype), StagedArray(folder / "places", np.float64, 2),
            StagedArray(folder / "pids", np.uint8, LONGEST_PID),
            self._series(wide), {name: StagedArray(folder / f"extra-{number}", np.float32)
                                 for number, name in enumerate(facts.extra)},
            facts.dates, Summary(),
        )  # fmt: skip
        self._laea = Transformer.from_crs(_WGS84, _LAEA, always_xy=True) if self._needs_metres else None

    def _series(self, wide: bool) -> StagedArray | None:
        if not self._facts.dates:
            return None
        return StagedArray(self._folder / "displacement", np.int32 if wide else np.int16, len(self._facts.dates))

    def add(self, batch: PointBatch) -> None:
        begun = time.perf_counter()
        if np.abs(batch.lat).max(initial=0) > LARGEST_LATITUDE:
            problem = f"a point lies beyond {LARGEST_LATITUDE} degrees north or south, where the map ends."
            raise BadDelivery(self._name, problem)
        x, y = on_map(batch.lon, batch.lat)
        values = self._values(batch)
        fitted = time.perf_counter()
        part = self.part
        part.rows.append(part.layout.stage(x, y, values))
        part.places.append(np.stack([x, y], axis=1))
        part.pids.append(_as_bytes(batch.pid))
        if part.displacement is not None:
            part.displacement.append(batch.displacement)
        self._add_extra(batch)
        part.summary.add(x, y, values.get("mean_velocity"))
        part.seconds["fitting"] = part.seconds.get("fitting", 0.0) + fitted - begun
        part.seconds["staging"] = part.seconds.get("staging", 0.0) + time.perf_counter() - fitted

    def finish(self) -> StagedPart:
        """All of it. Raises BadDelivery where there is nothing."""
        if not self.part.count:
            raise BadDelivery(self._name, "there are no points in it.")
        self.part.report = {"fields": self._comparison.report(), "computed": list(self._computed)}
        if self._needs_coherence:
            self.part.report["computed"].append(_COHERENCE)
        return self.part

    def _values(self, batch: PointBatch) -> dict[str, np.ndarray]:
        """The columns of the table, as delivered; those that the file does not give as computed."""
        values = dict(batch.attributes)
        if self._facts.dates:
            found = motion.fields(batch.displacement, self._years)
            self._comparison.add(found, batch.attributes, batch.pid)
            values |= {name: getattr(found, name) for name in self._computed}
            if self._needs_coherence:
                values[_COHERENCE] = motion.temporal_coherence(batch.displacement, self._years)
        if self._laea is not None:
            values["easting"], values["northing"] = self._laea.transform(batch.lon, batch.lat)
        return values

    def _add_extra(self, batch: PointBatch) -> None:
        for name, values in batch.extra.items():
            if name in self.part.extra and not np.issubdtype(values.dtype, np.number):
                # The store beside the series keeps numbers.
                self.part.extra.pop(name).remove()
                self.part.notes.setdefault("columns_not_kept", []).append(name)
            elif name in self.part.extra:
                self.part.extra[name].append(values)


def _as_bytes(pids: np.ndarray) -> np.ndarray:
    """Names ('S') as uint8 (row, byte), zeros behind."""
    return np.ascontiguousarray(pids, f"S{LONGEST_PID}").view(np.uint8).reshape(len(pids), LONGEST_PID)
