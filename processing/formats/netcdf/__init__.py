"""NetCDF-4 by the CF Conventions 1.8: one file with all layers of a product."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from processing.clock import Clock
from processing.formats.base import Heading, Writer
from processing.grid import Grid
from processing.layers import OutputLayer


class NetCdf:
    """NetCDF-4, as climate and time-series tools read it."""

    name = "netcdf"
    title = "NetCDF"
    summary = "One NetCDF-4 file with all layers by the CF Conventions; periods open together as one time series."
    extension = "nc"
    media_type = "application/netcdf"

    def writer(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        clock: Clock | None = None,
    ) -> Writer:
        # Orders of other formats need not wait for the library.
        from processing.formats.netcdf.writer import NetCdfWriter

        # One thread whatever is allowed: see there.
        return NetCdfWriter(folder, heading=heading, grid=grid, layers=layers, clock=clock or Clock())


PLUGIN = NetCdf()
