"""How long it takes to forecast areas and periods of all sizes, and to look at one scene; prints the figures.

Run by ``python tests/benchmarks/bench_forecast.py``. The archive is made up, of whole tiles that are seen every five
days from each of two orbits; its masks are in PostGIS. Times are those of ``forecast_of``: the search, the database,
the counting, and the comparison with other periods. The first answer is the one that counts: later ones are remembered.
"""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from django.core.cache import cache
from django.db import connection

from hub.forecast import asking, counting, keeping
from hub.forecast.models import LEVELS, SceneMask, State
from hub.forecast.pictures import picture
from processing import footprints
from processing.band_files import BandFile
from processing.granule import Granule
from processing.granule_index import GranuleIndex
from processing.overviews.grid import Lattice
from processing.overviews.masks import THINNED, Sighting
from processing.spec import MosaicSpec
from processing.tiles import tiles_for, utm_parts

SLOVENIA = shapely.box(13.5, 45.45, 16.5, 46.85)
FRANCE = shapely.Polygon([(-4.5, 48.4), (2.5, 51), (8, 49), (7, 43.7), (3, 42.5), (-1.6, 43.4), (-1.2, 46)])
TILE = shapely.box(15.05, 45.12, 16.35, 46.0)
SMALL = shapely.box(15.5, 45.5, 15.55, 45.53)
CELLS = 1373
"""A side of a tile in overviews of 80 m."""

VARIANTS = 12
FINE_ONLY_FOR = SLOVENIA.buffer(1)
"""The cells of 80 m of a country like France are never looked at: they are left out to spare the disk."""


class MadeUp:
    """A source of granules that have no files."""

    name, title, rejected = "items", "made up", ()

    def __init__(self, granules: list[Granule]) -> None:
        self._index = GranuleIndex(granules)

    def search(self, *asked: Any) -> list[Granule]:
        return self._index.search(*asked)

    def extent(self) -> Any:
        return self._index.extent()


def made_up(country: shapely.Geometry) -> tuple[list[Granule], dict[str, Lattice]]:
    """A granule of every tile every five days of 2023, of two orbits half a period apart; and the tiles' lattices."""
    granules, lattices = [], {}
    for epsg, part in utm_parts(country).items():
        for tile, _ in tiles_for(part, epsg=epsg, margin_m=60):
            west, south, east, north = tile.bounds
            lattices[tile.name] = Lattice(epsg, west, north, east, south, CELLS, CELLS)
            outline = footprints.of_tile(epsg, west, north)
            granules += [granule(tile.name, outline, number) for number in range(146)]
    return granules, lattices


def granule(tile: str, outline: shapely.Geometry, number: int) -> Granule:
    sensed_at = datetime(2023, 1, 1, 10, tzinfo=UTC) + timedelta(days=2.5 * number)
    name = f"S2A_{tile}_{number:03d}"
    files = {band: BandFile(f"/nowhere/{name}/{band}.tif", 0) for band in ("SCL", "B02")}
    datatake = f"GS2A_{sensed_at:%Y%m%dT%H%M%S}"
    return Granule(name, name, tile, datatake, sensed_at, "S2A", "05.09", outline, files, None, "", False)


def sightings() -> list[dict[str, bytes]]:
    """Scenes with clouds of many sizes, some of them with a swath's edge, packed."""
    rng = np.random.default_rng(1)
    made = []
    for number in range(VARIANTS):
        cover = sum(
            np.kron(rng.normal(size=(CELLS // size + 1,) * 2) * size**0.5, np.ones((size, size)))[:CELLS, :CELLS]
            for size in (2, 8, 32, 128)
        )
        cells = np.where(cover > (number - VARIANTS / 2) * 3, 9, 4 + (cover > -5)).astype(np.uint8)
        if number % 3 == 0:
            cells[np.add.outer(np.arange(CELLS), np.arange(CELLS)) < CELLS] = 0
        sighting = Sighting(Lattice(32633, 0, 109_800, 109_800, 0, CELLS, CELLS), cells)
        made.append({name: sighting.thinned(times).packed() for name, times in zip(LEVELS, THINNED, strict=True)})
    return made


@pytest.fixture
def archive(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    packed = sightings()
    print("\nbytes of a scene:", {name: len(cells) for name, cells in packed[5].items()})
    granules, lattices = made_up(shapely.union_all([SLOVENIA, FRANCE]))
    source = MadeUp(granules)
    monkeypatch.setattr(asking, "archive", lambda: source)
    monkeypatch.setattr(keeping, "archive", lambda: source)
    keyed = list(keeping.keys_of(granules).items())
    for begin in range(0, len(keyed), 500):
        SceneMask.objects.bulk_create(
            row(key, granule, lattices[granule.tile], packed[hash(granule.item_id) % VARIANTS])
            for key, granule in keyed[begin : begin + 500]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(len(keyed), "scenes of", len(lattices), "tiles")


def row(key: str, granule: Granule, lattice: Lattice, packed: dict[str, bytes]) -> SceneMask:
    made = keeping._row(key, granule, asked=False)
    made.state = State.KEPT
    made.lattice = [
        lattice.epsg, lattice.left, lattice.top, lattice.right, lattice.bottom, lattice.width, lattice.height
    ]  # fmt: skip
    fine = granule.footprint.intersects(FINE_ONLY_FOR)
    for name, cells in packed.items():
        setattr(made, name, cells if fine or name != "fine" else b"")
    return made


AREAS = {"15 km2": SMALL, "a whole tile": TILE, "Slovenia": SLOVENIA, "France": FRANCE}
PERIODS = {"month": "2023-06-01", "quarter": "2023-04-01", "year": "2023-01-01"}


def test_how_long_forecasts_take(archive: None) -> None:
    forecast("15 km2", "month")
    cache.clear()
    titles = ("scenes", "cells", "cell m", "first s", "of it CPU", "again s", "map s")
    print(f"\n{'area':<14}{'period':<9}" + "".join(f"{title:>10}" for title in titles))
    for area in AREAS:
        for period in PERIODS:
            before = time.process_time()
            first, found = timed(forecast, area, period)
            cpu = time.process_time() - before
            again, _ = timed(forecast, area, period)
            counts = counting.map_of(found.counted.key)
            drawn, _ = timed(picture, counts, "count")
            cells = counts.grid.width * counts.grid.height
            print(
                f"{area:<14}{period:<9}{len(found.scenes):>10}{cells:>10,}{found.counted.cell_m:>10.0f}"
                f"{first:>10.2f}{cpu:>10.2f}{again:>10.2f}{drawn:>10.2f}"
            )
    print("most memory of the process, MB:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def forecast(area: str, period: str) -> asking.Forecast:
    spec = MosaicSpec.parse(
        {
            "name": "Bench",
            "area": shapely.geometry.mapping(AREAS[area]),
            "period": {"kind": period, "start": PERIODS[period]},
            "resolution": 10,
            "bands": ["B02"],
        }
    )
    return asking.forecast_of(spec)


def timed(what: Any, *arguments: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = what(*arguments)
    return time.perf_counter() - begun, result
