"""What every template knows about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

import processing


def site(request: HttpRequest) -> dict[str, Any]:
    """``service``: name, address, version, and the section of the navigation that the page belongs to.

    Not called "site": allauth's views put the host's name under that word.
    """
    match = request.resolver_match
    return {
        "service": {
            "name": settings.SITE_NAME,
            "url": settings.SITE_URL,
            "version": processing.__version__,
            "has_outside_map": bool(settings.MAP_TILES_URL),
            "section": match.view_name if match else "",
        }
    }
