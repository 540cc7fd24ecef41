"""What people promise before they see restricted results: who has accepted which version, and who still has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hub.errors import NotFound
from hub.insar import policy
from hub.insar.access import journal
from hub.insar.access.refusals import AccessRefused
from hub.insar.models import Acceptance, Action, Grant, Right, Undertaking

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def readable(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Undertaking]:
    """The undertakings that ``user`` may read: those of releases they know of, and those their grants rest on."""
    if not user.is_authenticated:
        return Undertaking.objects.none()
    known = policy.visible_releases(user, at_least=Right.EXISTS).values("pk")
    mine = Q(releases__in=known) | Q(grants__in=_grants(user)) | Q(acceptances__user_id=user.pk)
    return Undertaking.objects.filter(mine).distinct()


def find(user: AbstractBaseUser | AnonymousUser, pk: int) -> Undertaking:
    """One of those. Raises NotFound for others."""
    found = readable(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def missing(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Undertaking]:
    """Undertakings on which grants of ``user`` rest that do not count until they are accepted."""
    if not user.is_authenticated:
        return Undertaking.objects.none()
    accepted = Acceptance.objects.filter(undertaking=OuterRef("pk"), user_id=user.pk)
    return _standing().filter(~Exists(accepted), grants__in=_grants(user)).distinct()


def acceptance(user: AbstractBaseUser | AnonymousUser, undertaking: Undertaking) -> Acceptance | None:
    """That ``user`` has accepted this very version, if they have."""
    return Acceptance.objects.filter(undertaking=undertaking, user_id=user.pk).first() if user.pk else None


def accept(user: AbstractBaseUser, pk: int, *, by: str = "session") -> Acceptance:
    """Note that ``user`` accepts this version, once. Raises NotFound, or AccessRefused for one that was withdrawn."""
    undertaking = find(user, pk)
    if not stands(undertaking):
        raise AccessRefused(_("This version has been withdrawn: there is nothing to accept any more."))
    with transaction.atomic():
        found, made = Acceptance.objects.get_or_create(undertaking=undertaking, user_id=user.pk)
        if made:
            detail = {"decision": "accepted", "undertaking": undertaking.pk, "version": undertaking.version}
            for release in undertaking.releases.filter(pk__in=policy.visible_releases(user).values("pk")):
                journal.note(user, Action.DECISION, release, detail=detail, by=by)
    return found


def stands(undertaking: Undertaking | None) -> bool:
    """Whether it can be accepted, and grants that rest on it count."""
    if undertaking is None:
        return False
    return undertaking.withdrawn_at is None or undertaking.withdrawn_at > timezone.now()


def text_of(undertaking: Undertaking) -> tuple[str, str]:
    """Its text in the reader's language, or in English where there is none; and the language that it is in."""
    if (get_language() or "").startswith("fr") and undertaking.text_fr.strip():
        return undertaking.text_fr, "fr"
    return undertaking.text_en, "en"


def _standing() -> QuerySet[Undertaking]:
    return Undertaking.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=timezone.now()))


def _grants(user: AbstractBaseUser) -> QuerySet[Grant]:
    """Those to ``user`` or to a group of theirs that would count, were their undertaking accepted."""
    now = timezone.now()
    return Grant.objects.filter(
        Q(user_id=user.pk) | Q(group__user=user.pk),
        Q(valid_until=None) | Q(valid_until__gt=now),
        revoked_at=None,
        valid_from__lte=now,
    )
