"""Taking a delivered file in: points into PostGIS, series into Zarr, both in Hilbert order; whole or not at all.

One file is one part. It is read first into files of its own (staging.py): what is wrong with it shows before
the database is touched. Then, in one transaction that holds the layer's lock, rows are copied and series are written;
the folder of series gets its name just before the commit. What a killed process leaves is swept (upkeep.py).
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hub.insar import partitions
from hub.insar.deliveries import copying, placing
from hub.insar.deliveries.ahead import ahead
from hub.insar.deliveries.locks import SERIES_LOCK, lock_layer
from hub.insar.deliveries.placing import IntakeRefused
from hub.insar.deliveries.reading import StagedPart, stage
from hub.insar.deliveries.staging import staging_folder
from hub.insar.models import Layer, Part, Release
from hub.insar.pyramid import cells
from processing.insar import hilbert
from processing.insar.delivery import WideSeries
from processing.insar.opening import open_delivery
from processing.insar.series_store import ROWS_PER_CHUNK, SeriesWriter

if TYPE_CHECKING:
    from processing.insar.delivery import Delivery, PartFacts

Progress = Callable[[str, float], None]
"""Called with "reading" or "writing" and how much of that is done, 0 to 1."""
_ROWS_AT_ONCE = 16 * ROWS_PER_CHUNK


@dataclass
class Outcome:
    """What became of a file."""

    file_name: str
    part: Part
    already_there: bool = False
    """The same bytes were taken in before: nothing was changed."""

    replaced: bool = False
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds by stage; several go on at the same time."""

    @property
    def report(self) -> dict[str, Any]:
        """How the delivered figures differ from those computed anew: ``validation.Comparison``."""
        return self.part.report


def take_in(
    path: Path | str, *, release_key: str | None = None, title: str | None = None, by: str = "",
    replace: bool = False, finish: bool = True, progress: Progress = lambda stage, share: None,
) -> Outcome:  # fmt: skip
    """Take the file in. ``finish``: index its layer and make its cells; else ``finish_layer`` is the caller's to call.

    Raises BadDelivery for a broken file, IntakeRefused for one that does not belong here; then nothing has changed.
    """
    begun, path = time.perf_counter(), Path(path)
    digest = _sha256(path)
    hashed = time.perf_counter()
    with open_delivery(path) as delivery:
        job = _Job(path, digest, delivery.facts, release_key, title, by, replace, progress)
        job.release = placing.find(delivery.facts, key=release_key, file_name=path.name)
        outcome = _there_already(job) or job.run(delivery)
    outcome.seconds, outcome.stages["hashing"] = time.perf_counter() - begun, hashed - begun
    if finish and not outcome.already_there:
        finish_layer(outcome.part.layer)
    return outcome


def finish_layer(layer: Layer) -> None:
    """Make a layer searchable that was loaded, and its cells anew where they are due."""
    if not Layer.objects.get(pk=layer.pk).indexed:
        with transaction.atomic():
            lock_layer(layer)
            partitions.index(layer)
            Layer.objects.filter(pk=layer.pk).update(indexed=True)
            Release.objects.filter(pk=layer.release_id).update(stamp=F("stamp") + 1)
    cells.rebuild(layer)


@dataclass
class _Job:
    """One file on its way."""

    path: Path
    digest: str
    facts: PartFacts
    key: str | None
    title: str | None
    by: str
    replace: bool
    progress: Progress
    release: Release | None = None
    """None until it is made."""

    def run(self, delivery: Delivery) -> Outcome:
        earlier = _same_piece(self)
        _check_earlier(self, earlier)
        with staging_folder() as folder:
            begun = time.perf_counter()
            staged = self._stage(delivery, folder)
            read = time.perf_counter()
            self.release, made_release = placing.place(
                self.facts, key=self.key, title=self.title, file_name=self.path.name
            )
            layer, made = placing.layer_of(self.release, self.facts.direction)
            try:
                outcome = self._load(layer, staged, folder)
            except BaseException:
                if made:
                    placing.forget_if_empty(layer, release_too=made_release)
                raise
            outcome.stages |= {"reading": read - begun, "writing": time.perf_counter() - read, **staged.seconds}
        return outcome

    def _stage(self, delivery: Delivery, folder: Path) -> StagedPart:
        try:
            return stage(delivery, folder, name=self.path.name, progress=self.progress)
        except WideSeries:
            with open_delivery(self.path, wide=True) as wide:
                return stage(wide, folder, name=self.path.name, wide=True, progress=self.progress)

    def _load(self, layer: Layer, staged: StagedPart, folder: Path) -> Outcome:
        """Rows, series and the part itself, all or nothing."""
        series: Path | None = None
        try:
            with transaction.atomic():
                lock_layer(layer)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [SERIES_LOCK])
                if already := _there_already(self):
                    return already
                earlier = _same_piece(self)
                _check_earlier(self, earlier)
                if earlier is not None:
                    remove_part(earlier)
                part = self._part(layer, staged)
                if staged.displacement is not None:
                    series = part.series_folder
                _write(part, layer, staged, folder / "series", self.progress)
                placing.add_to(layer, part, staged.summary)
                Release.objects.filter(pk=layer.release_id).update(stamp=F("stamp") + 1)
                if series is not None:
                    series.parent.mkdir(parents=True, exist_ok=True)
                    shutil.rmtree(series, ignore_errors=True)
                    (folder / "series").rename(series)
        except BaseException:
            if series is not None:
                shutil.rmtree(series, ignore_errors=True)
            raise
        return Outcome(self.path.name, part, replaced=earlier is not None)

    def _part(self, layer: Layer, staged: StagedPart) -> Part:
        facts = self.facts
        return Part.objects.create(
            layer=layer, identity=facts.identity[:80], file_name=self.path.name[:200], sha256=self.digest,
            format=facts.format, version=facts.version, track=facts.track, facility=(facts.facility or "")[:60],
            dates=[day.isoformat() for day in facts.dates], points=staged.count, columns=list(facts.columns),
            extra=list(staged.extra), metadata=facts.metadata | staged.notes, report=staged.report,
            outline=staged.summary.outline, taken_in_by=self.by[:150],
        )  # fmt: skip


