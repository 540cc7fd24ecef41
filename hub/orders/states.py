"""The states of an order and of its products, and which state may follow which.

The words are those of OGC API Processes, with ``held`` (waits for an operator's approval),
``partial`` (some products failed) and ``expired`` (the files are gone) added.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    HELD = "held", _("Held")
    ACCEPTED = "accepted", _("Accepted")
    RUNNING = "running", _("Running")
    SUCCESSFUL = "successful", _("Successful")
    PARTIAL = "partial", _("Partial")
    FAILED = "failed", _("Failed")
    DISMISSED = "dismissed", _("Dismissed")
    EXPIRED = "expired", _("Expired")


MAY_FOLLOW: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset(),  # an order can only begin so
    Status.ACCEPTED: frozenset({Status.HELD, Status.RUNNING, Status.FAILED, Status.PARTIAL}),
    Status.RUNNING: frozenset({Status.ACCEPTED}),
    Status.SUCCESSFUL: frozenset({Status.RUNNING}),
    Status.PARTIAL: frozenset({Status.RUNNING}),
    Status.FAILED: frozenset({Status.ACCEPTED, Status.RUNNING}),
    Status.DISMISSED: frozenset({Status.HELD, Status.ACCEPTED, Status.RUNNING}),
    Status.EXPIRED: frozenset({Status.SUCCESSFUL, Status.PARTIAL}),
}
"""For each state, those that it may follow. ``accepted`` follows ``running`` only by giving back
(production.give_back), and ``failed`` or ``partial`` only by trying again what failed (ordering.retry_failed)."""

ACTIVE = frozenset({Status.HELD, Status.ACCEPTED, Status.RUNNING})
FINAL = frozenset(Status) - ACTIVE
