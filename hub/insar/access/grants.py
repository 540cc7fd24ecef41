"""A manager's verbs: grant what was asked for, refuse it, revoke what was granted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.errors import NotAllowed
from hub.insar.access import desk, journal, notices
from hub.insar.access.outlines import shared
from hub.insar.access.refusals import AccessRefused, AlreadyDecided
from hub.insar.access.requests import GRANTABLE, check_until
from hub.insar.models import AccessRequest, Action, Grant, RequestState, Right

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.contrib.gis.geos import MultiPolygon

LONGEST_ANSWER = 2000
_RANKS = {right: rank for rank, right in enumerate(Right.values)}


@dataclass(frozen=True)
class Terms:
    """What a manager grants."""

    right: str
    until: date
    """The last day on which it counts."""

    area: MultiPolygon | None = None
    """Where; of it counts what was asked for. None: all that was asked for."""

    answer: str = ""
    """What the person is told."""

    note: str = ""
    """What colleagues are told."""

    despite_embargo: bool = False


def grant(manager: AbstractBaseUser, pk: int, terms: Terms, *, by: str = "session") -> Grant:
    """Grant a request, or less than it asks for.

    Raises NotFound for requests of other territories, AccessRefused, NotAllowed, and AlreadyDecided.
    """
    request = _undecided(manager, pk)
    _check(manager, request, terms)
    area = _area(request, terms)
    with transaction.atomic():
        _decide(request, RequestState.GRANTED, manager, terms.answer)
        made = Grant.objects.create(
            release=request.release,
            right=terms.right,
            user=request.user,
            territory=request.territory,
            area=area,
            valid_until=end_of(terms.until),
            # That of today: who accepted an earlier version when asking accepts the new one first.
            undertaking=request.release.undertaking,
            despite_embargo=terms.despite_embargo,
            granted_by=manager.get_username(),
            note=terms.note.strip(),
        )
        AccessRequest.objects.filter(pk=request.pk).update(grant=made)
        made.refresh_from_db()
        detail = {"decision": "granted", "request": request.pk, **journal.of_grant(made)}
        where = made.effective_area
        journal.note(manager, Action.GRANT, made.release, territory=made.territory, area=where, detail=detail, by=by)
        transaction.on_commit(lambda: notices.decided(request.pk))
    return made


def refuse(manager: AbstractBaseUser, pk: int, answer: str, *, by: str = "session") -> AccessRequest:
    """Refuse a request and say why. Raises NotFound, AccessRefused, and AlreadyDecided."""
    request = _undecided(manager, pk)
    if not answer.strip():
        raise AccessRefused(_("Tell the person why."), field="answer")
    _check_text(answer, "answer")
    with transaction.atomic():
        _decide(request, RequestState.REFUSED, manager, answer)
        detail = {"decision": "refused", "request": pk, "right": request.right, "person": request.user.get_username()}
        where = {"territory": request.territory, "area": request.area}
        journal.note(manager, Action.DECISION, request.release, **where, detail=detail, by=by)
        transaction.on_commit(lambda: notices.decided(request.pk))
    request.refresh_from_db()
    return request


def revoke(manager: AbstractBaseUser, pk: int, reason: str, *, by: str = "session") -> Grant:
    """End a grant at once: it counts no more from this moment. Raises NotFound, AccessRefused, and AlreadyDecided."""
    found = desk.grant_of(manager, pk)
    if not reason.strip():
        raise AccessRefused(_("Tell the person why."), field="reason")
    _check_text(reason, "reason")
    with transaction.atomic():
        words = {"revoked_by": manager.get_username(), "revoked_because": reason.strip()}
        if not Grant.objects.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now(), **words):
            raise AlreadyDecided
        detail = {"decision": "revoked", **journal.of_grant(found)}
        where = {"territory": found.territory, "area": found.effective_area}
        journal.note(manager, Action.GRANT, found.release, **where, detail=detail, by=by)
        transaction.on_commit(lambda: notices.revoked(pk))
    found.refresh_from_db()
    return found


def end_of(day: date) -> datetime:
    """The moment at which ``day`` is over, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def _undecided(manager: AbstractBaseUser, pk: int) -> AccessRequest:
    request = desk.request_of(manager, pk)
    if request.user_id == manager.pk and not desk.is_operator(manager):
        raise NotAllowed(_("Nobody decides on their own request."), remedy=_("Ask a colleague or an operator."))
    if request.state != RequestState.WAITING:
        raise AlreadyDecided
    return request


def _decide(request: AccessRequest, state: RequestState, manager: AbstractBaseUser, answer: str) -> None:
    """Only one decision wins, whoever else is at it. Raises AlreadyDecided."""
    words = {"decided_by": manager.get_username(), "answer": answer.strip()}
    waiting = AccessRequest.objects.filter(pk=request.pk, state=RequestState.WAITING)
    if not waiting.update(state=state, decided_at=timezone.now(), **words):
        raise AlreadyDecided


def _check(manager: AbstractBaseUser, request: AccessRequest, terms: Terms) -> None:
    if terms.right not in GRANTABLE or _RANKS[terms.right] > _RANKS[request.right]:
        raise AccessRefused(_("Grant at most what was asked for."), field="right")
    check_until(terms.until)
    _check_text(terms.answer, "answer")
    _check_text(terms.note, "note")
    if terms.despite_embargo and not desk.is_operator(manager):
        raise NotAllowed(_("Only operators may grant something before an embargo ends."))


def _check_text(text: str, field: str) -> None:
    if len(text) > LONGEST_ANSWER or "\0" in text:
        message = _("Write at most %(count)s characters.") % {"count": LONGEST_ANSWER}
        raise AccessRefused(message, field=field)


def _area(request: AccessRequest, terms: Terms) -> MultiPolygon | None:
    """The area of the grant: never more than was asked for. The policy keeps it within the territory besides."""
    if terms.area is None:
        return request.area
    found = shared(terms.area, request.area if request.area is not None else request.territory.area)
    if found is None:
        raise AccessRefused(_("The area has nothing in common with what was asked for."), field="area")
    return found
