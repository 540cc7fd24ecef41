"""Counting the observations of a block that do not count, by reason."""

from __future__ import annotations

import numpy as np

from processing.layers import LAYERS, Reason

_MOST = 254


class Rejections:
    """Counts per pixel and reason. One observation per overpass: granules of one datatake count together."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """``shape``: (height, width) of the block."""
        self._counts = {reason: np.zeros(shape, np.uint16) for reason in Reason}

    def add(self, reason: Reason, where: np.ndarray) -> None:
        """Count one observation more at the pixels ``where`` (bool; one (y, x), or several (observation, y, x))."""
        self._counts[reason] += where if where.ndim == 2 else where.sum(axis=0, dtype=np.uint16)

    def add_by_class(self, scene_class: np.ndarray, sampled: np.ndarray, reasons: np.ndarray) -> None:
        """Count the observation with ``scene_class`` (y, x) at the pixels ``sampled`` by its class's reason.

        ``reasons``: uint8 (256,), 0 for classes that can count.
        """
        why = np.where(sampled, reasons[scene_class], 0)
        for reason in Reason:
            self._counts[reason] += why == reason

    def rasters(self) -> dict[str, np.ndarray]:
        """uint8 (y, x) by raster of the layer ``rejected_obs``."""
        names = [raster.name for raster in LAYERS["rejected_obs"].rasters]
        return {
            name: np.minimum(self._counts[reason], _MOST).astype(np.uint8)
            for name, reason in zip(names, Reason, strict=True)
        }
