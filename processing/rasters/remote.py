"""Plain COGs behind HTTP: many requests at once over few connections, neighbouring tiles in one, ahead of need.

Each request costs the way there and back, so that a mosaic of hundreds of files is a matter of how many are under
way at the same time. What arrives waits in the spool until its rows are due.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from processing.rasters.cog import CogRaster
from processing.rasters.inflated import InflatedTile
from processing.rasters.spool import Spool, Spooled
from processing.rasters.tiff import NotPlain, TiffFile, TiffImage, read_structure
from processing.rasters.tiled import Tile

CONNECTIONS = 32
_RETRIES = 3
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 10, 60
# Tiles are asked for together where this little lies between them: GDAL's COGs keep 8 bytes there.
_GAP_BYTES = 4096
# As many of these as there are connections can be in memory at once.
_MOST_BYTES_AT_ONCE = 4 * 2**20


class Unreachable(OSError):
    """The server or the network is at fault, not the file."""


class Remote:
    """Connections to the servers of a product's archive, and the threads that ask them."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._lock = threading.Lock()
        self._connections: Any = None
        self._pool: ThreadPoolExecutor | None = None

    def get(self, url: str, first: int | None = None, size: int = 0) -> bytes:
        """A file, or ``size`` bytes of it from ``first`` on; fewer at its end.

        Raises Unreachable, FileNotFoundError, other OSErrors; NotPlain where a server sends no parts of files.
        """
        from urllib3.exceptions import HTTPError

        headers = {} if first is None else {"Range": f"bytes={first}-{first + size - 1}"}
        try:
            answer = self._connected().request("GET", url, headers=headers)
        except HTTPError as cause:
            raise Unreachable(str(cause)) from cause
        if answer.status in (404, 410):
            raise FileNotFoundError(answer.status, "not on the server")
        if answer.status == 416:
            return b""
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(f"HTTP status {answer.status}")
        if answer.status >= 400:
            raise OSError(f"HTTP status {answer.status}")
        if first is not None and answer.status != 206:
            raise NotPlain("the server sends whole files only")
        return answer.data

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        """Run it in one of the threads that wait for servers."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="remote")
            return self._pool.submit(function, *arguments)

    def close(self) -> None:
        """Let go of threads and connections."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None
            if self._connections is not None:
                self._connections.clear()
                self._connections = None

    def _connected(self) -> Any:
        with self._lock:
            if self._connections is None:
                # Only here: archives on a disk need no HTTP client.
                import urllib3

                self._connections = urllib3.PoolManager(
                    maxsize=CONNECTIONS,
                    block=True,
                    timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=_READ_TIMEOUT_S),
                    retries=urllib3.Retry(
                        total=_RETRIES,
                        backoff_factor=0.5,
                        status_forcelist=(429, 500, 502, 503, 504),
                        raise_on_status=False,
                        # A server could ask to be waited for until tomorrow.
                        respect_retry_after_header=False,
                    ),
                )
            return self._connections


class HttpFile:
    """A file on a server; a ``ByteSource``."""

    def __init__(self, url: str, remote: Remote) -> None:
        self._url, self._remote = url, remote

    def read(self, offset: int, size: int) -> bytes:
        """See ``ByteSource``."""
        return self._remote.get(self._url, offset, size)


class RemoteCog(CogRaster):
    """A plain COG on a server: tiles are fetched whole, and ahead where the reader says so."""

    def __init__(self, url: str, remote: Remote, file: TiffFile | None = None, image: TiffImage | None = None) -> None:
        """Raises NotPlain, OSError."""
        source = HttpFile(url, remote)
        super().__init__(source, file or read_structure(source), image)
        self._url, self._remote = url, remote
        self._fetched: dict[int, Future[Spooled]] = {}
        self._fetching = threading.Lock()

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
        image, number = self._image, self._image.number(tile_row, tile_column)
        if image.sizes[number] == 0:
            return super().open_tile(tile_row, tile_column)
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
        return RemoteCog(self._url, self._remote, self._file, image)

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
        offsets, sizes = self._image.offsets, self._image.sizes
        first, last = min(expected), max(expected)
        try:
            begin = offsets[first]
            data = memoryview(self._source.read(begin, offsets[last] + sizes[last] - begin))
            for number, future in expected.items():
                at = offsets[number] - begin
                future.set_result(self._remote.spool.put(data[at : at + sizes[number]]))
        except BaseException as failure:
            for future in expected.values():
                if not future.done():
                    future.set_exception(failure)


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
