"""Previews that were asked for. The row is the only truth about one; the pictures lie in files (``keeping``)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from processing.spec import MosaicSpec


class State(models.TextChoices):
    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


UNFINISHED = (State.WAITING, State.MAKING)


def new_key() -> str:
    """What cannot be guessed; part of addresses and file names."""
    return secrets.token_urlsafe(18)


class PreviewQuerySet(models.QuerySet["Preview"]):
    def of(self, user: Any) -> PreviewQuerySet:
        """Those that ``user`` asked for and that are kept still: nobody else may know of them."""
        return self.filter(owner=user, asked_at__gt=kept_since())

    def unfinished(self) -> PreviewQuerySet:
        """Those that a worker may still finish."""
        return self.filter(state__in=UNFINISHED, asked_at__gt=lost_since())


class Preview(models.Model):
    """What a user asked to see, and what came of it."""

    key = models.CharField(max_length=40, unique=True, default=new_key)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="previews")
    digest = models.CharField(max_length=64)
    """Of the choices: the same ones asked twice are one preview."""
    spec = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    facts = models.JSONField(default=dict)
    """Of one that is made: bounds, looks, pixel_m, scenes, share, notes."""
    problems = models.JSONField(default=list)
    """Why one has failed: field of the order, or "", and message."""

    objects = PreviewQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "digest"], name="previews_once_per_choice")]

    def __str__(self) -> str:
        return f"{self.mosaic_spec.period.title}, {self.mosaic_spec.method}"

    @property
    def mosaic_spec(self) -> MosaicSpec:
        return MosaicSpec.model_validate(self.spec)

    @property
    def is_worth_keeping(self) -> bool:
        """Whether making it again would show no more; what was left out for lack of time may be read the next time."""
        return self.state != State.FAILED and not self.is_lost and not self.facts.get("scenes_left_out")

    @property
    def is_lost(self) -> bool:
        """Whether nobody finished it in time."""
        return self.state in UNFINISHED and self.asked_at <= lost_since()


def kept_since() -> datetime:
    """What was asked for before is no longer kept."""
    return timezone.now() - timedelta(seconds=settings.PREVIEW_KEPT_SECONDS)


def lost_since() -> datetime:
    """What was asked for before and is not finished will never be."""
    return timezone.now() - timedelta(seconds=settings.PREVIEW_LOST_SECONDS)
