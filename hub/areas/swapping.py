"""Whether longitude and latitude may have changed places; never corrected, only told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from django.utils.translation import gettext as _

from hub.archive import archive_extent
from processing.areas import area_geometry
from processing.errors import ProcessingError


def swap_note(geometry: Mapping[str, Any]) -> str | None:
    """A warning where the area lies outside the archive's scenes and, with its coordinates swapped, among them."""
    try:
        scenes = shapely.box(*archive_extent().bounds)
    except ProcessingError:
        return None
    area = area_geometry(geometry)
    swapped = shapely.transform(area, lambda points: points[:, ::-1])
    if shapely.box(*area.bounds).intersects(scenes) or not shapely.box(*swapped.bounds).intersects(scenes):
        return None
    return _(
        "The area lies outside the scenes there are; with longitude and latitude swapped it would lie among them. "
        "If that is what was meant, swap them in the file."
    )
