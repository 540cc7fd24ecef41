"""Drawing into the map of land cover codes (uint16 (y, x) at 10 m)."""

import numpy as np
from rasterio import Affine
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from processing.sample.spectra import COVERS, FIRST_CODE
from processing.sample.terrain import PIXEL_M


def burn(shape: tuple[int, int], geometry: BaseGeometry) -> np.ndarray:
    """bool (y, x): pixels whose centre lies in a geometry given in metres east and south."""
    if geometry.is_empty:
        return np.zeros(shape, dtype=bool)
    return rasterize([geometry], out_shape=shape, transform=Affine.scale(PIXEL_M), dtype="uint8").astype(bool)


def place(code: np.ndarray, where: np.ndarray, cover: str, variant: np.ndarray | int = 0) -> None:
    """Write ``cover`` into the code map wherever ``where`` is True; ``variant`` is any whole number per pixel."""
    chosen = np.asarray(variant)[where] if np.ndim(variant) else variant
    code[where] = FIRST_CODE[cover] + np.asarray(chosen) % COVERS[cover].variants
