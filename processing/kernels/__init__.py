"""Compiled loops: arrays in, arrays out, nothing else.

They share one way to pass the reflectances of a block. All bands lie in one flat uint16 ``cells``
array. Band ``b`` begins at ``start[b]`` and holds ``plane[b]`` cells per observation, rows of
``width[b]`` cells, in its own cell size: pixel (y, x) of the block looks at cell
``(cell_row[b, y], cell_column[b, x])``. So a 20 m band serves a 10 m mosaic without being blown up.
A cell is a digital number; with ``offset[observation, band]`` added it is reflectance x 10000.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba

_FOLDER = Path(__file__).parent


def _digest() -> str:
    """Of the source of all kernels."""
    sources = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.py")):
        sources.update(path.read_bytes())
    return sources.hexdigest()[:16]


# Numba compiles a kernel anew when its own file has changed, but not when one that it calls has: after an
# update it would run half of the old code. So compiled kernels are kept by the source of all of them.
_kept_in = numba.config.CACHE_DIR or _FOLDER / "__pycache__"
numba.config.CACHE_DIR = str(Path(_kept_in) / f"kernels-{_digest()}")
