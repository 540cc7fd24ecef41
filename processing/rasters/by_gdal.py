"""Rasters that GDAL decodes: JPEG 2000, and TIFFs that are not plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from processing.cells import CellWindow
from processing.rasters.spool import Spool, Spooled
from processing.rasters.tiled import Damaged, RasterShape, Tile, TiledRaster

# In bytes: rasterio passes a number on as it is, other than GDAL's own setting of this name.
GDAL_CACHE_BYTES = 64 * 2**20

GDAL_OPTIONS: dict[str, Any] = {
    "GDAL_CACHEMAX": GDAL_CACHE_BYTES,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": 3,
    "GDAL_HTTP_RETRY_DELAY": 1,
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.tiff,.jp2",
    "VSI_CACHE": True,
    "VSI_CACHE_SIZE": 1_000_000,
}

# What comes in strips or small tiles is decoded in larger units.
_LEAST_TILE_PX = 512
_MOST_TILE_PX = 4096


class GdalRaster(TiledRaster):
    """One band of any file that GDAL opens with one driver.

    Open only while tiles are decoded: a dataset keeps the tile it decoded last, and what that was decoded from.
    """

    def __init__(self, path: str, *, driver: str, spool: Spool) -> None:
        """Raises Damaged."""
        super().__init__()
        self._path, self._driver, self._spool = path, driver, spool
        self._dataset: Any = None
        with rasterio.Env(**GDAL_OPTIONS), self._opened() as dataset:
            self.shape = _shape(dataset)

    def read(self, window: CellWindow, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """See ``Raster``."""
        with rasterio.Env(**GDAL_OPTIONS):
            try:
                super().read(window, out, row, column, keep_rows=keep_rows)
            finally:
                if self._dataset is not None:
                    self._dataset.close()
                    self._dataset = None

    def open_tile(self, tile_row: int, tile_column: int) -> Tile:
        """See ``TiledRaster``."""
        if self._dataset is None:
            self._dataset = self._opened()
        shape = self.shape
        top, left = tile_row * shape.tile_height, tile_column * shape.tile_width
        height, width = min(shape.tile_height, shape.height - top), min(shape.tile_width, shape.width - left)
        try:
            pixels = self._dataset.read(1, window=Window(left, top, width, height))
        except RasterioError as cause:
            raise Damaged(str(cause.__cause__ or cause)) from cause
        return DecodedTile(pixels, self._spool)

    def sample(self, side: int) -> np.ndarray:
        """See ``Raster``. JPEG 2000 is decoded no finer than that takes."""
        try:
            with rasterio.Env(**GDAL_OPTIONS), self._opened() as dataset:
                return dataset.read(1, out_shape=(side, side))
        except RasterioError as cause:
            raise Damaged(str(cause.__cause__ or cause)) from cause

    def _opened(self) -> Any:
        try:
            return rasterio.open(self._path, driver=self._driver)
        except RasterioError as cause:
            raise Damaged(str(cause.__cause__ or cause)) from cause


def _shape(dataset: Any) -> RasterShape:
    transform = dataset.transform
    placed = not transform.b and not transform.d and transform.a > 0 and transform.e == -transform.a
    height, width = dataset.block_shapes[0]
    return RasterShape(
        epsg=dataset.crs.to_epsg() if dataset.crs else None,
        left_m=transform.c,
        top_m=transform.f,
        pixel_m=transform.a if placed else None,
        width=dataset.width,
        height=dataset.height,
        dtype=dataset.dtypes[0],
        tile_width=_unit(width, dataset.width),
        tile_height=_unit(height, dataset.height),
    )


def _unit(block_px: int, raster_px: int) -> int:
    """Pixels that are decoded at once: whole blocks, neither tiny nor huge."""
    if block_px >= _LEAST_TILE_PX:
        return min(block_px, raster_px, _MOST_TILE_PX)
    return block_px * -(-_LEAST_TILE_PX // block_px)


class DecodedTile:
    """A tile that was decoded whole: rows that no block has asked for yet wait on the disk."""

    def __init__(self, pixels: np.ndarray, spool: Spool) -> None:
        self._pixels: np.ndarray | None = pixels
        self._spool = spool
        self._spooled: Spooled | None = None
        self._height, self._width = pixels.shape
        self._dtype = pixels.dtype

    def take(self, rows: slice, columns: slice, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """See ``Tile``."""
        rows = slice(rows.start, min(rows.stop, self._height))
        pixels = self._rows(rows)
        out[row : row + len(pixels), column : column + columns.stop - columns.start] = pixels[:, columns]
        if self._pixels is not None and rows.stop < self._height + keep_rows:
            self._spooled = self._spool.put(self._pixels.reshape(-1).view(np.uint8).data)
        self._pixels = None

    def close(self) -> None:
        """See ``Tile``."""
        self._pixels = None
        if self._spooled is not None:
            self._spooled.forget()
            self._spooled = None

    def _rows(self, rows: slice) -> np.ndarray:
        if self._pixels is not None:
            return self._pixels[rows]
        assert self._spooled is not None, "rows are taken of a tile that was taken to its end"
        row_bytes = self._width * self._dtype.itemsize
        data = self._spooled.read(rows.start * row_bytes, (rows.stop - rows.start) * row_bytes)
        return np.frombuffer(data, self._dtype).reshape(-1, self._width)
