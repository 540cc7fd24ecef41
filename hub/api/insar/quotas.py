"""How often one person, or one network address of visitors, may ask, and how many points they may take away.

Requests are counted in the cache, minute by minute; points in the audit log, which nobody can empty.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.throttling import BaseThrottle

from hub.insar.answers.refusals import QuotaUsedUp
from hub.wording.titles import number

_MINUTE = 60
_TAKEN = """
    SELECT coalesce(sum(points), 0)
    FROM insar_auditentry
    WHERE at > statement_timestamp() - interval '1 day' AND action IN ('export', 'points')
        AND CASE WHEN %(user)s::integer IS NULL THEN user_id IS NULL AND detail ->> 'from' = %(from)s
            ELSE user_id = %(user)s END
"""


class _PerMinute(BaseThrottle):
    """Refuses from a number of requests in one minute of the clock on: one number is kept, not a list of times."""

    setting = ""

    def allow_request(self, request: Any, view: Any) -> bool:
        name = f"{self.setting}:{who(request)}:{int(time.time() // _MINUTE)}"
        cache.add(name, 0, timeout=2 * _MINUTE)
        try:
            count = cache.incr(name)
        except ValueError:  # it was dropped between the two calls
            return True
        return count <= getattr(settings, self.setting)

    def wait(self) -> float:
        return _MINUTE - time.time() % _MINUTE


class TilesThrottle(_PerMinute):
    setting = "INSAR_TILES_PER_MINUTE"


class AnswersThrottle(_PerMinute):
    setting = "INSAR_ANSWERS_PER_MINUTE"


def who(request: Any) -> str:
    """The person who asks, or for visitors what stands for their network address; the address itself is not kept."""
    if request.user.is_authenticated:
        return f"user-{request.user.pk}"
    address = _address(request).encode("utf-8", "replace")
    return hmac.new(settings.SECRET_KEY.encode(), b"insar" + address, hashlib.sha256).hexdigest()[:16]


def _address(request: Any) -> str:
    """The client's; behind a proxy what the proxy itself wrote last."""
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        if forwarded:
            return str(forwarded)
    return str(request.META.get("REMOTE_ADDR", ""))


def check_points(request: Any, points: int) -> None:
    """Refuse to give ``points`` more to somebody who would then have more than a day's.

    Within the transaction that writes the answer down: until it ends nobody else counts for this person.
    Raises QuotaUsedUp.
    """
    name = who(request)
    user = request.user.pk if request.user.is_authenticated else None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"insar points of {name}"])
        cursor.execute(_TAKEN, {"user": user, "from": name})
        (taken,) = cursor.fetchone()
    most = settings.INSAR_EXPORT_POINTS_PER_DAY
    if taken + points > most:
        text = _("These are %(points)s points; of the %(most)s that you may take away in a day, %(left)s are left.")
        numbers = {"points": number(points), "most": number(most), "left": number(max(0, most - taken))}
        raise QuotaUsedUp(text % numbers)
