"""Who may see what. These rows are what the policy reads (sql/policy.sql); nothing else decides."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.insar.models.releases import Release
from hub.insar.models.words import MAP_SRID, RequestState, Right, Treatment


class Territory(models.Model):
    """Land that one authority answers for."""

    name = models.CharField(max_length=120, unique=True)
    authority = models.CharField(max_length=160, help_text=_("Who answers for it"))
    area = models.MultiPolygonField(srid=MAP_SRID)
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="managed_territories",
        help_text=_("They decide on requests for this territory, and for no other"),
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "territories"

    def __str__(self) -> str:
        return self.name


class Undertaking(models.Model):
    """A version of what people promise before they see restricted results. Its text never changes: a new one is new."""

    title = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField(default=1)
    text_en = models.TextField()
    text_fr = models.TextField(blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text=_("From then on grants that rest on it no longer count")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["title", "version"], name="one_undertaking_per_version")]
        ordering = ["title", "-version"]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"


class Acceptance(models.Model):
    """That a person has accepted a version of an undertaking."""

    undertaking = models.ForeignKey(Undertaking, on_delete=models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acceptances")
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["undertaking", "user"], name="one_acceptance_per_person")]


class Grant(models.Model):
    """A right on a release within an area until a date, for a person, a group, or everybody."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="grants")
    right = models.CharField(max_length=8, choices=Right)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="insar_grants"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="insar_grants")
    everybody = models.BooleanField(default=False, help_text=_("Visitors too"))
    territory = models.ForeignKey(
        Territory, null=True, blank=True, on_delete=models.CASCADE, related_name="grants", help_text=_("None: anywhere")
    )
    area = models.MultiPolygonField(
        srid=MAP_SRID, null=True, blank=True, help_text=_("Within the territory; empty: all of it")
    )
    effective_area = models.GeometryField(srid=MAP_SRID, null=True, editable=False)
    """Area and territory in common; kept by triggers, so that it holds whoever writes. NULL: nothing in common."""
    area_digest = models.CharField(max_length=32, editable=False, default="")
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until it is revoked"))
    undertaking = models.ForeignKey(
        Undertaking,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="grants",
        help_text=_("Counts only for who has accepted this version"),
    )
    despite_embargo = models.BooleanField(default=False, help_text=_("Counts before the embargo ends, too"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    revoked_because = models.TextField(blank=True, help_text=_("The person is told"))
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the person was told that it ends soon."""
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    granted_by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="grant_to_one",
                condition=(
                    models.Q(user__isnull=False, group__isnull=True, everybody=False)
                    | models.Q(user__isnull=True, group__isnull=False, everybody=False)
                    | models.Q(user__isnull=True, group__isnull=True, everybody=True)
                ),
                violation_error_message=_("Choose one: a person, a group, or everybody."),
            ),
            models.CheckConstraint(
                name="everybody_cannot_accept",
                condition=models.Q(everybody=False) | models.Q(undertaking__isnull=True),
                violation_error_message=_("Visitors cannot accept an undertaking."),
            ),
        ]
        indexes = [models.Index(fields=["release", "user"]), models.Index(fields=["release", "group"])]

    def __str__(self) -> str:
        return f"{self.right} on {self.release_id}"


class AccessRequest(models.Model):
    """That a person asks for a right on a release within a territory, and what became of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="access_requests")
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="access_requests")
    right = models.CharField(max_length=8, choices=Right, default=Right.FULL)
    area = models.MultiPolygonField(srid=MAP_SRID, null=True, blank=True, help_text=_("Empty: the whole territory"))
    organisation = models.CharField(max_length=160, blank=True)
    purpose = models.TextField()
    wanted_until = models.DateField(null=True, blank=True)
    undertaking = models.ForeignKey(Undertaking, null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING, db_index=True)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    answer = models.TextField(blank=True, help_text=_("What the manager tells the person"))
    grant = models.OneToOneField(Grant, null=True, blank=True, on_delete=models.SET_NULL, related_name="access_request")

    class Meta:
        ordering = ["-asked_at"]


class SensitiveSite(models.Model):
    """A place whose points nobody sees one by one, whatever their rights."""

    name = models.CharField(max_length=120)
    release = models.ForeignKey(
        Release,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="sites",
        help_text=_("Empty: all of them"),
    )
    area = models.MultiPolygonField(srid=MAP_SRID)
    treatment = models.CharField(max_length=10, choices=Treatment, default=Treatment.CUT)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
