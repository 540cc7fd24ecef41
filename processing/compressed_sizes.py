"""How many bytes a pixel of each raster takes in each format: what estimates begin with.

Measured on mosaics of a month from the generated archive, and held against real scenes of August 2023, from
which they differ by less than a fifth. Without overviews, coordinates and headers, which ``estimating`` adds.
A band finer than its own pixels repeats them, and takes less; a coarser mosaic holds rougher pictures, and takes more.
"""

from __future__ import annotations

from bisect import bisect

SIZES_M = (10, 20, 60)
"""The pixel sizes that the three numbers of each raster are for."""

BYTES_PER_PIXEL: dict[str, dict[str, tuple[float, float, float]]] = {
    "geotiff": {
        "B01": (0.55, 0.75, 1.3),
        "B02": (1.22, 1.25, 1.33),
        "B03": (1.29, 1.31, 1.38),
        "B04": (1.25, 1.29, 1.4),
        "B05": (0.82, 1.38, 1.43),
        "B06": (0.89, 1.5, 1.54),
        "B07": (0.91, 1.53, 1.54),
        "B08": (1.52, 1.54, 1.59),
        "B8A": (0.91, 1.54, 1.49),
        "B11": (0.86, 1.46, 1.52),
        "B12": (0.84, 1.42, 1.49),
        "aot": (0.58, 0.71, 0.78),
        "cloud_confidence": (0.29, 0.39, 0.24),
        "snow_confidence": (0.003, 0.004, 0.007),
        "scene_classification": (0.022, 0.039, 0.063),
        "sun_zenith": (0.39, 0.47, 0.51),
        "sun_azimuth": (0.45, 0.53, 0.6),
        "view_zenith_mean": (0.18, 0.29, 0.41),
        "view_azimuth_mean": (0.29, 0.47, 0.71),
        "source_index": (0.35, 0.39, 0.42),
        "valid_obs": (0.021, 0.054, 0.094),
        "medoid_mos": (0.22, 0.31, 0.35),
        "observation_date": (0.37, 0.42, 0.45),
        "method": (0.011, 0.023, 0.043),
        "rejected_obs_cloud": (0.022, 0.057, 0.094),
        "rejected_obs_shadow": (0.023, 0.058, 0.09),
        "rejected_obs_snow": (0.003, 0.003, 0.003),
        "rejected_obs_edge": (0.012, 0.017, 0.024),
        "rejected_obs_no_data": (0.0042, 0.0048, 0.0068),
    },
    "jp2": {
        "B01": (0.65, 0.81, 1.01),
        "B02": (0.94, 0.96, 1.05),
        "B03": (1.0, 1.02, 1.11),
        "B04": (1.0, 1.03, 1.14),
        "B05": (0.98, 1.1, 1.19),
        "B06": (1.14, 1.26, 1.34),
        "B07": (1.19, 1.31, 1.39),
        "B08": (1.31, 1.32, 1.4),
        "B8A": (1.2, 1.32, 1.4),
        "B11": (1.09, 1.21, 1.3),
        "B12": (1.03, 1.16, 1.26),
        "aot": (0.72, 0.83, 0.94),
        "cloud_confidence": (0.34, 0.38, 0.26),
        "snow_confidence": (0.008, 0.016, 0.034),
        "scene_classification": (0.024, 0.039, 0.07),
        "sun_zenith": (0.57, 0.67, 0.77),
        "sun_azimuth": (0.65, 0.78, 0.9),
        "view_zenith_mean": (0.24, 0.37, 0.5),
        "view_azimuth_mean": (0.37, 0.55, 0.7),
        "source_index": (0.33, 0.37, 0.41),
        "valid_obs": (0.019, 0.038, 0.078),
        "medoid_mos": (0.19, 0.28, 0.37),
        "observation_date": (0.39, 0.44, 0.5),
        "method": (0.008, 0.016, 0.036),
        "rejected_obs_cloud": (0.02, 0.04, 0.078),
        "rejected_obs_shadow": (0.023, 0.041, 0.078),
        "rejected_obs_snow": (0.003, 0.003, 0.004),
        "rejected_obs_edge": (0.01, 0.011, 0.021),
        "rejected_obs_no_data": (0.003, 0.005, 0.015),
    },
    "netcdf": {
        "B01": (0.52, 0.77, 1.23),
        "B02": (1.2, 1.22, 1.29),
        "B03": (1.24, 1.27, 1.33),
        "B04": (1.24, 1.28, 1.36),
        "B05": (0.92, 1.33, 1.4),
        "B06": (0.98, 1.45, 1.53),
        "B07": (1.01, 1.5, 1.59),
        "B08": (1.47, 1.51, 1.59),
        "B8A": (1.02, 1.51, 1.6),
        "B11": (0.97, 1.42, 1.5),
        "B12": (0.94, 1.37, 1.46),
        "aot": (0.41, 0.54, 0.77),
        "cloud_confidence": (0.33, 0.42, 0.3),
        "snow_confidence": (0.011, 0.011, 0.013),
        "scene_classification": (0.032, 0.049, 0.069),
        "sun_zenith": (0.29, 0.38, 0.48),
        "sun_azimuth": (0.34, 0.44, 0.58),
        "view_zenith_mean": (0.14, 0.22, 0.29),
        "view_azimuth_mean": (0.26, 0.38, 0.65),
        "source_index": (0.23, 0.27, 0.3),
        "valid_obs": (0.037, 0.075, 0.13),
        "medoid_mos": (0.23, 0.3, 0.37),
        "observation_date": (0.23, 0.27, 0.3),
        "method": (0.022, 0.037, 0.069),
        "rejected_obs_cloud": (0.041, 0.08, 0.13),
        "rejected_obs_shadow": (0.041, 0.078, 0.13),
        "rejected_obs_snow": (0.01, 0.01, 0.01),
        "rejected_obs_edge": (0.025, 0.031, 0.04),
        "rejected_obs_no_data": (0.014, 0.023, 0.033),
    },
}

