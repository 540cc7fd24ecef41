"""Indices: normalised differences of two bands, from reflectances or from a product's stored numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from processing.sentinel2 import REFLECTANCE_NODATA, REFLECTANCE_SCALE


@dataclass(frozen=True)
class Index:
    """A normalised difference, (first - second) / (first + second): from -1 to 1."""

    name: str
    """As addresses and files name it: "ndvi"."""

    title: str
    summary: str
    bands: tuple[str, str]
    """The first and the second band."""

    @property
    def label(self) -> str:
        """As people write it: "NDVI"."""
        return self.name.upper()

    @property
    def formula(self) -> str:
        """As text: "(B08 - B04) / (B08 + B04)"."""
        first, second = self.bands
        return f"({first} - {second}) / ({first} + {second})"

    def of(self, first: Any, second: Any) -> np.ndarray:
        """The index of reflectances in any common scale, float64; NaN where one is NaN or both are 0."""
        first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
        total = first + second
        with np.errstate(invalid="ignore"):
            return np.divide(first - second, total, out=np.full(total.shape, np.nan), where=total > 0)

    def of_stored(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The index of a product's stored numbers, float32; NaN where either is no data or both are 0."""
        value = self.of(first, second).astype(np.float32)
        value[(first == REFLECTANCE_NODATA) | (second == REFLECTANCE_NODATA)] = np.nan
        return value

    def of_values(self, values: Mapping[str, float | None]) -> float | None:
        """The index of one pixel's reflectances by band; None where one is missing or None, or both are 0."""
        first, second = (values.get(band) for band in self.bands)
        if first is None or second is None:
            return None
        index = float(self.of(first, second))
        return index if np.isfinite(index) else None


INDICES: dict[str, Index] = {
    index.name: index
    for index in (
        Index(
            "ndvi", "NDVI, vegetation", "Normalised difference of near infrared and red: green plants.", ("B08", "B04")
        ),
        Index("ndwi", "NDWI, open water", "Normalised difference of green and near infrared: water.", ("B03", "B08")),
        Index(
            "ndmi",
            "NDMI, moisture",
            "Normalised difference of near and shortwave infrared: water in plants.",
            ("B08", "B11"),
        ),
        Index("nbr", "NBR, burnt ground", "Normalised burn ratio: falls where something burnt.", ("B08", "B12")),
    )
}
"""The indices that viewer, series and statistics know, by name."""


def indices_of(bands: Collection[str]) -> tuple[Index, ...]:
    """Those of the indices whose two bands are among ``bands``."""
    return tuple(index for index in INDICES.values() if set(index.bands) <= set(bands))


def reflectance(stored: int) -> float | None:
    """Reflectance of a stored number, None for no data."""
    return None if stored == REFLECTANCE_NODATA else round(stored * REFLECTANCE_SCALE, 4)
