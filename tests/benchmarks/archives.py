"""The archives that the benchmarks order from, the orders, and the files that each order needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measuring import FOLDER, REPOSITORY

SLOVENIA = REPOSITORY.parent / "shared" / "data" / "s2" / "slovenia_2023" / "items.json"
TILE, EPSG = "33TWL", 32633
TILE_LEFT_M, TILE_TOP_M, TILE_SIDE_M = 499_980, 5_100_000, 109_800
TEN_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
FOUR_BANDS = ("B02", "B03", "B04", "B08")
ASSETS = {
    "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2", "B07": "rededge3",
    "B08": "nir", "B8A": "nir08", "B11": "swir16", "B12": "swir22", "SCL": "scl",
}  # fmt: skip
# The sample has six passes every 30 days. From June on up to 30 of them lie in one year; all 70 from January on.
_SUMMER, _SUMMER_DATES, _NEW_YEAR, _YEAR_DATES = date(2024, 6, 3), 30, date(2024, 1, 1), 70


@dataclass(frozen=True)
class Scenario:
    """An order and where its scenes come from."""

    title: str
    source: Path
    """An ``items.json``, or a folder of SAFE products."""

    order: dict[str, Any]
    scenes: int
    files: tuple[Path, ...]
    """Every image that the order needs: its bands and the scene class of all scenes."""

    @property
    def bands(self) -> tuple[str, ...]:
        return tuple(self.order["bands"])


def generated(*, pixels: int, dates: int, bands: Sequence[str] = TEN_BANDS, chosen: int | None = None) -> Scenario:
    """A year's mosaic at 10 m of the whole generated archive, about half of it cloudy.

    ``chosen`` takes the first so many of the archive's dates.
    """
    items = make_sample(pixels=pixels, dates=dates, layout="cog")
    if chosen is not None:
        items = _first(items, chosen)
    features = json.loads(items.read_text())["features"]
    files = [items.parent / feature["assets"][ASSETS[band]]["href"] for feature in features for band in (*bands, "SCL")]
    order = order_of(square(*extent(pixels)), bands, 10)
    title = f"generated archive, {pixels} x {pixels} px at 10 m, {len(features)} dates, {len(bands)} bands"
    return Scenario(title, items, order, len(features), tuple(files))


def generated_safe(*, pixels: int, dates: int, resolution: int) -> Scenario:
    """The same as SAFE products with JPEG 2000 images, at 10 or 60 m."""
    folder = make_sample(pixels=pixels, dates=dates, layout="safe")
    products = sorted(folder.glob("*.SAFE"))
    files = [_image(product, band, resolution) for product in products for band in (*TEN_BANDS, "SCL")]
    title = f"SAFE products (JPEG 2000), {pixels} x {pixels} px of 10 m, {dates} dates, 10 bands at {resolution} m"
    return Scenario(
        title, folder, order_of(square(*extent(pixels)), TEN_BANDS, resolution), len(products), tuple(files)
    )


def whole_tile(*, dates: int) -> Scenario:
    """A year's mosaic at 10 m of a whole tile: a generated archive repeated five by five, some 600 MB a date."""
    # In a process of its own: what this one holds counts as memory of every command it measures.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        items = pool.submit(_make_whole_tile, dates).result()
    features = json.loads(items.read_text())["features"]
    files = [
        items.parent / feature["assets"][ASSETS[band]]["href"] for feature in features for band in (*TEN_BANDS, "SCL")
    ]
    order = order_of(square(TILE_LEFT_M, TILE_TOP_M, TILE_SIDE_M), TEN_BANDS, 10)
    return Scenario(f"whole tile, {dates} dates, 10 bands at 10 m", items, order, len(features), tuple(files))


def _make_whole_tile(dates: int) -> Path:
    from whole_tile import whole_tile_archive

    return whole_tile_archive(FOLDER, dates=dates, without=("coastal", "aot"), cloudiness=0.5)


