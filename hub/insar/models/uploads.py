"""Files that were uploaded in the admin, on their way in."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.insar.models.releases import Release
from hub.insar.models.words import UploadState


class Upload(models.Model):
    """One file from its arrival until it is a part of a release, or refused. The file lies in ``folder`` till then."""

    file_name = models.CharField(max_length=200)
    release = models.ForeignKey(
        Release,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="uploads",
        help_text=_("Empty: the one that the file names, which is made if need be"),
    )
    replaces = models.BooleanField(default=False, help_text=_("Put it in the place of an earlier version"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=UploadState, default=UploadState.WAITING, db_index=True)
    problem = models.TextField(blank=True, help_text="Why it was refused")
    part_id = models.IntegerField(null=True, help_text="What became of it")
    attempt = models.PositiveSmallIntegerField(default=0)
    enqueued_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="The worker's last sign of life")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def folder(self) -> Path:
        """Where the file lies under its own name, which readers take facts from."""
        return Path(settings.INSAR_ROOT) / "uploads" / str(self.pk)
