"""Grants that end soon: who has one is told once, in time to ask anew."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from hub.insar.access import notices
from hub.insar.models import Grant

WARNED_BEFORE = timedelta(days=14)


def warn_of_ends() -> int:
    """Tell whoever holds a grant that ends within a fortnight; each grant once, whoever else is at it."""
    now = timezone.now()
    due = Grant.objects.filter(
        revoked_at=None,
        everybody=False,
        warned_at=None,
        valid_until__gt=now,
        valid_until__lte=now + WARNED_BEFORE,
        # One that was given for a few days only is no news when it ends.
        granted_at__lt=F("valid_until") - WARNED_BEFORE,
    )
    told = 0
    for pk in due.values_list("pk", flat=True):
        # Claimed before it is sent: better no mail than two.
        if Grant.objects.filter(pk=pk, warned_at=None).update(warned_at=now):
            notices.ending(pk)
            told += 1
    return told
