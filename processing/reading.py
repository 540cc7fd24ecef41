"""Reading granules: handles, windows, and whose fault it is when that fails."""

from __future__ import annotations

import threading
import urllib.request
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from processing.cells import CellGrid, CellWindow
from processing.clock import Clock
from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule

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
# Classes and percentages; all else is 16 bits wide.
_UINT8 = frozenset({"SCL", "CLD", "SNW"})
# Percentages: 0 is a value.
_ZERO_COUNTS = frozenset({"CLD", "SNW"})
# A handle keeps the tile it decoded last, and what that was decoded from: some 4 MB.
_MOST_OPEN_PER_THREAD = 12
_HTTP_TIMEOUT_S = 30
# What GDAL says when the server or the network is at fault, not the file.
_NETWORK_WORDS = ("resolve host", "timed out", "timeout", "connect", "code: 429", "code: 5", "SSL")


class GranuleUnreadable(Exception):
    """A file of a granule cannot be read; the mosaic can be made without that granule."""

    def __init__(self, granule: Granule, file_name: str, reason: str) -> None:
        self.granule, self.file_name, self.reason = granule, file_name, reason
        super().__init__(f"{granule.item_id}: {file_name} cannot be read ({reason})")


class Reader:
    """Opens and reads the rasters of a product's granules; safe to share between threads.

    Every thread has handles of its own, because a GDAL dataset belongs to one thread at a time.
    """

    def __init__(self, granules: Sequence[Granule], *, clock: Clock) -> None:
        self._granules = tuple(granules)
        self._clock = clock
        self._local = threading.local()
        self._grids: dict[tuple[int, str], CellGrid] = {}

    def grid(self, number: int, band: str) -> CellGrid:
        """The pixels of a band of granule ``number``; GranuleUnreadable where they are no UTM grid."""
        known = self._grids.get((number, band))
        if known is None:
            known = self._grids[number, band] = self._read_grid(number, band)
        return known

    def read(self, number: int, band: str, window: CellWindow, grid: CellGrid) -> np.ndarray:
        """Cells (row, column) of a window of ``grid``; 0 beyond the raster. The raster's own data type.

        Merged cells are means of the pixels that hold data, rounded half up.
        """
        inside = window.within(grid)
        if inside is None:
            return np.zeros((window.height, window.width), np.uint8 if band in _UINT8 else np.uint16)
        pixels = self._read_pixels(number, band, inside, grid.merged)
        cells = merged_cells(pixels, grid.merged, zero_counts=band in _ZERO_COUNTS) if grid.merged > 1 else pixels
        if (inside.height, inside.width) == (window.height, window.width):
            return cells
        whole = np.zeros((window.height, window.width), cells.dtype)
        row, column = inside.row - window.row, inside.column - window.column
        whole[row : row + inside.height, column : column + inside.width] = cells
        return whole

    def sample(self, number: int, band: str, most_px: int) -> np.ndarray:
        """The whole raster thinned out to at most ``most_px`` a side, nearest neighbour; always square."""
        side = min(most_px, self.grid(number, band).width, self.grid(number, "SCL").width)
        try:
            dataset = self._open(number, band)
            with self._clock.measuring("reading"):
                return dataset.read(1, out_shape=(side, side))
        except RasterioError as cause:
            raise self._blame(number, band, cause) from cause

    def _read_pixels(self, number: int, band: str, inside: CellWindow, merged: int) -> np.ndarray:
        window = Window(inside.column * merged, inside.row * merged, inside.width * merged, inside.height * merged)
        try:
            dataset = self._open(number, band)
            with self._clock.measuring("reading"):
                return dataset.read(1, window=window)
        except RasterioError as cause:
            raise self._blame(number, band, cause) from cause

    def _read_grid(self, number: int, band: str) -> CellGrid:
        try:
            dataset = self._open(number, band)
        except RasterioError as cause:
            raise self._blame(number, band, cause) from cause
        epsg = dataset.crs.to_epsg() if dataset.crs else None
        transform = dataset.transform
        wanted = "uint8" if band in _UINT8 else "uint16"
        if epsg is None or not (32601 <= epsg <= 32660 or 32701 <= epsg <= 32760):
            raise self._unfit(number, band, "its CRS is not a UTM zone")
        if transform.b or transform.d or transform.a <= 0 or transform.e != -transform.a:
            raise self._unfit(number, band, "its pixels are not square and north up")
        if dataset.dtypes[0] != wanted:
            raise self._unfit(number, band, f"its data type is {dataset.dtypes[0]}, not {wanted}")
        grid = CellGrid(epsg, transform.c, transform.f, transform.a, 1, dataset.width, dataset.height)
        if band != "SCL" and not grid.covers_as(self.grid(number, "SCL")):
            raise self._unfit(number, band, "it covers other ground than the scene classes")
        return grid

    def _open(self, number: int, band: str) -> Any:
        handles: OrderedDict[tuple[int, str], Any] | None = getattr(self._local, "handles", None)
        if handles is None:
            handles = self._local.handles = OrderedDict()
        key = (number, band)
        if key in handles:
            handles.move_to_end(key)
            return handles[key]
        with self._clock.measuring("reading"):
            href = self._granules[number].files[band].href
            handles[key] = rasterio.open(_gdal_path(href), driver=_driver(href))
        if len(handles) > _MOST_OPEN_PER_THREAD:
            handles.popitem(last=False)[1].close()
        return handles[key]

    def _unfit(self, number: int, band: str, reason: str) -> GranuleUnreadable:
        return GranuleUnreadable(self._granules[number], self._granules[number].files[band].name, reason)

    def _blame(self, number: int, band: str, cause: Exception) -> Exception:
        href = self._granules[number].files[band].href
        words = str(cause.__cause__ or cause)
        if "://" in href and any(word in words for word in _NETWORK_WORDS):
            host = href.split("/")[2]
            return SourceUnreachable(
                f"The archive at {host} stopped answering while scenes were read; try again later."
            )
        missing = "://" not in href and not Path(href).exists()
        return self._unfit(number, band, "it is missing" if missing else "it is damaged or cut short")


