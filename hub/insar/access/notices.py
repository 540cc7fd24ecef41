"""Mails about access: to the managers what waits for them, to people what was decided. Each in its reader's language.

A mail that cannot be sent stops nothing: what it says stands on the pages, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from hub import languages
from hub.insar.access import undertakings
from hub.insar.models import AccessRequest, Grant, RequestState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

logger = logging.getLogger(__name__)


def asked(request_pk: int) -> None:
    """Tell the managers of a territory that somebody asks. Call it after the commit, as the others."""
    request = _request(request_pk)
    if request is None or request.state != RequestState.WAITING:
        return
    where = reverse("insar:decide", args=[request.pk])
    managers = request.territory.managers.filter(is_active=True).exclude(pk=request.user_id)
    _tell(managers, "insar_asked", {"asked": request}, where)


def decided(request_pk: int) -> None:
    """Tell the person what became of a request."""
    request = _request(request_pk)
    if request is None or request.state not in (RequestState.GRANTED, RequestState.REFUSED):
        return
    if request.state == RequestState.REFUSED:
        _tell([request.user], "insar_refused", {"asked": request}, reverse("insar:requests"))
        return
    grant = request.grant
    unaccepted = None
    if grant is not None and grant.undertaking is not None:
        missing = undertakings.acceptance(request.user, grant.undertaking) is None
        unaccepted = grant.undertaking if missing else None
    context = {"asked": request, "grant": grant, "unaccepted": unaccepted}
    address = reverse("insar:undertaking", args=[unaccepted.pk]) if unaccepted else _release(request)
    _tell([request.user], "insar_granted", context, address)


def revoked(grant_pk: int) -> None:
    """Tell those whom a grant was for that it counts no more."""
    grant = _grant(grant_pk)
    if grant is not None and grant.revoked_at is not None:
        _tell(_people(grant), "insar_revoked", {"grant": grant}, reverse("insar:requests"))


def ending(grant_pk: int) -> None:
    """Tell those whom a grant is for that it ends soon."""
    grant = _grant(grant_pk)
    if grant is not None and grant.valid_until is not None:
        _tell(_people(grant), "insar_ending", {"grant": grant}, reverse("insar:ask", args=[grant.release.key]))


def _request(pk: int) -> AccessRequest | None:
    related = ("release", "territory", "user", "grant__undertaking")
    return AccessRequest.objects.select_related(*related).filter(pk=pk).first()


def _grant(pk: int) -> Grant | None:
    return Grant.objects.select_related("release", "territory", "user", "group").filter(pk=pk).first()


def _release(request: AccessRequest) -> str:
    return reverse("insar:release", args=[request.release.key])


def _people(grant: Grant) -> Iterable[AbstractBaseUser]:
    """The person, or the members of the group; nobody in particular where a grant is for everybody."""
    if grant.user is not None:
        return [grant.user]
    if grant.group is not None:
        return get_user_model().objects.filter(groups=grant.group, is_active=True)
    return []


def _tell(people: Iterable[Any], name: str, context: dict[str, Any], path: str) -> None:
    context = {**context, "site_name": settings.SITE_NAME, "url": settings.SITE_URL.rstrip("/") + path}
    for person in people:
        if not (person.email and person.is_active):
            continue
        with translation.override(languages.of_person(person)):
            # One line whatever a title holds.
            subject = " ".join(render_to_string(f"mail/{name}_subject.txt", context).split())
            body = render_to_string(f"mail/{name}.txt", {**context, "reader": person})
        try:
            EmailMessage(subject=subject, body=body, to=[person.email]).send()
        except OSError:  # every error of smtplib is one
            logger.exception("The mail %s was not sent to user %s", name, person.pk)