def slovenia() -> Scenario | None:
    """Real scenes of one tile beside the repository, if they are there: August 2023 at 60 m, four bands."""
    if not SLOVENIA.exists():
        return None
    ring = [[15.0, 45.08], [16.37, 45.08], [16.37, 46.03], [15.0, 46.03], [15.0, 45.08]]
    area = {"type": "Polygon", "coordinates": [ring]}
    order = order_of(area, FOUR_BANDS, 60) | {"period": {"kind": "month", "start": "2023-08-01"}}
    features = json.loads(SLOVENIA.read_text())["features"]
    files = [
        SLOVENIA.parent / feature["assets"][ASSETS[band]]["href"]
        for feature in features
        for band in (*FOUR_BANDS, "SCL")
    ]
    title = "real scenes of Slovenia (915 x 915 px each), ten scenes of five dates, 4 bands at 60 m"
    return Scenario(title, SLOVENIA, order, len(features), tuple(files))


def order_of(area: dict[str, Any], bands: Sequence[str], resolution: int) -> dict[str, Any]:
    return {
        "name": "Benchmark", "area": area, "period": {"kind": "year", "start": "2024-01-01"},
        "resolution": resolution, "crs": "utm", "bands": list(bands), "layers": ["valid_obs", "source_index"],
        "method": "s2gm", "format": "geotiff",
    }  # fmt: skip


def make_sample(*, pixels: int, dates: int, layout: str) -> Path:
    """Where to order from: a generated archive in var/benchmarks, kept from run to run.

    Made by a process of its own: what this one holds counts as memory of every command it measures.
    """
    if dates > _YEAR_DATES:
        raise SystemExit(f"At most {_YEAR_DATES} dates lie within the year that is ordered, not {dates}.")
    start = _SUMMER if dates <= _SUMMER_DATES else _NEW_YEAR
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "processing.sample", str(FOLDER / f"{layout}-{pixels}-{dates}"),
        "--size-km", str(pixels / 100), "--dates", str(dates), "--start", start.isoformat(),
        "--tiles", TILE, "--cloudiness", "0.5", "--layout", layout,
    ]  # fmt: skip
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(made.stderr.strip().splitlines()[-1])
    return Path(made.stdout.strip())


def _first(items: Path, count: int) -> Path:
    collection = json.loads(items.read_text())
    chosen = items.with_name(f"items-{count}.json")
    chosen.write_text(json.dumps(collection | {"features": collection["features"][:count]}))
    return chosen


def square(left_m: float, top_m: float, side_m: float) -> dict[str, Any]:
    """An area in degrees whose product is this square of UTM zone 33, pixel for pixel."""
    from pyproj import Transformer

    # A metre less on every side, and points every kilometre or so: no rounding claims another row of pixels.
    inset, steps = side_m - 2, max(1, round(side_m / 1000))
    along = [inset * step / steps for step in range(steps)]
    ring = [(x, 0.0) for x in along] + [(inset, y) for y in along]
    ring += [(inset - x, inset) for x in along] + [(0.0, inset - y) for y in along]
    corners = [(left_m + 1 + x, top_m - 1 - y) for x, y in (*ring, ring[0])]
    to_degrees = Transformer.from_crs(EPSG, 4326, always_xy=True)
    return {"type": "Polygon", "coordinates": [[list(to_degrees.transform(*corner)) for corner in corners]]}


def extent(pixels: int) -> tuple[float, float, float]:
    """Left, top and side of the generated archive in metres: a square in the middle of the tile, on multiples of 60."""
    side = pixels * 10
    left = TILE_LEFT_M + (TILE_SIDE_M - side) / 2 // 60 * 60
    return left, (TILE_TOP_M - TILE_SIDE_M / 2 + side / 2) // 60 * 60, side


def _image(product: Path, band: str, resolution: int) -> Path:
    """The file of a band that serves an order best; B08 is delivered at 10 m only."""
    at_60_m = resolution == 60 and band != "B08"
    metres = 60 if at_60_m else 10 if band in FOUR_BANDS else 20
    (image,) = product.glob(f"GRANULE/*/IMG_DATA/R{metres}m/*_{band}_{metres}m.jp2")
    return image
