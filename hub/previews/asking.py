"""A user's verbs: ask for a preview, look whether it is there."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hub.errors import HubError
from hub.orders.committed import once_committed
from hub.orders.queue import BROKER_AWAY
from hub.previews.models import Preview, State
from processing.spec import MosaicSpec

logger = logging.getLogger(__name__)


class TooManyPreviews(HubError):
    code = "too_many_previews"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("Earlier previews of yours are still being made.")
    remedy = _("Try again in a few seconds.")


# In English: it goes into a row.
NOT_AVAILABLE = "Previews cannot be made at the moment; try again in a few minutes."


def ask_for(user: Any, specs: Sequence[MosaicSpec]) -> list[Preview]:
    """The previews of ``specs`` for ``user``: those there are already, and new ones that a worker will make.

    Only area, period, method and mask count. Raises TooManyPreviews, and asks for none then.
    """
    with transaction.atomic():
        # Asked one after the other: two at once would pass the limit together, or both be made.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        return [_ask(user, spec) for spec in specs]


def _ask(user: Any, spec: MosaicSpec) -> Preview:
    digest = _digest(spec)
    known = Preview.objects.of(user).filter(digest=digest).first()
    if known and known.is_worth_keeping:
        return known
    if Preview.objects.of(user).unfinished().count() >= settings.PREVIEW_LIMIT_WAITING_PER_USER:
        raise TooManyPreviews
    Preview.objects.filter(owner=user, digest=digest).delete()
    preview = Preview.objects.create(owner=user, digest=digest, spec=spec.to_json())
    once_committed(_enqueue, preview.pk)
    return preview


def _digest(spec: MosaicSpec) -> str:
    """Of what decides how a preview looks; previews of another archive are others."""
    plain = spec.model_copy(
        update={"name": "preview", "bands": ("B04",), "layers": (), "resolution": 60, "crs": "utm", "format": "geotiff"}
    )
    return hashlib.sha256(f"{settings.MOSAIC_SOURCE} {plain.digest()}".encode()).hexdigest()


def _enqueue(preview_pk: int) -> None:
    from hub.previews.tasks import make

    try:
        make.apply_async((preview_pk,), retry=False)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, a preview cannot be made: %s", error)
        Preview.objects.filter(pk=preview_pk).update(
            state=State.FAILED, problems=[{"field": "", "message": NOT_AVAILABLE}]
        )
