"""Colours: ramps from low to high, and the colours of classes and scenes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from processing.layers import OutputLayer
from processing.sidecars.qgis import scene_colour

RAMPS = {
    "gray": "Grey",
    "viridis": "Viridis, blue to yellow",
    "cividis": "Cividis, blue to yellow",
    "magma": "Magma, black to light",
    "ylgnbu": "Yellow to blue",
    "brbg": "Brown to blue-green",
    "puor": "Orange to purple",
    "rdbu": "Red to blue",
}
"""Title of every ramp by its name. All can be told apart by people who do not see all colours; the last three have a
light middle, for what lies to both sides of 0."""

STEPS = 256


@cache
def ramp(name: str) -> np.ndarray:
    """uint8 (step, colour): red, green and blue from low to high."""
    # Here, because a worker that prepares a product for viewing needs no colours.
    from rio_tiler.colormap import cmap

    colours = cmap.get(name)
    return np.array([colours[step][:3] for step in range(STEPS)], np.uint8)


def hex_colour(colour: np.ndarray) -> str:
    """#rrggbb"""
    return "#" + bytes(colour.tolist()).hex()


def class_colours(layer: OutputLayer, scenes: int) -> Mapping[int, str]:
    """#rrggbb of every value of a raster of classes or scenes; nothing for one that has a ramp."""
    if layer.flags:
        return {flag.value: flag.colour for flag in layer.flags}
    if layer.name == "source_index":
        return {number: scene_colour(number) for number in range(scenes)}
    return {}
