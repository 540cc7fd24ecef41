"""Which scenes are kept, which are wanted, and reading what is missing.

The rows are the only truth: the task that reads takes what is wanted, those first that somebody waits for, for a
second at a time, so that previews in the same queue are not held up.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from pathlib import Path

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.core.cache import cache
from django.utils import timezone

from hub.archive import archive, headers_folder
from hub.forecast.models import SceneMask, State
from hub.only_one import only_one
from hub.orders.committed import once_committed
from hub.orders.queue import BROKER_AWAY
from processing.errors import ProcessingError, SourceUnreachable
from processing.granule import Granule
from processing.layouts import is_learnable
from processing.overviews.masks import Sighting, read_sighting, version
from processing.overviews.reading import OverviewReader
from processing.periods import EARLIEST
from processing.reading import GranuleUnreadable

logger = logging.getLogger(__name__)

# Any number that nothing else in this database locks.
KEEPING_LOCK = 7_254_190_312
ROUND_SECONDS = 1.0
BATCH = 500
"""How many scenes of the archive are put down as wanted at a time."""

_AT_A_TIME = {False: 2, True: 16}
"""Scenes that are read side by side, of an archive at hand and of one on a server."""

_RETRY_UNUSABLE = timedelta(days=1)
_KEPT_OF_OTHERS = timedelta(days=30)
_QUEUED = "forecast:queued"
_QUEUED_SECONDS = 60

Read = Sighting | GranuleUnreadable


def source_key() -> str:
    """Stands for the archive's address, which may hold what is nobody's business."""
    return hashlib.sha256(str(settings.MOSAIC_SOURCE).encode()).hexdigest()[:16]


def keys_of(granules: Iterable[Granule]) -> dict[str, Granule]:
    """The granules by the key of their rows, in the same order. A file that was written again has another key."""
    source = source_key()
    return {_key(source, granule): granule for granule in granules}


def _key(source: str, granule: Granule) -> str:
    href = granule.files["SCL"].href.partition("?")[0]
    parts = (source, version(), granule.item_id, granule.identifier, str(granule.generated_at), href, _stamp(href))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stamp(href: str) -> str:
    if "://" in href:
        return ""
    try:
        found = Path(href).stat()
    except OSError:
        return "missing"
    return f"{found.st_mtime_ns} {found.st_size}"


def is_behind_api() -> bool:
    """Whether every search asks a server, of an archive whose end nobody knows."""
    return str(settings.MOSAIC_SOURCE).lower().startswith(("http://", "https://"))


def is_remote(granules: Iterable[Granule]) -> bool:
    return any(granule.files["SCL"].is_remote for granule in granules)


def want(granules: Mapping[str, Granule], *, asked: bool) -> None:
    """Put down that these are wanted, and have a worker see to it once that is in the database."""
    # In one order, so that two who want the same do not wait for each other.
    rows = [_row(key, granule, asked=asked) for key, granule in sorted(granules.items())]
    SceneMask.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    if asked:
        SceneMask.objects.filter(key__in=granules, state=State.WANTED, asked=False).update(asked=True)
    once_committed(call_worker)


def call_worker() -> None:
    """Send the message, unless one is on its way."""
    from hub.forecast.tasks import keep_wanted

    if not cache.add(_QUEUED, 1, timeout=_QUEUED_SECONDS):
        return
    try:
        keep_wanted.apply_async(retry=False)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, masks of scenes are read later: %s", error)


def keep_wanted(seconds: float = ROUND_SECONDS) -> bool:
    """Read some of what is wanted; return whether more is. Nothing when another worker is at it."""
    cache.delete(_QUEUED)
    with only_one(KEEPING_LOCK) as alone:
        if not alone:
            return False
        rows = list(SceneMask.objects.filter(state=State.WANTED, source=source_key()).order_by("-asked", "pk")[:32])
        try:
            found = granules_of(rows)
            gone = [row.pk for row in rows if row.key not in found]
            SceneMask.objects.filter(pk__in=gone).delete()
            keep(found, seconds=seconds)
        except ProcessingError as error:
            logger.warning("The archive does not answer, masks are read later: %s", error)
            return False
    return are_wanted()


def are_wanted() -> bool:
    """Whether masks of the archive's scenes are wanted, asked for or not."""
    return SceneMask.objects.filter(state=State.WANTED, source=source_key()).exists()


