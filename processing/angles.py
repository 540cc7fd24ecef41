"""View zenith of a granule, from its MTD_TL.xml."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np

from processing.errors import CorruptInput

_MOST_XML_BYTES = 64 * 2**20


@dataclass(frozen=True)
class AngleGrid:
    """Angles at nodes that lie ``step_m`` apart, in the granule's own UTM zone."""

    degrees: np.ndarray
    """float64 (row, column); NaN where the granule was not seen."""

    left_m: float
    top_m: float
    step_m: float

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Degrees at coordinates ``x``, ``y`` (broadcast against each other), float64.

        Bilinear between the nodes that are known; NaN where none of the four is.
        """
        column, right = self._between(x - self.left_m, self.degrees.shape[1])
        row, down = self._between(self.top_m - y, self.degrees.shape[0])
        known = np.isfinite(self.degrees)
        filled = np.where(known, self.degrees, 0.0)
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)))
        weight = np.zeros_like(total)
        for one_down, vertical in ((0, 1 - down), (1, down)):
            for one_right, horizontal in ((0, 1 - right), (1, right)):
                node = (row + one_down, column + one_right)
                share = vertical * horizontal
                total += share * filled[node]
                weight += share * known[node]
        with np.errstate(invalid="ignore"):
            return np.where(weight > 0, total / weight, np.nan)

    def _between(self, distance_m: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
        """For each distance from the first node: the node before it, and how far on to the next (0..1)."""
        position = np.clip(distance_m / self.step_m, 0, nodes - 1)
        before = np.minimum(position.astype(np.int64), nodes - 2)
        return before, position - before

    def stays_below(self, degrees: float) -> bool:
        """Whether no node reaches ``degrees`` and none is unknown."""
        return bool(np.all(self.degrees < degrees))


def read_view_zenith(xml: bytes) -> AngleGrid:
    """Mean view zenith over bands from a granule's MTD_TL.xml; detectors merged by nan-mean.

    Raises CorruptInput when ``xml`` is not such a file. Layout: Sentinel-2 Products Specification
    Document, Tile_Angles/Viewing_Incidence_Angles_Grids, one grid per band and detector.
    """
    if len(xml) > _MOST_XML_BYTES or b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise CorruptInput("The granule's metadata are not a plain MTD_TL.xml.")
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314  entities are refused above
        bands: dict[str, list[np.ndarray]] = {}
        for grid in root.iter("Viewing_Incidence_Angles_Grids"):
            rows = [row.text.split() for row in grid.find("Zenith/Values_List")]  # type: ignore[union-attr]
            bands.setdefault(grid.attrib["bandId"], []).append(np.array(rows, dtype=np.float64))
        position = root.find(".//Tile_Geocoding/Geoposition")
        left, top = float(position.findtext("ULX")), float(position.findtext("ULY"))  # type: ignore[union-attr,arg-type]
        step = float(root.findtext(".//Viewing_Incidence_Angles_Grids/Zenith/COL_STEP"))  # type: ignore[arg-type]
        degrees = _mean_of_known([_mean_of_known(detectors) for detectors in bands.values()])
        if degrees.ndim != 2 or min(degrees.shape) < 2:
            raise ValueError("no grid of angles")
        if not (step > 0 and np.isfinite((left, top, step)).all()):
            raise ValueError("no place for the grid")
    except (ElementTree.ParseError, AttributeError, KeyError, TypeError, ValueError) as cause:
        raise CorruptInput("The granule's metadata hold no view angles that can be read.") from cause
    return AngleGrid(degrees, left, top, step)


def _mean_of_known(grids: list[np.ndarray]) -> np.ndarray:
    """Mean over grids at every node, NaN left out; NaN where all are. np.nanmean warns of those, from any thread."""
    stacked = np.stack(grids)
    known = np.isfinite(stacked)
    count = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
