"""Where the pictures of questions lie, and when they go: MEDIA_ROOT/pixels/<key>/<position of the candidate>.png."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q

from hub.orders.states import Status
from hub.pixels.models import KEY, Question, kept_since

logger = logging.getLogger(__name__)


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / "pixels"


def picture_path(question: Question, number: int) -> Path:
    """The file of one of the candidates that ``question.pictures`` names."""
    return root() / question.key / f"{number}.png"


def keep(question: Question, pictures: Mapping[int, bytes]) -> None:
    """Write the pictures, by the candidate's position; what was there before goes."""
    folder = root() / question.key
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, picture in pictures.items():
        (folder / f"{number}.png").write_bytes(picture)


def sweep() -> int:
    """Remove questions that are no longer kept, or whose product is gone or another; return how many folders went."""
    is_over = Q(asked_at__lte=kept_since()) | ~Q(product__status=Status.SUCCESSFUL) | ~Q(attempt=F("product__attempt"))
    Question.objects.filter(is_over).delete()
    # Listed before the rows are read: a folder of the list has its row already, or never will.
    folders = [folder for folder in root().iterdir() if KEY.fullmatch(folder.name)] if root().is_dir() else []
    kept = set(Question.objects.values_list("key", flat=True))
    gone = [folder for folder in folders if folder.name not in kept]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    if gone:
        logger.info("Removed the pictures of %s pixels", len(gone))
    return len(gone)
