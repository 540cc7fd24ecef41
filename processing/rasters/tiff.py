"""The structure of a TIFF file: where its tiles lie and what they hold.

Sources: TIFF 6.0; BigTIFF; OGC GeoTIFF 1.1 (GeoKeys); GDAL's tag 42113 for no data. What is out of the ordinary is
not plain, and read by GDAL.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from processing.rasters.byte_source import ByteSource

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_SAMPLES, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _OFFSETS, _SIZES, _SAMPLE_FORMAT = 277, 317, 322, 323, 324, 325, 339
_PIXEL_SCALE, _TIEPOINT, _GEO_KEYS, _NODATA = 33550, 33922, 34735, 42113
_RASTER_TYPE_KEY, _PROJECTED_CRS_KEY = 1025, 3072
_READ = frozenset((
    _SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT,
    _OFFSETS, _SIZES, _SAMPLE_FORMAT, _PIXEL_SCALE, _TIEPOINT, _GEO_KEYS, _NODATA,
))  # fmt: skip

_FORMATS = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 12: "d", 13: "I", 16: "Q", 18: "Q"}
"""Struct formats by TIFF field type; fields of other types are passed over."""

HEADER_BYTES = 16 * 1024
"""Bytes at a file's begin that are read first: they hold the directories of a COG of tiles of 512 px."""

_DEFLATE = (8, 32946)
_BLACK_IS_ZERO, _PALETTE = 1, 3
_KINDS = {1: "uint", 2: "int"}
# A Sentinel-2 tile has 10980 pixels a side. What is far larger is GDAL's business.
_MOST_TILE_PX, _MOST_PX, _MOST_DIRECTORIES = 8192, 2**15, 16
# In all directories of a file together: its tiles of 128 px and those of all smaller copies take a tenth of it.
_MOST_VALUES = 2**18


class NotPlain(Exception):
    """Not a TIFF of one band of whole numbers in tiles of DEFLATE, or none at all."""


@dataclass(frozen=True)
class TiffImage:
    """One image of a file: the raster itself or a smaller copy."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    dtype: str
    """uint8 or uint16; int8 or int16 in files of our own."""

    predictor: int
    """1: pixels as they are; 2: differences along rows."""

    offsets: tuple[int, ...]
    """Where each tile begins in the file, row by row; 0 with size 0 for one that was never written."""

    sizes: tuple[int, ...]
    """Bytes of each tile."""

    nodata: int

    def number(self, tile_row: int, tile_column: int) -> int:
        """Where a tile stands among ``offsets`` and ``sizes``."""
        return tile_row * -(-self.width // self.tile_width) + tile_column


@dataclass(frozen=True)
class TiffFile:
    """A plain raster file: its place, the raster, and its smaller copies."""

    epsg: int
    left_m: float
    top_m: float
    pixel_m: float
    image: TiffImage
    overviews: tuple[TiffImage, ...]
    """Smaller copies, largest first."""


def read_structure(source: ByteSource, *, first_bytes: int = HEADER_BYTES) -> TiffFile:
    """The structure of a file, whose ``first_bytes`` are read at once; NotPlain where GDAL had better look at it."""
    with _damage_is_not_plain():
        directories = list(_directories(_Fields(source, first_bytes)))
        epsg, left, top, pixel = _place(directories[0])
        image, *overviews = _images(directories)
    if image.dtype.startswith("int"):
        raise NotPlain("numbers below zero")
    return TiffFile(epsg, left, top, pixel, image, tuple(overviews))


def read_images(source: ByteSource) -> list[TiffImage]:
    """The raster of a file, wherever it lies, then its smaller copies, largest first; NotPlain as above."""
    with _damage_is_not_plain():
        return _images(list(_directories(_Fields(source, HEADER_BYTES))))


@contextmanager
def _damage_is_not_plain() -> Iterator[None]:
    try:
        yield
    except (struct.error, ValueError, IndexError, KeyError, OverflowError) as cause:
        raise NotPlain(str(cause)) from None


def _images(directories: Sequence[Mapping[int, tuple[Any, ...]]]) -> list[TiffImage]:
    images = [_image(tags) for tags in directories if not _first(tags, _SUBFILE, 0) & 0b110]
    return [images[0], *sorted(images[1:], key=lambda image: -image.width)]


class _Fields:
    """Reads numbers out of a file, most of them out of its first bytes."""

    def __init__(self, source: ByteSource, first_bytes: int) -> None:
        self._source = source
        self._head = source.read(0, first_bytes)
        if self._head[:4] not in (b"II*\0", b"II+\0"):
            raise NotPlain("no little-endian TIFF")
        self.is_big = self._head[2:3] == b"+"
        self._values_left = _MOST_VALUES

    def count(self, values: int) -> None:
        """Refuse, before they are read, more values than a raster of likely size has tiles."""
        self._values_left -= values
        if self._values_left < 0:
            raise NotPlain("more values than a raster has tiles")

    def bytes(self, offset: int, size: int) -> bytes:
        if offset + size <= len(self._head):
            return self._head[offset : offset + size]
        return self._source.read(offset, size)

    def unpack(self, form: str, offset: int) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.bytes(offset, struct.calcsize("<" + form)))


def _directories(fields: _Fields) -> Any:
    """The tags of each image file directory, one after the other."""
    (position,) = fields.unpack("Q", 8) if fields.is_big else fields.unpack("I", 4)
    for _ in range(_MOST_DIRECTORIES):
        if not position:
            return
        tags, position = _directory(fields, position)
        yield tags


def _directory(fields: _Fields, position: int) -> tuple[Mapping[int, tuple[Any, ...]], int]:
    """Values by tag, and where the next directory is."""
    count_form, entry_form, next_form = ("<Q", "<HHQ", "<Q") if fields.is_big else ("<H", "<HHI", "<I")
    (count,) = struct.unpack(count_form, fields.bytes(position, struct.calcsize(count_form)))
    if count > 1000:
        raise NotPlain("a directory of more than 1000 tags")
    position += struct.calcsize(count_form)
    room = struct.calcsize(next_form)
    step = struct.calcsize(entry_form) + room
    # At once: on a server each piece beyond the first bytes is a request.
    directory = fields.bytes(position, count * step + room)
    tags: dict[int, tuple[Any, ...]] = {}
    for entry in range(0, count * step, step):
        tag, kind, length = struct.unpack_from(entry_form, directory, entry)
        if tag in _READ and tag not in tags and kind in _FORMATS:
            tags[tag] = _values(fields, kind, length, position + entry + step - room, room)
    return tags, struct.unpack_from(next_form, directory, count * step)[0]


def _values(fields: _Fields, kind: int, length: int, place: int, room: int) -> tuple[Any, ...]:
    """A tag's values, which stand at ``place`` where they find ``room`` there, and else where it points to."""
    fields.count(length)
    form = f"{length}s" if kind == 2 else _FORMATS[kind] * length
    if struct.calcsize("<" + form) > room:
        (place,) = fields.unpack("Q" if room == 8 else "I", place)
    return fields.unpack(form, place)


