"""Reading a band from afar: from the smallest copy that is fine enough, nearest neighbour, in bounded memory.

A COG's overviews are its smaller copies; a JPEG 2000 is decoded no finer than that takes. What has no copies is
read whole, strip by strip, and thinned out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from processing.band_files import NATIVE_RESOLUTION_M
from processing.cells import CellWindow
from processing.errors import SourceUnreachable
from processing.granule import Granule
from processing.overviews.grid import CoarseGrid, Lattice
from processing.rasters.by_gdal import GDAL_OPTIONS
from processing.rasters.byte_source import LocalFile
from processing.rasters.cog import CogRaster
from processing.rasters.remote import HttpFile, Remote, RemoteCog, Unreachable
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain, TiffFile, read_structure
from processing.rasters.tiled import Damaged, Raster
from processing.reading import GranuleUnreadable

# Pixels that are in memory at once: 32 MB of reflectances.
_MOST_PX = 16 * 2**20
# A copy this much coarser than asked for still counts as fine enough: copies of odd sizes are no round numbers.
_TOLERANCE = 1.01


@dataclass(frozen=True)
class Copies:
    """A raster and its smaller copies."""

    lattices: tuple[Lattice, ...]
    """Of the raster itself, then of its copies, finest first."""

    is_wavelet: bool
    """Whether the copies are what a JPEG 2000 is when decoded coarsely: means, which classes do not have."""

    read: Callable[[int, CellWindow], np.ndarray]
    """Pixels of a window of the copy of that number. Raises Damaged, OSError."""

    def fine_enough(self, metres: float) -> int:
        """Number of the coarsest copy whose cells are no larger than ``metres``; the raster itself where none is."""
        fitting = [n for n, lattice in enumerate(self.lattices) if lattice.cell <= metres * _TOLERANCE]
        return max(fitting, default=0)

    def look_up(self, number: int, grid: CoarseGrid) -> np.ndarray:
        """The copy under every pixel's centre of ``grid``: (height, width), 0 beyond the raster."""
        lattice = self.lattices[number]
        rows, columns = lattice.cells_under(grid)
        inside = rows >= 0
        if not inside.any():
            return np.zeros(rows.shape, self.read(number, CellWindow(0, 0, 1, 1)).dtype)
        window = CellWindow.around(rows[inside], columns[inside])
        found: np.ndarray | None = None
        for strip in _strips(window):
            pixels = self.read(number, strip)
            if found is None:
                found = np.zeros(rows.shape, pixels.dtype)
            here = (rows >= strip.row) & (rows < strip.row + strip.height)
            found[here] = pixels[rows[here] - strip.row, columns[here] - strip.column]
        assert found is not None, "a window has at least one strip"
        return found


