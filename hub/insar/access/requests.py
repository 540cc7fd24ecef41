"""A person's verbs: ask for access to a release, withdraw what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.errors import NotFound
from hub.insar import policy
from hub.insar.access import journal, notices, undertakings
from hub.insar.access.outlines import shared
from hub.insar.access.refusals import AccessRefused, AlreadyDecided, TooManyRequests
from hub.insar.models import AccessRequest, Action, Layer, Release, RequestState, Right, Territory

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.contrib.gis.geos import MultiPolygon

LONGEST_DAYS = 2 * 365
"""That anybody may be granted anything at a time."""

PURPOSE_FROM, PURPOSE_TO = 20, 2000
GRANTABLE = (Right.OVERVIEW, Right.FULL)
"""The rights that can be asked for. That somebody may know of a release is for the operators to say."""


@dataclass(frozen=True)
class Wish:
    """What a person asks for."""

    right: str
    purpose: str
    until: date
    territories: Sequence[int] = ()
    """Their numbers; those that the area touches, where there is one."""

    area: MultiPolygon | None = None
    organisation: str = ""
    accepts: int | None = None
    """The number of the undertaking that the person accepts."""


def of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[AccessRequest]:
    """The requests of ``user``, the newest first."""
    if not user.is_authenticated:
        return AccessRequest.objects.none()
    found = AccessRequest.objects.filter(user_id=user.pk)
    return found.select_related("release", "territory", "undertaking", "grant").order_by("-asked_at", "-pk")


def territories_of(release: Release) -> QuerySet[Territory]:
    """The territories in which ``release`` has anything."""
    inside = Q(pk__in=[])
    for layer in Layer.objects.filter(release=release, indexed=True).exclude(extent=None):
        inside |= Q(area__intersects=layer.extent)
    return Territory.objects.filter(inside)


def ask(user: AbstractBaseUser, key: str, wish: Wish, *, by: str = "session") -> list[AccessRequest]:
    """Ask for access, in each territory from whoever answers for it.

    Raises NotFound for a release that the person may not know of, AccessRefused, and TooManyRequests.
    """
    release = policy.access(user, key).release
    _check(wish)
    places = _places(release, wish)
    _check_undertaking(user, release, wish)
    with transaction.atomic():
        # One after the other: two at once would pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        _check_waiting(user, release, wish, places)
        if release.undertaking is not None:
            undertakings.accept(user, release.undertaking.pk, by=by)
        return [_make(user, release, wish, territory, area, by) for territory, area in places]


def withdraw(user: AbstractBaseUser, pk: int, *, by: str = "session") -> AccessRequest:
    """Take back a request that waits. Raises NotFound for others' requests, AlreadyDecided."""
    request = of(user).filter(pk=pk).first()
    if request is None:
        raise NotFound
    with transaction.atomic():
        waiting = AccessRequest.objects.filter(pk=pk, state=RequestState.WAITING)
        if not waiting.update(state=RequestState.WITHDRAWN, decided_at=timezone.now()):
            raise AlreadyDecided
        _note(request, "withdrawn", by)
    request.refresh_from_db()
    return request


def _check(wish: Wish) -> None:
    if wish.right not in GRANTABLE:
        raise AccessRefused(_("Choose what you ask for."), field="right")
    length = len(wish.purpose.strip())
    if not PURPOSE_FROM <= length <= PURPOSE_TO:
        limits = {"from": PURPOSE_FROM, "to": PURPOSE_TO, "length": length}
        message = _("Say in %(from)s to %(to)s characters what you need it for; these are %(length)s.")
        raise AccessRefused(message % limits, field="purpose")
    if "\0" in wish.purpose + wish.organisation:
        raise AccessRefused(_("The text holds a character that cannot be kept."), field="purpose")
    check_until(wish.until)


def check_until(until: date) -> None:
    """Raises AccessRefused for a day that no grant may end on."""
    today = timezone.now().date()
    if not today < until <= today + timedelta(days=LONGEST_DAYS):
        latest = {"day": (today + timedelta(days=LONGEST_DAYS)).isoformat()}
        raise AccessRefused(_("Choose a day after today and not after %(day)s.") % latest, field="until")


def _places(release: Release, wish: Wish) -> list[tuple[Territory, MultiPolygon | None]]:
    """The territories that are asked, each with its part of the area; None where there is no area."""
    touched = list(territories_of(release))
    if wish.area is None:
        chosen = [territory for territory in touched if territory.pk in set(wish.territories)]
        if not chosen or len(chosen) != len(set(wish.territories)):
            raise AccessRefused(_("Choose one territory at least, or give an area."), field="territories")
        return [(territory, None) for territory in chosen]
    if wish.territories:
        touched = [territory for territory in touched if territory.pk in set(wish.territories)]
    parts = [(territory, shared(territory.area, wish.area)) for territory in touched]
    found = [(territory, part) for territory, part in parts if part is not None]
    if not found:
        raise AccessRefused(_("The area lies in no territory that could be asked."), field="area")
    return found


def _check_undertaking(user: AbstractBaseUser, release: Release, wish: Wish) -> None:
    undertaking = release.undertaking
    if undertaking is None:
        return
    if not undertakings.stands(undertaking):
        message = _("At the moment nobody can ask: the undertaking for this release has been withdrawn.")
        raise AccessRefused(message, remedy=_("Try again when there is a new one."))
    if wish.accepts != undertaking.pk and undertakings.acceptance(user, undertaking) is None:
        raise AccessRefused(_("Read the undertaking and accept it."), field="accepts")


def _check_waiting(
    user: AbstractBaseUser, release: Release, wish: Wish, places: list[tuple[Territory, MultiPolygon | None]]
) -> None:
    waiting = AccessRequest.objects.filter(user_id=user.pk, state=RequestState.WAITING)
    if waiting.count() + len(places) > settings.INSAR_LIMIT_WAITING_REQUESTS:
        raise TooManyRequests
    asked = {territory.pk for territory, _area in places}
    again = waiting.filter(release=release, right=wish.right, territory__in=asked).select_related("territory").first()
    if again is not None:
        message = _("You have asked for this in %(territory)s already, and the request waits for a decision.")
        raise AccessRefused(message % {"territory": again.territory.name}, field="territories")


def _make(
    user: AbstractBaseUser, release: Release, wish: Wish, territory: Territory, area: MultiPolygon | None, by: str
) -> AccessRequest:
    made = AccessRequest.objects.create(
        user_id=user.pk,
        release=release,
        territory=territory,
        right=wish.right,
        area=area,
        organisation=wish.organisation.strip(),
        purpose=wish.purpose.strip(),
        wanted_until=wish.until,
        undertaking=release.undertaking,
    )
    _note(made, "asked", by)
    transaction.on_commit(lambda: notices.asked(made.pk))
    return made


def _note(request: AccessRequest, decision: str, by: str) -> None:
    detail = {"decision": decision, "request": request.pk, "right": request.right}
    journal.note(
        request.user,
        Action.DECISION,
        request.release,
        territory=request.territory,
        area=request.area,
        detail=detail | {"person": request.user.get_username()},
        by=by,
    )
