"""Cloud Optimized GeoTIFF, one file per layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from processing.clock import Clock
from processing.formats.base import Heading
from processing.formats.geotiff.writer import CogWriter
from processing.grid import Grid
from processing.layers import OutputLayer


class GeoTiff:
    """GeoTIFF as COG."""

    name = "geotiff"
    title = "GeoTIFF"
    summary = "Cloud Optimized GeoTIFF, one file per layer; opens in every GIS."
    extension = "tiff"
    media_type = "image/tiff; application=geotiff; profile=cloud-optimized"

    def writer(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        clock: Clock | None = None,
    ) -> CogWriter:
        return CogWriter(
            folder, heading=heading, grid=grid, layers=layers, threads=threads,
            clock=clock or Clock(), extension=self.extension,
        )  # fmt: skip


PLUGIN = GeoTiff()
