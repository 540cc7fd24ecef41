"""Looking into results, in a process of its own: ``python inspecting.py product|rasters FOLDER [--unpack DIR]``.

Prints JSON: the share of pixels with data in B04, the rasters and the bytes on disk.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import rasterio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unpack", type=Path, help="write the pixels of all rasters here, as .npy")
    options = parser.parse_args()
    rasters = sorted(path for path in options.folder.rglob("*.tif*") if path.suffix in (".tif", ".tiff"))
    (red,) = [path for path in rasters if path.name.startswith("B04")]
    with rasterio.open(red) as band:
        pixels = band.read(1)
        told = {
            "valid_share": round(float(np.mean(pixels != band.nodata)), 4),
            "median_red": float(np.median(pixels[pixels != band.nodata])),
            "shape": band.shape, "transform": list(band.transform)[:6], "epsg": band.crs.to_epsg(),
            "rasters": len(rasters), "written_mb": round(sum(path.stat().st_size for path in rasters) / 1e6, 1),
        }  # fmt: skip
    if options.unpack:
        options.unpack.mkdir(parents=True, exist_ok=True)
        for path in rasters:
            with rasterio.open(path) as raster:
                np.save(options.unpack / f"{path.stem}.npy", raster.read(1))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
