"""Where the sun and the satellite stand over a granule: the angle grids of its MTD_TL.xml.

Grids have 23 x 23 nodes, 5000 m apart, from the granule's upper left corner; angles are in degrees.
"""

from dataclasses import dataclass

import numpy as np
from pyproj import Transformer

from processing.sample.grids import EPSG, Window
from processing.sample.passes import EDGE_SLOPE, Pass, edge_east_m

NODES = 23
STEP_M = 5000

EARTH_RADIUS_KM = 6371.0
ORBIT_HEIGHT_KM = 786.0
DETECTORS = 12
SWATH_M = 290_000
DETECTOR_M = SWATH_M / DETECTORS
DETECTOR_OVERLAP_M = 2000

# How far each band looks ahead (odd detectors) or back (even ones), in degrees at the ground: from the angles of real
# granules over these tiles, August 2023. In the order of the bandIds 0 to 12: B01 to B08, B8A, B09 to B12.
ALONG_DEG = (1.81, 0.55, 0.83, 1.09, 1.24, 1.38, 1.52, 0.69, 1.67, 1.96, 1.02, 1.36, 1.70)

OBLIQUE_DEG = 11.0
OBLIQUE_SHARE = 0.2
"""Orbit 122 is seen at more than 11 degrees in a strip as wide as this share of the window."""

EAST_OF_WINDOW_M = 75_000
"""Where orbit 79 flies: so that all of a window up to 80 km wide is seen at less than 11 degrees."""


@dataclass(frozen=True)
class AngleNodes:
    """Zenith and azimuth at the nodes, float64 (row, column); NaN where they are not known."""

    zenith: np.ndarray
    azimuth: np.ndarray


def sun_nodes(passing: Pass, grid: Window) -> AngleNodes:
    """The sun over the granule ``grid`` and beyond, known everywhere."""
    to_degrees = Transformer.from_crs(EPSG, 4326, always_xy=True)
    azimuth, elevation = passing.sun_at(*to_degrees.transform(*_places(grid)))
    return AngleNodes(90 - elevation, azimuth)


def view_nodes(passing: Pass, grid: Window, whole: Window) -> dict[tuple[int, int], AngleNodes]:
    """The satellite as each detector of each band saw it: by (bandId, detectorId), those that saw the granule.

    ``grid`` is the granule's part of the archive's ``whole`` window. Nodes are known in the detector's footprint
    around the granule, and one step beyond the swath's edge: in a granule smaller than a step
    the angle could not grow towards the edge without them.
    """
    across_m, left_of_edge_m = _across(passing, grid, whole)
    near = _around(grid) & (left_of_edge_m > -STEP_M)
    found = {}
    for detector in range(1, DETECTORS + 1):
        west = -SWATH_M / 2 + (detector - 1) * DETECTOR_M
        low = -np.inf if detector == 1 else west - DETECTOR_OVERLAP_M / 2
        high = np.inf if detector == DETECTORS else west + DETECTOR_M + DETECTOR_OVERLAP_M / 2
        seen = near & (across_m >= low) & (across_m < high)
        if seen.any():
            for band, along_deg in enumerate(ALONG_DEG):
                found[band, detector] = _seen_from(across_m, along_deg if detector % 2 else -along_deg, seen)
    return found


def mean_direction(grids: list[AngleNodes]) -> tuple[float, float]:
    """Mean zenith and azimuth over all known nodes; the azimuths must lie on one side of north."""
    zenith = np.concatenate([nodes.zenith.ravel() for nodes in grids])
    azimuth = np.concatenate([nodes.azimuth.ravel() for nodes in grids])
    return float(np.nanmean(zenith)), float(np.nanmean(azimuth))


def _places(grid: Window) -> tuple[np.ndarray, np.ndarray]:
    """East and north of every node, (row, column) each."""
    steps = np.arange(NODES) * float(STEP_M)
    east, north = np.meshgrid(grid.left + steps, grid.top - steps)
    return east, north


def _around(grid: Window) -> np.ndarray:
    """bool (row, column): the nodes in the granule and those next to it."""
    steps = np.arange(NODES) * STEP_M
    return np.outer(steps < grid.height_m + STEP_M, steps < grid.width_m + STEP_M)


def _across(passing: Pass, grid: Window, whole: Window) -> tuple[np.ndarray, np.ndarray]:
    """How far east of the satellite's track every node lies, and how far west of the swath's eastern edge; metres."""
    east, north = _places(grid)
    middle = whole.top - whole.height_m / 2
    if passing.orbit == 122:
        strip = min(OBLIQUE_SHARE * whole.width_m, SWATH_M / 2 - _oblique_from_m())
        line, at_line = edge_east_m(whole), _oblique_from_m() + strip
    else:
        line, at_line = whole.left + whole.width_m / 2, -float(EAST_OF_WINDOW_M)
    east_of_line = (east - line - EDGE_SLOPE * (north - middle)) / np.hypot(1, EDGE_SLOPE)
    across = at_line + east_of_line
    left_of_edge = -east_of_line if passing.orbit == 122 else SWATH_M / 2 - across
    return across, left_of_edge


def _across_deg(across_m: np.ndarray) -> np.ndarray:
    """View zenith across the track: the angle at the Earth's centre plus the one at the satellite."""
    at_centre = across_m / 1000 / EARTH_RADIUS_KM
    at_satellite = np.arctan2(np.sin(at_centre), 1 + ORBIT_HEIGHT_KM / EARTH_RADIUS_KM - np.cos(at_centre))
    return np.degrees(at_centre + at_satellite)


def _oblique_from_m() -> float:
    """Distance from the track at which the view zenith, averaged over the bands, is 11 degrees."""
    distance = np.arange(100_000.0, 150_000.0, 10.0)
    zenith = np.mean([np.degrees(np.arctan(np.hypot(*_slopes(distance, along)))) for along in ALONG_DEG], axis=0)
    return float(np.interp(OBLIQUE_DEG, zenith, distance))


def _slopes(across_m: np.ndarray, along_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Tangents of the view zenith's parts across (west positive) and along the track (south positive)."""
    across = np.tan(np.radians(_across_deg(across_m)))
    return across, np.full_like(across, np.tan(np.radians(along_deg)))


def _seen_from(across_m: np.ndarray, along_deg: float, seen: np.ndarray) -> AngleNodes:
    """Where the satellite stood at the nodes that were ``seen``."""
    west, south = _slopes(across_m, along_deg)
    # The track runs down a line that leans east by EDGE_SLOPE; azimuths count from north over east.
    to_east = (-west - EDGE_SLOPE * south) / np.hypot(1, EDGE_SLOPE)
    to_north = (EDGE_SLOPE * west - south) / np.hypot(1, EDGE_SLOPE)
    zenith = np.degrees(np.arctan(np.hypot(west, south)))
    azimuth = np.degrees(np.arctan2(to_east, to_north)) % 360
    return AngleNodes(np.where(seen, zenith, np.nan), np.where(seen, azimuth, np.nan))
