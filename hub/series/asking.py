"""A user's verbs: ask for a series, stop it, rename it, remove it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.errors import NotFound
from hub.orders.committed import once_committed
from hub.series import queue
from hub.series.live import announce
from hub.series.models import Series, kept_since
from hub.series.refusals import AlreadyFinished, TooManyKept, TooManySeries
from hub.series.states import State
from processing.errors import InvalidOrder
from processing.pixels.series_spec import SeriesSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


def ask(user: AbstractUser, spec: SeriesSpec) -> Series:
    """The series of ``spec`` for ``user``: the one under way already, or a new one that a worker will make.

    Raises TooManySeries or TooManyKept, and nothing is asked for then.
    """
    with transaction.atomic():
        # Asked one after the other: two at once would pass the limits together, or both be made.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        digest = _digest(spec)
        # One that waited for a worker for all the time that it is kept would stand in the way.
        Series.objects.filter(owner=user, digest=digest, asked_at__lte=kept_since()).delete()
        if known := Series.objects.of(user).unfinished().filter(digest=digest).first():
            return known
        _check_limits(user)
        series = Series.objects.create(
            owner=user,
            name=spec.name,
            spec=spec.to_json(),
            digest=digest,
            steps_expected=spec.steps_expected,
        )
        once_committed(queue.enqueue, [series.pk])
    return series


def stop(series: Series, *, by: AbstractUser) -> Series:
    """Stop the making of ``series``; the steps that are there stay. Raises AlreadyFinished."""
    _require_owner(series, by)
    with transaction.atomic():
        if not Series.objects.filter(pk=series.pk).move(State.STOPPED, finished_at=timezone.now()):
            raise AlreadyFinished
        series.refresh_from_db()
        once_committed(announce, series.key)
    return series


def rename(series: Series, name: str, *, by: AbstractUser) -> Series:
    """Call ``series`` by ``name`` from now on, also in its exports. Raises InvalidOrder at ``name``."""
    _require_owner(series, by)
    name = name.strip()
    try:
        SeriesSpec.parse(series.spec | {"name": name})
    except InvalidOrder as refused:
        # What else an old series' spec lacks today does not matter here.
        if problems := [problem for problem in refused.problems if problem.field == "name"]:
            raise InvalidOrder(problems) from None
    if not Series.objects.filter(pk=series.pk).update(name=name):
        raise NotFound
    series.refresh_from_db()
    return series


def remove(series: Series, *, by: AbstractUser) -> None:
    """Delete ``series`` with all its steps; its making stops, if it is under way."""
    _require_owner(series, by)
    with transaction.atomic():
        # Its row first: else a worker could add a step between the two deletions.
        if not Series.objects.select_for_update().filter(pk=series.pk).exists():
            raise NotFound
        Series.objects.filter(pk=series.pk).delete()
        once_committed(announce, series.key)


def _digest(spec: SeriesSpec) -> str:
    """Of what was asked for; a series from another archive is another one."""
    return hashlib.sha256(f"{settings.MOSAIC_SOURCE} {spec.digest()}".encode()).hexdigest()


def _check_limits(user: AbstractUser) -> None:
    own = Series.objects.of(user)
    if own.unfinished().count() >= settings.SERIES_LIMIT_UNFINISHED_PER_USER:
        raise TooManySeries
    limit = settings.SERIES_LIMIT_KEPT_PER_USER
    if own.count() >= limit:
        raise TooManyKept(_("You keep %(limit)s series, which is the limit.") % {"limit": limit})


def _require_owner(series: Series, by: AbstractUser) -> None:
    if series.owner_id != by.pk:
        raise NotFound
