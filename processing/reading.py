"""Reading granules: their rasters, windows of cells, and whose fault it is when that fails."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from processing.cells import CellGrid, CellWindow
from processing.clock import Clock
from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule
from processing.kernels.merging import merge_pixels
from processing.rasters.opening import open_raster
from processing.rasters.remote import Remote, RemoteCog, Unreachable
from processing.rasters.spool import Spool
from processing.rasters.tiled import Damaged, Raster

# Classes and percentages; all else is 16 bits wide.
UINT8 = frozenset({"SCL", "CLD", "SNW"})
# Percentages: 0 is a value.
_ZERO_COUNTS = frozenset({"CLD", "SNW"})
_OF_OUR_OWN_DISK = (errno.ENOSPC, errno.EDQUOT)
# What GDAL says when the server or the network is at fault, not the file.
_NETWORK_WORDS = ("resolve host", "timed out", "timeout", "connect", "code: 429", "code: 5", "SSL")


class GranuleUnreadable(Exception):
    """A file of a granule cannot be read; the mosaic can be made without that granule."""

    def __init__(self, granule: Granule, file_name: str, reason: str) -> None:
        self.granule, self.file_name, self.reason = granule, file_name, reason
        super().__init__(f"{granule.item_id}: {file_name} cannot be read ({reason})")


class Reader:
    """Opens and reads the rasters of a product's granules; safe to share between threads. A context manager."""

    def __init__(
        self,
        granules: Sequence[Granule],
        *,
        clock: Clock,
        scratch: Path | None = None,
        headers: Path | None = None,
    ) -> None:
        """``scratch``: folder for what was decoded or fetched ahead; by default the system's.

        ``headers``: folder where it is kept from run to run how remote files are laid out; by default it is not.
        """
        self._granules = tuple(granules)
        self._clock = clock
        self._spool = Spool(scratch)
        self._remote = Remote(self._spool, headers=headers)
        self._rasters: dict[tuple[int, str], Raster] = {}
        self._grids: dict[tuple[int, str], CellGrid] = {}
        self._opening = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        self.release()
        self._remote.close()
        self._spool.close()

    def release(self) -> None:
        """Let go of what was decoded: the next windows lie elsewhere."""
        for raster in list(self._rasters.values()):
            raster.release()

    def open_remote(self, wanted: Iterable[tuple[int, str]]) -> None:
        """Open those of the rasters (granule, band) that lie on servers, side by side."""
        away = [key for key in wanted if key not in self._rasters and self._granules[key[0]].files[key[1]].is_remote]
        for opened in [self._remote.submit(self._raster, *key) for key in away]:
            opened.result()

    def grid(self, number: int, band: str) -> CellGrid:
        """The pixels of a band of granule ``number``; GranuleUnreadable where they are no UTM grid."""
        known = self._grids.get((number, band))
        if known is None:
            known = self._grids[number, band] = self._checked_grid(number, band)
        return known

    def tile_px(self, number: int, band: str) -> tuple[int, int]:
        """Height and width of the tiles in which the raster comes, in its own pixels."""
        shape = self._raster(number, band).shape
        return shape.tile_height, shape.tile_width

    def read(
        self,
        number: int,
        band: str,
        window: CellWindow,
        grid: CellGrid,
        *,
        out: np.ndarray | None = None,
        keep_rows: int = 0,
    ) -> np.ndarray:
        """Cells (row, column) of a window of ``grid``; 0 beyond the raster. The raster's own data type.

        Merged cells are means of the pixels that hold data, rounded half up. ``out``: where to write them.
        ``keep_rows``: how many of the window's last rows the next window begins with.
        """
        if out is None:
            out = np.empty((window.height, window.width), np.uint8 if band in UINT8 else np.uint16)
        inside = window.within(grid)
        if inside is None or inside != window:
            out[:] = 0
        if inside is None:
            return out
        row, column = inside.row - window.row, inside.column - window.column
        if grid.merged == 1:
            self._read_pixels(number, band, inside, out, row, column, keep_rows)
        else:
            merged = self._read_merged(number, band, inside, grid.merged, keep_rows)
            out[row : row + inside.height, column : column + inside.width] = merged
        return out

    def _read_merged(self, number: int, band: str, cells: CellWindow, times: int, keep_rows: int) -> np.ndarray:
        """A window of cells that are means of ``times`` x ``times`` pixels; the last ones may reach beyond."""
        shape = self._raster(number, band).shape
        row, column = cells.row * times, cells.column * times
        height = min(cells.height * times, shape.height - row)
        width = min(cells.width * times, shape.width - column)
        pixels = np.empty((height, width), shape.dtype)
        self._read_pixels(number, band, CellWindow(row, column, height, width), pixels, 0, 0, keep_rows * times)
        return merged_cells(pixels, times, zero_counts=band in _ZERO_COUNTS)

    def _read_pixels(
        self, number: int, band: str, window: CellWindow, out: np.ndarray, row: int, column: int, keep_rows: int
    ) -> None:
        raster = self._raster(number, band)
        try:
            with self._clock.measuring("read"):
                raster.read(window, out, row, column, keep_rows=keep_rows)
        except (Damaged, OSError) as cause:
            raise self._blame(number, band, cause) from cause

    def prefetch(self, number: int, band: str, window: CellWindow, grid: CellGrid, *, last_row: int) -> None:
        """Begin to fetch what a window needs over the network, and what comes below it as far as ``last_row``."""
        inside, times = window.within(grid), grid.merged
        if inside is None:
            return
        shape = self._raster(number, band).shape
        rows = (inside.row * times, min((inside.row + inside.height) * times, shape.height))
        columns = (inside.column * times, min((inside.column + inside.width) * times, shape.width))
        self._raster(number, band).prefetch(rows, columns, last_row=min(last_row * times, shape.height - 1))

    def sample(self, number: int, band: str, most_px: int) -> np.ndarray:
        """The whole raster thinned out to at most ``most_px`` a side, nearest neighbour; always square."""
        side = min(most_px, self.grid(number, band).width, self.grid(number, "SCL").width)
        try:
            with self._clock.measuring("open"):
                return self._raster(number, band).sample(side)
        except (Damaged, OSError) as cause:
            raise self._blame(number, band, cause) from cause

    def metadata(self, number: int) -> bytes:
        """The granule's metadata file; SourceUnreachable or CorruptInput when it cannot be had."""
        href = self._granules[number].metadata_href or ""
        try:
            if href.startswith(("http://", "https://")):
                return self._remote_metadata(number, href)
            if "://" in href:
                raise CorruptInput(
                    f"The granule's metadata lie at {href.split(':')[0]}://, which only rasters are read from."
                )
            return Path(href).read_bytes()
        except OSError as cause:
            raise CorruptInput(f"The granule's metadata {href.rsplit('/', 1)[-1]} cannot be read.") from cause

    def _remote_metadata(self, number: int, href: str) -> bytes:
        """The document, from the server or as kept: good as long as the scene classes beside it have not changed."""
        classes = self._rasters.get((number, "SCL"))
        version = classes.version if isinstance(classes, RemoteCog) else ""
        return self._remote.document(href, version)

    def _checked_grid(self, number: int, band: str) -> CellGrid:
        shape = self._raster(number, band).shape
        wanted = "uint8" if band in UINT8 else "uint16"
        epsg = shape.epsg
        if epsg is None or not (32601 <= epsg <= 32660 or 32701 <= epsg <= 32760):
            raise self._unfit(number, band, "its CRS is not a UTM zone")
        if shape.pixel_m is None:
            raise self._unfit(number, band, "its pixels are not square and north up")
        if shape.dtype != wanted:
            raise self._unfit(number, band, f"its data type is {shape.dtype}, not {wanted}")
        grid = CellGrid(epsg, shape.left_m, shape.top_m, shape.pixel_m, 1, shape.width, shape.height)
        if band != "SCL" and not grid.covers_as(self.grid(number, "SCL")):
            raise self._unfit(number, band, "it covers other ground than the scene classes")
        return grid

    def _raster(self, number: int, band: str) -> Raster:
        known = self._rasters.get((number, band))
        if known is not None:
            return known
        try:
            with self._clock.measuring("open"):
                opened = open_raster(self._granules[number].files[band].href, self._remote, self._spool)
        except (Damaged, OSError) as cause:
            raise self._blame(number, band, cause) from cause
        with self._opening:
            return self._rasters.setdefault((number, band), opened)

    def _unfit(self, number: int, band: str, reason: str) -> GranuleUnreadable:
        self._forget(number)
        return GranuleUnreadable(self._granules[number], self._granules[number].files[band].name, reason)

    def _forget(self, number: int) -> None:
        """What was kept of the granule's files: they may be others by now, all of them, at the same addresses."""
        for file in self._granules[number].files.values():
            self._remote.forget(file.href)

    def _blame(self, number: int, band: str, cause: Exception) -> Exception:
        if isinstance(cause, OSError) and cause.errno in _OF_OUR_OWN_DISK:
            return cause
        href = self._granules[number].files[band].href
        away = isinstance(cause, Unreachable) or any(word in str(cause) for word in _NETWORK_WORDS)
        if "://" in href and away:
            host = href.split("/")[2]
            return SourceUnreachable(
                f"The archive at {host} stopped answering while scenes were read; try again later."
            )
        missing = isinstance(cause, FileNotFoundError) or ("://" not in href and not Path(href).exists())
        return self._unfit(number, band, "it is missing" if missing else "it is damaged or cut short")


def merged_cells(pixels: np.ndarray, times: int, *, zero_counts: bool = False) -> np.ndarray:
    """Means of ``times`` x ``times`` pixels, rounded half up; the last ones of what there is.

    Zeros, no data, are left out of them unless ``zero_counts``.
    """
    cells = np.empty((-(-pixels.shape[0] // times), -(-pixels.shape[1] // times)), pixels.dtype)
    merge_pixels(pixels, times, zero_counts, cells)
    return cells
