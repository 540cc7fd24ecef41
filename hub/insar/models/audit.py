"""What was answered to whom. Rows are only ever added: the table itself refuses everything else (sql/audit.sql)."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils import timezone

from hub.insar.models.words import MAP_SRID, Action


class AuditEntry(models.Model):
    """One answer. It names people and releases by words, so that it outlives their rows."""

    at = models.DateTimeField(default=timezone.now)
    user_id = models.IntegerField(null=True)
    user_name = models.CharField(max_length=150, blank=True)
    """Empty: a visitor."""
    by = models.CharField(max_length=7)
    """How the person was known: "session", "token", "visitor", "command"."""
    action = models.CharField(max_length=10, choices=Action)
    release_id = models.IntegerField(null=True)
    release_key = models.CharField(max_length=63, blank=True)
    direction = models.CharField(max_length=10, blank=True)
    area = models.GeometryField(srid=MAP_SRID, null=True)
    """Where was looked: the box of a tile, a polygon, a point."""
    points = models.IntegerField(default=0)
    """How many points the answer gave, or rested on."""
    cells = models.IntegerField(default=0)
    rights = models.CharField(max_length=32, blank=True)
    """The fingerprint of the rights it was given under."""
    detail = models.JSONField(default=dict)

    class Meta:
        managed = False  # Testing tools empty managed tables, which this one refuses: sql/audit.sql.
        db_table = "insar_auditentry"
        ordering = ["-id"]
