"""What a NetCDF file says of a product, by the CF Conventions 1.8 and by ACDD 1.3, their
companion for discovery.

Everything is made from the order and its grid: nothing tells when or where the file was written.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from processing import __version__
from processing.formats.base import Heading
from processing.grid import WGS84_EPSG, Grid
from processing.layers import OutputLayer
from processing.periods import CompositingPeriod

CONVENTIONS = "CF-1.8, ACDD-1.3"
TIME_UNITS = "days since 1970-01-01 00:00:00"
GRID_MAPPING = "crs"
"""Name of the variable that holds the CRS."""

_EPOCH = date(1970, 1, 1)
# Layers whose numbers are counts over the period; all others were taken from one observation of it.
_COUNTED = "count"


def time_bounds(period: CompositingPeriod) -> tuple[float, float]:
    """Begin of the first day and end of the last, UTC, in ``TIME_UNITS``."""
    return float((period.first_day - _EPOCH).days), float((period.last_day - _EPOCH).days + 1)


TIME_ATTRIBUTES = {
    "standard_name": "time",
    "long_name": "Middle of the compositing period",
    "units": TIME_UNITS,
    "calendar": "standard",
    "axis": "T",
    "bounds": "time_bnds",
}
_LATITUDE = {
    "standard_name": "latitude",
    "long_name": "Latitude of the pixel's centre, WGS 84",
    "units": "degrees_north",
}
_LONGITUDE = {
    "standard_name": "longitude",
    "long_name": "Longitude of the pixel's centre, WGS 84",
    "units": "degrees_east",
}


def place_attributes(grid: Grid) -> dict[str, dict[str, str]]:
    """Attributes of lat and lon, the place of every pixel for readers that know no CRS."""
    if grid.is_utm:
        return {"lat": dict(_LATITUDE), "lon": dict(_LONGITUDE)}
    # With this CRS CF wants one latitude and one longitude only, and those are y and x.
    told = {"lat": _LATITUDE, "lon": _LONGITUDE}
    return {name: {key: text for key, text in of.items() if key != "standard_name"} for name, of in told.items()}


def axis_attributes(grid: Grid) -> dict[str, dict[str, str]]:
    """Attributes of x and y, the pixel centres in the grid's CRS."""
    x, y = dict(_LONGITUDE), dict(_LATITUDE)
    if grid.is_utm:
        x = {"standard_name": "projection_x_coordinate", "long_name": "Easting of the pixel's centre", "units": "m"}
        y = {"standard_name": "projection_y_coordinate", "long_name": "Northing of the pixel's centre", "units": "m"}
    return {"x": {**x, "axis": "X"}, "y": {**y, "axis": "Y"}}


def grid_mapping_attributes(grid: Grid) -> dict[str, Any]:
    """The CRS in CF's parameters and as WKT, and the exact place of the grid in GDAL's words."""
    place = grid.transform.to_gdal()
    return {
        **CRS.from_epsg(grid.epsg).to_cf(),
        "long_name": f"EPSG:{grid.epsg}",
        "GeoTransform": " ".join(repr(float(number)) for number in place),
    }


def stored_type(layer: OutputLayer) -> np.dtype[Any]:
    """The type of the layer's variable: CF 1.8 knows no unsigned integers.

    16 bits stay as they are and are declared ``_Unsigned``, which NetCDF's libraries, GDAL and xarray
    follow. Not so with 8 bits, where GDAL misreads such numbers: they are stored in 16.
    """
    return {"uint8": np.dtype(np.int16), "uint16": np.dtype(np.int16), "int16": np.dtype(np.int16)}[layer.dtype]


def as_stored(layer: OutputLayer, numbers: np.ndarray) -> np.ndarray:
    """Numbers of the layer as its variable holds them."""
    if layer.dtype == "uint16":
        return numbers.view(stored_type(layer))
    return numbers.astype(stored_type(layer), copy=False)


