"""What a manager sees: requests and grants of the territories that they answer for, and of no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from hub.errors import NotFound
from hub.insar.models import AccessRequest, Grant, RequestState, Territory

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def territories_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Territory]:
    """Those that ``user`` decides about: a manager's own; all for an operator; none for others."""
    if not (user.is_authenticated and user.is_active):
        return Territory.objects.none()
    if is_operator(user):
        return Territory.objects.all()
    return Territory.objects.filter(managers=user.pk)


def is_operator(user: Any) -> bool:
    return bool(user.is_active and user.is_superuser)


def is_manager(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the desk is there for this person. An operator's is, even before there is a territory."""
    return is_operator(user) or territories_of(user).exists()


def need_manager(user: AbstractBaseUser | AnonymousUser) -> None:
    """Raises NotFound for whoever has no desk."""
    if not is_manager(user):
        raise NotFound


def requests_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[AccessRequest]:
    """All requests for their territories, the oldest first."""
    found = AccessRequest.objects.filter(territory__in=territories_of(user))
    return found.select_related("release", "territory", "user", "undertaking", "grant").order_by("asked_at", "pk")


def waiting(user: AbstractBaseUser | AnonymousUser) -> QuerySet[AccessRequest]:
    return requests_of(user).filter(state=RequestState.WAITING)


def request_of(user: AbstractBaseUser | AnonymousUser, pk: int) -> AccessRequest:
    """One of them. Raises NotFound for those of other territories as for those that are not there."""
    found = requests_of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def earlier(user: AbstractBaseUser | AnonymousUser, request: AccessRequest) -> QuerySet[AccessRequest]:
    """What the same person has asked for before, in territories of this manager's."""
    return requests_of(user).filter(user_id=request.user_id).exclude(pk=request.pk).order_by("-asked_at", "-pk")


def grants_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Grant]:
    """The grants on their territories, ended ones too; for an operator also those on no territory."""
    inside = Q() if is_operator(user) else Q(territory__in=territories_of(user))
    found = Grant.objects.filter(inside) if is_operator(user) or is_manager(user) else Grant.objects.none()
    return found.select_related("release", "territory", "user", "group", "undertaking").order_by("-granted_at", "-pk")


def standing(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Grant]:
    """Those of the grants that have not ended."""
    later = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    return grants_of(user).filter(later, revoked_at=None)


def grant_of(user: AbstractBaseUser | AnonymousUser, pk: int) -> Grant:
    """One of the grants. Raises NotFound for those of other territories as for those that are not there."""
    found = grants_of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
