"""Where a product's pixels wait until all blocks are made: an uncompressed raster per layer.

Blocks come in any size and order; the final files are made from here in one order, so that their bytes
depend on the pixels alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.windows import Window

from processing.clock import Clock
from processing.formats.base import Heading, WrittenFile
from processing.grid import Block, Grid
from processing.layers import OutputLayer
from processing.scratch import ScratchRaster
from processing.storage import SCRATCH_TILE_PX, scratch_bytes, scratch_tile, written_whole


class Gathering:
    """Takes blocks and gives whole layers. A context manager that leaves nothing open and nothing behind."""

    def __init__(self, folder: Path, *, grid: Grid, layers: Sequence[OutputLayer]) -> None:
        self._folder = folder
        self._grid = grid
        self._layers = tuple(layers)
        self._rasters: dict[str, ScratchRaster] = {}
        with ExitStack() as opened:
            for layer in layers:
                raster = ScratchRaster(
                    folder, width=grid.width, height=grid.height, dtype=layer.dtype, fill=layer.nodata
                )
                self._rasters[layer.name] = opened.enter_context(raster)
            # All are there: from here on it is ``close`` that lets go of them.
            opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all that was gathered."""
        while self._rasters:
            self._rasters.popitem()[1].close()

    def write(self, block: Block, layers: Mapping[str, np.ndarray]) -> None:
        """Take the (y, x) arrays of a block, by layer name; ValueError where one does not fit grid, block or layer."""
        self._check_place(block)
        for layer in self._layers:
            values = layers[layer.name]
            # NumPy would stretch and clip what does not fit, and say nothing.
            if values.shape != (block.height, block.width) or values.dtype != layer.dtype:
                raise ValueError(f"{layer.name} of {block} is {values.dtype} {values.shape}")
            self._rasters[layer.name].write(block, values)

    def _check_place(self, block: Block) -> None:
        right, bottom = block.column + block.width, block.row + block.height
        if block.column < 0 or block.row < 0 or right > self._grid.width or bottom > self._grid.height:
            raise ValueError(f"{block} does not lie within the grid")

    @contextmanager
    def whole(self, layer: OutputLayer) -> Iterator[ScratchRaster]:
        """A layer's raster, complete, to write a file of it within; once for each layer.

        It is gone afterwards. Raises OSError where the disk has no room for twice as much: compressed,
        with overviews or wider numbers, no format takes more.
        """
        room_bytes = 2 * scratch_bytes(layer, self._grid)
        with self._rasters.pop(layer.name) as raster, written_whole(self._folder / layer.prefix, room_bytes=room_bytes):
            yield raster


def created(name: str, layer: OutputLayer, grid: Grid) -> Any:
    """A new uncompressed GeoTIFF for the pixels of a layer, open to be written.

    It says all that a copy of it should say: CRS, no data, scale, unit, description.
    """
    tile_width, tile_height = scratch_tile(grid.width, grid.height)
    dataset = rasterio.open(
        name,
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
        blockxsize=tile_width,
        blockysize=tile_height,
        BIGTIFF="IF_SAFER",
    )
    dataset.set_band_description(1, layer.title)
    if layer.scale != 1:
        dataset.scales = (layer.scale,)
        dataset.offsets = (0.0,)
    if layer.unit:
        dataset.units = (layer.unit,)
    return dataset


class GatheringWriter:
    """The part of a writer that takes blocks; what is left is ``finish``."""

    def __init__(self, folder: Path, *, grid: Grid, layers: Sequence[OutputLayer]) -> None:
        self._gathering = Gathering(folder, grid=grid, layers=layers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gathering.close()

    def write(self, block: Block, layers: Mapping[str, np.ndarray]) -> None:
        """See ``Writer``."""
        self._gathering.write(block, layers)


class CopyingWriter(GatheringWriter):
    """Writer of formats that are GDAL's copy of each layer with some ``driver``: one file per layer."""

    def __init__(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        extension: str,
        driver: str,
        options: Mapping[str, Any],
        companions: Sequence[str] = (),
        clock: Clock,
    ) -> None:
        """``companions`` are the endings of what the driver writes beside each file, such as ``.aux.xml``."""
        super().__init__(folder, grid=grid, layers=layers)
        self._paths = {layer: folder / f"{layer.prefix}_{heading.suffix}.{extension}" for layer in layers}
        self._folder = folder
        self._grid = grid
        self._threads = threads
        self._clock = clock
        self._driver = driver
        self._options = options
        self._companions = companions

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        """Copy layer by layer; see ``Writer``."""
        written = []
        for layer, path in self._paths.items():
            with (
                self._gathering.whole(layer) as raster,
                self._as_dataset(layer, raster) as gathered,
                self._clock.measuring("encode"),
                rasterio.Env(GDAL_NUM_THREADS=self._threads),
            ):
                rasterio.shutil.copy(gathered, path, driver=self._driver, **self._options)
            beside = tuple(path.with_name(path.name + ending) for ending in self._companions)
            written.append(WrittenFile(path, (layer,), beside))
            progress(len(written) / len(self._paths))
        return written

    @contextmanager
    def _as_dataset(self, layer: OutputLayer, raster: ScratchRaster) -> Iterator[Path]:
        """The pixels of a layer as a file that GDAL opens."""
        path = self._folder / f".{layer.prefix}.gathered"
        try:
            with self._clock.measuring("write"), created(str(path), layer, self._grid) as dataset:
                for block in self._grid.blocks(SCRATCH_TILE_PX):
                    window = Window(block.column, block.row, block.width, block.height)
                    dataset.write(raster.read(block), 1, window=window)
            # Closing writes the last tiles, and fails without a word.
            if path.stat().st_size < raster.file_bytes:
                raise RuntimeError("tiles are missing")
            yield path
        finally:
            path.unlink(missing_ok=True)
