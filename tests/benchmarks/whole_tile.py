"""An archive of whole Sentinel-2 tiles: a generated archive of a fifth of the tile's edge, repeated five by five."""

import json
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from pyproj import Transformer
from rasterio.io import MemoryFile

from processing.sample import make_archive

TIMES = 5
TILE, LEFT, TOP, SIDE_M, EPSG = "33TWL", 499_980, 5_100_000, 109_800, 32633


def whole_tile_archive(folder: Path, *, dates: int, without: Collection[str] = (), cloudiness: float = 0.4) -> Path:
    """Path of the ``items.json`` of ``dates`` granules of 33TWL, all bands and layers but the assets ``without``.

    Made once in ``folder``; some 600 MB each.
    """
    name = "-".join([str(dates), *sorted(without)])
    items = folder / f"tile-{name}" / "items.json"
    if items.exists():
        return items
    size = {"size_km": SIDE_M / TIMES / 1000, "dates": dates, "tiles": (TILE,), "cloudiness": cloudiness}
    part = make_archive(folder / f"part-{name}", **size)
    features = json.loads(part.read_text())["features"]
    items.parent.mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for feature in features:
            feature["assets"] = {key: asset for key, asset in feature["assets"].items() if key not in without}
            hrefs = sorted({asset["href"] for asset in feature["assets"].values()})
            list(pool.map(lambda href: _repeat(part.parent / href, items.parent / href), hrefs))
            feature["geometry"] = shapely.geometry.mapping(_outline())
            feature["bbox"] = list(_outline().bounds)
    items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return items


def seen_from_above(xml: str) -> str:
    """A granule's metadata for the whole tile: repeated, the swath's edge would lie anywhere, so there is none."""
    moved = re.sub(r"<ULX>[^<]*<", f"<ULX>{LEFT}<", xml)
    moved = re.sub(r"<ULY>[^<]*<", f"<ULY>{TOP}<", moved)
    return re.sub(r"<Viewing_Incidence_Angles_Grids.*?</Viewing_Incidence_Angles_Grids>", _level, moved, flags=re.S)


def _level(grids: re.Match[str]) -> str:
    """One band's view angles the same everywhere: zenith 5, azimuth 100 degrees."""
    zenith, azimuth = grids[0].split("<Azimuth>")
    return f"{_constant(zenith, '5')}<Azimuth>{_constant(azimuth, '100')}"


def _constant(grid: str, value: str) -> str:
    return re.sub(r"<VALUES>([^<]*)<", lambda row: f"<VALUES>{' '.join([value] * len(row[1].split()))}<", grid)


def _outline() -> shapely.Polygon:
    box = shapely.segmentize(shapely.box(LEFT, TOP - SIDE_M, LEFT + SIDE_M, TOP), 10_000)
    to_degrees = Transformer.from_crs(EPSG, 4326, always_xy=True)
    return shapely.transform(box, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))


def _repeat(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.suffix == ".xml":
        target.write_text(seen_from_above(source.read_text()))
        return
    with rasterio.open(source) as dataset:
        pixels, size = np.tile(dataset.read(1), (TIMES, TIMES)), dataset.transform.a
    profile = {"driver": "GTiff", "count": 1, "dtype": pixels.dtype, "crs": f"EPSG:{EPSG}", "nodata": 0}
    place = {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "transform": rasterio.Affine(size, 0, LEFT, 0, -size, TOP),
    }
    with MemoryFile() as plain:
        with plain.open(**profile, **place) as image:
            image.write(pixels, 1)
        rasterio.shutil.copy(
            plain.name, target, driver="COG", compress="DEFLATE", predictor="STANDARD", level=1, blocksize=1024,
            overview_resampling="NEAREST",
        )  # fmt: skip
