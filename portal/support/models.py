"""The service desk's rows: a ticket and the messages that went to and fro."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hub.orders.models import Order
from hub.pixels.reporting import Report

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class TicketQuerySet(models.QuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> TicketQuerySet:
        """The tickets that ``user`` wrote while signed in."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()


class Ticket(models.Model):
    """One question to the service desk."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tickets",
        help_text="Empty when the sender was not signed in",
    )
    email = models.EmailField(_("e-mail address"))
    subject = models.CharField(max_length=120)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN, db_index=True)
    language = models.CharField(
        max_length=10, blank=True, editable=False, help_text="What the sender's page was in; mails to them are too"
    )
    place = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="The pixel that it is about, with all that was known of it: hub.pixels.reporting",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("support:ticket", args=[self.pk])

    @cached_property
    def pixel(self) -> Report | None:
        """The pixel that it is about, if it is about one."""
        return Report(self.place) if self.place else None


class TicketMessage(models.Model):
    """One message of a ticket: from the sender, or from the service desk."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    from_desk = models.BooleanField(default=False)
    text = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="When the mail server took it")

    class Meta:
        ordering = ["sent_at", "pk"]

    def __str__(self) -> str:
        return f"{'Service desk' if self.from_desk else 'Sender'}, {self.sent_at:%Y-%m-%d %H:%M}"
