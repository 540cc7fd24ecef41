"""What a product will come to before it is made: bytes of its files, seconds of its making, credits.

All of it is arithmetic on the order, the size of the product and the number of its scenes. What is reckoned here
is where a site begins; what its own delivered products came to corrects it, see ``Experience``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import rasterio
import shapely
from rasterio.errors import RasterioError
from shapely.geometry.base import BaseGeometry

from processing.compressed_sizes import LIKE_UNKNOWN, RUN_BYTES, STRETCHED_POWER, bytes_per_pixel, left_by_clouds, seams
from processing.formats.geotiff.overviews import LARGEST_PX as NO_OVERVIEW_PX
from processing.granule import Granule
from processing.layers import output_layers
from processing.sentinel2 import BANDS
from processing.sidecars.quicklook import LARGEST_PX as QUICKLOOK_PX
from processing.spec import MosaicSpec
from processing.storage import SCRATCH_TILE_PX as CHUNK_PX

QUICKLOOK = "quicklook"
DESCRIPTIONS = "descriptions"
"""The parts of a product that are no rasters, as ``expected_bytes`` names them."""

# Nearest neighbours of a picture that are two pixels apart differ more than those side by side.
_OVERVIEW_ROUGHER = 1.1
_HEADER_BYTES = {"geotiff": 1_200, "jp2": 2_700, "netcdf": 5_900}
# NetCDF holds every raster in one file, with latitude and longitude of each pixel (bytes per pixel, both).
_TOGETHER_BYTES = {"netcdf": 35_000}
_PLACE_BYTES = {10: 0.4, 20: 0.55, 60: 0.75}
_PLACE_BYTES_IN_DEGREES = 0.08
# Chunks at the edge are written whole; their empty part breaks the runs of every row.
_PLACE_BYTES_BESIDE = 0.1
# What describes a product: so much alone, and for every raster and every scene.
_DESCRIPTION_BYTES, _PER_RASTER_BYTES, _PER_SCENE_BYTES = 45_000, 4_700, 2_170
_QUICKLOOK_BYTES_PER_PIXEL, _QUICKLOOK_REPEATED_POWER = 2.6, 1.4
_CLASSES_SHARE = 0.1
# Seconds in a worker of two cores: for a scene, a raster, a megapixel of a band that is read, a megapixel of the
# product in one scene, and a megapixel that is written. Fitted to 440 products of 0.001 to 5 megapixels and to the
# benchmarks of up to 120 megapixels and 60 dates.
_SCENE_SECONDS, _RASTER_SECONDS, _READ_SECONDS, _LOOK_SECONDS = 0.0235, 0.0087, 0.0021, 0.0047
_WRITE_SECONDS = {"geotiff": 0.016, "jp2": 0.17, "netcdf": 0.0955}
# The archive's tiles are decoded whole: on average so many pixels more than were asked for, along each side.
_BESIDE_PX = 256
# JPEG 2000 sources take so many times the time of COGs to read.
_SLOW_SOURCE = 4.0
_SLOW_SUFFIXES = (".jp2", ".j2k")

# The share of a scene that does not count, for cloud or shadow, where nothing else is known.
_CLOUDY = 0.4

CREDITS_PER_UNIT = 0.01
_CREDIT_STEPS = 10


@dataclass(frozen=True)
class Measure:
    """How large one product is, and what it is made from."""

    width: int
    height: int
    latitude: float
    """Of its middle, degrees."""

    scenes: int
    """Granules that take part."""

    overpasses: int = 1
    """Datatakes that take part: what is side by side of one of them counts once."""

    share: float = 1.0
    """Of the pixels that will have data, 0 to 1."""

    @property
    def pixels(self) -> int:
        return self.width * self.height


def expected_bytes(spec: MosaicSpec, measure: Measure, *, cell_m: float = 0.0) -> dict[str, float]:
    """Bytes of the product's files, sidecars included and the zip not, by raster and by part.

    In a format of one file its share of the file stands under each raster's name. ``cell_m``: see ``cell_of``.
    """
    parts = {layer.name: _raster_bytes(layer.name, spec, measure, cell_m) for layer in output_layers(spec)}
    if together := _TOGETHER_BYTES.get(spec.format):
        # Shared out alike: what is delivered is one file, and only their sum can be compared.
        beside = _pixels_beside(measure)
        places = _place_bytes(spec) * measure.pixels + _PLACE_BYTES_BESIDE * beside
        each = (together + places) / len(parts) + RUN_BYTES[spec.format] * beside
        parts = {name: size + each for name, size in parts.items()}
    rasters = len(parts)
    parts[QUICKLOOK] = _quicklook_bytes(spec, measure, cell_m)
    parts[DESCRIPTIONS] = _DESCRIPTION_BYTES + rasters * _PER_RASTER_BYTES + measure.scenes * _PER_SCENE_BYTES
    return parts


def expected_seconds(spec: MosaicSpec, measure: Measure, *, cell_m: float = 0.0, slow_source: bool = False) -> float:
    """Seconds that a worker of two cores takes for the product."""
    megapixels, rasters = measure.pixels / 1e6, len(output_layers(spec))
    read = sum(_read_megapixels(spec, measure, max(cell_m, BANDS[band].native_resolution_m)) for band in spec.bands)
    reading = read * _READ_SECONDS * (_SLOW_SOURCE if slow_source else 1) + megapixels * _LOOK_SECONDS
    writing = megapixels * _WRITE_SECONDS.get(spec.format, _WRITE_SECONDS[LIKE_UNKNOWN]) + _RASTER_SECONDS
    return measure.scenes * (_SCENE_SECONDS + reading) + rasters * writing


def _read_megapixels(spec: MosaicSpec, measure: Measure, cell_m: float) -> float:
    """Of one band of one scene, in the archive's own pixels."""
    width, height = (side * spec.resolution / cell_m for side in (measure.width, measure.height))
    if spec.crs == "wgs84":
        width *= max(0.1, math.cos(math.radians(measure.latitude)))
    return (width + _BESIDE_PX) * (height + _BESIDE_PX) / 1e6


