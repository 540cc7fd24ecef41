"""Series that were asked for, and their steps. The row is the only truth about one: messages carry its number alone."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from hub.series.states import MAY_FOLLOW, UNFINISHED, State
from processing.pixels.series_spec import SeriesSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# As secrets.token_urlsafe makes it of 18 bytes.
KEY = re.compile(r"[A-Za-z0-9_-]{24}")
NOT_OVER = models.Q(state__in=[State.WAITING.value, State.MAKING.value])


def new_key() -> str:
    """What cannot be guessed; part of addresses."""
    return secrets.token_urlsafe(18)


class SeriesQuerySet(models.QuerySet["Series"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> SeriesQuerySet:
        """Those that ``user`` asked for and that are kept still: nobody else may know of them."""
        return self.filter(owner_id=user.pk, asked_at__gt=kept_since()) if user.is_authenticated else self.none()

    def keyed(self, key: str) -> SeriesQuerySet:
        """The one with ``key``, as it stands in an address; nothing where that cannot be a key."""
        return self.filter(key=key) if KEY.fullmatch(key) else self.none()

    def unfinished(self) -> SeriesQuerySet:
        return self.filter(state__in=UNFINISHED)

    def of_attempt(self, series: Series) -> SeriesQuerySet:
        """The row of ``series`` while its attempt is the one under way, else nothing."""
        return self.filter(pk=series.pk, attempt=series.attempt, state=State.MAKING)

    def move(self, to: State, **changes: Any) -> int:
        """Move those rows whose state allows it to ``to``; return how many moved.

        One ``UPDATE ... WHERE state IN (...)``: of two callers only one gets a count of 1.
        """
        return self.filter(state__in=MAY_FOLLOW[to]).update(state=to, **changes)


class Series(models.Model):
    """What a user asked to see of a place over time, and how far it is."""

    key = models.CharField(max_length=40, unique=True, default=new_key, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="series")
    name = models.CharField(max_length=64)
    spec = models.JSONField(help_text="The SeriesSpec as JSON")
    digest = models.CharField(max_length=64, help_text="Of the SeriesSpec and the archive")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    enqueued_at = models.DateTimeField(null=True, blank=True, help_text="When a message for a worker was last sent")
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The last sign of life of its worker")
    finished_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="How often a worker has taken it")
    failures = models.PositiveIntegerField(default=0, help_text="How many of its workers fell silent")
    seconds = models.FloatField(default=0, help_text="Time in workers")
    steps_done = models.PositiveIntegerField(default=0)
    steps_expected = models.PositiveIntegerField(null=True, blank=True, help_text="Empty while nobody knows")
    problems = models.JSONField(default=list, blank=True)
    """Why it has failed: field of the spec, or "", and message in English."""

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "series"
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "-asked_at"]),
            models.Index(fields=["state"], condition=NOT_OVER, name="series_unfinished"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "digest"],
                condition=NOT_OVER,
                name="series_unfinished_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("series:shown", args=[self.key])

    @property
    def series_spec(self) -> SeriesSpec:
        """What was asked for, under the name that it has now."""
        return SeriesSpec.model_validate(self.spec).model_copy(update={"name": self.name})

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def kept_until(self) -> datetime:
        """When it is removed."""
        return self.asked_at + timedelta(days=settings.SERIES_KEPT_DAYS)


class SeriesStep(models.Model):
    """One step of a series: a period, or a date."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="The engine's Step as JSON")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="series_step_once")]

    def __str__(self) -> str:
        return f"{self.series_id}:{self.number}"


def kept_since() -> datetime:
    """What was asked for before is no longer kept."""
    return timezone.now() - timedelta(days=settings.SERIES_KEPT_DAYS)
