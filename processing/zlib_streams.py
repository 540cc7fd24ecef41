"""Compressing rasters to zlib streams (RFC 1950): the same bytes for the same pixels, on every machine."""

from __future__ import annotations

import zlib

import numpy as np
from isal import isal_zlib

from processing.kernels.deflate import GROUP, NODES, SYMBOLS, deflate_groups

# DEFLATE with a window of 32 kB, compressed as quickly as can be.
_HEADER = b"\x78\x01"
# What cannot be compressed is stored, with a header for each so many bytes; and what frames it all.
_STORED_BYTES, _STORED_HEADER, _FRAME = 2**14, 5, 6
_FARTHEST = 2**15


def compressed(rows: np.ndarray) -> bytes:
    """The bytes of a C-contiguous array (row, ...) as one stream; see ``deflate_groups`` for what it is good at."""
    content = rows.reshape(-1).view(np.uint8)
    row_bytes = rows.strides[0]
    has_row_above = row_bytes % GROUP == 0 and row_bytes <= _FARTHEST
    out = np.empty(content.size + GROUP, np.uint8)
    size = deflate_groups(
        content[: content.size // GROUP * GROUP].view(np.uint64), content, row_bytes // GROUP if has_row_above else 1,
        np.zeros((GROUP, 256), np.uint32), np.zeros((3, SYMBOLS), np.int64), np.zeros((3, SYMBOLS), np.uint64),
        np.zeros((3, SYMBOLS), np.uint64), np.zeros((5, NODES), np.int64), out,
    )  # fmt: skip
    if size == 0:
        return zlib.compress(content.data, 0)
    return b"".join((_HEADER, out.data[:size], isal_zlib.adler32(content).to_bytes(4, "big")))


def most_bytes(content_bytes: int) -> int:
    """No stream of so many bytes is longer, however badly they compress."""
    return content_bytes + (content_bytes // _STORED_BYTES + 1) * _STORED_HEADER + _FRAME
