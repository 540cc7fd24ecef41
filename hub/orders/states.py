"""The states of an order and of its products, and which state may follow which.

The words are those of OGC API Processes, with ``held`` (waits for an operator's approval),
``partial`` (some products failed) and ``expired`` (the files are gone) added.
"""

from django.db.models import TextChoices


class Status(TextChoices):
    HELD = "held", "Held"
    ACCEPTED = "accepted", "Accepted"
    RUNNING = "running", "Running"
    SUCCESSFUL = "successful", "Successful"
    PARTIAL = "partial", "Partial"
    FAILED = "failed", "Failed"
    DISMISSED = "dismissed", "Dismissed"
    EXPIRED = "expired", "Expired"


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
(production.give_back), and ``failed`` or ``partial`` only by an operator (ordering.run_again)."""

ACTIVE = frozenset({Status.HELD, Status.ACCEPTED, Status.RUNNING})
FINAL = frozenset(Status) - ACTIVE
