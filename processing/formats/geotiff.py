"""Cloud Optimized GeoTIFF, one file per layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processing.formats.base import Heading
from processing.gathering import CopyingWriter
from processing.grid import Grid
from processing.layers import OutputLayer

COG_OPTIONS: dict[str, Any] = {
    "COMPRESS": "DEFLATE",
    "LEVEL": 6,
    "PREDICTOR": "STANDARD",
    "BLOCKSIZE": 512,
    # An overview shows observations too: nearest neighbour, nothing averaged.
    "OVERVIEW_RESAMPLING": "NEAREST",
    "OVERVIEWS": "AUTO",
    "BIGTIFF": "IF_SAFER",
}


class GeoTiff:
    """GeoTIFF as COG."""

    name = "geotiff"
    title = "GeoTIFF"
    summary = "Cloud Optimized GeoTIFF, one file per layer; opens in every GIS."
    extension = "tiff"
    media_type = "image/tiff; application=geotiff; profile=cloud-optimized"

    def writer(
        self, folder: Path, *, heading: Heading, grid: Grid, layers: Sequence[OutputLayer], threads: int
    ) -> CopyingWriter:
        # A COG wants its overviews before its pixels, so it cannot be written block by block.
        return CopyingWriter(
            folder, heading=heading, grid=grid, layers=layers, threads=threads,
            extension=self.extension, driver="COG", options=COG_OPTIONS,
        )  # fmt: skip


PLUGIN = GeoTiff()
