"""A STAC ItemCollection file, or a folder that holds one as ``items.json``; hrefs relative to it or absolute."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule, granule_from_item, is_level_2a
from processing.granule_index import GranuleIndex
from processing.sources.base import Extent

NAME = "items"
_FILE_NAME = "items.json"


def accepts(where: str) -> bool:
    """Whether ``where`` is a JSON file, there or not, or a folder with an ``items.json`` in it."""
    if "://" in where:
        return False
    return Path(where).suffix.lower() in {".json", ".geojson"} or (Path(where) / _FILE_NAME).is_file()


def connect(where: str) -> ItemsSource:
    """The source that ``where`` names. Raises SourceUnreachable or CorruptInput."""
    path = Path(where).absolute()
    return ItemsSource(path / _FILE_NAME if path.is_dir() else path)


class ItemsSource:
    """All granules of one ItemCollection, held in memory."""

    name = NAME

    def __init__(self, path: Path) -> None:
        """Read and index the file.

        An item that lacks something is left out and noted in ``rejected``; items of other products than
        Level-2A are passed over. A file without one item that can be used raises CorruptInput.
        """
        self.title = f"items in {path.name}"
        granules, self.rejected = _granules(_read_items(path), path)
        self._index = GranuleIndex(granules)

    def search(self, area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
        """See ``Source.search``."""
        return self._index.search(area, first_day, last_day)

    def extent(self) -> Extent:
        """The box around all footprints, and the days of the first and last datatake."""
        return self._index.extent()


def _read_items(path: Path) -> list[Any]:
    try:
        collection = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SourceUnreachable(f"There is no file {path}; check the source's path.") from None
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise CorruptInput(f"{path} is not JSON; give a STAC ItemCollection.") from None
    items = collection.get("features") if isinstance(collection, Mapping) else None
    if not isinstance(items, list) or collection.get("type") != "FeatureCollection":
        raise CorruptInput(f"{path} is not a STAC ItemCollection (a FeatureCollection with features).")
    return items


def _granules(items: list[Any], path: Path) -> tuple[list[Granule], tuple[str, ...]]:
    granules, rejected = [], []
    for number, item in enumerate(items):
        if not isinstance(item, Mapping):
            rejected.append(f"Feature {number} of {path.name} is not a STAC item.")
        elif is_level_2a(item):
            try:
                granules.append(granule_from_item(item, base=str(path.parent)))
            except CorruptInput as problem:
                rejected.append(str(problem))
    if not granules:
        reason = rejected[0] if rejected else "It lists none."
        raise CorruptInput(f"{path} holds no Sentinel-2 Level-2A item that can be used. {reason}")
    return granules, tuple(rejected)