def keep(granules: Mapping[str, Granule], *, seconds: float | None = None) -> set[str]:
    """Read the granules and keep what they saw; return the keys of those that are done, usable or not.

    What is not read after ``seconds`` is left. Raises SourceUnreachable when nothing could be read for that reason.
    """
    done = _read(granules, seconds)
    rows = []
    for key, read in sorted(done.items()):
        row = _row(key, granules[key], asked=False)
        if isinstance(read, Sighting):
            row.take(read)
            # Later, when nobody waits for a mask: see ``hub.forecast.layouts``.
            row.layouts_due = timezone.now() if is_learnable(granules[key]) else None
        else:
            reason = str(read).removeprefix(f"{granules[key].item_id}: ").rstrip(".")
            logger.warning("A scene cannot be used for forecasts: %s", read)
            row.refuse(reason)
        rows.append(row)
    changing = ["state", "reason", "kept_at", "layouts_due", "cloud_percent", "lattice", "fine", "middle", "coarse"]
    SceneMask.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=changing)
    return set(done)


def keep_new(*, batch: int = BATCH) -> int:
    """Put down scenes of the archive that are not kept yet, newest first; forget those that it has no longer.

    Returns how many are wanted anew. An archive behind an API has no end: of it is kept what was asked about.
    """
    others = timezone.now() - _KEPT_OF_OTHERS
    SceneMask.objects.exclude(source=source_key()).filter(wanted_at__lt=others).delete()
    stale = timezone.now() - _RETRY_UNUSABLE
    SceneMask.objects.filter(state=State.UNUSABLE, kept_at__lt=stale).update(state=State.WANTED)
    if is_behind_api():
        SceneMask.objects.filter(wanted_at__lt=timezone.now() - 3 * _KEPT_OF_OTHERS).delete()
        if SceneMask.objects.filter(state=State.WANTED).exists():
            call_worker()
        return 0
    held = keys_of(everything())
    known = set(SceneMask.objects.filter(source=source_key()).values_list("key", flat=True))
    SceneMask.objects.filter(key__in=known - held.keys()).delete()
    new = [key for key in held if key not in known][:batch]
    want({key: held[key] for key in new}, asked=False)
    return len(new)


def everything(first: date | None = None, last: date | None = None) -> Sequence[Granule]:
    """All scenes of the archive, or those of some days, newest first."""
    extent = archive().extent()
    return archive().search(shapely.box(*extent.bounds), first or EARLIEST, last or date.max)


def missing(granules: Mapping[str, Granule]) -> dict[str, Granule]:
    """Those that nothing is known about yet."""
    known = set(SceneMask.objects.filter(key__in=granules).exclude(state=State.WANTED).values_list("key", flat=True))
    return {key: granule for key, granule in granules.items() if key not in known}


def _row(key: str, granule: Granule, *, asked: bool) -> SceneMask:
    return SceneMask(
        key=key,
        source=source_key(),
        item_id=granule.item_id[:200],
        tile=granule.tile,
        datatake=granule.datatake[:100],
        sensed_at=granule.sensed_at,
        footprint=GEOSGeometry(memoryview(shapely.to_wkb(granule.footprint)), srid=4326),
        asked=asked,
    )


def granules_of(rows: Sequence[SceneMask]) -> dict[str, Granule]:
    """The archive's granules of the rows, by key; without those that it has no longer. Asked for day by day."""
    days: dict[date, list[SceneMask]] = {}
    for row in rows:
        days.setdefault(row.sensed_at.date(), []).append(row)
    wanted, found = {row.key for row in rows}, {}
    for day, of_day in days.items():
        area = shapely.union_all([shapely.from_wkb(bytes(row.footprint.wkb)) for row in of_day])
        found |= keys_of(archive().search(area, day, day))
    return {key: found[key] for key in (row.key for row in rows) if key in found and key in wanted}


def _read(granules: Mapping[str, Granule], seconds: float | None) -> dict[str, Read]:
    """What was found of each granule, as far as time allows."""
    if not granules:
        return {}
    deadline = None if seconds is None else time.monotonic() + seconds
    headers = headers_folder()
    overviews = OverviewReader(headers=headers)

    def look(granule: Granule) -> Read | SourceUnreachable | None:
        if deadline is not None and time.monotonic() > deadline:
            return None
        try:
            return read_sighting(granule, overviews, headers=headers)
        except (GranuleUnreadable, SourceUnreachable) as failure:
            return failure

    with overviews, ThreadPoolExecutor(_AT_A_TIME[is_remote(granules.values())], "sighting") as pool:
        futures = {key: pool.submit(look, granule) for key, granule in granules.items()}
        wait(futures.values())
    results = {key: future.result() for key, future in futures.items()}
    away = [result for result in results.values() if isinstance(result, SourceUnreachable)]
    done: dict[str, Read] = {
        key: result for key, result in results.items() if isinstance(result, Sighting | GranuleUnreadable)
    }
    if away and not done:
        raise away[0]
    return done
