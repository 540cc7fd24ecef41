"""What Sentinel-2 measures: bands and scene classes.

Source of wavelengths and bandwidths: Sentinel-2 spectral responses (ESA, COPE-GSEG-EOPG-TN-15-0007 v3.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class Spectrum:
    """Where a band looks, in nanometres."""

    central_wavelength_nm: float
    bandwidth_nm: float


@dataclass(frozen=True)
class Band:
    """A reflectance band that can be ordered."""

    name: str
    title: str
    native_resolution_m: int
    nominal: Spectrum
    s2a: Spectrum
    s2b: Spectrum

    @property
    def wavelength_nm(self) -> float:
        return self.nominal.central_wavelength_nm


def _band(
    name: str,
    title: str,
    resolution: int,
    nominal: tuple[float, float],
    s2a: tuple[float, float],
    s2b: tuple[float, float],
) -> Band:
    return Band(name, title, resolution, Spectrum(*nominal), Spectrum(*s2a), Spectrum(*s2b))


BANDS: dict[str, Band] = {
    band.name: band
    for band in (
        _band("B01", "Coastal aerosol", 60, (443, 20), (442.7, 21), (442.2, 21)),
        _band("B02", "Blue", 10, (490, 65), (492.4, 66), (492.1, 66)),
        _band("B03", "Green", 10, (560, 35), (559.8, 36), (559.0, 36)),
        _band("B04", "Red", 10, (665, 30), (664.6, 31), (664.9, 31)),
        _band("B05", "Red edge 1", 20, (705, 15), (704.1, 15), (703.8, 16)),
        _band("B06", "Red edge 2", 20, (740, 15), (740.5, 15), (739.1, 15)),
        _band("B07", "Red edge 3", 20, (783, 20), (782.8, 20), (779.7, 20)),
        _band("B08", "Near infrared", 10, (842, 115), (832.8, 106), (832.9, 106)),
        _band("B8A", "Near infrared, narrow", 20, (865, 20), (864.7, 21), (864.0, 22)),
        _band("B11", "Shortwave infrared 1", 20, (1610, 90), (1613.7, 91), (1610.4, 94)),
        _band("B12", "Shortwave infrared 2", 20, (2190, 180), (2202.4, 175), (2185.7, 185)),
    )
}
"""The eleven reflectance bands. B09 and B10 see the atmosphere, not the ground, and are never offered."""

REFLECTANCE_SCALE = 1e-4
"""Reflectance = stored number x this."""

REFLECTANCE_NODATA = 65535

TILE_SIZE_M = 109_800
"""Edge of a Sentinel-2 tile; neighbours overlap by 9.8 km."""


class SceneClass(IntEnum):
    """The classes of Sen2Cor's scene classification (SCL)."""

    NO_DATA = 0
    SATURATED_OR_DEFECTIVE = 1
    DARK_FEATURE_SHADOW = 2
    CLOUD_SHADOW = 3
    VEGETATION = 4
    BARE_SOIL = 5
    WATER = 6
    UNCLASSIFIED = 7
    CLOUD_MEDIUM_PROBABILITY = 8
    CLOUD_HIGH_PROBABILITY = 9
    THIN_CIRRUS = 10
    SNOW_ICE = 11
