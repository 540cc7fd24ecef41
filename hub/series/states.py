"""The states of a series, and which state may follow which."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    WAITING = "waiting", _("Waiting")
    MAKING = "making", _("Being computed")
    MADE = "made", _("Finished")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


UNFINISHED = frozenset({State.WAITING, State.MAKING})

MAY_FOLLOW: dict[State, frozenset[State]] = {
    # A series waits again when it gives way to others, or when its worker fell silent.
    State.WAITING: frozenset({State.MAKING}),
    State.MAKING: frozenset({State.WAITING}),
    State.MADE: frozenset({State.MAKING}),
    State.FAILED: UNFINISHED,
    State.STOPPED: UNFINISHED,
}
"""For each state, those that it may follow; a series begins as ``waiting``."""
