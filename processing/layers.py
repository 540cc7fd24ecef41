"""The layers of a product as files know them: reflectances and others alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processing.sentinel2 import BANDS, LAYERS, REFLECTANCE_NODATA, REFLECTANCE_SCALE
from processing.spec import MosaicSpec


@dataclass(frozen=True)
class OutputLayer:
    """One raster of a product."""

    name: str
    """As orders name it."""

    prefix: str
    """As its file name begins."""

    title: str
    dtype: str
    nodata: int
    scale: float
    unit: str

    @property
    def is_reflectance(self) -> bool:
        return self.name in BANDS


def output_layers(spec: MosaicSpec) -> list[OutputLayer]:
    """The ordered bands, then the other ordered layers."""
    return [_reflectance(band) for band in spec.bands] + _others(spec.layers)


def _reflectance(band: str) -> OutputLayer:
    title = f"{band} {BANDS[band].title.lower()}, surface reflectance"
    return OutputLayer(band, band, title, "uint16", REFLECTANCE_NODATA, REFLECTANCE_SCALE, "1")


def _others(names: Sequence[str]) -> list[OutputLayer]:
    return [
        OutputLayer(layer.name, layer.prefix, layer.title, layer.dtype, layer.nodata, layer.scale, layer.unit)
        for layer in (LAYERS[name] for name in names)
    ]
