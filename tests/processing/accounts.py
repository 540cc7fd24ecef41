"""Accounts of small products with real files, as the sidecars' tests need them."""

from datetime import date
from pathlib import Path

import numpy as np
import written_products
from archive_items import earth_search_item

from processing import registry
from processing.account import Account
from processing.formats.base import Heading, SourceScene
from processing.granule import granule_from_item
from processing.grid import Grid, grid_around
from processing.layers import LAYERS, output_layers
from processing.quality.report import Check, Level, Report
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

TITLE = "S2GM_M20_20180301_20180331_Trial_STD_v0.1.0_7"
SUFFIX = "M20_20180301_Trial"
SMALL_GRIDS = {
    "utm": grid_around((500_100, 5_090_000, 504_100, 5_093_000), epsg=32633, resolution_m=20),
    "wgs84": grid_around((15.0, 46.0, 15.04, 46.02), epsg=4326, resolution_m=20),
}
ALL_BANDS = tuple(BANDS)
ALL_LAYERS = tuple(LAYERS)
SOME_BANDS = ("B02", "B03", "B04", "B08")
SOME_LAYERS = ("scene_classification", "source_index", "valid_obs", "method")

_PASSED = Check(Level.INTEGRITY, "readable", passed=True, message="Every file can be read.")
_FAILED = Check(
    Level.PLAUSIBILITY, "coverage", passed=False, message="Only 3 % of the pixels hold data.", measured=0.03
)


def scenes_of_march_2018(number):
    """So many granules of the tile 33TWM, oldest first, every second one of Sentinel-2B."""
    return [_granule(2 + 3 * count, "AB"[count % 2]) for count in range(number)]


def _granule(day, satellite):
    stamp = f"201803{day:02}T100021"
    name = f"S2{satellite}_MSIL2A_{stamp}_N0206_R122_T33TWM_{stamp}"
    item = earth_search_item(
        item_id=name, platform=f"sentinel-2{satellite.lower()}", datetime=f"2018-03-{day:02}T10:00:21Z",
        **{
            "mgrs:grid_square": "WM", "grid:code": "MGRS-33TWM", "s2:processing_baseline": "02.06",
            "s2:product_uri": f"{name}.SAFE", "s2:generation_time": f"2018-03-{day:02}T14:00:00Z",
            "s2:datatake_id": f"GS2{satellite}_{stamp}_014094_N02.06",
            "s2:datastrip_id": f"S2{satellite}_OPER_MSI_L2A_DS_SGS__{stamp}_S{stamp}_N02.06",
            "s2:granule_id": f"S2{satellite}_OPER_MSI_L2A_TL_SGS__{stamp}_A014094_T33TWM_N02.06",
        },
        offset=0, **{"earthsearch:boa_offset_applied": None},
    )  # fmt: skip
    return granule_from_item(item, base="https://example.org/items")


def pixels_of(grid: Grid, layers, scenes: int):
    """Random pixels by layer name, the uppermost fifth without data; ``source_index`` names scenes that there are."""
    made = written_products.pixels(grid, layers=layers)
    if "source_index" in made:
        chosen = np.random.default_rng(9).integers(0, scenes, (grid.height, grid.width)).astype("int16")
        chosen[: grid.height // 5] = -1
        made["source_index"] = chosen
    return made


def account_of(
    folder: Path,
    *,
    format="geotiff",
    crs="utm",
    grid=None,
    bands=SOME_BANDS,
    layers=SOME_LAYERS,
    scenes=3,
    pixels=None,
    rejected=(),
    notes=(),
    checks=(_PASSED, _FAILED),
    **changes,
) -> Account:
    """The account of a product whose data files are written into ``folder``; ``changes`` are of the order."""
    grid = grid or SMALL_GRIDS[crs]
    spec = _spec(grid, bands=bands, layers=layers, format=format, crs=crs, **changes)
    granules = scenes_of_march_2018(scenes)
    heading = Heading(
        TITLE, SUFFIX, spec.period, [SourceScene(granule.identifier, granule.sensed_at) for granule in granules]
    )
    written_as, rasters = registry.formats()[format], output_layers(spec)
    made = pixels if pixels is not None else pixels_of(grid, rasters, scenes)
    files, _ = written_products.write(written_as, folder, grid, made, layers=rasters, of=heading)
    return Account(
        spec=spec,
        heading=heading,
        order_number="7",
        grid=grid,
        granules=granules,
        judged_by_angle=[number % 2 == 0 for number in range(scenes)],
        files=files,
        written_as=written_as,
        source="Archive of the tests",
        rejected=list(rejected),
        notes=list(notes),
        quality=Report(list(checks)),
    )


def _spec(grid: Grid, **changes) -> MosaicSpec:
    west, south, east, north = grid.footprint.bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    order = {
        "name": "Trial",
        "area": {"type": "Polygon", "coordinates": [ring]},
        "period": {"kind": "month", "start": "2018-03-01"},
        "resolution": grid.resolution_m,
    }
    return MosaicSpec.parse(order | changes, today=date(2024, 1, 1))
