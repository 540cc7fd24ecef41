"""News of the service, written in the admin."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


def today():
    return timezone.now().date()


class NewsQuerySet(models.QuerySet):
    def published(self) -> NewsQuerySet:
        """News whose day has come."""
        return self.filter(date__lte=today())


class News(models.Model):
    """One piece of news; it appears on its day."""

    title = models.CharField(max_length=120)
    text = models.TextField(help_text="Plain text; an empty line begins a paragraph, addresses become links.")
    date = models.DateField(default=today, db_index=True)

    objects = NewsQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name_plural = "news"

    def __str__(self) -> str:
        return self.title
