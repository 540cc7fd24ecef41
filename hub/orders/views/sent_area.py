"""The area that a form sends: as text, else as an uploaded file, else as the name of a country or continent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from hub.areas.fields import from_form
from processing.errors import FieldProblem, InvalidOrder


@dataclass(frozen=True)
class SentArea:
    """What was sent, with the area as text in it."""

    data: QueryDict
    notes: tuple[str, ...] = ()
    """What was done to the area, in sentences."""
    refused: tuple[FieldProblem, ...] = ()
    """Why a file or a name is no area."""


def sent_area(data: QueryDict, files: Mapping[str, Any]) -> SentArea:
    """``data`` with its area as text, whichever way it was given."""
    if data.get("area", "").strip():
        return SentArea(data)
    data = data.copy()
    # Countries and continents are two fields with one meaning.
    region = data.get("area_region") or data.get("area_continent", "")
    if not region and not files.get("area_file"):
        return SentArea(data)
    data["area_region"] = region
    try:
        data["area"], notes = from_form(data, files)
    except InvalidOrder as refused:
        return SentArea(data, refused=tuple(refused.problems))
    return SentArea(data, notes=tuple(notes))
