"""Questions about pixels: why one is as it is. The row is the only truth about one; its pictures lie in files."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from hub.orders.models import Order, Product


class State(models.TextChoices):
    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


KEY = re.compile(r"[A-Za-z0-9_-]{10,40}")
"""As ``new_key`` makes them, or nearly."""

UNFINISHED = (State.WAITING, State.MAKING)


def new_key() -> str:
    """What cannot be guessed; part of addresses and file names."""
    return secrets.token_urlsafe(18)


class QuestionQuerySet(models.QuerySet["Question"]):
    def of(self, product: Product) -> QuestionQuerySet:
        """Those about the product as it was delivered last, that are kept still."""
        return self.filter(product=product, attempt=product.attempt, asked_at__gt=kept_since())

    def about(self, order: Order) -> QuestionQuerySet:
        """Those about any product of the order, that are kept still."""
        return self.filter(product__order=order, attempt=models.F("product__attempt"), asked_at__gt=kept_since())

    def unfinished(self) -> QuestionQuerySet:
        """Those that a worker may still finish."""
        return self.filter(state__in=UNFINISHED, asked_at__gt=lost_since())


class Question(models.Model):
    """A pixel of a product, and what it was chosen from: one row however often and by whomever it is asked for."""

    key = models.CharField(max_length=40, unique=True, default=new_key)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="questions")
    attempt = models.PositiveIntegerField(help_text="The product's attempt that it is about")
    row = models.PositiveIntegerField()
    column = models.PositiveIntegerField()
    lon = models.FloatField(help_text="Of the pixel's centre")
    lat = models.FloatField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.JSONField(default=dict)
    """Of one that is made: the engine's ``Explanation`` as JSON, what the product holds, and the pixel's outline."""
    pictures = models.JSONField(null=True, default=None)
    """Positions of the candidates that have a picture; None as long as they are still being made."""
    problems = models.JSONField(default=list)
    """Why one has failed: code and message."""

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "row", "column"], name="one_question_per_pixel")]

    def __str__(self) -> str:
        return f"{self.product_id}: row {self.row}, column {self.column}"

    @property
    def is_lost(self) -> bool:
        """Whether nobody finished it in time."""
        return self.state in UNFINISHED and self.asked_at <= lost_since()

    @property
    def is_unfinished(self) -> bool:
        """Whether waiting for it makes sense."""
        return self.state in UNFINISHED and not self.is_lost

    @property
    def waits_for_pictures(self) -> bool:
        return self.state == State.MADE and self.pictures is None and self.asked_at > lost_since()


def kept_since() -> datetime:
    """What was asked for before is no longer kept."""
    return timezone.now() - timedelta(days=settings.PIXEL_KEPT_DAYS)


def lost_since() -> datetime:
    """What was asked for before and is not finished will never be."""
    return timezone.now() - timedelta(seconds=settings.PIXEL_LOST_SECONDS)
