"""What a series' NetCDF file says of itself, by the CF Conventions 1.11 and by ACDD 1.3."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

from processing import __version__
from processing.formats.netcdf.attributes import TIME_ATTRIBUTES, TIME_UNITS
from processing.grid import WGS84_EPSG
from processing.layers import RASTERS
from processing.pixels.exports.document import attribution
from processing.pixels.indices import INDICES, Index
from processing.pixels.series_spec import SeriesSpec

CONVENTIONS = "CF-1.11, ACDD-1.3"

GRANULE = {"long_name": "The Level-2A granule that the pixel comes from", "coordinates": "lat lon pixel"}
PIXEL = {"long_name": "Pixel, row by row from the north west", "cf_role": "timeseries_id"}
AREA = {"long_name": "The area's name", "cf_role": "timeseries_id"}
LONGITUDE = {
    "standard_name": "longitude",
    "long_name": "Longitude of the pixel's centre, WGS 84",
    "units": "degrees_east",
}
LATITUDE = {
    "standard_name": "latitude",
    "long_name": "Latitude of the pixel's centre, WGS 84",
    "units": "degrees_north",
}
LONGITUDE_OF_AREA = LONGITUDE | {"long_name": "Longitude of a point in the area, WGS 84"}
LATITUDE_OF_AREA = LATITUDE | {"long_name": "Latitude of a point in the area, WGS 84"}
PIXEL_ROW = {"long_name": "Row of the pixel, from the north", "units": "1"}
PIXEL_COLUMN = {"long_name": "Column of the pixel, from the west", "units": "1"}
# Days are all of 86400 seconds, as in UTC written by calendar and clock.
_COUNTED = {"units_metadata": "leap_seconds: none"}
PERIOD_TIME = TIME_ATTRIBUTES | _COUNTED
SENSING_TIME = _COUNTED | {
    "standard_name": "time",
    "long_name": "Start of the datatake",
    "units": TIME_UNITS,
    "calendar": "standard",
}
OBSERVATION_TEXTS = tuple(
    (key, name, {"long_name": title, "coordinates": "time"})
    for key, name, title in (
        ("granule", "source_tile_identifier", "Level-2A granule"),
        ("item", "item", "The granule's item in the archive"),
        ("platform", "platform", "Satellite"),
        ("tile", "mgrs_tile", "MGRS tile"),
    )
)
COUNTS = {
    "long_name": "Whether a composite counts the observation",
    "flag_values": np.array([0, 1], np.int8),
    "flag_meanings": "no yes",
    "coordinates": "time lat lon pixel",
}
REASON = {"long_name": "Why a composite does not count the observation", "coordinates": "time lat lon pixel"}
AT_STATIONS = {"time": {"coordinates": "lat lon pixel"}, "obs": {"coordinates": "time lat lon pixel"}}
"""Which coordinates a variable over stations and this dimension has."""

PIXEL_COUNTS = {
    "pixels_total": {"long_name": "Pixels whose centre lies in the area", "units": "count"},
    "pixels_with_data": {"long_name": "Those of them that hold data", "units": "count"},
}
_WORDS = {
    "count": ("number of pixels", None),
    "mean": ("mean", "area: mean"),
    "std": ("standard deviation", "area: standard_deviation"),
    "min": ("smallest", "area: minimum"),
    "p05": ("5th percentile", None),
    "p25": ("25th percentile", None),
    "median": ("median", "area: median"),
    "p75": ("75th percentile", None),
    "p95": ("95th percentile", None),
    "max": ("largest", "area: maximum"),
}


def of_index(index: Index) -> dict[str, Any]:
    """Attributes of an index's variable."""
    return {"long_name": f"{index.title}: {index.formula}", "units": "1"}


def statistic(name: str, key: str) -> dict[str, Any]:
    """Attributes of one figure of a band or an index over an area."""
    words, method = _WORDS[key]
    title = INDICES[name].title if name in INDICES else RASTERS[name].title
    told = {"long_name": f"{title}: {words}", "units": "count" if key == "count" else "1"}
    if method:
        told["cell_methods"] = method
    return told | {"coordinates": "lat lon pixel"}


_SUMMARIES = {
    "composites": "Pixels of one mosaic per period; each value is one observation, nothing was averaged over time.",
    "observations": "Every observation of the pixels, without compositing; those that do not count too.",
    "statistics": "Figures of the pixels in an area, of one mosaic per period.",
}


def series_attributes(spec: SeriesSpec) -> dict[str, Any]:
    """The file's own attributes; nothing tells when or where it was written."""
    west, south, east, north = (float(edge) for edge in spec.geometry.bounds)
    outline = shapely.transform(spec.geometry, lambda xy: xy[:, ::-1])
    told = {
        "Conventions": CONVENTIONS,
        "title": f"Sentinel-2 time series {spec.name}, {spec.resolution} m",
        "summary": _SUMMARIES[spec.contents],
        "id": spec.digest(),
        "keywords": "Sentinel-2, time series, surface reflectance",
        "project": "Mosaic Hub",
        "institution": "Mosaic Hub",
        "source": "Sentinel-2 MSI, Level-2A surface reflectance",
        "history": f"Made by Mosaic Hub v{__version__}",
        "references": "Sentinel-2 Global Mosaic ATBD, S2GM-ATBD-BC v1.3.3",
        "comment": attribution(spec),
        "series": json.dumps(spec.to_json(), ensure_ascii=False),
        "spatial_resolution": f"{spec.resolution} m",
        "geospatial_lat_min": south,
        "geospatial_lat_max": north,
        "geospatial_lat_units": "degrees_north",
        "geospatial_lon_min": west,
        "geospatial_lon_max": east,
        "geospatial_lon_units": "degrees_east",
        # Latitude before longitude, as EPSG:4326 wants it.
        "geospatial_bounds": shapely.to_wkt(outline, rounding_precision=8, trim=True),
        "geospatial_bounds_crs": f"EPSG:{WGS84_EPSG}",
        "time_coverage_start": f"{spec.first_day}T00:00:00Z",
        "time_coverage_end": f"{spec.last_day}T23:59:59Z",
    }
    # Observations may share a time, which a time series by CF may not.
    return told if spec.contents == "observations" else told | {"featureType": "timeSeries"}
