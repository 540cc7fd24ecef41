"""Who may see what, from Python: a thin face of sql/policy.sql, which alone decides.

A view asks ``access(request.user, key)`` and gets an ``Access``, or NotFound for what is not there and for what this
person may not know of: the same statement is run and the same error raised for both. Points and cells are then read
by ``POINTS`` and ``CELLS``, which take the viewer; there is no other way to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.db.models.expressions import RawSQL

from hub.errors import NotFound
from hub.insar.models import Layer, Release, Right

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet

POINTS = "insar_points(%(viewer)s, %(layer)s, %(near)s::geometry)"
"""Rows of MeasurementPoint; ``near`` is a geometry (EWKT or EWKB) in EPSG:3857, of which the box counts."""
CELLS = "insar_cells(%(viewer)s, %(layer)s, %(size)s, %(near)s::geometry)"
"""Rows of Cell."""
_RANKS = {right: rank for rank, right in enumerate(Right.values)}
# For a key of no release the first one is looked at, and thrown away: so that the answer takes its time all the same.
_STANDING = """
    SELECT r.id, s."right", s.fingerprint
    FROM (SELECT %(key)s::text AS key) asked
    LEFT JOIN insar_release r ON r.key = asked.key
    CROSS JOIN LATERAL insar_standing(
        %(viewer)s::bigint, coalesce(r.id, (SELECT min(first.id) FROM insar_release first), 0)
    ) s
"""


@dataclass(frozen=True)
class Access:
    """What one person is to one release at this moment. Made for one answer; never kept."""

    release: Release
    right: Right
    """The highest anywhere; what may be seen in a place is for ``POINTS`` and ``CELLS`` to say."""

    fingerprint: str
    """Of all that decides what answers hold: rights, areas, sites, data. Part of every cache key and ETag."""

    viewer: int | None
    """The user's id; None for a visitor."""

    def reaches(self, right: Right) -> bool:
        return _RANKS[self.right] >= _RANKS[right]

    def need(self, right: Right) -> Access:
        """Itself. Raises NotFound where the person has less than ``right`` everywhere."""
        if not self.reaches(right):
            raise NotFound
        return self

    def layer(self, direction: str) -> Layer:
        """The release's layer that was measured along ``direction``. Raises NotFound, also before it is indexed."""
        # NUL cannot stand in a text of PostgreSQL.
        named = "" if "\0" in direction else direction
        found = Layer.objects.filter(release=self.release, direction=named, indexed=True).first()
        if found is None:
            raise NotFound
        return found

    def area(self, right: Right) -> GEOSGeometry | None:
        """Where the person has at least ``right``, in EPSG:3857; None: nowhere."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ST_AsEWKB(insar_area(%s::bigint, %s, %s))", [self.viewer, self.release.pk, str(right)]
            )
            (found,) = cursor.fetchone()
        return None if found is None else GEOSGeometry(memoryview(found))


def viewer_of(user: AbstractBaseUser | AnonymousUser) -> int | None:
    """What the policy knows a person by."""
    return user.pk if user.is_authenticated else None


def access(user: AbstractBaseUser | AnonymousUser, key: str, *, at_least: Right = Right.EXISTS) -> Access:
    """How ``user`` stands to the release with ``key``.

    Raises NotFound where that is less than ``at_least``, and where there is no such release.
    """
    viewer = viewer_of(user)
    with connection.cursor() as cursor:
        # NUL cannot stand in a text of PostgreSQL.
        cursor.execute(_STANDING, {"key": "" if "\0" in key else key, "viewer": viewer})
        number, right, fingerprint = cursor.fetchone()
    if number is None or right is None:
        raise NotFound
    return Access(Release.objects.get(pk=number), Right(right), fingerprint, viewer).need(at_least)


def visible_releases(user: AbstractBaseUser | AnonymousUser, *, at_least: Right = Right.EXISTS) -> QuerySet[Release]:
    """The releases on which ``user`` has at least a right somewhere; each carries it as ``right``."""
    standing = RawSQL('(SELECT s."right" FROM insar_standing(%s::bigint, insar_release.id) s)', [viewer_of(user)])  # noqa: S611
    return Release.objects.annotate(right=standing).filter(right__in=Right.values[_RANKS[at_least] :])


def parameters(access: Access, layer: Layer, near: Any, **others: Any) -> dict[str, Any]:
    """Those of a statement with ``POINTS`` or ``CELLS`` in it."""
    return {"viewer": access.viewer, "layer": layer.pk, "near": near, **others}
