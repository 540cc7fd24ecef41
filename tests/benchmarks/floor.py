"""The floor: every block of every image that an order needs, read once by GDAL, and the result written once.

``python floor.py RECIPE.json``: images, result (a folder of ``.npy`` rasters), out, threads. Nothing is decided
or computed. Written as tiled GeoTIFFs, deflate at GDAL's level 6, predictor 2, blocks of 512; no overviews.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import rasterio

GEOTIFF = {
    "driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512,
    "compress": "deflate", "zlevel": 6, "predictor": 2, "crs": "EPSG:32633",
}  # fmt: skip


def read(path: str) -> int:
    """Bytes of all pixels of one image, each block read once."""
    with rasterio.open(path) as image:
        return sum(image.read(1, window=window).nbytes for _, window in image.block_windows(1))


def write(name: str, pixels: np.ndarray, folder: Path) -> int:
    """Write one raster; 0 bytes read."""
    height, width = pixels.shape
    profile = GEOTIFF | {"height": height, "width": width, "count": 1, "dtype": pixels.dtype}
    with rasterio.open(
        folder / f"{name}.tif", "w", **profile, transform=rasterio.Affine(10, 0, 0, 0, -10, 0)
    ) as target:
        target.write(pixels, 1)
    return 0


def main() -> None:
    recipe = json.loads(Path(sys.argv[1]).read_text())
    results = {path.stem: np.load(path, mmap_mode="r") for path in Path(recipe["result"]).glob("*.npy")}
    work = [partial(read, image) for image in recipe["images"]]
    work += [partial(write, name, pixels, Path(recipe["out"])) for name, pixels in results.items()]
    with ThreadPoolExecutor(recipe["threads"]) as pool:
        read_bytes = sum(pool.map(lambda part: part(), work))
    (Path(recipe["out"]) / "read.json").write_text(json.dumps({"bytes": read_bytes}))


if __name__ == "__main__":
    main()
