"""Links that let whoever holds them see one order and fetch its files, until a day or until they are ended.

The link's token is shown once, to the owner who makes it; the row keeps its SHA-256 alone, so that nobody who
reads the database can open an order with it. What a link allows is asked anew at every request.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.errors import HubError, NotFound, ShareEnded, TooManyLinks
from hub.orders import ordering
from hub.orders.models import Order, ShareLink

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

DAYS = (1, 7, 30)
"""For how long a link may be made."""
MOST_LINKS = 20
TOKEN_BYTES = 24
# As secrets.token_urlsafe makes it of so many bytes.
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


class UnknownDuration(HubError):
    """A link was asked for a number of days that is not offered."""

    code = "unknown_duration"


@dataclass(frozen=True)
class Shared:
    """A link as its maker sees it, this once."""

    link: ShareLink
    token: str

    @property
    def path(self) -> str:
        """The address that opens the order, below the site's."""
        return reverse("orders:shared", args=[self.token])


def share(order: Order, *, days: int, by: AbstractUser) -> Shared:
    """A new link to ``order`` for ``days`` days. Raises NotFound, UnknownDuration or TooManyLinks."""
    ordering.require_owner_or_operator(order, by)
    if days not in DAYS:
        raise UnknownDuration(
            _("A link lasts %(days)s days.") % {"days": ", ".join(map(str, DAYS))}, remedy=_("Choose one of these.")
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        order = ordering.locked(order)
        if order.share_links.usable().count() >= MOST_LINKS:
            raise TooManyLinks
        link = order.share_links.create(token_digest=_digest(token), expires_at=timezone.now() + timedelta(days=days))
    return Shared(link, token)


def revoke(order: Order, link_pk: int, *, by: AbstractUser) -> None:
    """End one link of ``order`` at once; a link that has ended already stays so. Raises NotFound."""
    ordering.require_owner_or_operator(order, by)
    if not order.share_links.filter(pk=link_pk).exists():
        raise NotFound
    order.share_links.filter(pk=link_pk, revoked_at=None).update(revoked_at=timezone.now())


def opened(token: str) -> ShareLink:
    """The link that ``token`` opens now; NotFound for a token that never was, ShareEnded for one that was right."""
    if not TOKEN.fullmatch(token):
        raise NotFound
    digest = _digest(token)
    if link := ShareLink.objects.usable().filter(token_digest=digest).first():
        return link
    raise ShareEnded if ShareLink.objects.filter(token_digest=digest).exists() else NotFound


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
