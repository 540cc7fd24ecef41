"""Sun and view angles of a granule, from its MTD_TL.xml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from processing import plain_xml
from processing.errors import CorruptInput
from processing.kernels.angles import angles_at, drop_oblique, take_angles, write_means
from processing.kernels.number_rows import read_number_rows

_MOST_XML_BYTES = 64 * 2**20


@dataclass(frozen=True)
class AngleGrid:
    """Angles at nodes that lie ``step_m`` apart, in the granule's own UTM zone."""

    degrees: np.ndarray
    """float64 (row, column); NaN where the granule was not seen."""

    left_m: float
    top_m: float
    step_m: float
    circular: bool = False
    """Whether these are azimuths, of which 0 and 360 degrees are the same."""

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Degrees float64 at coordinates ``x``, ``y`` (broadcast against each other to (y, x)).

        Bilinear between the nodes that are known; NaN where none of the four is.
        """
        return angles_at(*self._nodes, self.circular, *_broadcast(x, y))

    def drop_from(self, limit_deg: float, x: np.ndarray, y: np.ndarray, valid: np.ndarray) -> None:
        """Clear ``valid`` (y, x) in place where the angle is ``limit_deg`` or more, or not known."""
        drop_oblique(*self._nodes, *_broadcast(x, y), limit_deg, valid)

    def take(self, x: np.ndarray, y: np.ndarray, chosen: np.ndarray, observation: int, out: np.ndarray) -> None:
        """Write hundredths of a degree into ``out`` (int16, y, x) where ``chosen`` is ``observation``."""
        take_angles(*self._nodes, self.circular, *_broadcast(x, y), chosen, observation, out)

    def stays_below(self, degrees: float, x: np.ndarray, y: np.ndarray) -> bool:
        """Whether no node around the coordinates reaches ``degrees`` and none is unknown."""
        columns = self._nodes_around((x.min() - self.left_m, x.max() - self.left_m), self.degrees.shape[1])
        rows = self._nodes_around((self.top_m - y.max(), self.top_m - y.min()), self.degrees.shape[0])
        return bool(np.all(self.degrees[rows, columns] < degrees))

    def _nodes_around(self, distances_m: tuple[float, float], nodes: int) -> slice:
        """The nodes between which distances from the first one lie; the outermost ones beyond them."""
        first, last = (int(np.clip(distance // self.step_m, 0, nodes - 2)) for distance in distances_m)
        return slice(first, last + 2)

    @property
    def _nodes(self) -> tuple[np.ndarray, float, float, float]:
        return self.degrees, self.left_m, self.top_m, self.step_m


@dataclass(frozen=True)
class Angles:
    """Where sun and satellite stood over a granule; layers of the same names are made of them."""

    sun_zenith: AngleGrid
    sun_azimuth: AngleGrid
    view_zenith_mean: AngleGrid
    view_azimuth_mean: AngleGrid


def read_angles(xml: bytes) -> Angles:
    """The angles in a granule's MTD_TL.xml.

    View angles: detectors merged by nan-mean, then the mean over bands. Means of azimuths are means of
    directions. Raises CorruptInput when ``xml`` is not such a file. Layout: Sentinel-2 Products
    Specification Document, Tile_Angles, one grid per band and detector.
    """
    try:
        root = plain_xml.parse(xml, most_bytes=_MOST_XML_BYTES)
        position: Any = root.find(".//Tile_Geocoding/Geoposition")
        left, top = float(position.findtext("ULX")), float(position.findtext("ULY"))
        sun: Any = root.find(".//Sun_Angles_Grid")
        views = list(root.iter("Viewing_Incidence_Angles_Grids"))
        return Angles(
            _grid(_nodes([sun.find("Zenith")])[0], sun.find("Zenith"), left, top),
            _grid(_nodes([sun.find("Azimuth")])[0], sun.find("Azimuth"), left, top, circular=True),
            _grid(_over_bands(views, "Zenith"), views[0].find("Zenith"), left, top),
            _grid(_over_bands(views, "Azimuth", circular=True), views[0].find("Azimuth"), left, top, circular=True),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as cause:
        raise CorruptInput("The granule's metadata hold no angles that can be read.") from cause


def _grid(degrees: np.ndarray, element: Any, left: float, top: float, *, circular: bool = False) -> AngleGrid:
    step = float(element.findtext("COL_STEP"))
    if degrees.ndim != 2 or min(degrees.shape) < 2:
        raise ValueError("no grid of angles")
    if not (step > 0 and np.isfinite((left, top, step)).all()):
        raise ValueError("no place for the grid")
    return AngleGrid(degrees, left, top, step, circular)


def _nodes(elements: Sequence[Any]) -> np.ndarray:
    """The numbers (grid, row, column) of grids of one size."""
    grids = [[row.text for row in element.find("Values_List")] for element in elements]
    (height,) = {len(rows) for rows in grids}
    return _numbers([row for rows in grids for row in rows]).reshape(len(grids), height, -1)


def _numbers(rows: list[str]) -> np.ndarray:
    """float64 (row, column): the numbers in rows of as many each. ValueError where they are not."""
    text = np.frombuffer("\n".join((*rows, "")).encode(), np.uint8)
    expected = len(rows) * (rows[0].count(" ") + 1)
    # Every number takes a character and what parts it from the next, so that no text asks for more room than it takes.
    if 2 * expected <= text.size:
        numbers = np.empty(expected)
        if columns := read_number_rows(text, numbers):
            return numbers.reshape(-1, columns)
    return np.array([row.split() for row in rows], np.float64)


def _over_bands(views: list[Element], kind: str, *, circular: bool = False) -> np.ndarray:
    """The mean (row, column) of the bands' means over their detectors."""
    of_band: dict[str, list[int]] = {}
    for number, view in enumerate(views):
        of_band.setdefault(view.attrib["bandId"], []).append(number)
    by_band = _nodes([view.find(kind) for view in views])[[number for band in of_band.values() for number in band]]
    merged = _means_of_known(by_band, [len(band) for band in of_band.values()], circular=circular)
    return _means_of_known(merged, [len(merged)], circular=circular)[0]


def _means_of_known(grids: np.ndarray, counts: list[int], *, circular: bool) -> np.ndarray:
    """Means (group, row, column) of the first ``counts[0]`` grids, of the next, and so on; NaN is left out."""
    means = np.empty((len(counts), *grids.shape[1:]))
    begins = np.cumsum([0, *counts])
    write_means(grids.reshape(len(grids), -1), begins, circular, means.reshape(len(counts), -1))
    return means


def _broadcast(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return np.broadcast_to(x, shape), np.broadcast_to(y, shape)