REPEATED: dict[str, tuple[float, float]] = {"geotiff": (0.43, 1.45), "jp2": (0.95, 0.85), "netcdf": (0.55, 1.4)}
"""For pictures of repeated pixels: what is left at two by two of a kind, and the power by which it falls from there."""

RUN_BYTES = {"geotiff": 0.004, "jp2": 0.002, "netcdf": 0.01}
"""Bytes of a pixel that is the same as the one beside it."""

RAGGED = {"geotiff": 0.5, "jp2": 1.1, "netcdf": 0.5}
"""A picture of which clouds left the share s takes s + c s (1 - s), with this c: ragged edges cost what they save."""

MIXED = frozenset({"source_index", "observation_date", "valid_obs", "method", "medoid_mos"})
"""Rasters whose picture is that of the seams between overpasses: of one overpass there is none."""

STRETCHED_POWER = {"geotiff": 0.5, "jp2": 0.25, "netcdf": 0.4}
"""Pixels in degrees repeat each other from west to east: so much is left of the cosine of the latitude."""

_MEASURED_OVERPASSES = 6
_NO_SEAM = 0.14

LIKE_UNKNOWN = "geotiff"
"""A format of which nothing is known is taken for this one, until some of its products were delivered."""


def bytes_per_pixel(raster: str, format_name: str, size_m: float, *, cell_m: float = 0.0) -> float:
    """Bytes of one pixel of ``size_m`` metres, of an archive whose own pixels are ``cell_m`` metres or finer."""
    known = BYTES_PER_PIXEL.get(format_name) or BYTES_PER_PIXEL[LIKE_UNKNOWN]
    numbers = known.get(raster) or known["B08"]
    if cell_m <= max(size_m, SIZES_M[0]):
        return _between(numbers, size_m)
    least = RUN_BYTES.get(format_name, RUN_BYTES[LIKE_UNKNOWN])
    return _between(numbers, cell_m) * _repeated(format_name, cell_m / size_m) + least


def left_by_clouds(format_name: str, share: float) -> float:
    """What is left of a picture of whose pixels clouds left ``share``."""
    return min(1.0, share + RAGGED.get(format_name, RAGGED[LIKE_UNKNOWN]) * share * (1 - share))


def seams(raster: str, overpasses: int) -> float:
    """How rough the picture of a raster is that so many overpasses are mixed in; 1 for the six of the measured ones."""
    if raster not in MIXED and not raster.startswith("rejected_obs"):
        return 1.0
    return max(_NO_SEAM, (1 - 1 / max(1, overpasses)) / (1 - 1 / _MEASURED_OVERPASSES))


def _repeated(format_name: str, times: float) -> float:
    """What is left of a picture whose pixels come ``times`` by ``times`` of a kind."""
    at_two, power = REPEATED.get(format_name) or REPEATED[LIKE_UNKNOWN]
    return at_two ** (times - 1) if times < 2 else at_two * (2 / times) ** power


def _between(numbers: tuple[float, float, float], size_m: float) -> float:
    """The number for any size, linear between those that are known."""
    if size_m <= SIZES_M[0]:
        return numbers[0]
    if size_m >= SIZES_M[-1]:
        return numbers[-1]
    upper = bisect(SIZES_M, size_m)
    low, high = SIZES_M[upper - 1], SIZES_M[upper]
    share = (size_m - low) / (high - low)
    return numbers[upper - 1] + share * (numbers[upper] - numbers[upper - 1])