def fill_value(layer: OutputLayer) -> np.generic:
    """The layer's no data as its variable holds it."""
    return as_stored(layer, np.array([layer.nodata], layer.dtype))[0]


def layer_attributes(layer: OutputLayer, heading: Heading) -> dict[str, Any]:
    """Attributes of a layer's variable, without ``_FillValue``."""
    told = number_attributes(layer)
    if layer.name == "source_index":
        told["source_product_list"] = source_list(heading)
    return told | {"grid_mapping": GRID_MAPPING, "coordinates": "lat lon"}


def number_attributes(layer: OutputLayer) -> dict[str, Any]:
    """What is said of a layer's numbers, wherever they lie: name, unit, scale, range, classes."""
    told: dict[str, Any] = {"long_name": layer.title}
    if layer.standard_name:
        told["standard_name"] = layer.standard_name
    told["units"] = layer.unit
    if layer.dtype == "uint16":
        told["_Unsigned"] = "true"
    else:
        told["valid_range"] = np.array(layer.valid_range, stored_type(layer))
    if layer.scale != 1:
        told |= {"scale_factor": layer.scale, "add_offset": 0.0}
    if layer.flags:
        told["flag_values"] = np.array([flag.value for flag in layer.flags], stored_type(layer))
        told["flag_meanings"] = " ".join(flag.name for flag in layer.flags)
    if layer.unit == _COUNTED:
        told["cell_methods"] = "time: sum"
    return told


def source_list(heading: Heading) -> str:
    """What each number of ``source_index`` stands for: "0: id 2018-03-02T10:10:21Z; 1: ..."."""
    return "; ".join(
        f"{number}: {scene.identifier} {scene.sensed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for number, scene in enumerate(heading.scenes)
    )


def product_attributes(heading: Heading, grid: Grid) -> dict[str, str | float]:
    """The file's own attributes; those of the heading come on top."""
    period = heading.period
    own: dict[str, str | float] = {
        "Conventions": CONVENTIONS,
        "title": f"Copernicus Sentinel-2 Mosaic of {period.title}, {grid.resolution_m} m",
        "summary": "Every pixel is one observation of the period; nothing was averaged over time.",
        "id": heading.title,
        "keywords": "Sentinel-2, mosaic, composite, surface reflectance",
        "project": "Mosaic Hub",
        "institution": "Mosaic Hub",
        "source": "Sentinel-2 MSI, Level-2A surface reflectance",
        "history": f"Composited from {len(heading.scenes)} scenes by Mosaic Hub v{__version__}",
        "references": "Sentinel-2 Global Mosaic ATBD, S2GM-ATBD-BC v1.3.3",
        "comment": f"Contains modified Copernicus Sentinel data {period.first_day.year}",
        "spatial_resolution": f"{grid.resolution_m} m",
        "time_coverage_start": _midnight(period.first_day),
        "time_coverage_end": _midnight(period.last_day + timedelta(days=1)),
        **_geospatial_bounds(grid),
    }
    return own | {name: text for name, text in heading.attributes.items() if text}


def _midnight(day: date) -> str:
    return f"{datetime.combine(day, time.min, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _geospatial_bounds(grid: Grid) -> dict[str, str | float]:
    """ACDD's bounding box and outline; the outline has latitude before longitude, as EPSG:4326 wants it."""
    west, south, east, north = (float(edge) for edge in grid.footprint.bounds)
    outline = shapely.transform(grid.footprint, lambda xy: xy[:, ::-1])
    return {
        "geospatial_lat_min": south,
        "geospatial_lat_max": north,
        "geospatial_lat_units": "degrees_north",
        "geospatial_lon_min": west,
        "geospatial_lon_max": east,
        "geospatial_lon_units": "degrees_east",
        "geospatial_bounds": shapely.to_wkt(outline, rounding_precision=8, trim=True),
        "geospatial_bounds_crs": f"EPSG:{WGS84_EPSG}",
    }
