"""Compressing the tiles of a GeoTIFF: differences between neighbours, then DEFLATE."""

from __future__ import annotations

import numpy as np

from processing import zlib_streams

DEFLATE = 8
HORIZONTAL_DIFFERENCES = 2
# TIFF's frame around a tile, and room for more.
_FRAME_BYTES = 64


def encode(pixels: np.ndarray) -> bytes:
    """A tile (y, x) as zlib stream, by TIFF's compression 8 and predictor 2."""
    differences = np.empty_like(pixels)
    differences[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    return zlib_streams.compressed(differences)


def most_bytes(tiles: int, tile_bytes: int) -> int:
    """More than so many tiles can take in a file, however badly they compress."""
    return tiles * (zlib_streams.most_bytes(tile_bytes) + _FRAME_BYTES)