def merged_cells(pixels: np.ndarray, times: int, *, zero_counts: bool = False) -> np.ndarray:
    """Means of ``times`` x ``times`` pixels, rounded half up; the last ones of what there is.

    Zeros, no data, are left out of them unless ``zero_counts``.
    """
    height, width = -(-pixels.shape[0] // times), -(-pixels.shape[1] // times)
    counted = np.ones(pixels.shape, bool) if zero_counts else pixels != 0
    beyond = [(0, size * times - have) for size, have in zip((height, width), pixels.shape, strict=True)]
    if any(more for _, more in beyond):
        pixels, counted = np.pad(pixels, beyond), np.pad(counted, beyond)
    shape = (height, times, width, times)
    total = pixels.reshape(shape).sum(axis=(1, 3), dtype=np.uint32)
    count = counted.reshape(shape).sum(axis=(1, 3), dtype=np.uint32)
    return ((total + count // 2) // np.maximum(count, 1)).astype(pixels.dtype)


def read_metadata_file(href: str) -> bytes:
    """A granule's metadata file; SourceUnreachable or CorruptInput when it cannot be had."""
    try:
        if href.startswith(("http://", "https://")):
            with urllib.request.urlopen(href, timeout=_HTTP_TIMEOUT_S) as answer:  # noqa: S310  http(s) only
                return answer.read()
        if "://" in href:
            raise CorruptInput(
                f"The granule's metadata lie at {href.split(':')[0]}://, which only rasters are read from."
            )
        return Path(href).read_bytes()
    except OSError as cause:
        raise CorruptInput(f"The granule's metadata {href.rsplit('/', 1)[-1]} cannot be read.") from cause


def _gdal_path(href: str) -> str:
    return "/vsis3/" + href[5:] if href.startswith("s3://") else href


def _driver(href: str) -> str:
    """The driver to open with. None but these: a VRT could name files that the archive has no right to."""
    return "JP2OpenJPEG" if href.split("?")[0].lower().endswith(".jp2") else "GTiff"
