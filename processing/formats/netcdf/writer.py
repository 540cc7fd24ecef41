"""Writing NetCDF-4: all layers gathered, then put into one file chunk by chunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from processing.clock import Clock
from processing.formats.base import Heading, WrittenFile
from processing.formats.netcdf import attributes as cf
from processing.gathering import GatheringWriter
from processing.grid import WGS84_EPSG, Grid, transformer
from processing.layers import OutputLayer
from processing.storage import SCRATCH_TILE_PX, written_whole

# What was gathered in tiles is read and written by the same.
CHUNK_PX = SCRATCH_TILE_PX
# zstd would be faster, but needs a plug-in that most readers do not have. Level 2 takes a sixth less time than
# the usual 4, for 4 % more bytes.
_PACKING: dict[str, Any] = {"compression": "zlib", "complevel": 2, "shuffle": True}
# Latitude and longitude of a pixel; they compress to less than half a byte.
_PLACE_BYTES = 1
# HDF5 keeps a cache for every variable; chunks are written whole, so there is nothing to keep.
_CHUNK_CACHE_BYTES = 2**20
ONE_AT_A_TIME = threading.Lock()
"""The NetCDF and HDF5 libraries are not safe to call from two threads, not even on two files."""


class NetCdfWriter(GatheringWriter):
    """Gathers all layers, then writes them chunk by chunk into one file."""

    def __init__(
        self, folder: Path, *, heading: Heading, grid: Grid, layers: Sequence[OutputLayer], clock: Clock
    ) -> None:
        super().__init__(folder, grid=grid, layers=layers)
        self._path = folder / f"{heading.suffix}.nc"
        self._heading = heading
        self._grid = grid
        self._layers = tuple(layers)
        self._clock = clock

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        """Write the coordinates, then layer by layer; see ``Writer``."""
        parts = len(self._layers) + 1
        # The scratch rasters go before the file is closed: HDF5 never lets go of a file that it cannot
        # complete, and on a full disk their room is what it needs for that.
        with ONE_AT_A_TIME, self._clock.measuring("encode"), _created(self._path) as dataset, self._gathering:
            with written_whole(self._path, room_bytes=_PLACE_BYTES * self._grid.width * self._grid.height):
                self._describe(dataset)
                self._write_places(dataset)
            progress(1 / parts)
            for number, layer in enumerate(self._layers):
                self._write_layer(dataset, layer)
                progress((number + 2) / parts)
        return [WrittenFile(self._path, self._layers, subdatasets=True)]

    def _describe(self, dataset: netCDF4.Dataset) -> None:
        """Dimensions, time, axes, CRS, and what is said of the whole."""
        dataset.setncatts(cf.product_attributes(self._heading, self._grid))
        for name, size in {"time": 1, "y": self._grid.height, "x": self._grid.width, "bnds": 2}.items():
            dataset.createDimension(name, size)
        begin, end = cf.time_bounds(self._heading.period)
        x, y = self._grid.pixel_centres()
        axes = cf.axis_attributes(self._grid)
        _add(dataset, "time", "f8", ("time",), cf.TIME_ATTRIBUTES)[:] = (begin + end) / 2
        _add(dataset, "time_bnds", "f8", ("time", "bnds"), {})[:] = [[begin, end]]
        _add(dataset, "y", "f8", ("y",), axes["y"])[:] = y
        _add(dataset, "x", "f8", ("x",), axes["x"])[:] = x
        _add(dataset, cf.GRID_MAPPING, "i4", (), cf.grid_mapping_attributes(self._grid))[...] = 0

    def _write_places(self, dataset: netCDF4.Dataset) -> None:
        """Latitude and longitude of every pixel."""
        told = cf.place_attributes(self._grid)
        latitude = self._add_raster(dataset, "lat", "f4", told["lat"])
        longitude = self._add_raster(dataset, "lon", "f4", told["lon"])
        for block in self._grid.blocks(CHUNK_PX):
            x, y = self._grid.part(block).pixel_centres()
            places = transformer(self._grid.epsg, WGS84_EPSG).transform(*np.meshgrid(x, y))
            longitude[block.rows, block.columns], latitude[block.rows, block.columns] = places

    def _write_layer(self, dataset: netCDF4.Dataset, layer: OutputLayer) -> None:
        attributes = cf.layer_attributes(layer, self._heading)
        variable = self._add_raster(dataset, layer.prefix, cf.stored_type(layer), attributes, cf.fill_value(layer))
        with self._gathering.whole(layer) as raster:
            for block in self._grid.blocks(CHUNK_PX):
                variable[0, block.rows, block.columns] = cf.as_stored(layer, raster.read(block))

    def _add_raster(
        self, dataset: netCDF4.Dataset, name: str, dtype: Any, attributes: Mapping[str, Any], fill: Any = None
    ) -> netCDF4.Variable:
        """A compressed variable over y and x; with a no-data value also over time."""
        dimensions = ("y", "x") if fill is None else ("time", "y", "x")
        chunks = (1, min(CHUNK_PX, self._grid.height), min(CHUNK_PX, self._grid.width))[-len(dimensions) :]
        return _add(dataset, name, dtype, dimensions, attributes, chunksizes=chunks, fill_value=fill, **_PACKING)


def _add(
    dataset: netCDF4.Dataset,
    name: str,
    dtype: Any,
    dimensions: tuple[str, ...],
    attributes: Mapping[str, Any],
    **storage: Any,
) -> netCDF4.Variable:
    """A new variable that takes numbers as they are to be stored."""
    variable = dataset.createVariable(name, dtype, dimensions, **storage)
    if "chunksizes" in storage:
        variable.set_var_chunk_cache(_CHUNK_CACHE_BYTES)
    variable.set_auto_maskandscale(False)
    variable.setncatts(attributes)
    return variable


@contextmanager
def _created(path: Path) -> Iterator[netCDF4.Dataset]:
    dataset = netCDF4.Dataset(path, "w", format="NETCDF4")
    try:
        yield dataset
    finally:
        with written_whole(path, room_bytes=0):
            dataset.close()
