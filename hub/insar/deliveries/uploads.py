"""Files that staff upload: received, queued, taken in by a worker, and then gone. The row decides who takes one in."""

from __future__ import annotations

import logging
import re
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.errors import HubError
from hub.insar.deliveries import intake
from hub.insar.models import Release, Upload, UploadState
from hub.orders.queue import BROKER_AWAY, broker
from processing.errors import ProcessingError
from processing.insar.delivery import BadDelivery

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser
    from django.core.files.uploadedfile import UploadedFile

logger = logging.getLogger(__name__)

TAKE_IN = "hub.insar.tasks.take_in"
# What readers take facts from, and what a file system takes.
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 150
_RESERVE_BYTES = 1 << 30
# In English: it goes into a row.
_SILENT = "The worker that was taking it in stopped without a word, several times."
_BROKEN_DOWN = "It could not be taken in because of an error of this service, which is in its log."


class UploadRefused(HubError):
    """A file that is not even received."""

    code = "upload_refused"
    sentence = gettext_lazy("The file cannot be received.")


def receive(
    file: UploadedFile, *, user: AbstractUser, release: Release | None = None, replaces: bool = False
) -> Upload:
    """Keep the file for a worker, which is told once the row is committed. Raises UploadRefused."""
    most_mb = settings.INSAR_UPLOAD_MAX_MB
    if (file.size or 0) > most_mb << 20:
        raise UploadRefused(
            _("The file is larger than %(most)d MB.") % {"most": most_mb},
            remedy=_("Have it taken in by manage.py insar_intake."),
        )
    root = Path(settings.INSAR_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < (file.size or 0) + _RESERVE_BYTES:
        raise UploadRefused(_("There is no room for the file on the disk."))
    upload = Upload.objects.create(
        file_name=_safe_name(file.name or ""), release=release, replaces=replaces, uploaded_by=user
    )
    try:
        upload.folder.mkdir(parents=True)
        with (upload.folder / upload.file_name).open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
    except BaseException:
        shutil.rmtree(upload.folder, ignore_errors=True)
        upload.delete()
        raise
    transaction.on_commit(lambda: enqueue([upload.pk]))
    return upload


def _safe_name(name: str) -> str:
    plain = _NAME.sub("_", Path(name.replace("\\", "/")).name).lstrip(".")
    return plain[-_LONGEST_NAME:] or "upload"


def enqueue(uploads: Iterable[int]) -> int:
    """Send a message for each; return how many went out. While the broker is away, the sweep does it later."""
    sent = []
    try:
        with broker() as messages:
            for pk in uploads:
                current_app.send_task(TAKE_IN, (pk,), connection=messages, retry=False)
                sent.append(pk)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, the sweep will enqueue the rest: %s", error)
    Upload.objects.filter(pk__in=sent).update(enqueued_at=timezone.now())
    return len(sent)


def take_in(upload_pk: int) -> None:
    """Take one upload in, if it still waits, and keep what became of it."""
    claimed = Upload.objects.filter(pk=upload_pk, state=UploadState.WAITING).update(
        state=UploadState.RUNNING, attempt=F("attempt") + 1, seen_at=timezone.now()
    )
    # The queue hands a message out twice now and then.
    if not claimed:
        return
    upload = Upload.objects.select_related("release", "uploaded_by").get(pk=upload_pk)
    with _heartbeat(upload):
        ended = _outcome(upload) | {"finished_at": timezone.now()}
    if Upload.objects.filter(pk=upload.pk, state=UploadState.RUNNING, attempt=upload.attempt).update(**ended):
        shutil.rmtree(upload.folder, ignore_errors=True)


def _outcome(upload: Upload) -> dict[str, Any]:
    """What the row shall say of it."""
    by = upload.uploaded_by.get_username() if upload.uploaded_by else ""
    key = upload.release.key if upload.release else None
    try:
        outcome = intake.take_in(
            upload.folder / upload.file_name, release_key=key, by=by, replace=upload.replaces, finish=True
        )
    except (BadDelivery, HubError) as error:
        remedy = f" {error.remedy}" if isinstance(error, HubError) and error.remedy else ""
        return {"state": UploadState.REFUSED, "problem": f"{error}{remedy}"}
    except (ProcessingError, OSError, DatabaseError):
        # These may name paths and hosts.
        logger.exception("Upload %s could not be taken in", upload.pk)
        return {"state": UploadState.REFUSED, "problem": _BROKEN_DOWN}
    problem = "The same file was taken in before: nothing was changed." if outcome.already_there else ""
    part = outcome.part
    return {"state": UploadState.DONE, "problem": problem, "part_id": part.pk, "release": part.layer.release_id}


@contextmanager
def _heartbeat(upload: Upload) -> Iterator[None]:
    """Signs of life over a connection of their own: the intake's is in a transaction."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(settings.HEARTBEAT_SECONDS):
                try:
                    Upload.objects.filter(pk=upload.pk, attempt=upload.attempt).update(seen_at=timezone.now())
                except DatabaseError as error:
                    logger.warning("No heartbeat for upload %s: %s", upload.pk, error)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-upload-{upload.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def take_up() -> int:
    """Give uploads of silent workers to others and enqueue those that wait; return how many were enqueued."""
    now = timezone.now()
    silent = Upload.objects.filter(
        state=UploadState.RUNNING, seen_at__lt=now - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    )
    for upload in silent.filter(attempt__gte=settings.PRODUCT_ATTEMPTS):
        refused = {"state": UploadState.REFUSED, "problem": _SILENT, "finished_at": now}
        if silent.filter(pk=upload.pk, attempt=upload.attempt).update(**refused):
            shutil.rmtree(upload.folder, ignore_errors=True)
    silent.filter(attempt__lt=settings.PRODUCT_ATTEMPTS).update(state=UploadState.WAITING, enqueued_at=None)
    lost = Q(enqueued_at=None) | Q(enqueued_at__lt=now - timedelta(seconds=settings.MESSAGE_LOST_SECONDS))
    waiting = Upload.objects.filter(lost, state=UploadState.WAITING, uploaded_at__lt=now - timedelta(seconds=5))
    return enqueue(list(waiting.order_by("pk").values_list("pk", flat=True)))


def sweep_files() -> int:
    """Remove the files of uploads that are over or gone; return how many folders."""
    folders = {
        int(path.name): path for path in (Path(settings.INSAR_ROOT) / "uploads").glob("*") if path.name.isdecimal()
    }
    over = [UploadState.DONE, UploadState.REFUSED]
    wanted = set(Upload.objects.filter(pk__in=folders).exclude(state__in=over).values_list("pk", flat=True))
    # A row may not be committed yet while its file is still coming in.
    dead = [number for number in set(folders) - wanted if _is_old(folders[number])]
    for number in dead:
        shutil.rmtree(folders[number], ignore_errors=True)
    return len(dead)


def _is_old(folder: Path) -> bool:
    try:
        return timezone.now().timestamp() - folder.stat().st_mtime > timedelta(hours=6).total_seconds()
    except FileNotFoundError:
        return False
