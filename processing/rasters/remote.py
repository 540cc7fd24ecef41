"""Plain COGs behind HTTP: many requests at once over few connections, neighbouring tiles in one, ahead of need.

Each request costs the way there and back, so that a mosaic of hundreds of files is a matter of how many are under
way at the same time. What arrives waits in the spool until its rows are due. A file costs two requests: for its
directory, and for its tiles; one where the directory is kept from before (``kept_headers``), or holds all there is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace

from processing.rasters.cog import CogRaster
from processing.rasters.inflated import EmptyTile, InflatedTile
from processing.rasters.servers import CONNECTIONS, Changed, HttpFile, Remote, Unreachable
from processing.rasters.spool import Spooled
from processing.rasters.tiff import NotPlain, TiffFile, TiffImage
from processing.rasters.tiled import Damaged, Tile

__all__ = ["CONNECTIONS", "HttpFile", "Remote", "RemoteCog", "Unreachable"]

# Tiles are asked for together where this little lies between them: GDAL's COGs keep 8 bytes there.
_GAP_BYTES = 4096
# As many of these as there are connections can be in memory at once.
_MOST_BYTES_AT_ONCE = 4 * 2**20


class RemoteCog(CogRaster):
    """A plain COG on a server: tiles are fetched whole, and ahead where the reader says so."""

    def __init__(
        self,
        url: str,
        remote: Remote,
        file: TiffFile | None = None,
        image: TiffImage | None = None,
        *,
        source: HttpFile | None = None,
        version: str = "",
    ) -> None:
        """``version``: which one of the file the ``file`` is known to describe; "": it was just read.

        Raises NotPlain, OSError.
        """
        self._http = source or HttpFile(url, remote)
        if file is None:
            file, version = self._http.structure()
        super().__init__(self._http, file, image)
        self._url, self._remote = url, remote
        self._known = (self._image, version)
        """Where the tiles lie, and in which version of the file; exchanged together."""

        self._renewing = threading.Lock()
        self._fetched: dict[int, Future[Spooled]] = {}
        self._fetching = threading.Lock()

    @property
    def version(self) -> str:
        """Of the file, as the server told it last; "" before it was asked, and where it does not tell."""
        return self._http.version

    def prefetch(self, rows: tuple[int, int], columns: tuple[int, int], *, last_row: int) -> None:
        """See ``Raster``: the tiles of the rows, and the next row of tiles if it begins before ``last_row``."""
        tile_height, tile_width = self._image.tile_height, self._image.tile_width
        below = (rows[1] - 1) // tile_height + 1
        tile_rows = range(rows[0] // tile_height, below + (below * tile_height <= last_row))
        tile_columns = range(columns[0] // tile_width, (columns[1] - 1) // tile_width + 1)
        tiles = [(row, column) for row in tile_rows for column in tile_columns if (row, column) not in self._tiles]
        with self._fetching:
            for run in self._runs(self._image.number(*tile) for tile in tiles):
                self._fetch(run)

    def open_tile(self, tile_row: int, tile_column: int) -> Tile:
        """See ``TiledRaster``."""
        image, version = self._known
        number = image.number(tile_row, tile_column)
        if image.sizes[number] == 0 and version and self._http.version != version:
            # Nothing will be asked for that could tell whether the tile is still empty.
            image = self._renewed(version)
        if image.sizes[number] == 0:
            return EmptyTile(image.nodata)
        with self._fetching:
            if number not in self._fetched:
                self._fetch([number])
            fetched = self._fetched.pop(number)
        return FetchedTile(fetched.result(), image)

    def release(self) -> None:
        """See ``Raster``."""
        super().release()
        with self._fetching:
            while self._fetched:
                self._fetched.popitem()[1].add_done_callback(_forget)

    def copy_of(self, image: TiffImage) -> CogRaster:
        """See ``CogRaster``."""
        return RemoteCog(self._url, self._remote, self._file, image, source=self._http, version=self._known[1])

    def _runs(self, numbers: Iterable[int]) -> list[list[int]]:
        """Tiles to ask for together: neighbours in the file, none of which is there or on its way."""
        runs: list[list[int]] = []
        for number in numbers:
            if number in self._fetched or not self._image.sizes[number]:
                continue
            if runs and self._follows(runs[-1], number):
                runs[-1].append(number)
            else:
                runs.append([number])
        return runs

    def _follows(self, run: list[int], number: int) -> bool:
        offsets, sizes = self._image.offsets, self._image.sizes
        gap = offsets[number] - offsets[run[-1]] - sizes[run[-1]]
        whole = offsets[number] + sizes[number] - offsets[run[0]]
        return 0 <= gap <= _GAP_BYTES and whole <= _MOST_BYTES_AT_ONCE

    def _fetch(self, run: list[int]) -> None:
        expected = {number: Future[Spooled]() for number in run}
        self._fetched.update(expected)
        self._remote.submit(self._take_in, expected)

    def _take_in(self, expected: dict[int, Future[Spooled]]) -> None:
        """Fetch neighbouring tiles and put each into the spool."""
        try:
            image, version = self._known
            try:
                self._fetch_run(image, version, expected)
            except Changed:
                image = self._renewed(version)
                for number, future in expected.items():
                    # What were neighbours may lie anywhere now.
                    self._fetch_run(image, "", {number: future})
        except NotPlain as failure:
            _fail(expected, Damaged(str(failure)))
        except BaseException as failure:
            _fail(expected, failure)

    def _fetch_run(self, image: TiffImage, version: str, expected: dict[int, Future[Spooled]]) -> None:
        first, last = min(expected), max(expected)
        begin = image.offsets[first]
        size = image.offsets[last] + image.sizes[last] - begin
        if size <= 0:
            raise Damaged("tiles that are not where they were")
        data = memoryview(self._http.read(begin, size, version=version))
        for number, future in expected.items():
            at = image.offsets[number] - begin
            future.set_result(self._remote.spool.put(data[at : at + image.sizes[number]]))

    def _renewed(self, version: str) -> TiffImage:
        """Where the tiles lie by now, once for all threads that found the file changed from ``version``.

        Raises Damaged where the file is a raster of another kind by now, or of another place.
        """
        with self._renewing:
            if self._known[1] == version:
                images = (self._file.image, *self._file.overviews)
                try:
                    file = self._http.read_structure()
                except NotPlain as cause:
                    raise Damaged(str(cause)) from None
                if _as_seen(file) != _as_seen(self._file):
                    raise Damaged("another raster than it was before")
                image = (file.image, *file.overviews)[images.index(self._image)]
                self._file, self._image, self._known = file, image, (image, "")
            return self._known[0]


def _fail(expected: dict[int, Future[Spooled]], failure: BaseException) -> None:
    for future in expected.values():
        if not future.done():
            future.set_exception(failure)


def _as_seen(file: TiffFile) -> TiffFile:
    """All of the structure but where in the file the tiles lie."""
    image, *overviews = (replace(each, offsets=(), sizes=()) for each in (file.image, *file.overviews))
    return replace(file, image=image, overviews=tuple(overviews))


class FetchedTile(InflatedTile):
    """A tile whose bytes are in the spool."""

    def __init__(self, spooled: Spooled, image: TiffImage) -> None:
        super().__init__(spooled, 0, spooled.size, image)
        self._spooled = spooled

    def close(self) -> None:
        """See ``Tile``."""
        super().close()
        self._spooled.forget()


def _forget(fetched: Future[Spooled]) -> None:
    if not fetched.cancelled() and fetched.exception() is None:
        fetched.result().forget()
