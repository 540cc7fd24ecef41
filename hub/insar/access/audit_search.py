"""The audit log as managers see it: what concerns their territories, searched, paged and exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from hub.insar.access import desk
from hub.insar.access.outlines import box_of
from hub.insar.models import AccessRequest, Action, AuditEntry, Grant, Layer, Territory

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.contrib.gis.geos import MultiPolygon

COLUMNS = (
    "id", "at", "user", "by", "action", "release", "direction", "points", "cells", "west", "south", "east", "north",
    "rights", "detail",
)  # fmt: skip
_DECISIONS = (Action.DECISION, Action.GRANT)
_CHUNK = 2000
# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty counts not."""

    person: str = ""
    release: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    area: MultiPolygon | None = None

    def among(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Those of ``entries`` that match."""
        if self.person:
            # A person is found where they looked, and where was decided about them.
            entries = entries.filter(Q(user_name=self.person) | Q(detail__person=self.person))
        if self.release:
            entries = entries.filter(release_key=self.release)
        if self.action:
            entries = entries.filter(action=self.action)
        if self.first:
            entries = entries.filter(at__gte=_start(self.first))
        if self.last and self.last < date.max:
            entries = entries.filter(at__lt=_start(self.last + timedelta(days=1)))
        return entries.filter(area__intersects=self.area) if self.area else entries


def entries_of(user: AbstractBaseUser) -> QuerySet[AuditEntry]:
    """What ``user`` may see of the log, the newest first: all for an operator.

    For a manager: where was looked touches a territory of theirs, and the release has data there; decisions about
    these territories; and what was answered on a release as a whole, once something was granted on it there.
    """
    if desk.is_operator(user):
        return AuditEntry.objects.order_by("-id")
    territories = list(desk.territories_of(user))
    numbers = [territory.pk for territory in territories]
    if not territories:
        return AuditEntry.objects.none()
    inside = Q(pk__in=[])
    for territory in territories:
        inside |= Q(area__intersects=territory.area)
    looked = Q(release_id__in=_releases_in(territories)) & inside & ~Q(action__in=_DECISIONS)
    whole = Q(release_id__in=_granted_in(numbers), area=None) & ~Q(action__in=_DECISIONS)
    decided = Q(action__in=_DECISIONS, detail__territory__in=numbers)
    return AuditEntry.objects.filter(looked | whole | decided).order_by("-id")


def releases_of(user: AbstractBaseUser) -> list[str]:
    """The keys of the releases that the log can be searched for."""
    if desk.is_operator(user):
        return sorted(set(Layer.objects.values_list("release__key", flat=True)))
    territories = list(desk.territories_of(user))
    numbers = {*_releases_in(territories), *_granted_in([territory.pk for territory in territories])}
    return sorted(set(Layer.objects.filter(release_id__in=numbers).values_list("release__key", flat=True)))


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """The entries as CSV with a header, a few thousand at a time in memory."""
    yield _lines([COLUMNS])
    below: int | None = None
    while True:
        some = list((entries if below is None else entries.filter(id__lt=below))[:_CHUNK])
        if not some:
            return
        yield _lines([_row(entry) for entry in some])
        below = some[-1].pk


def safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(entry: AuditEntry) -> list[str]:
    box = box_of(entry.area) if entry.area else ("", "", "", "")
    detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else ""
    words = (entry.user_name, entry.by, entry.action, entry.release_key, entry.direction)
    return [
        str(entry.pk),
        entry.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        *map(safe, words),
        str(entry.points),
        str(entry.cells),
        # Numbers: a minus there is no formula.
        *map(str, box),
        safe(entry.rights),
        safe(detail),
    ]


def _lines(rows: list[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _releases_in(territories: list[Territory]) -> list[int]:
    """The releases with data in one of these territories."""
    inside = Q(pk__in=[])
    for territory in territories:
        inside |= Q(extent__intersects=territory.area)
    return list(Layer.objects.filter(inside).values_list("release_id", flat=True).distinct())


def _granted_in(territories: list[int]) -> list[int]:
    """The releases on which something was asked or granted in one of these territories."""
    granted = Grant.objects.filter(territory__in=territories).values_list("release_id", flat=True)
    asked = AccessRequest.objects.filter(territory__in=territories).values_list("release_id", flat=True)
    return [*granted.distinct(), *asked.distinct()]
