"""Plain Cloud Optimized GeoTIFFs, without GDAL: two times as fast, and no more decoded than blocks ask for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from processing.cells import CellWindow
from processing.rasters.byte_source import ByteSource
from processing.rasters.inflated import EmptyTile, InflatedTile
from processing.rasters.tiff import TiffFile, TiffImage, read_structure
from processing.rasters.tiled import RasterShape, Tile, TiledRaster, thinned


class CogRaster(TiledRaster):
    """One image of a file: the raster itself or one of its smaller copies."""

    def __init__(self, source: ByteSource, file: TiffFile, image: TiffImage | None = None) -> None:
        super().__init__()
        self._source, self._file = source, file
        self._image = image = image or file.image
        self.shape = RasterShape(
            epsg=file.epsg,
            left_m=file.left_m,
            top_m=file.top_m,
            pixel_m=file.pixel_m,
            width=image.width,
            height=image.height,
            dtype=image.dtype,
            tile_width=image.tile_width,
            tile_height=image.tile_height,
        )

    @classmethod
    def open(cls, source: ByteSource) -> CogRaster:
        """Raises NotPlain, OSError."""
        return cls(source, read_structure(source))

    def copy_of(self, image: TiffImage) -> CogRaster:
        """One of the smaller copies as a raster of its own."""
        return CogRaster(self._source, self._file, image)

    def open_tile(self, tile_row: int, tile_column: int) -> Tile:
        """See ``TiledRaster``."""
        return _open_tile(self._source, self._image, tile_row, tile_column)

    def sample(self, side: int) -> np.ndarray:
        """See ``Raster``. Taken from the smallest copy that is large enough."""
        enough = [copy for copy in self._file.overviews if min(copy.width, copy.height) >= side]
        copy = self.copy_of(enough[-1] if enough else self._image)
        height, width = copy.shape.height, copy.shape.width
        whole = np.empty((height, width), copy.shape.dtype)
        copy.prefetch((0, height), (0, width), last_row=0)
        copy.read(CellWindow(0, 0, height, width), whole, 0, 0, keep_rows=0)
        return whole[np.ix_(thinned(height, side), thinned(width, side))]


def read_tiles(source: ByteSource, image: TiffImage) -> Iterator[tuple[int, int, np.ndarray]]:
    """All pixels of an image: row and column of each tile's first pixel, and its pixels (y, x).

    Every tile is read to its end, where its checksum stands. The pixels are good until the next ones are read.
    Raises Damaged, OSError.
    """
    room = np.empty(image.tile_height * image.tile_width, image.dtype)
    for row in range(0, image.height, image.tile_height):
        for column in range(0, image.width, image.tile_width):
            width = min(image.tile_width, image.width - column)
            pixels = room[: image.tile_height * width].reshape(image.tile_height, width)
            tile = _open_tile(source, image, row // image.tile_height, column // image.tile_width)
            tile.take(slice(0, image.tile_height), slice(0, width), pixels, 0, 0, keep_rows=0)
            yield row, column, pixels[: image.height - row]


def _open_tile(source: ByteSource, image: TiffImage, tile_row: int, tile_column: int) -> Tile:
    number = image.number(tile_row, tile_column)
    if image.sizes[number] == 0:
        return EmptyTile(image.nodata)
    return InflatedTile(source, image.offsets[number], image.sizes[number], image)