def remove_part(part: Part) -> None:
    """Take a part out, rows and series, within the caller's transaction; its series go when that is committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {partitions.points_table(part.layer)} WHERE part_id = %s", [part.pk])  # noqa: S608
    Layer.objects.filter(pk=part.layer_id).update(points=F("points") - part.points, cells_wanted=F("cells_wanted") + 1)
    Release.objects.filter(pk=part.layer.release_id).update(stamp=F("stamp") + 1)
    folder = part.series_folder
    part.delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def _there_already(job: _Job) -> Outcome | None:
    if job.release is None:
        return None
    known = Part.objects.select_related("layer").filter(layer__release=job.release, sha256=job.digest).first()
    return None if known is None else Outcome(job.path.name, known, already_there=True)


def _same_piece(job: _Job) -> Part | None:
    if job.release is None:
        return None
    layer = {"layer__release": job.release, "layer__direction": job.facts.direction}
    return Part.objects.select_related("layer").filter(**layer, identity=job.facts.identity[:80]).first()


def _check_earlier(job: _Job, earlier: Part | None) -> None:
    """Raise IntakeRefused where there is an earlier piece that must stay."""
    if earlier is None:
        return
    told = {"file": job.path.name, "identity": earlier.identity, "earlier": earlier.file_name}
    if (job.facts.version or 0) < (earlier.version or 0):
        raise IntakeRefused(
            _("%(file)s is an older version of %(identity)s than %(earlier)s, which was taken in before.") % told
        )
    if not job.replace:
        raise IntakeRefused(
            _("%(file)s is the same piece, %(identity)s, as %(earlier)s, which was taken in before.") % told,
            remedy=_("Ask for it to be replaced if that is what you want."),
        )


def _write(part: Part, layer: Layer, staged: StagedPart, folder: Path, progress: Progress) -> None:
    """Copy the rows and write the series, block by block in Hilbert order."""
    places = staged.places.all()
    order = hilbert.order(places[:, 0], places[:, 1])
    staged.places.hand_back()
    started = time.perf_counter()
    table = partitions.points_table(layer)
    with (
        _writer(part, staged, folder) as series,
        ThreadPoolExecutor(1) as pool,
        copying.loading(table, copying.POINT_COLUMNS) as copy,
        closing(ahead(_blocks(staged, order, layer=layer.pk, part=part.pk))) as blocks,
    ):
        for first, rows, displacement in blocks:
            written = pool.submit(series.write, first, displacement) if series is not None else None
            copy(rows)
            if written is not None:
                written.result()
            progress("writing", min(1.0, (first + _ROWS_AT_ONCE) / staged.count))
        if series is not None:
            for name, values in staged.extra.items():
                series.write_extra(name, 0, values.take(order))
    staged.seconds["copying and series"] = time.perf_counter() - started


def _writer(part: Part, staged: StagedPart, folder: Path) -> Any:
    if staged.displacement is None:
        return nullcontext(None)
    extra = dict.fromkeys(staged.extra, np.float32)
    return SeriesWriter(folder, dates=staged.dates, count=staged.count, dtype=staged.displacement.dtype, extra=extra)


def _blocks(
    staged: StagedPart, order: np.ndarray, *, layer: int, part: int
) -> Iterator[tuple[int, bytes, np.ndarray | None]]:
    for first in range(0, staged.count, _ROWS_AT_ONCE):
        wanted = order[first : first + _ROWS_AT_ONCE]
        rows, pids = staged.rows.take(wanted), staged.pids.take(wanted)
        packed = staged.layout.pack(rows, pids, layer=layer, part=part, first_row=first)
        yield first, packed, staged.displacement.take(wanted) if staged.displacement is not None else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
