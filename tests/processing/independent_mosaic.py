"""A mosaic of the Slovenian sample computed anew in plain NumPy: nothing of the engine is imported.

Whole arrays, all observations in memory, the rules of S2GM V1.1.0 for an archive with four bands.
"""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir"}
VALID_CLASSES = [2, 4, 5, 6, 11]


@dataclass
class Sample:
    """One granule looked up at every output pixel."""

    granule: str
    tile: str
    datatake: str
    scl: np.ndarray
    bands: dict[str, np.ndarray]
    zenith: np.ndarray


def samples(archive: Path, transform, shape, epsg, first_day, last_day) -> list[Sample]:
    """All granules of the days, newest datatake first, then tile descending."""
    items = json.loads((archive / "items.json").read_text())["features"]
    chosen = [item for item in items if first_day <= item["properties"]["datetime"][:10] <= last_day]
    chosen.sort(
        key=lambda item: (item["properties"]["s2:datatake_id"][5:20], item["properties"]["grid:code"]), reverse=True
    )
    columns, rows = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    x, y = transform.c + transform.a * columns, transform.f + transform.e * rows
    if epsg != 32633:
        x, y = Transformer.from_crs(epsg, 32633, always_xy=True).transform(x, y)
    cells = {}
    return [_sample(archive, item, x, y, cells) for item in chosen]


def _sample(archive, item, x, y, cells):
    """``cells`` keeps, by a raster's transform, which of its pixels lie under x, y."""

    def look_up(asset):
        pixels, to_pixel = _raster(archive / item["assets"][asset]["href"])
        if to_pixel not in cells:
            column = np.floor(to_pixel.a * x + to_pixel.c).astype(np.int32)
            row = np.floor(to_pixel.e * y + to_pixel.f).astype(np.int32)
            inside = (column >= 0) & (column < pixels.shape[1]) & (row >= 0) & (row < pixels.shape[0])
            cells[to_pixel] = np.where(inside, row, 0), np.where(inside, column, 0), inside
        row, column, inside = cells[to_pixel]
        return np.where(inside, pixels[row, column], 0).astype(pixels.dtype)

    properties = item["properties"]
    return Sample(
        properties["s2:granule_id"],
        properties["grid:code"].removeprefix("MGRS-"),
        properties["s2:datatake_id"][:-7],
        look_up("scl"),
        {band: look_up(asset) for band, asset in BANDS.items()},
        _zenith(archive / item["assets"]["granule_metadata"]["href"], x, y),
    )


@cache
def _raster(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1), ~dataset.transform


@cache
def _angle_nodes(path):
    """Mean view zenith at the nodes, nan-mean over detectors, mean over bands; left and top of the first."""
    root = ElementTree.parse(path).getroot()
    per_band = {}
    for grid in root.iter("Viewing_Incidence_Angles_Grids"):
        values = [[float(v) for v in row.text.split()] for row in grid.find("Zenith").find("Values_List")]
        per_band.setdefault(grid.get("bandId"), []).append(values)
    with np.errstate(all="ignore"):
        nodes = _nanmean([_nanmean(detectors) for detectors in per_band.values()])
    return nodes, float(next(root.iter("ULX")).text), float(next(root.iter("ULY")).text)


def _zenith(path, x, y):
    """Mean view zenith at x, y, bilinear between known nodes."""
    nodes, left, top = _angle_nodes(path)
    across, down = np.clip((x - left) / 5000, 0, 22), np.clip((top - y) / 5000, 0, 22)
    i, j = np.minimum(down.astype(int), 21), np.minimum(across.astype(int), 21)
    corners = [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)]
    shares = np.array([(1 - abs(down - row)) * (1 - abs(across - column)) for row, column in corners])
    angles = np.array([nodes[corner] for corner in corners])
    shares[np.isnan(angles)] = 0
    with np.errstate(invalid="ignore"):
        return (shares * np.nan_to_num(angles)).sum(axis=0) / shares.sum(axis=0)


def _nanmean(grids):
    grids = np.array(grids)
    known = ~np.isnan(grids)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, grids, 0).sum(axis=0) / np.maximum(count, 1), np.nan)


def composite(stack: list[Sample]) -> dict[str, np.ndarray]:
    """position (in ``stack``, -1 none), valid_obs, bands and scene class of the mosaic."""
    valid = np.array([np.isin(s.scl, VALID_CLASSES) & (s.zenith < 11.0) for s in stack])
    for sample_valid, sample in zip(valid, stack, strict=True):
        for band in sample.bands.values():
            sample_valid &= band != 0
    for later in range(len(stack)):
        for earlier in range(later):
            if stack[earlier].datatake == stack[later].datatake:
                valid[later] &= stack[earlier].scl == 0
    count = valid.sum(axis=0)
    values = np.array([[s.bands[band].astype(np.float64) for band in BANDS] for s in stack])
    position = np.where(count > 0, valid.argmax(axis=0), -1)
    position = np.where((count == 2) | (count == 3), _greenest(values, valid), position)
    position = np.where(count >= 4, _medoid(values, valid), position)
    made = {"position": position, "valid_obs": count}
    taken = np.maximum(position, 0)[None]
    for b, band in enumerate(BANDS):
        made[band] = np.where(position >= 0, np.take_along_axis(values[:, b], taken, axis=0)[0], 65535)
    scl = np.array([s.scl for s in stack])
    made["scl"] = np.where(position >= 0, np.take_along_axis(scl, taken, axis=0)[0], 255)
    return made


def _greenest(values, valid):
    red, infrared = values[:, 2], values[:, 3]
    with np.errstate(invalid="ignore", divide="ignore"):
        ndvi = np.where(valid, (infrared - red) / (infrared + red), -np.inf)
    return ndvi.argmax(axis=0)


def _medoid(values, valid):
    total = np.zeros(valid.shape)
    for i in range(len(values)):
        for j in range(len(values)):
            distance = np.sqrt(((values[i] - values[j]) ** 2).sum(axis=0))
            total[i] += np.where(valid[j], distance, 0)
    total = np.where(valid, total, np.inf)
    # Of equal sums the newest; sums that differ in the last bits only are equal.
    with np.errstate(invalid="ignore"):
        return (total <= total.min(axis=0) * (1 + 1e-12)).argmax(axis=0)
