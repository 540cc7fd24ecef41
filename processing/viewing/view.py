"""Looking into one product: map tiles, pixels, statistics, legends."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from processing.sidecars.png import png
from processing.viewing.copies import write_copies
from processing.viewing.legend import ClassEntry, class_entries
from processing.viewing.look import Look, Range
from processing.viewing.map_tiles import TILE_PX, MapTile, Places, places_under
from processing.viewing.pictures import coloured
from processing.viewing.product import ViewedProduct
from processing.viewing.readout import PixelReading, read_pixel
from processing.viewing.statistics import Bounds, ChannelStatistics, Sample, sample_of, statistics_of

_MOST_KEPT = 32
# So many pixels tell the percentiles for a stretch well enough.
_STRETCH_PERCENT = (2, 98)
_INDEX_RANGE = (-1.0, 1.0)


class ProductView:
    """A product's files, open to be looked into by any number of threads.

    What it says of the product is read once: of a folder that another has replaced open another. All methods raise
    FileNotFoundError where the files are gone and ProductUnreadable where they are damaged; those that take a look
    raise LookRefused where the product lacks a raster of it.
    """

    def __init__(self, product: ViewedProduct) -> None:
        self.product = product
        self._stretches: dict[str, Range] = {}

    @classmethod
    def open(cls, folder: Path) -> ProductView:
        """The view of the product in ``folder``; the same one as long as the folder is the same."""
        return _VIEWS.of(folder)

    def tile(self, look: Look, z: int, x: int, y: int) -> bytes | None:
        """The map tile as PNG, transparent where there are no data; None where none of the product lies on it."""
        self.product.check(look)
        places = places_under(MapTile(z, x, y), self.product.grid)
        if places is None:
            return None
        arrays = self._under(places, look.rasters)
        part = coloured(look, arrays, self.ranges(look), scenes=len(self.product.scenes))
        part[:, ~places.inside] = 0
        picture = np.zeros((4, TILE_PX, TILE_PX), np.uint8)
        picture[:, places.tile_rows, places.tile_columns] = part
        return png(picture)

    def pixel(self, lon: float, lat: float) -> PixelReading | None:
        """All values of the pixel that holds the point; None outside of the product."""
        return read_pixel(self.product, lon, lat)

    def statistics(self, look: Look, bounds: Bounds | None = None) -> tuple[list[ChannelStatistics], int]:
        """Of each of the look's channels, within ``bounds`` in degrees; and of how many pixels along the edge one
        was counted."""
        sample = self._sample(look, bounds)
        return statistics_of(look, sample), sample.every

    def classes(self, look: Look) -> list[ClassEntry]:
        """The legend of a raster of classes or scenes."""
        return class_entries(self.product, look, self._sample(look))

    def ranges(self, look: Look) -> list[Range]:
        """What is darkest and brightest in each of the look's channels: as asked for, else the usual."""
        return [look.range_of(number) or self._usual_range(name, look) for number, name in enumerate(look.show)]

    def _under(self, places: Places, names: Sequence[str]) -> list[np.ndarray]:
        """(y, x) of rasters: their pixels under those of a map tile, any of them where it is not ``inside``."""
        grid, found, picked = self.product.grid, [], {}
        for name in names:
            raster = self.product.rasters[name]
            resolution = raster.finest_of(places.shrunk)
            shape = resolution.height, resolution.width
            if shape not in picked:
                rows = _picked(places.rows, places.inside, resolution.height, grid.height)
                picked[shape] = rows, _picked(places.columns, places.inside, resolution.width, grid.width)
            found.append(raster.pixels(resolution, *picked[shape]))
        return found

    def _usual_range(self, name: str, look: Look) -> Range:
        """Of reflectances the middle 96 % of the product, of others all; of an index all that it can be."""
        if look.is_index:
            return _INDEX_RANGE
        if name not in self._stretches:
            channel = statistics_of(Look((name,)), self._sample(Look((name,))))[0]
            low, high = channel.low, channel.high
            if self.product.rasters[name].layer.is_reflectance and channel.count:
                low, high = (channel.percentiles[percent] for percent in _STRETCH_PERCENT)
            self._stretches[name] = _stretch(low, high)
        return self._stretches[name]

    def _sample(self, look: Look, bounds: Bounds | None = None) -> Sample:
        self.product.check(look)
        return sample_of(self.product, look.rasters, bounds)


def prepare(folder: Path, *, threads: int) -> list[Path]:
    """Write what makes looking into a new product quick, beside its files; return the paths, none where none is needed.

    Raises FileNotFoundError or ProductUnreadable for what is no product.
    """
    product = ViewedProduct.read(folder)
    return write_copies(folder, list(product.rasters.values()), product.grid, threads=threads)


@lru_cache(maxsize=1)
def nothing() -> bytes:
    """A map tile on which nothing is to be seen."""
    return png(np.zeros((4, TILE_PX, TILE_PX), np.uint8))


def _picked(places: np.ndarray, inside: np.ndarray, few: int, many: int) -> np.ndarray:
    """Rows or columns of a resolution; outside of the grid one that is read anyway."""
    fallback = places[inside][0]
    return (np.where(inside, places, fallback) * (few / many)).astype(np.intp).clip(0, few - 1)


def _stretch(low: float | None, high: float | None) -> Range:
    if low is None or high is None:
        return 0.0, 1.0
    return (low, high) if low < high else (low - 0.5, high + 0.5)


class _Views:
    """The views used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, int, int], ProductView] = OrderedDict()

    def of(self, folder: Path) -> ProductView:
        # A product that is made again comes as a new folder.
        state = folder.stat()
        key = (folder, state.st_ino, state.st_mtime_ns)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        view = ProductView(ViewedProduct.read(folder))
        with self._lock:
            self._kept[key] = view
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return view


_VIEWS = _Views()