class OverviewReader:
    """Opens rasters and reads them from afar; safe to share between threads. A context manager."""

    def __init__(self, *, scratch: Path | None = None, headers: Path | None = None) -> None:
        """``scratch``: folder for what was fetched; by default the system's. ``headers``: see ``Reader``."""
        self._spool = Spool(scratch)
        self._remote = Remote(self._spool, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remote.close()
        self._spool.close()

    def read(self, granule: Granule, band: str, grid: CoarseGrid) -> np.ndarray:
        """See ``read_overview``."""
        with self.copies(granule, band, metres=grid.metres) as copies:
            number = copies.fine_enough(grid.metres)
            return copies.look_up(number, grid)

    @contextmanager
    def copies(self, granule: Granule, band: str, *, metres: float) -> Iterator[Copies]:
        """A band's file that suits pixels of ``metres``, opened. What goes wrong raises as ``read_overview`` does."""
        sized = granule.files[band].for_resolution(max(1, int(metres)), native_m=NATIVE_RESOLUTION_M[band])
        try:
            with rasterio.Env(**GDAL_OPTIONS):
                yield _opened(sized.href, self._remote)
        except Unreachable as cause:
            raise SourceUnreachable("The archive stopped answering while a scene was looked at.") from cause
        except (Damaged, RasterioError, OSError) as cause:
            self._remote.forget(sized.href)
            gone = not sized.is_remote and not Path(sized.href).exists()
            missing = gone or isinstance(cause, FileNotFoundError)
            reason = "it is missing" if missing else "it is damaged or cut short"
            raise GranuleUnreadable(granule, sized.name, reason) from cause


def read_overview(granule: Granule, band: str, grid: CoarseGrid) -> np.ndarray:
    """A band of a granule on ``grid``, any grid in any CRS: (height, width) in the file's own data type.

    Nearest neighbour in the coarsest copy that is no coarser than the grid's pixels (half as coarse at most, where
    the archive has overviews); 0, no data, beyond the granule. Digital numbers as they lie in the file: the
    granule's offset (``granule.files[band].offset``) is not added. Memory is bounded however large the file is.
    For many files use one ``OverviewReader``, whose ``read`` is this, from as many threads as you like.

    Raises GranuleUnreadable for a file that is missing or damaged, SourceUnreachable for a server that is away,
    KeyError where the granule has no such band.
    """
    with OverviewReader() as reader:
        return reader.read(granule, band, grid)


def _opened(href: str, remote: Remote) -> Copies:
    if href.split("?")[0].lower().endswith(".jp2"):
        return _by_gdal(href, "JP2OpenJPEG")
    try:
        if href.startswith(("http://", "https://")):
            http = HttpFile(href, remote)
            file, version = http.structure()
            return _of_tiff(file, lambda image: RemoteCog(href, remote, file, image, source=http, version=version))
        if "://" not in href:
            local = LocalFile(href)
            file = read_structure(local)
            return _of_tiff(file, lambda image: CogRaster(local, file, image))
    except NotPlain:
        pass  # GDAL reads it, or says what is wrong with it.
    return _by_gdal(href, "GTiff")


def _of_tiff(file: TiffFile, raster_of: Callable[[Any], Raster]) -> Copies:
    images = (file.image, *file.overviews)
    right = file.left_m + file.image.width * file.pixel_m
    bottom = file.top_m - file.image.height * file.pixel_m
    lattices = tuple(
        Lattice(file.epsg, file.left_m, file.top_m, right, bottom, image.width, image.height) for image in images
    )

    def read(number: int, window: CellWindow) -> np.ndarray:
        raster = raster_of(images[number])
        pixels = np.empty((window.height, window.width), images[number].dtype)
        raster.prefetch(
            (window.row, window.row + window.height), (window.column, window.column + window.width), last_row=0
        )
        try:
            raster.read(window, pixels, 0, 0, keep_rows=0)
        finally:
            raster.release()
        return pixels

    return Copies(lattices, False, read)


def _by_gdal(href: str, driver: str) -> Copies:
    path = "/vsis3/" + href[5:] if href.startswith("s3://") else href
    with rasterio.open(path, driver=driver) as dataset:
        if dataset.crs is None or dataset.crs.to_epsg() is None:
            raise Damaged("no CRS with an EPSG code")
        west, south, east, north = dataset.bounds
        whole = Lattice(dataset.crs.to_epsg(), west, north, east, south, dataset.width, dataset.height)
        factors = sorted(dataset.overviews(1))
    smaller = [whole.thinned(-(-whole.width // factor), -(-whole.height // factor)) for factor in factors]

    def read(number: int, window: CellWindow) -> np.ndarray:
        level = {"overview_level": number - 1} if number else {}
        with rasterio.open(path, driver=driver, **level) as dataset:
            return dataset.read(1, window=Window(window.column, window.row, window.width, window.height))

    return Copies((whole, *smaller), driver == "JP2OpenJPEG", read)


def _strips(window: CellWindow) -> Iterator[CellWindow]:
    """The window cut into strips of whole rows, few enough pixels each."""
    rows = max(1, _MOST_PX // window.width)
    for row in range(window.row, window.row + window.height, rows):
        yield CellWindow(row, window.column, min(rows, window.row + window.height - row), window.width)
