"""Sun and view angles out of MTD_TL.xml (5.3): detectors merged, bands averaged, nodes interpolated."""

import math
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

STEP_M = 5000.0
NODES = 23


@dataclass(frozen=True)
class Angles:
    """Four grids of 23 x 23 nodes in degrees, NaN where unknown."""

    epsg: int
    """CRS of the granule."""

    left: float
    """x of the first node."""

    top: float
    """y of the first node."""

    sun_zenith: np.ndarray
    sun_azimuth: np.ndarray
    view_zenith: np.ndarray
    view_azimuth: np.ndarray


def angles_of(path: Path) -> Angles:
    """The angle grids of a granule; view angles are means over detectors, then over bands."""
    root = ElementTree.parse(path).getroot()
    position = next(root.iter("Geoposition"))
    sun = next(root.iter("Sun_Angles_Grid"))
    zenith: dict[str, list[np.ndarray]] = {}
    azimuth: dict[str, list[np.ndarray]] = {}
    for grid in root.iter("Viewing_Incidence_Angles_Grids"):
        zenith.setdefault(grid.get("bandId"), []).append(nodes_of(grid.find("Zenith")))
        azimuth.setdefault(grid.get("bandId"), []).append(nodes_of(grid.find("Azimuth")))
    return Angles(
        epsg=int(next(root.iter("HORIZONTAL_CS_CODE")).text.removeprefix("EPSG:")),
        left=float(position.findtext("ULX")),
        top=float(position.findtext("ULY")),
        sun_zenith=nodes_of(sun.find("Zenith")),
        sun_azimuth=nodes_of(sun.find("Azimuth")),
        view_zenith=mean_over_bands(zenith, mean_of_known),
        view_azimuth=mean_over_bands(azimuth, mean_direction),
    )


def nodes_of(element: ElementTree.Element) -> np.ndarray:
    """The values of a grid, (row, column)."""
    rows = [[float(value) for value in row.text.split()] for row in element.iter("VALUES")]
    return np.array(rows)


def mean_over_bands(by_band: dict[str, list[np.ndarray]], mean) -> np.ndarray:
    """``mean`` over the detectors of each band, then over the bands, node by node."""
    nodes = np.full((NODES, NODES), np.nan)
    for node in np.ndindex(NODES, NODES):
        bands = [mean([detector[node] for detector in detectors]) for detectors in by_band.values()]
        nodes[node] = mean(bands)
    return nodes


def mean_of_known(values: list[float]) -> float:
    """Mean without unknown values; NaN if there is none."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def mean_direction(values: list[float]) -> float:
    """Mean of directions in degrees, without unknown ones: of 350 and 20 it is 5 (or 365).

    They are brought within 180 degrees of the direction of their mean unit vector, then averaged.
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return math.nan
    east = sum(math.sin(math.radians(value)) for value in known)
    north = sum(math.cos(math.radians(value)) for value in known)
    middle = math.degrees(math.atan2(east, north))
    return sum(brought_near(value, middle) for value in known) / len(known)


def brought_near(direction: float, middle: float) -> float:
    """The same direction within 180 degrees of ``middle``."""
    while direction - middle > 180:
        direction -= 360
    while direction - middle < -180:
        direction += 360
    return direction


def zenith_at(nodes: np.ndarray, column: float, row: float) -> float:
    """A zenith angle between nodes; ``column`` and ``row`` are counted in nodes. NaN where unknown."""
    corners = corners_around(nodes, column, row)
    return weighted_mean(corners)


def azimuth_at(nodes: np.ndarray, column: float, row: float) -> float:
    """An azimuth between nodes, 0 to 360 degrees. NaN where unknown."""
    corners = corners_around(nodes, column, row)
    known = [value for value, _ in corners if not math.isnan(value)]
    if not known:
        return math.nan
    near = [(value if math.isnan(value) else brought_near(value, known[0]), weight) for value, weight in corners]
    return weighted_mean(near) % 360


def corners_around(nodes: np.ndarray, column: float, row: float) -> list[tuple[float, float]]:
    """The four nodes around a position and their bilinear weights: upper left, upper right, lower left, lower right.

    Beyond the first and last node the position is moved onto them.
    """
    column = min(max(column, 0.0), NODES - 1.0)
    row = min(max(row, 0.0), NODES - 1.0)
    left, top = min(int(column), NODES - 2), min(int(row), NODES - 2)
    right_share, bottom_share = column - left, row - top
    return [
        (float(nodes[top, left]), (1 - bottom_share) * (1 - right_share)),
        (float(nodes[top, left + 1]), (1 - bottom_share) * right_share),
        (float(nodes[top + 1, left]), bottom_share * (1 - right_share)),
        (float(nodes[top + 1, left + 1]), bottom_share * right_share),
    ]


def weighted_mean(corners: list[tuple[float, float]]) -> float:
    """Mean of the known values by weight; NaN where all that have a weight are unknown."""
    known = [(value, weight) for value, weight in corners if not math.isnan(value) and weight > 0]
    if not known:
        return math.nan
    return sum(value * weight for value, weight in known) / sum(weight for _, weight in known)
