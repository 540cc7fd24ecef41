"""What is known about a measurement point beside its place and its series: the columns of EGMS.

Source: EGMS Product Description & Format Specification, EGMS-D6-PDD-SC1-2.0-009, tables 5 and 6. Names in files drift
from release to release, so that they are looked up by ``canonical_name``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

NO_NUMBER = -(2**31)
"""Stands for "not given" in attributes of whole numbers; in others NaN does."""


@dataclass(frozen=True)
class Attribute:
    """One canonical column."""

    name: str
    title: str
    """English, for a person."""

    unit: str
    """"" where it has none."""

    decimals: int
    """As EGMS delivers it."""

    dtype: Literal["float32", "float64", "int32"]
    """Keeps what was delivered, to its last decimal."""

    aliases: tuple[str, ...] = ()
    """Other names for it, in lower case."""

    @property
    def missing(self) -> float:
        """What stands where a file gives nothing."""
        return NO_NUMBER if self.dtype == "int32" else np.nan


PID_ALIASES = ("pid", "point_id", "pointid", "code")
LATITUDE_ALIASES = ("latitude", "lat")
LONGITUDE_ALIASES = ("longitude", "lon", "long")
_PLACES = {"pid": PID_ALIASES, "latitude": LATITUDE_ALIASES, "longitude": LONGITUDE_ALIASES}

# In the order of an L2a file; an L3 file has some of them, in the same order.
_ALL = (
    Attribute("cluster_label", "Cluster", "", 0, "int32"),
    Attribute("mp_type", "Effective area (0: point scatterer)", "m²", 0, "int32"),
    # Float32 would keep them to a quarter of a metre.
    Attribute("easting", "Easting (EPSG:3035)", "m", 2, "float64"),
    Attribute("northing", "Northing (EPSG:3035)", "m", 2, "float64"),
    Attribute("height", "Height above sea level", "m", 1, "float32", ("height_ortho", "height_orthometric")),
    Attribute(
        "height_wgs84", "Height above the ellipsoid", "m", 1, "float32", ("height_ellipse", "height_ellipsoidal")
    ),
    Attribute("line", "Line in the burst", "", 0, "int32"),
    Attribute("pixel", "Pixel in the burst", "", 0, "int32"),
    Attribute("rmse", "Root mean square error", "mm", 1, "float32", ("rmse_ts",)),
    Attribute("temporal_coherence", "Temporal coherence", "", 2, "float32", ("coherence",)),
    Attribute("amplitude_dispersion", "Amplitude dispersion", "", 2, "float32"),
    Attribute("incidence_angle", "Incidence angle", "°", 2, "float32"),
    Attribute("track_angle", "Track angle", "°", 2, "float32"),
    Attribute("los_east", "Line of sight, east", "", 3, "float32"),
    Attribute("los_north", "Line of sight, north", "", 3, "float32"),
    Attribute("los_up", "Line of sight, up", "", 3, "float32"),
    Attribute("mean_velocity", "Mean velocity", "mm/yr", 1, "float32", ("velocity",)),
    Attribute("mean_velocity_std", "Standard deviation of the mean velocity", "mm/yr", 1, "float32", ("velocity_std",)),
    Attribute("acceleration", "Acceleration", "mm/yr²", 2, "float32"),
    Attribute("acceleration_std", "Standard deviation of the acceleration", "mm/yr²", 2, "float32"),
    Attribute("seasonality", "Seasonality (annual amplitude)", "mm", 1, "float32"),
    Attribute("seasonality_std", "Standard deviation of the seasonality", "mm", 1, "float32"),
)
ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in _ALL}
"""By name, in the order of the file; a point's id and its degrees are no attributes, they have fields of their own."""

_CANONICAL = {alias: attribute.name for attribute in _ALL for alias in (attribute.name, *attribute.aliases)} | {
    alias: name for name, aliases in _PLACES.items() for alias in aliases
}


def canonical_name(written: str) -> str | None:
    """The attribute (or pid, latitude, longitude) that a file calls ``written``; None where it is none of them.

    Letter case, quotes, a byte order mark, blanks around and blanks or hyphens within do not count.
    """
    return _CANONICAL.get(plain_name(written))


def plain_name(written: str) -> str:
    """A column's name as it is compared and kept: lower case, words joined by underscores."""
    stripped = written.strip("\ufeff \t\r\n\"'").lower()
    return "_".join(stripped.replace("-", " ").split())
