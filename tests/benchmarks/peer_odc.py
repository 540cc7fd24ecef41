"""A mosaic as users of odc-stac make it, in dask threads; run by the interpreter of the peers' own environment.

``python peer_odc.py RECIPE.json``. Offsets of processing baselines are not undone and nothing is checked or described:
that is in the peers' favour.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dask
import numpy as np
import odc.stac
import pystac
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox

VALID_CLASSES = [2, 4, 5, 6, 11]
GEOTIFF = {
    "driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512,
    "compress": "deflate", "zlevel": 6, "predictor": 2,
}  # fmt: skip


def median(observed: xr.Dataset) -> xr.Dataset:
    """By xarray; float32 because what is masked becomes NaN."""
    # A pixel without one observation stays NaN, which no integer can say.
    return observed.median("time", skipna=True).fillna(0).astype("uint16")


def geomedian(observed: xr.Dataset) -> xr.Dataset:
    """By odc-algo, on integers in which 0 is no data: it makes the floats chunk by chunk itself."""
    from odc.algo import int_geomedian

    return int_geomedian(observed, scale=1e-4, wk_rows=64, num_threads=1)


METHODS = {"median": median, "geomedian": geomedian}


def load(recipe: dict) -> xr.Dataset:
    """Bands and scene class of all scenes, lazily, in the chunks of the recipe."""
    items = pystac.ItemCollection.from_file(recipe["items"])
    for item in items:
        for asset in item.assets.values():
            if "://" not in asset.href:
                asset.href = str(Path(recipe["items"]).parent / asset.href)
    grid = GeoBox(recipe["shape"], rasterio.Affine(*recipe["transform"]), f"EPSG:{recipe['epsg']}")
    return odc.stac.load(
        items, bands=[*recipe["bands"].values(), recipe["scene_class"]], geobox=grid, groupby="solar_day",
        chunks={"x": recipe["chunk"], "y": recipe["chunk"], "time": recipe["chunk_time"]},
        resampling="nearest", fail_on_error=True,
    )  # fmt: skip


def observe(scenes: xr.Dataset, recipe: dict) -> xr.Dataset:
    """The reflectances of valid observations, all dates of a chunk in one: NaN for a median, 0 for the geomedian."""
    valid = scenes[recipe["scene_class"]].isin(VALID_CLASSES)
    bands = scenes[list(recipe["bands"].values())]
    if recipe["method"] == "geomedian":
        observed = bands.where(valid, 0)
        for band in observed.data_vars.values():
            band.attrs["nodata"] = 0
    else:
        observed = bands.where(valid)
    return observed.chunk({"time": -1})


def write(band: str, pixels: np.ndarray, recipe: dict) -> None:
    place = {"crs": f"EPSG:{recipe['epsg']}", "transform": rasterio.Affine(*recipe["transform"])}
    height, width = recipe["shape"]
    profile = GEOTIFF | place | {"height": height, "width": width, "count": 1, "dtype": "uint16", "nodata": 0}
    with rasterio.open(Path(recipe["out"]) / f"{band}.tif", "w", **profile) as target:
        target.write(pixels, 1)


def main() -> None:
    recipe = json.loads(Path(sys.argv[1]).read_text())
    odc.stac.configure_rio(cloud_defaults="://" in Path(recipe["items"]).read_text()[:20_000])
    with dask.config.set(scheduler="threads", num_workers=recipe["threads"]):
        mosaic = METHODS[recipe["method"]](observe(load(recipe), recipe)).compute()
    with ThreadPoolExecutor(recipe["threads"]) as pool:
        list(pool.map(lambda band: write(*band), [
            (name, mosaic[key].values, recipe) for name, key in recipe["bands"].items()
        ]))  # fmt: skip


if __name__ == "__main__":
    main()
