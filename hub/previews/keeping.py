"""Where the pictures of previews lie, and when they go: MEDIA_ROOT/previews/<key>/<look>.png."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from hub.previews.models import Preview, kept_since

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[A-Za-z0-9_-]{10,40}")


def root() -> Path:
    return Path(settings.MEDIA_ROOT) / "previews"


def picture_path(preview: Preview, look: str) -> Path:
    """The file of one of the looks that the preview's facts name."""
    return root() / preview.key / f"{look}.png"


def keep(preview: Preview, pictures: Mapping[str, bytes]) -> None:
    """Write the pictures, by look."""
    folder = root() / preview.key
    folder.mkdir(parents=True, exist_ok=True)
    for look, picture in pictures.items():
        (folder / f"{look}.png").write_bytes(picture)


def sweep() -> int:
    """Remove previews that are no longer kept, and folders that no preview has; return how many folders."""
    Preview.objects.filter(asked_at__lte=kept_since()).delete()
    # Listed before the rows are read: a folder of the list has its row already, or never will.
    folders = [folder for folder in root().iterdir() if _KEY.fullmatch(folder.name)] if root().is_dir() else []
    kept = set(Preview.objects.values_list("key", flat=True))
    gone = [folder for folder in folders if folder.name not in kept]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    if gone:
        logger.info("Removed the pictures of %s previews", len(gone))
    return len(gone)
