"""Countries and continents out of the files of three npm packages; used only to make ``regions.zip``."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from hub.areas.antimeridian import brought_back, unrolled
from hub.areas.simplifying import polygons

LANGUAGES = ("en", "fr")
CONTINENTS = {
    "africa": "002",
    "antarctica": "AQ",
    "asia": "142",
    "europe": "150",
    "north-america": "003",
    "oceania": "009",
    "south-america": "005",
}
# What Natural Earth draws apart from the country whose ISO 3166 code covers it.
JOINED = {
    "Akrotiri": "CY",
    "Baikonur": "KZ",
    "Cyprus U.N. Buffer Zone": "CY",
    "Dhekelia": "CY",
    "Kosovo": "XK",
    "N. Cyprus": "CY",
    "Somaliland": "SO",
    "USNB Guantanamo Bay": "CU",
}
# What Natural Earth draws with a country though ISO 3166 has another code for it, or the United Nations'
# General Assembly counts it elsewhere (resolution 68/262): from, to, and a box that holds its middle.
MOVED = (
    ("FR", "GF", (-55, 2, -51, 6)),
    ("FR", "GP", (-62, 15.7, -60.9, 16.6)),
    ("FR", "MQ", (-61.4, 14.3, -60.7, 15)),
    ("FR", "RE", (55, -21.5, 56, -20.8)),
    ("FR", "YT", (44.9, -13.1, 45.4, -12.5)),
    ("NL", "BQ", (-69, 11.9, -62.8, 17.8)),
    ("NO", "SJ", (-10, 70.5, 36, 81)),
    ("NO", "BV", (3, -55, 4, -54)),
    ("RU", "UA", (32.3, 44.3, 36.7, 46.3)),
)
# Svalbard's box holds the north of Norway too.
MAINLAND_NORTH = 71.3
# Parts that lie on another continent than the rest of their country.
ELSEWHERE = (
    ("US", "oceania", (-180, 15, -150, 30)),
    ("CL", "oceania", (-110, -28, -104, -26)),
    ("ES", "africa", (-19, 27, -13, 30)),
    ("PT", "africa", (-18, 29, -15, 34)),
    ("YE", "africa", (52, 12, 55, 13)),
)
ANTARCTIC = ("BV", "GS", "HM", "TF")
URALS_EAST = 60.0
EUROPE_OF_RUSSIA = shapely.box(0, -90, URALS_EAST, 90)
# Sentinel-2's grid ends there.
MADE = shapely.box(-180, -80, 180, 84)


class Atlas:
    """Shapes and names of all countries and continents."""

    def __init__(self, folder: Path) -> None:
        """``folder``: where the packages world-atlas, cldr-core and cldr-localenames-full were unpacked."""
        self._topology = _read(folder / "world-atlas/countries-10m.json")
        codes = _read(folder / "cldr-core/supplemental/codeMappings.json")["supplemental"]["codeMappings"]
        contained = _read(folder / "cldr-core/supplemental/territoryContainment.json")["supplemental"]
        self._contained = contained["territoryContainment"]
        # Withdrawn codes, which share a number with what came after them, are contained in nothing.
        self._codes = {codes.get(code, {}).get("_numeric"): code for code in self._territories("001")}
        names = "cldr-localenames-full/main/{}/territories.json"
        self._names = {
            language: _read(folder / names.format(language))["main"][language]["localeDisplayNames"]["territories"]
            for language in LANGUAGES
        }

    def titles(self, code: str) -> dict[str, str]:
        """The name in every language."""
        territory = CONTINENTS.get(code, code)
        short = {"HK", "MO", "PS"}
        return {
            language: names.get(f"{territory}-alt-short" if territory in short else territory) or names[territory]
            for language, names in self._names.items()
        }

    def countries(self) -> dict[str, BaseGeometry]:
        parts: dict[str, list[BaseGeometry]] = defaultdict(list)
        arcs = self._arcs()
        for shape in self._topology["objects"]["countries"]["geometries"]:
            name = shape["properties"]["name"]
            code = JOINED.get(name) or self._codes.get(shape.get("id", ""))
            if code is None or name.startswith("Ashmore"):
                continue  # reefs and a glacier without a code of their own
            for part in _polygons(shape, arcs):
                parts[_moved(code, part)].append(part)
        return {code: _sound(shapes) for code, shapes in sorted(parts.items())}

    def continents(self, countries: dict[str, BaseGeometry]) -> dict[str, BaseGeometry]:
        parts: dict[str, list[BaseGeometry]] = defaultdict(list)
        of_country = {code: name for name, number in CONTINENTS.items() for code in self._territories(number)}
        # Unicode counts it to the outlying parts of Oceania as well.
        of_country |= dict.fromkeys(("AQ", *ANTARCTIC), "antarctica")
        for code, country in countries.items():
            if code == "RU":
                parts["europe"].append(shapely.intersection(country, EUROPE_OF_RUSSIA))
                parts["asia"].append(shapely.difference(country, EUROPE_OF_RUSSIA))
                continue
            for part in polygons(country):
                parts[_elsewhere(code, part) or of_country[code]].append(part)
        return {continent: _sound(shapes) for continent, shapes in sorted(parts.items())}

    def _territories(self, number: str) -> list[str]:
        inner = self._contained.get(number, {}).get("_contains")
        return [number] if inner is None else [code for each in inner for code in self._territories(each)]

    def _arcs(self) -> list[np.ndarray]:
        """The lines that the outlines are made of, in degrees (point, 2)."""
        transform = self._topology["transform"]
        return [np.cumsum(arc, axis=0) * transform["scale"] + transform["translate"] for arc in self._topology["arcs"]]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _polygons(shape: dict[str, Any], arcs: list[np.ndarray]) -> list[BaseGeometry]:
    rings = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}.get(shape["type"], [])
    # The atlas's steps make points of the smallest islets: those have no outline any more.
    parts = [[ring for ring in (_ring(numbers, arcs) for numbers in part) if len(ring) >= 4] for part in rings]
    made = [shapely.Polygon(part[0], part[1:]) for part in parts if part]
    sound = shapely.make_valid(shapely.MultiPolygon(made), method="structure", keep_collapsed=False)
    return polygons(brought_back(sound)) if not sound.is_empty else []


def _ring(numbers: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    """A ring of arcs; ~n is the arc n backwards, and each begins where the one before ended."""
    lines = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    # The atlas has joined again what Natural Earth had cut at 180 degrees.
    return unrolled(np.concatenate([lines[0], *(line[1:] for line in lines[1:])]))


def _moved(code: str, part: BaseGeometry) -> str:
    middle = part.representative_point()
    for source, target, box in MOVED:
        if (
            code == source
            and _holds(box, middle)
            and not (target == "SJ" and middle.y < MAINLAND_NORTH and middle.x > 0)
        ):
            return target
    return code


def _elsewhere(code: str, part: BaseGeometry) -> str | None:
    middle = part.representative_point()
    return next((continent for source, continent, box in ELSEWHERE if code == source and _holds(box, middle)), None)


def _holds(box: tuple[float, float, float, float], point: Any) -> bool:
    west, south, east, north = box
    return west <= point.x <= east and south <= point.y <= north


def _sound(shapes: list[BaseGeometry]) -> BaseGeometry:
    return shapely.intersection(shapely.union_all(shapes), MADE)
