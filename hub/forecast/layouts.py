"""How files on servers are laid out: learned of scenes whose masks are kept, so that a first series costs no more.

Nobody waits for it: whoever waits for a mask comes first. The rows say what is due; a row is put off before its files
are asked for, so that nothing, not even the end of this process, makes it come back at once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from hub.archive import headers_folder
from hub.forecast.keeping import granules_of, is_behind_api, source_key
from hub.forecast.models import SceneMask, State
from hub.only_one import only_one
from processing.errors import ProcessingError
from processing.granule import Granule
from processing.layouts import is_learnable, learn_layouts
from processing.rasters.kept_headers import MOST_BYTES, MOST_DAYS

logger = logging.getLogger(__name__)

# Any number that nothing else in this database locks.
LEARNING_LOCK = 7_254_190_313
ROUND_SECONDS = 1.0

# Fifteen files and the metadata of a whole tile take 110 kB as they are kept; a quarter is left to what users look at.
_SCENE_BYTES = 110_000
_MOST_SCENES = MOST_BYTES * 3 // 4 // _SCENE_BYTES
_ROWS = 32
# What was kept is no longer used by then.
_AGAIN = timedelta(days=MOST_DAYS, hours=1)
_AFTER_FAILURE = timedelta(hours=1)
# All scenes, while the archive does not answer.
_PAUSED, _PAUSE_SECONDS = "forecast:layouts-paused", 600
_SECONDS_BETWEEN_LOOKS = 0.1


def are_due() -> bool:
    """Whether there is something to learn, and the archive answered when it was last asked."""
    return not cache.get(_PAUSED) and _due().exists()


def learn_due(seconds: float = ROUND_SECONDS) -> bool:
    """Learn some of what is due; return whether more is. Nothing while somebody waits for a mask, or learns."""
    if not are_due() or _somebody_waits():
        return False
    with only_one(LEARNING_LOCK) as alone:
        if not alone:
            return False
        rows = list(_due().order_by("-asked", "-sensed_at")[:_ROWS])
        if is_behind_api():
            # Each day is a search of its own.
            rows = [row for row in rows if row.sensed_at.date() == rows[0].sensed_at.date()]
        try:
            _put_down([row.key for row in rows], timezone.now() + _AFTER_FAILURE)
            found = granules_of(rows)
            _put_down([row.key for row in rows if row.key not in found], None)
            learn(found, goes_on=_until(seconds))
        except ProcessingError as error:
            cache.set(_PAUSED, 1, timeout=_PAUSE_SECONDS)
            logger.warning("The archive does not answer, layouts of files are learned later: %s", error)
        except Exception:
            cache.set(_PAUSED, 1, timeout=_PAUSE_SECONDS)
            logger.exception("Layouts of files could not be learned")
    return are_due()


def learn(granules: Mapping[str, Granule], *, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Learn how the files of granules, by the keys of their rows, are laid out, and put down when to do so again.

    What is not come to before ``goes_on`` says no stays due. Raises SourceUnreachable; all is due in an hour then.
    """
    _put_down([key for key, granule in granules.items() if not is_learnable(granule)], None)
    keys = [key for key, granule in granules.items() if is_learnable(granule)]
    # One that fails shall not keep the same ones behind it from their turn every time.
    random.shuffle(keys)
    _put_down(keys, timezone.now() + _AFTER_FAILURE)
    done = learn_layouts((granules[key] for key in keys), headers_folder(), goes_on=goes_on)
    now = timezone.now()
    _put_down(keys[:done], now + _AGAIN)
    _put_down(keys[done:], now)


def due_among(granules: Mapping[str, Granule]) -> dict[str, Granule]:
    """Those of the granules, by the keys of their rows, that are due."""
    due = set(_due().filter(key__in=granules).values_list("key", flat=True))
    return {key: granule for key, granule in granules.items() if key in due}


def _due() -> QuerySet[SceneMask]:
    """Rows of scenes to learn: due, and among the newest of the archive, as many as there is room for."""
    kept = SceneMask.objects.filter(source=source_key(), state=State.KEPT)
    due = kept.filter(layouts_due__lte=timezone.now())
    beyond = kept.order_by("-sensed_at").values_list("sensed_at", flat=True)[_MOST_SCENES : _MOST_SCENES + 1]
    first_without_room = next(iter(beyond), None)
    return due if first_without_room is None else due.filter(sensed_at__gt=first_without_room)


def _put_down(keys: Iterable[str], due: datetime | None) -> None:
    SceneMask.objects.filter(key__in=list(keys)).update(layouts_due=due)


def _somebody_waits() -> bool:
    return SceneMask.objects.filter(state=State.WANTED, asked=True, source=source_key()).exists()


def _until(seconds: float) -> Callable[[], bool]:
    """Says yes for so long, and as long as nobody waits for a mask."""
    deadline = time.monotonic() + seconds
    looked_at = time.monotonic()

    def goes_on() -> bool:
        nonlocal looked_at
        now = time.monotonic()
        if now - looked_at < _SECONDS_BETWEEN_LOOKS:
            return now <= deadline
        looked_at = now
        return now <= deadline and not _somebody_waits()

    return goes_on
