"""A series as NetCDF-4 by CF 1.11. The library is loaded when the first file is written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from processing.pixels.exports.columns import Step
from processing.pixels.series_spec import SeriesSpec


def to_netcdf(spec: SeriesSpec, steps: Iterable[Step], path: Path) -> None:
    """Write the file at ``path``, whole or not at all; what was there is replaced.

    Pixels are stations: variables (station, time), of observations (station, observation), of statistics (time,).
    Raises StorageFull, OSError.
    """
    from processing.pixels.exports.netcdf_writing import write_series

    write_series(spec, list(steps), path)