def _first(tags: Mapping[int, tuple[Any, ...]], tag: int, default: int) -> int:
    return int(tags[tag][0]) if tag in tags else default


def _image(tags: Mapping[int, tuple[Any, ...]]) -> TiffImage:
    bits = _first(tags, _BITS, 1)
    if (
        _first(tags, _SAMPLES, 1) != 1
        or _first(tags, _SAMPLE_FORMAT, 1) not in _KINDS
        or bits not in (8, 16)
        or _first(tags, _COMPRESSION, 1) not in _DEFLATE
        or _first(tags, _PREDICTOR, 1) not in (1, 2)
        or _first(tags, _PHOTOMETRIC, _BLACK_IS_ZERO) not in (_BLACK_IS_ZERO, _PALETTE)
    ):
        raise NotPlain("not one band of whole numbers in DEFLATE")
    width, height, tile_width, tile_height = (int(tags[tag][0]) for tag in (_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT))
    if not all(0 < size <= _MOST_TILE_PX for size in (tile_width, tile_height)):
        raise NotPlain("tiles of an unlikely size")
    if not all(0 < size <= _MOST_PX for size in (width, height)):
        raise NotPlain("a raster of an unlikely size")
    offsets, sizes = tags[_OFFSETS], tags[_SIZES]
    if not len(offsets) == len(sizes) == math.ceil(width / tile_width) * math.ceil(height / tile_height):
        raise NotPlain("not as many tiles as the raster has")
    return TiffImage(
        width, height, tile_width, tile_height,
        dtype=f"{_KINDS[_first(tags, _SAMPLE_FORMAT, 1)]}{bits}", predictor=_first(tags, _PREDICTOR, 1),
        offsets=offsets, sizes=sizes, nodata=_nodata(tags),
    )  # fmt: skip


def _nodata(tags: Mapping[int, tuple[Any, ...]]) -> int:
    return int(float(tags[_NODATA][0].rstrip(b"\0 ").decode("ascii"))) if _NODATA in tags else 0


def _place(tags: Mapping[int, tuple[Any, ...]]) -> tuple[int, float, float, float]:
    """EPSG code, left and top edge, pixel size."""
    keys = tags[_GEO_KEYS]
    by_key = {keys[at]: keys[at + 3] for at in range(4, len(keys) - 3, 4) if keys[at + 1] == 0}
    scale, tiepoint = tags[_PIXEL_SCALE], tags[_TIEPOINT]
    if by_key.get(_RASTER_TYPE_KEY, 1) != 1 or scale[0] != scale[1] or scale[0] <= 0 or any(tiepoint[:3]):
        raise NotPlain("not placed by its upper left corner and square pixels")
    return by_key[_PROJECTED_CRS_KEY], tiepoint[3], tiepoint[4], scale[0]
