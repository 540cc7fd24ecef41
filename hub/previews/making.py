"""A worker's verb: make a preview that was asked for."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

from hub.archive import archive
from hub.errors import told_to_users
from hub.orders.troubles import UNEXPECTED
from hub.previews import keeping
from hub.previews.models import Preview, State, lost_since
from processing.errors import InvalidOrder, ProcessingError
from processing.previewing import Preview as Made
from processing.previewing import make_preview
from processing.sidecars.png import png

logger = logging.getLogger(__name__)


def make(preview_pk: int) -> None:
    """Make the preview if it is still to be had; whatever happens ends in its row."""
    taken = Preview.objects.filter(pk=preview_pk, state=State.WAITING, asked_at__gt=lost_since())
    if not taken.update(state=State.MAKING):
        return
    preview = Preview.objects.get(pk=preview_pk)
    try:
        made = make_preview(
            preview.mosaic_spec,
            archive(),
            budget_seconds=settings.PREVIEW_SECONDS,
            threads=settings.PREVIEW_THREADS,
        )
        keeping.keep(preview, {look: png(picture) for look, picture in made.pictures.items()})
        _finish(preview, state=State.MADE, facts=_facts(made))
    except ProcessingError as error:
        logger.info("A preview could not be made: %s", error)
        _finish(preview, state=State.FAILED, problems=_problems(error))
    except Exception:
        logger.exception("Preview %s failed", preview.pk)
        _finish(preview, state=State.FAILED, problems=[{"field": "", "message": UNEXPECTED}])


def _finish(preview: Preview, **columns: Any) -> None:
    # Nothing where the row was removed meanwhile: the pictures go with the next sweep.
    Preview.objects.filter(pk=preview.pk, state=State.MAKING).update(**columns)


def _facts(made: Made) -> dict[str, Any]:
    return {
        "bounds": list(made.bounds),
        "looks": list(made.pictures),
        "pixel_m": made.pixel_m,
        "scenes": len(made.granules),
        "scenes_read": made.scenes_read,
        "scenes_used": made.scenes_used,
        "scenes_left_out": made.scenes_left_out,
        "scenes_unreadable": made.scenes_unreadable,
        "share": made.share,
        "notes": list(made.notes),
    }


def _problems(error: ProcessingError) -> list[dict[str, str]]:
    if isinstance(error, InvalidOrder):
        return [{"field": problem.field, "message": problem.message} for problem in error.problems]
    return [{"field": "", "message": told_to_users(error)}]
