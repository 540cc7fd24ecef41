"""What operators type in the administration: areas as GeoJSON or WKT in degrees, or in a file."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hub.areas.uploads import read_upload
from hub.insar.access.outlines import read_outline, to_degrees, to_map
from hub.insar.models import Grant, Release, SensitiveSite, Territory
from hub.orders.views.wording import explained
from processing.errors import InvalidOrder

RESERVED = frozenset({"map", "requests", "undertakings", "desk"})
"""What stands where a release's key stands in addresses."""


class OutlineForm(forms.ModelForm):
    """A form of a row with an ``area``; what was not touched stays to the last bit."""

    area = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 90, "spellcheck": "false"}),
        help_text="GeoJSON or WKT, longitude and latitude in degrees.",
    )
    area_file = forms.FileField(
        required=False,
        label="Area in a file",
        help_text="GeoJSON, KML, zipped shapefile, GeoPackage or GPX; replaces the text.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.area if self.instance.pk else None
        self.initial["area"] = json.dumps(to_degrees(kept)) if kept is not None else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["area"] = self._area(cleaned)
        except InvalidOrder as refused:
            self.add_error("area", explained(refused))
            return cleaned
        if cleaned["area"] is None and not self._meta.model._meta.get_field("area").null:
            self.add_error("area", "Give an area.")
        return cleaned

    def _area(self, cleaned: dict[str, Any]) -> Any:
        if file := cleaned.get("area_file"):
            return to_map(read_upload(file, file.name or "").geometry)
        if "area" not in self.changed_data:
            return self.instance.area
        text = (cleaned.get("area") or "").strip()
        return read_outline(text)[0] if text else None


class TerritoryForm(OutlineForm):
    class Meta:
        model = Territory
        fields = ["name", "authority", "area", "area_file", "managers"]


class SensitiveSiteForm(OutlineForm):
    class Meta:
        model = SensitiveSite
        fields = ["name", "release", "treatment", "area", "area_file"]


class GrantForm(OutlineForm):
    class Meta:
        model = Grant
        fields = [
            "release", "right", "user", "group", "everybody", "territory", "area", "area_file", "valid_from",
            "valid_until", "undertaking", "despite_embargo", "note",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last <= first:
            self.add_error("valid_until", "It ends before it begins.")
        territory, area = cleaned.get("territory") or self.instance.territory, cleaned.get("area")
        if territory is not None and area is not None and not area.intersects(territory.area):
            self.add_error("area", "The area has nothing in common with the territory.")
        return cleaned


class ReleaseForm(forms.ModelForm):
    class Meta:
        model = Release
        fields = [
            "key", "title", "collection", "level", "first_year", "last_year", "version", "summary", "attribution",
            "licence", "embargo_until", "undertaking", "least_points", "overview_cell_m",
        ]  # fmt: skip

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if key in RESERVED:
            raise ValidationError("This word stands for something else in addresses; choose another one.")
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_year"), cleaned.get("last_year")
        if first and last and last < first:
            self.add_error("last_year", "The last year lies before the first.")
        return cleaned