def credits_for(spec: MosaicSpec, measures: Iterable[Measure]) -> float:
    """What the products cost, in whole tenths, never less than one tenth.

    credits = megapixels x (overpasses x (1 + bands) + rasters) / 100, summed over the products: every overpass
    is read once for its scene classes and once for each ordered band, and every raster is written once.
    Nothing is paid with them: they say how much work an order is, and limits count in them.
    """
    written = len(output_layers(spec))
    units = sum(measure.pixels / 1e6 * (measure.overpasses * (1 + len(spec.bands)) + written) for measure in measures)
    # Rounded before it is rounded up: 0.3 in binary is a little more than three tenths.
    return max(1, math.ceil(round(units * CREDITS_PER_UNIT * _CREDIT_STEPS, 6))) / _CREDIT_STEPS


def expected_share(footprint: BaseGeometry, granules: Sequence[Granule]) -> float:
    """The share of a product that will have data, by the scenes' outlines and as cloudy as the world is on average."""
    if not granules:
        return 0.0
    outlines = [granule.footprint for granule in granules]
    seen = 1.0
    if not any(outline.covers(footprint) for outline in outlines):
        seen = min(1.0, shapely.union_all(outlines).intersection(footprint).area / footprint.area)
    return seen * (1 - _CLOUDY ** len({granule.datatake for granule in granules}))


def cell_of(granules: Sequence[Granule]) -> float:
    """Metres of the archive's own pixels where it holds coarser ones than Sentinel-2 took; 0 where it does not.

    Read from the header of one file, if that lies on this machine; nothing is asked of a server for it.
    """
    for granule in granules[:1]:
        for band, native in ((name, band.native_resolution_m) for name, band in BANDS.items() if name in granule.files):
            file = granule.files[band]
            if not file.is_remote:
                size = _pixel_size(file.href)
                return size if size > native * 1.5 else 0.0
    return 0.0


def is_slow(granules: Sequence[Granule]) -> bool:
    """Whether the scenes are of JPEG 2000, which takes long to decode."""
    files = (file.href for granule in granules[:1] for file in granule.files.values())
    return any(href.partition("?")[0].lower().endswith(_SLOW_SUFFIXES) for href in files)


@lru_cache(maxsize=64)
def _pixel_size(path: str) -> float:
    try:
        with rasterio.open(path) as dataset:
            size = abs(float(dataset.transform.a))
            return size if dataset.crs is not None and dataset.crs.is_projected else 0.0
    except (OSError, RasterioError):
        return 0.0


def _raster_bytes(name: str, spec: MosaicSpec, measure: Measure, cell_m: float) -> float:
    def at(size_m: float) -> float:
        return bytes_per_pixel(name, spec.format, size_m, cell_m=cell_m)

    each = at(spec.resolution)
    if spec.format not in _TOGETHER_BYTES and spec.format != "jp2":
        longest, size_m, part = max(measure.width, measure.height), float(spec.resolution), 1.0
        while longest > NO_OVERVIEW_PX:
            longest, size_m, part = longest // 2, size_m * 2, part / 4
            each += part * at(size_m) * _OVERVIEW_ROUGHER
    each *= left_by_clouds(spec.format, measure.share) * seams(name, measure.overpasses)
    header = _HEADER_BYTES.get(spec.format, _HEADER_BYTES[LIKE_UNKNOWN])
    return each * _stretched(spec, measure) * measure.pixels + header


def _stretched(spec: MosaicSpec, measure: Measure) -> float:
    """What is left of a picture whose pixels in degrees repeat each other from west to east."""
    if spec.crs != "wgs84":
        return 1.0
    power = STRETCHED_POWER.get(spec.format, STRETCHED_POWER[LIKE_UNKNOWN])
    return max(0.1, math.cos(math.radians(measure.latitude))) ** power


def _place_bytes(spec: MosaicSpec) -> float:
    return _PLACE_BYTES_IN_DEGREES if spec.crs == "wgs84" else _PLACE_BYTES[spec.resolution]


def _pixels_beside(measure: Measure) -> int:
    """Pixels that chunks reach beyond the product."""
    width, height = (math.ceil(side / min(CHUNK_PX, side)) * min(CHUNK_PX, side) for side in _sides(measure))
    return width * height - measure.pixels


def _sides(measure: Measure) -> tuple[int, int]:
    return max(1, measure.width), max(1, measure.height)


def _quicklook_bytes(spec: MosaicSpec, measure: Measure, cell_m: float) -> float:
    longest = max(measure.width, measure.height)
    factor = max(1.0, longest / QUICKLOOK_PX)
    each = _QUICKLOOK_BYTES_PER_PIXEL
    shown = {band for band in spec.bands if band in BANDS}
    if not shown:
        each *= _CLASSES_SHARE
    elif not ({"B04", "B03", "B02"} <= shown or {"B08", "B04", "B03"} <= shown):
        each /= 3
    repeated = cell_m / (spec.resolution * factor)
    if repeated > 1:
        each /= repeated**_QUICKLOOK_REPEATED_POWER
    return 100 + each * measure.share * _stretched(spec, measure) * measure.pixels / factor**2
