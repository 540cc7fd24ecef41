"""What an archive's ``items.json`` says of its scenes (5.3 to 5.5): rasters, offsets, overpass, order."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

REFLECTANCES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
COMMON_NAMES = {
    "coastal": "B01", "blue": "B02", "green": "B03", "red": "B04", "rededge1": "B05", "rededge2": "B06",
    "rededge3": "B07", "nir": "B08", "nir08": "B8A", "swir16": "B11", "swir22": "B12",
    "scl": "SCL", "aot": "AOT", "cloud": "CLD", "snow": "SNW", "granule_metadata": "MTD",
}  # fmt: skip
FIRST_SHIFTED_BASELINE = "04.00"


@dataclass(frozen=True)
class Scene:
    """One tile of one datatake."""

    identifier: str
    tile: str
    datatake: str
    start: datetime
    """Of the datatake, UTC."""

    files: dict[str, Path]
    """By band name; "SCL" always, "AOT", "CLD", "SNW", "MTD" where there are such."""

    offsets: dict[str, int]
    """Added to the digital numbers of a reflectance band."""

    outline: list[tuple[float, float]]
    """Corners of the footprint's outer ring in degrees, the first one repeated."""


def scenes_of(items: Path, *, first_day: date, last_day: date) -> list[Scene]:
    """Scenes of the datatakes begun in the period, newest datatake first, then tile descending (3.3)."""
    features = json.loads(items.read_text())["features"]
    scenes = [scene_of(feature, items.parent) for feature in features]
    scenes = [scene for scene in scenes if first_day <= scene.start.date() <= last_day]
    return sorted(scenes, key=lambda scene: (scene.start, scene.datatake, scene.tile), reverse=True)


def scene_of(feature: dict[str, Any], folder: Path) -> Scene:
    """The scene that a STAC item describes; hrefs are relative to ``folder``."""
    properties = feature["properties"]
    named = {COMMON_NAMES.get(name, name): asset for name, asset in feature["assets"].items()}
    wanted = {*REFLECTANCES, "SCL", "AOT", "CLD", "SNW", "MTD"}
    assets = {name: asset for name, asset in named.items() if name in wanted}
    datatake, started = re.match(r"(GS2\w_(\d{8}T\d{6})_\d{6})", properties["s2:datatake_id"]).groups()
    return Scene(
        identifier=properties["s2:granule_id"],
        tile=properties["grid:code"].removeprefix("MGRS-"),
        datatake=datatake,
        start=datetime.strptime(started, "%Y%m%dT%H%M%S").replace(tzinfo=UTC),
        files={name: folder / asset["href"] for name, asset in assets.items()},
        offsets={name: offset_of(properties, assets[name]) for name in REFLECTANCES if name in assets},
        outline=[(x, y) for x, y, *_ in feature["geometry"]["coordinates"][0]],
    )


def offset_of(properties: dict[str, Any], asset: dict[str, Any]) -> int:
    """What is added to a digital number to get reflectance x 10000 (5.4).

    Nothing where the item says that the offset is already in the pixels; else what the raster declares;
    else -1000 from baseline 04.00 on.
    """
    if properties.get("earthsearch:boa_offset_applied"):
        return 0
    declared = (asset.get("raster:bands") or [{}])[0]
    if "offset" in declared and "scale" in declared:
        return round(declared["offset"] / declared["scale"])
    return -1000 if properties["s2:processing_baseline"] >= FIRST_SHIFTED_BASELINE else 0
