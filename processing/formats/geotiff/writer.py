"""Writing Cloud Optimized GeoTIFFs: tiles compressed in threads, files put together in one order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from processing.clock import Clock
from processing.formats.base import Heading, WrittenFile
from processing.formats.geotiff.description import described, directories
from processing.formats.geotiff.encoding import encode, most_bytes
from processing.formats.geotiff.layout import Directory, TilePlaces, framed, header
from processing.formats.geotiff.overviews import resolutions
from processing.gathering import GatheringWriter
from processing.grid import Grid
from processing.layers import OutputLayer
from processing.scratch import ScratchRaster

# While one file waits for its first tiles another still compresses its last.
_FILES_AT_ONCE = 2
_TILES_AHEAD = 4
_CLASSIC_BYTES = 2**32
_Place = tuple[int, int]


class CogWriter(GatheringWriter):
    """Writer of one Cloud Optimized GeoTIFF per layer."""

    def __init__(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        clock: Clock,
        extension: str,
    ) -> None:
        super().__init__(folder, grid=grid, layers=layers)
        self._folder = folder
        self._grid = grid
        self._paths = {layer: folder / f"{layer.prefix}_{heading.suffix}.{extension}" for layer in layers}
        self._threads = threads
        self._clock = clock

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        """Make the files, a few at once; see ``Writer``."""
        encoders = ThreadPoolExecutor(self._threads, thread_name_prefix="encode")
        files = ThreadPoolExecutor(min(_FILES_AT_ONCE, self._threads), thread_name_prefix="file")
        written = []
        try:
            for layer in files.map(lambda layer: self._write_file(layer, encoders), self._paths):
                written.append(WrittenFile(self._paths[layer], (layer,)))
                progress(len(written) / len(self._paths))
        finally:
            files.shutdown(wait=True, cancel_futures=True)
            encoders.shutdown(wait=True)
        return written

    def _write_file(self, layer: OutputLayer, encoders: ThreadPoolExecutor) -> OutputLayer:
        with self._gathering.whole(layer) as raster, resolutions(raster, self._folder, self._clock) as rasters:
            tags = directories(rasters, described(layer, self._grid))

            def compressed(raster: ScratchRaster) -> Iterator[bytes]:
                return _ahead(encoders, lambda place: self._encoded(raster, place), raster.tiles(), self._threads)

            write_cog(self._paths[layer], rasters, tags, compressed=compressed, clock=self._clock)
        return layer

    def _encoded(self, raster: ScratchRaster, place: _Place) -> bytes:
        with self._clock.measuring("encode"):
            return framed(encode(raster.tile(*place)))


def write_cog(
    path: Path,
    rasters: Sequence[ScratchRaster],
    tags: Sequence[Directory],
    *,
    compressed: Callable[[ScratchRaster], Iterator[bytes]],
    clock: Clock,
) -> None:
    """Write a file of all resolutions of a raster, itself first, each with its ``tags``.

    ``compressed`` gives the ``framed`` tiles of one of them, row by row. Raises OSError where the disk is full.
    """
    numbers = [raster.tiles_across * raster.tiles_down for raster in rasters]
    tile_bytes = rasters[0].tile_width * rasters[0].tile_height * rasters[0].dtype.itemsize
    beginning = header(tags, numbers, big=False)
    big = len(beginning) + most_bytes(sum(numbers), tile_bytes) >= _CLASSIC_BYTES
    if big:
        beginning = header(tags, numbers, big=True)
    places = [TilePlaces() for _ in rasters]
    at = len(beginning)
    with path.open("wb") as file:
        file.seek(at)
        for raster, place in zip(reversed(rasters), reversed(places), strict=True):
            for tile in compressed(raster):
                with clock.measuring("write"):
                    file.write(tile)
                at = place.add(at, tile)
        file.seek(0)
        file.write(header(tags, places, big=big))


def _ahead(
    pool: ThreadPoolExecutor, encoded: Callable[[_Place], bytes], places: Iterable[_Place], threads: int
) -> Iterator[bytes]:
    """The encoded tiles in order; few enough of them are under way or waiting to stay small in memory."""
    under_way: deque[Future[bytes]] = deque()
    for place in places:
        if len(under_way) == _TILES_AHEAD * threads:
            yield under_way.popleft().result()
        under_way.append(pool.submit(encoded, place))
    while under_way:
        yield under_way.popleft().result()
