"""Where a product's pixels wait until all blocks are made: an uncompressed raster per layer.

Blocks come in any size and order; the final files are made from here in one order, so that their bytes
depend on the pixels alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.windows import Window

from processing.formats.base import Heading, WrittenFile
from processing.grid import Block, Grid
from processing.layers import OutputLayer
from processing.storage import scratch_bytes, scratch_tile, written_whole


class Gathering:
    """Takes blocks and gives whole layers. A context manager that leaves nothing open and nothing behind.

    A scratch raster has all that GDAL's copy of it should have: CRS, no data, scale, unit, description.
    """

    def __init__(self, folder: Path, *, grid: Grid, layers: Sequence[OutputLayer]) -> None:
        self._grid = grid
        self._layers = tuple(layers)
        self._paths = {layer.name: folder / f".{layer.prefix}.gathered" for layer in layers}
        self._open: dict[str, Any] = {}
        try:
            for layer in layers:
                self._open[layer.name] = self._create(layer)
        except BaseException:
            # No with statement has been entered yet that would do it.
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close and remove all scratch rasters."""
        while self._open:
            self._open.popitem()[1].close()
        for path in self._paths.values():
            path.unlink(missing_ok=True)

    def write(self, block: Block, layers: Mapping[str, np.ndarray]) -> None:
        """Take the (y, x) arrays of a block, by layer name; ValueError where one does not fit grid, block or layer."""
        self._check_place(block)
        window = Window(block.column, block.row, block.width, block.height)
        for layer in self._layers:
            values = layers[layer.name]
            # GDAL would stretch and clip what does not fit, and say nothing.
            if values.shape != (block.height, block.width) or values.dtype != layer.dtype:
                raise ValueError(f"{layer.name} of {block} is {values.dtype} {values.shape}")
            with written_whole(self._paths[layer.name], room_bytes=0):
                self._open[layer.name].write(values, 1, window=window)

    def _check_place(self, block: Block) -> None:
        right, bottom = block.column + block.width, block.row + block.height
        if block.column < 0 or block.row < 0 or right > self._grid.width or bottom > self._grid.height:
            raise ValueError(f"{block} does not lie within the grid")

    @contextmanager
    def whole(self, layer: OutputLayer) -> Iterator[Path]:
        """The scratch raster of a layer, complete, to write a file of it within; once for each layer.

        It is removed afterwards. Raises OSError where the disk has no room for twice as much: compressed,
        with overviews or wider numbers, no format takes more.
        """
        path, size_bytes = self._paths[layer.name], scratch_bytes(layer, self._grid)
        self._open.pop(layer.name).close()
        # Closing writes the last tiles, and fails without a word.
        with written_whole(path, room_bytes=2 * size_bytes):
            if path.stat().st_size < size_bytes:
                raise RuntimeError("tiles are missing")
            yield path
        path.unlink()

    def _create(self, layer: OutputLayer) -> Any:
        tile_width, tile_height = scratch_tile(self._grid)
        dataset = rasterio.open(
            self._paths[layer.name],
            "w",
            driver="GTiff",
            width=self._grid.width,
            height=self._grid.height,
            count=1,
            dtype=layer.dtype,
            nodata=layer.nodata,
            crs=CRS.from_epsg(self._grid.epsg),
            transform=self._grid.transform,
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
    ) -> None:
        """``companions`` are the endings of what the driver writes beside each file, such as ``.aux.xml``."""
        super().__init__(folder, grid=grid, layers=layers)
        self._paths = {layer: folder / f"{layer.prefix}_{heading.suffix}.{extension}" for layer in layers}
        self._threads = threads
        self._driver = driver
        self._options = options
        self._companions = companions

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        """Copy layer by layer; see ``Writer``."""
        written = []
        for layer, path in self._paths.items():
            with self._gathering.whole(layer) as gathered, rasterio.Env(GDAL_NUM_THREADS=self._threads):
                rasterio.shutil.copy(gathered, path, driver=self._driver, **self._options)
            beside = tuple(path.with_name(path.name + ending) for ending in self._companions)
            written.append(WrittenFile(path, (layer,), beside))
            progress(len(written) / len(self._paths))
        return written
