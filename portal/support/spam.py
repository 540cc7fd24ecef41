"""What keeps programs from writing to the service desk, without asking anything of people."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.core.cache import cache

SALT = "portal.support.contact"
# Nobody reads the form, writes a question and sends it in less.
SHORTEST = timedelta(seconds=3)
LONGEST = timedelta(hours=12)


class TooFast(Exception):
    """The form came back sooner than a person could fill it in."""


class TooOld(Exception):
    """The form was opened long ago, or its stamp is not one of ours."""


def stamp() -> str:
    """A signed note of when the form was opened; a forged one cannot be made without the site's key."""
    return signing.TimestampSigner(salt=SALT).sign("opened")


def check_stamp(stamped: str) -> None:
    """Raise TooFast or TooOld unless a person may have filled in the form meanwhile."""
    signer = signing.TimestampSigner(salt=SALT)
    try:
        signer.unsign(stamped, max_age=LONGEST)
    except signing.BadSignature:
        raise TooOld from None
    try:
        signer.unsign(stamped, max_age=SHORTEST)
    except signing.SignatureExpired:
        return
    raise TooFast


def within_limit(key: str, *, limit: int, seconds: int) -> bool:
    """Count one more use of ``key``; False when there were ``limit`` in the current span of ``seconds``."""
    name = f"support:{key}"
    if cache.add(name, 1, timeout=seconds):
        return True
    try:
        return cache.incr(name) <= limit
    except ValueError:  # it ran out between the two calls
        cache.set(name, 1, timeout=seconds)
        return True
