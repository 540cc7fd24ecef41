"""Countries and continents as areas, by name.

Outlines come from Natural Earth at 1:10 million, names from Unicode's CLDR; README.md beside this file tells
how the data file was made and what was decided about borders.
"""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import get_language
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from hub.areas.regions.packing import unpacked

DATA = Path(__file__).with_name("regions.zip")
INDEX = "index.json"
ACCURACY_M = 1000
"""About how far a border in Natural Earth's maps of 1:10 million is from where it is."""


@dataclass(frozen=True)
class Region:
    """A country (code of two letters, ISO 3166) or a continent (code in words, such as ``south-america``)."""

    code: str
    kind: Literal["country", "continent"]
    bounds: tuple[float, float, float, float]
    simplified_m: int
    """By how much its outline was simplified at most, beyond what the map is."""

    _titles: dict[str, str] = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Its name in the active language, in English where there is none."""
        language = (get_language() or "en").split("-")[0]
        return self._titles.get(language, self._titles["en"])

    @property
    def shape(self) -> BaseGeometry:
        """A MultiPolygon, EPSG:4326."""
        return _shape(self.code)

    @property
    def geometry(self) -> dict[str, Any]:
        """A GeoJSON Polygon or MultiPolygon, EPSG:4326."""
        parts = self.shape.geoms
        return json.loads(json.dumps(mapping(parts[0] if len(parts) == 1 else self.shape)))

    @property
    def accuracy_m(self) -> int:
        """About how far its outline may be from where the border is."""
        return max(ACCURACY_M, self.simplified_m)


def countries() -> list[Region]:
    """All countries and territories with a code of their own, by title in the active language."""
    return _sorted(region for region in _index().values() if region.kind == "country")


def continents() -> list[Region]:
    """All continents, by title in the active language."""
    return _sorted(region for region in _index().values() if region.kind == "continent")


def find(code: str) -> Region | None:
    """The region of that code, in whatever case it is written."""
    index = _index()
    return index.get(code.upper()) or index.get(code.lower())


def _sorted(regions: Iterable[Region]) -> list[Region]:
    return sorted(regions, key=lambda region: _sort_key(region.title))


def _sort_key(title: str) -> str:
    """Letters without their accents: É stands with E."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter)
    ).lower()


@lru_cache(maxsize=1)
def _index() -> dict[str, Region]:
    entries = json.loads(_archive().read(INDEX))
    return {
        entry["code"]: Region(
            entry["code"], entry["kind"], tuple(entry["bounds"]), entry["simplified_m"], entry["titles"]
        )
        for entry in entries
    }


@lru_cache(maxsize=64)
def _shape(code: str) -> BaseGeometry:
    return unpacked(_archive().read(f"{code}.rings"))


@lru_cache(maxsize=1)
def _bytes() -> bytes:
    return DATA.read_bytes()


def _archive() -> zipfile.ZipFile:
    # One for each reading: threads must not share a position.
    return zipfile.ZipFile(io.BytesIO(_bytes()))
