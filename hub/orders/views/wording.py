"""What the pages say about refusals, and to the map."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from hub.errors import HubError, told_to_users
from hub.orders.forms import sentence_of
from hub.wording.sentences import told
from processing.errors import InvalidOrder, ProcessingError

logger = logging.getLogger(__name__)


def explained(refused: HubError | ProcessingError) -> str:
    """What was refused and what to do, in plain sentences."""
    if isinstance(refused, InvalidOrder):
        return " ".join(sentence_of(problem) for problem in refused.problems)
    if isinstance(refused, ProcessingError):
        logger.warning("An order could not be taken: %s", refused)
        return gettext("Nothing was ordered. %(reason)s") % {"reason": told(told_to_users(refused))}
    return f"{refused} {refused.remedy}".strip()


def map_config() -> dict[str, Any]:
    """What every map needs of the settings."""
    return {"tiles": settings.MAP_TILES_URL, "attribution": settings.MAP_TILES_ATTRIBUTION}
