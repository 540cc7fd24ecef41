"""A small archive, orders that fit it, and archives with something broken in them."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from processing.sample import make_archive
from processing.sources import open_source

BANDS = ["B02", "B04", "B08"]
LAYERS = ["valid_obs", "source_index", "scene_classification"]


# How long an example takes says more about what else the machine does.
settings.register_profile("processing", deadline=None)
settings.load_profile("processing")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items.json of four dates on two tiles, 4 km wide; never to be changed."""
    return make_archive(tmp_path_factory.mktemp("processing") / "archive", size_km=4, dates=4)


@pytest.fixture(scope="session")
def small_area(archive: Path) -> dict[str, Any]:
    """A square of about 1 km, a quarter of the archive's width, over the border of both tiles."""
    west, south, east, north = open_source(str(archive)).extent().bounds
    x, y, half = (west + east) / 2, (south + north) / 2, (east - west) / 8
    ring = [
        [x - half, y - half],
        [x + half, y - half],
        [x + half, y + half],
        [x - half, y + half],
        [x - half, y - half],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def order(small_area: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """An order that the archive can serve, with ``changes``; None removes a key."""

    def make_order(**changes: Any) -> dict[str, Any]:
        sound = {
            "name": "Trial",
            "area": deepcopy(small_area),
            "period": {"kind": "year", "start": "2024-01-01"},
            "resolution": 20,
            "crs": "utm",
            "bands": list(BANDS),
            "layers": list(LAYERS),
            "method": "s2gm",
            "format": "geotiff",
        }
        return {key: value for key, value in (sound | changes).items() if value is not None}

    return make_order


@pytest.fixture
def order_file(order: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., str]:
    """Path of a file that holds an order with ``changes``."""

    def write_order(**changes: Any) -> str:
        path = tmp_path / "order.json"
        path.write_text(json.dumps(order(**changes)))
        return str(path)

    return write_order


@pytest.fixture
def damaged_archive(archive: Path, tmp_path: Path) -> Callable[..., Path]:
    """Items of a copy of the archive in which a raster of the named granules (all: None) is cut off in its middle."""

    def damage(granules: list[str] | None = None, *, band: str = "SCL") -> Path:
        copy = shutil.copytree(archive.parent, tmp_path / "damaged")
        names = [path.parent.name for path in copy.glob("*/SCL.tif")] if granules is None else granules
        for name in names:
            raster = copy / name / f"{band}.tif"
            raster.write_bytes(raster.read_bytes()[: raster.stat().st_size // 2])
        return copy / "items.json"

    return damage


@pytest.fixture(scope="session")
def clearest(archive: Path) -> str:
    """The id of the northern granule with the fewest clouds: where both tiles overlap, that is the one that is read."""
    items = json.loads(archive.read_text())["features"]
    northern = [item for item in items if item["properties"]["grid:code"] == "MGRS-33TWM"]
    return min(northern, key=lambda item: item["properties"]["eo:cloud_cover"])["id"]
