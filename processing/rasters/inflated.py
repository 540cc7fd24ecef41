"""A tile of DEFLATE, inflated row by row as far as it is needed."""

from __future__ import annotations

import numpy as np
from isal import igzip_lib

from processing.kernels.predictor import undo_differences
from processing.rasters.byte_source import ByteSource
from processing.rasters.tiff import TiffImage
from processing.rasters.tiled import Damaged

STREAM_BYTES = 128 * 2**10
"""What a tile that is under way holds: the inflater's window and tables, and what it was fed ahead."""

# Fed at least: the inflater keeps a copy of what it does not use up at once.
_LEAST_FED_BYTES = 16 * 2**10
_SKIPPED_BYTES = 256 * 2**10


class InflatedTile:
    """A stream of rows; those that come later cost nothing as long as nobody asks for them."""

    def __init__(self, source: ByteSource, offset: int, size: int, image: TiffImage) -> None:
        """A tile of ``image``, whose ``size`` bytes begin at ``offset``."""
        self._source, self._offset, self._size = source, offset, size
        self._width, self._height = image.tile_width, image.tile_height
        self._dtype = np.dtype(image.dtype).newbyteorder("<")
        self._row_bytes = self._width * self._dtype.itemsize
        self._ratio = size / (self._row_bytes * self._height)
        self._predictor = image.predictor
        self._begin()

    def _begin(self) -> None:
        self._inflater = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)
        self._fed = 0
        self._row = 0
        self._kept = b""

    def take(self, rows: slice, columns: slice, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """See ``Tile``."""
        if rows.start < self._row - len(self._kept) // self._row_bytes:
            self._begin()
        data = self._rows(rows)
        self._kept = data[max(0, len(data) - keep_rows * self._row_bytes) :] if keep_rows else b""
        pixels = np.frombuffer(data, self._dtype).reshape(-1, self._width)
        if self._predictor == 2:
            undo_differences(pixels, columns.start, columns.stop, out, row, column)
        else:
            width = columns.stop - columns.start
            out[row : row + len(pixels), column : column + width] = pixels[:, columns]

    def close(self) -> None:
        """See ``Tile``."""
        del self._inflater, self._kept

    def _rows(self, rows: slice) -> bytes:
        """The bytes of rows of which none lies before those that were kept."""
        again = (self._row - rows.start) * self._row_bytes
        if again > 0:
            known = self._kept[len(self._kept) - again :]
            wanted = (rows.stop - rows.start) * self._row_bytes
            return known[:wanted] if wanted <= again else known + self._inflate(rows.stop - self._row)
        while self._row < rows.start:
            self._inflate(min(rows.start - self._row, max(1, _SKIPPED_BYTES // self._row_bytes)))
        return self._inflate(rows.stop - rows.start)

    def _inflate(self, rows: int) -> bytes:
        missing = rows * self._row_bytes
        pieces = []
        try:
            while missing:
                piece = self._inflater.decompress(self._food(missing), missing)
                pieces.append(piece)
                missing -= len(piece)
            self._row += rows
            if self._row == self._height:
                self._compare_checksum()
        except (igzip_lib.error, EOFError) as cause:  # type: ignore[misc]  # its stub calls it an instance
            raise Damaged(str(cause)) from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _compare_checksum(self) -> None:
        """Read on to the end of the stream, where the inflater compares it with what it gave."""
        while not self._inflater.eof:
            if self._inflater.decompress(self._food(1), 1):
                raise Damaged("more pixels than the tile has")

    def _food(self, wanted: int) -> bytes:
        """The next compressed bytes if the inflater needs any: about what makes ``wanted`` of its own."""
        if self._inflater.eof:
            raise Damaged("fewer pixels than the tile has")
        if not self._inflater.needs_input:
            return b""
        size = min(max(int(wanted * self._ratio), _LEAST_FED_BYTES), self._size - self._fed)
        food = self._source.read(self._offset + self._fed, size)
        if not food:
            raise Damaged("cut short")
        self._fed += len(food)
        return food


class EmptyTile:
    """A tile that was never written."""

    def __init__(self, nodata: int) -> None:
        self._nodata = nodata

    def take(self, rows: slice, columns: slice, out: np.ndarray, row: int, column: int, *, keep_rows: int) -> None:
        """See ``Tile``."""
        height, width = rows.stop - rows.start, columns.stop - columns.start
        out[row : row + height, column : column + width] = self._nodata

    def close(self) -> None:
        """See ``Tile``."""
