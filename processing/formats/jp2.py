"""Lossless JPEG 2000, one file per layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processing.clock import Clock
from processing.formats.base import Heading
from processing.gathering import CopyingWriter
from processing.grid import Grid
from processing.layers import OutputLayer

_TILE_PX = 1024
_MOST_RESOLUTIONS = 6
JP2_OPTIONS: dict[str, Any] = {
    # Both are needed for the reversible wavelet with nothing cut off.
    "QUALITY": 100,
    "REVERSIBLE": "YES",
    "BLOCKXSIZE": _TILE_PX,
    "BLOCKYSIZE": _TILE_PX,
    # Lengths of packets and of tile parts, so that a reader of a window skips the rest.
    "PLT": "YES",
    "TLM": "YES",
    # Both ways of saying where it lies: older readers know only one of them.
    "GMLJP2": "YES",
    "GeoJP2": "YES",
}


def _resolutions(grid: Grid) -> dict[str, int]:
    """As many resolutions as GDAL allows in the tiles of this grid: it wants two pixels left in the coarsest."""
    number = min(_MOST_RESOLUTIONS, min(grid.width, grid.height).bit_length() - 1)
    return {"RESOLUTIONS": number} if number else {}


class Jp2:
    """JPEG 2000 by OpenJPEG, as S2GM delivered it."""

    name = "jp2"
    title = "JPEG 2000"
    summary = "Lossless JPEG 2000, one file per layer, its no data in an .aux.xml beside it; small, but slow to open."
    extension = "jp2"
    media_type = "image/jp2"

    def writer(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        clock: Clock | None = None,
    ) -> CopyingWriter:
        # The format has no place for no data, scale and unit; GDAL keeps them beside it, and so does QGIS.
        return CopyingWriter(
            folder, heading=heading, grid=grid, layers=layers, threads=threads, extension=self.extension,
            driver="JP2OpenJPEG", options=JP2_OPTIONS | _resolutions(grid), companions=(".aux.xml",),
            clock=clock or Clock(),
        )  # fmt: skip


PLUGIN = Jp2()
