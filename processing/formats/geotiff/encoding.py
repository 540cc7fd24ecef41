"""Compressing the tiles of a GeoTIFF: differences between neighbours, then DEFLATE."""

from __future__ import annotations

import zlib

import numpy as np
from isal import isal_zlib

from processing.kernels.deflate import GROUP, NODES, SYMBOLS, deflate_groups

DEFLATE = 8
HORIZONTAL_DIFFERENCES = 2
# RFC 1950: DEFLATE with a window of 32 kB, compressed as quickly as can be.
_ZLIB_HEADER = b"\x78\x01"
# What cannot be compressed is stored, with a header for each so many bytes.
_STORED_BYTES, _STORED_HEADER = 2**14, 5
# zlib's frame and TIFF's around a tile.
_FRAME_BYTES = 64


def encode(pixels: np.ndarray) -> bytes:
    """A tile (y, x) as zlib stream, by TIFF's compression 8 and predictor 2; a row takes a multiple of eight bytes."""
    differences = np.empty_like(pixels)
    differences[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    return _deflated(differences.reshape(-1).view(np.uint8), differences.strides[0])


def _deflated(content: np.ndarray, row_bytes: int) -> bytes:
    out = np.empty(content.size + GROUP, np.uint8)
    size = deflate_groups(
        content.view(np.uint64), content, row_bytes // GROUP,
        np.zeros((GROUP, 256), np.uint32), np.zeros((3, SYMBOLS), np.int64), np.zeros((3, SYMBOLS), np.uint64),
        np.zeros((3, SYMBOLS), np.uint64), np.zeros((5, NODES), np.int64), out,
    )  # fmt: skip
    if size == 0:
        return zlib.compress(content.data, 0)
    return b"".join((_ZLIB_HEADER, out.data[:size], isal_zlib.adler32(content).to_bytes(4, "big")))


def most_bytes(tiles: int, tile_bytes: int) -> int:
    """More than so many tiles can take in a file, however badly they compress."""
    return tiles * (tile_bytes + (tile_bytes // _STORED_BYTES + 1) * _STORED_HEADER + _FRAME_BYTES)
