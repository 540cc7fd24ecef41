"""The audit log: every answer on ground motion is written down before it is given.

An answer that cannot be written down is not given: ``record`` raises, and the view with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection

from hub.insar.models import Action

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from hub.insar.policy import Access

_INSERT = """
    INSERT INTO insar_auditentry
        (at, user_id, user_name, by, action, release_id, release_key, direction, area, points, cells, rights, detail)
    VALUES (statement_timestamp(), %s, %s, %s, %s, %s, %s, %s, %s::geometry, %s, %s, %s, %s::jsonb)
"""


def record(
    user: AbstractBaseUser | AnonymousUser,
    action: Action,
    access: Access | None,
    *,
    by: str = "session",
    direction: str = "",
    area: Any = None,
    points: int = 0,
    cells: int = 0,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one answer down. ``area``: EWKT or EWKB in EPSG:3857, where was looked; ``by``: "session" or "token".

    Without ``access`` it is one on several releases, which ``detail`` names.
    """
    known = user.is_authenticated
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                user.pk if known else None,
                user.get_username() if known else "",
                by if known else "visitor",
                str(action),
                access.release.pk if access else None,
                access.release.key if access else "",
                direction,
                area,
                points,
                cells,
                access.fingerprint if access else "",
                json.dumps(detail or {}),
            ],
        )
