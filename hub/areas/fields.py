"""The area of a form that was sent without JavaScript: text, a file, or a region's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.regions import Region, find
from hub.areas.repair import number
from hub.areas.text import write_area
from hub.areas.uploads import read_upload

TEXT, FILE, REGION = "area", "area_file", "area_region"


def from_form(data: Mapping[str, Any], files: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The area as text, and what was done to it; as it was sent where it was sent as text.

    ``data`` and ``files`` as in request.POST and request.FILES. Raises InvalidOrder on "area".
    """
    text = str(data.get(TEXT) or "")
    file, code = files.get(FILE), str(data.get(REGION) or "")
    if text.strip() or not (file or code):
        return text, ()
    if file:
        uploaded = read_upload(file, file.name or "")
        return write_area(uploaded.geometry), uploaded.notes
    region = find(code)
    if region is None:
        refuse(_("There is no country or continent with the code “%(code)s”.") % {"code": code[:20]})
    geometry, notes = of_region(region)
    return write_area(geometry), notes


def of_region(region: Region) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The region's outline, which was mended when the regions' file was made, and how true it is."""
    text = _("The outline of %(title)s is from Natural Earth and true to about %(km)s km.")
    accuracy = {
        "title": region.title,
        "km": number(region.accuracy_m / 1000, 0 if region.accuracy_m % 1000 < 50 else 1),
    }
    return region.geometry, (text % accuracy,)
