"""What was asked and decided about access, in the audit log beside what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.insar import audit, policy
from hub.insar.models import Action, Right

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.contrib.gis.geos import GEOSGeometry

    from hub.insar.models import Grant, Release, Territory


def note(
    user: AbstractBaseUser | AnonymousUser,
    action: Action,
    release: Release,
    *,
    territory: Territory | None = None,
    area: GEOSGeometry | None = None,
    detail: dict[str, Any] | None = None,
    by: str = "session",
) -> None:
    """Write down what ``user`` did. Whoever decides needs no right of their own on the release."""
    # Only release and rights' fingerprint are read of it; a decision is made under no right.
    access = policy.Access(release, Right.EXISTS, "", policy.viewer_of(user))
    place = {"territory": territory.pk, "territory_name": territory.name} if territory else {}
    where = area.hexewkb.decode() if area else None
    audit.record(user, action, access, by=by, area=where, detail={**place, **(detail or {})})


def of_grant(grant: Grant) -> dict[str, Any]:
    """What the log says of a grant, in words that outlive its row."""
    if grant.everybody:
        whose = {"everybody": True}
    elif grant.group is not None:
        whose = {"group": grant.group.name}
    else:
        whose = {"person": grant.user.get_username() if grant.user else ""}
    until = grant.valid_until.isoformat() if grant.valid_until else None
    return {"grant": grant.pk, "right": grant.right, "until": until, **whose}
