"""Cloud Optimized GeoTIFF, one file per layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.windows import Window

from processing.formats.base import WrittenFile
from processing.grid import Block, Grid
from processing.layers import OutputLayer

TILE_PX = 512
COG_OPTIONS: dict[str, Any] = {
    "COMPRESS": "DEFLATE",
    "LEVEL": 6,
    "PREDICTOR": "STANDARD",
    "BLOCKSIZE": TILE_PX,
    # An overview shows observations too: nearest neighbour, nothing averaged.
    "OVERVIEW_RESAMPLING": "NEAREST",
    "OVERVIEWS": "AUTO",
    "BIGTIFF": "IF_SAFER",
}


class GeoTiffWriter:
    """Gathers each layer in an uncompressed tiled file, then turns it into a COG.

    A COG wants its overviews before its pixels, so it cannot be written block by block.
    """

    def __init__(self, folder: Path, *, suffix: str, grid: Grid, layers: Sequence[OutputLayer], threads: int) -> None:
        self._layers = tuple(layers)
        self._threads = threads
        self._paths = {layer.name: folder / f"{layer.prefix}_{suffix}.tiff" for layer in layers}
        self._gathered = {name: path.with_suffix(".gathered") for name, path in self._paths.items()}
        self._open: dict[str, Any] = {layer.name: self._create(layer, grid) for layer in layers}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for dataset in self._open.values():
            dataset.close()
        for path in self._gathered.values():
            path.unlink(missing_ok=True)

    def write(self, block: Block, layers: Mapping[str, np.ndarray]) -> None:
        window = Window(block.column, block.row, block.width, block.height)
        for layer in self._layers:
            self._open[layer.name].write(layers[layer.name], 1, window=window)

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        written = []
        for number, layer in enumerate(self._layers):
            self._open.pop(layer.name).close()
            gathered = self._gathered[layer.name]
            rasterio.shutil.copy(
                gathered, self._paths[layer.name], driver="COG", NUM_THREADS=self._threads, **COG_OPTIONS
            )
            gathered.unlink()
            written.append(WrittenFile(self._paths[layer.name], (layer,)))
            progress((number + 1) / len(self._layers))
        return written

    def _create(self, layer: OutputLayer, grid: Grid) -> Any:
        dataset = rasterio.open(
            self._gathered[layer.name],
            "w",
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=1,
            dtype=layer.dtype,
            nodata=layer.nodata,
            crs=CRS.from_epsg(grid.epsg),
            transform=grid.transform,
            tiled=True,
            blockxsize=TILE_PX,
            blockysize=TILE_PX,
            BIGTIFF="IF_SAFER",
        )
        dataset.set_band_description(1, layer.title)
        if layer.scale != 1:
            dataset.scales = (layer.scale,)
            dataset.offsets = (0.0,)
        if layer.unit:
            dataset.units = (layer.unit,)
        return dataset


class GeoTiff:
    """GeoTIFF as COG."""

    name = "geotiff"
    title = "GeoTIFF"
    summary = "Cloud Optimized GeoTIFF, one file per layer; opens in every GIS."
    extension = "tiff"
    media_type = "image/tiff; application=geotiff; profile=cloud-optimized"

    def writer(
        self, folder: Path, *, suffix: str, grid: Grid, layers: Sequence[OutputLayer], threads: int
    ) -> GeoTiffWriter:
        return GeoTiffWriter(folder, suffix=suffix, grid=grid, layers=layers, threads=threads)


PLUGIN = GeoTiff()
