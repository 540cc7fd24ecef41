"""A series as one JSON document: what was asked, what the columns hold, and the steps as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processing import __version__
from processing.pixels.exports.columns import Step, columns_of
from processing.pixels.series_spec import SeriesSpec

SOFTWARE = f"Mosaic Hub v{__version__}"


def to_json(spec: SeriesSpec, steps: Iterable[Step]) -> dict[str, Any]:
    """JSON types: ``series`` (the spec), ``software``, ``attribution``, ``columns`` of the CSV, ``steps``.

    Keys of a step's ``values`` and ``stored`` are the rasters' names, ``raster`` of the columns.
    """
    return {
        "series": spec.to_json(),
        "software": SOFTWARE,
        "attribution": attribution(spec),
        "columns": [
            column.to_json() | ({"raster": column.raster.name} if column.raster else {}) for column in columns_of(spec)
        ],
        "steps": [dict(step) for step in steps],
    }


def attribution(spec: SeriesSpec) -> str:
    """What the licence of the data wants said, with the years of the data."""
    years = dict.fromkeys((spec.start.year, spec.end.year))
    return f"Contains modified Copernicus Sentinel data {'-'.join(map(str, years))}"
