"""Places that are drawn for the proof of the policy, as they are sent; and files that come back, read again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from tests.hub.policy_model import PlainLayer
from tests.hub.policy_worlds import CENTRE, HALF_M, Rng, is_near

TO_DEGREES = pyproj.Transformer.from_crs(3857, 4326, always_xy=True)
_LON, _LAT = TO_DEGREES.transform(*CENTRE)
# True to a millimetre as far as the points reach.
_TO_PLANE = pyproj.Transformer.from_crs(
    3857, f"+proj=aeqd +lat_0={_LAT} +lon_0={_LON} +datum=WGS84 +units=m", always_xy=True
)


def ids_of_csv(layer: PlainLayer, table: bytes) -> set[int]:
    ids = dict(zip(layer.pids, layer.ids.tolist(), strict=True))
    rows = [ids[row["pid"]] for row in csv.DictReader(io.StringIO(table.decode()))]
    assert len(set(rows)) == len(rows)
    return set(rows)


def ids_of_parquet(content: bytes) -> set[int]:
    return set(pq.read_table(io.BytesIO(content)).column("id").to_pylist())


def draw_box(rng: Rng, layer: PlainLayer) -> tuple[BaseGeometry, str]:
    """A window of the map, and as it is written."""
    while True:
        west, south = np.array(CENTRE) + rng.uniform(-HALF_M, HALF_M * 0.5, 2)
        width, height = rng.uniform(100, HALF_M * 1.5, 2)
        box = shapely.box(west, south, west + width, south + height)
        if not is_near(box, layer.places):
            corners = (*TO_DEGREES.transform(west, south), *TO_DEGREES.transform(west + width, south + height))
            return box, ",".join(f"{each:.12f}" for each in corners)


def as_geojson(shape: BaseGeometry) -> dict[str, Any]:
    """In degrees."""
    degrees = shapely.transform(shape, lambda xy: np.stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1]), axis=1))
    return json.loads(json.dumps(shapely.geometry.mapping(degrees)))


class Strip:
    """A straight line of the map, on the ground: cut into short steps in a plane around the points."""

    def __init__(self, ends: np.ndarray) -> None:
        self._transform = _TO_PLANE.transform
        self.line = self._flat(shapely.segmentize(shapely.LineString(ends), 50))
        self._first, self._last = shapely.get_coordinates(self.line)[[0, -1]]

    def _flat(self, geometry: Any) -> Any:
        return shapely.transform(geometry, lambda xy: np.stack(self._transform(xy[:, 0], xy[:, 1]), axis=1))

    def reach(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far from the line, and whether more than a metre beyond its ends."""
        places = np.stack(self._transform(x, y), axis=1)
        return shapely.distance(self.line, shapely.points(places)), self._past(places) > 1

    def is_near(self, x: np.ndarray, y: np.ndarray, within: float) -> bool:
        places = np.stack(self._transform(x, y), axis=1)
        aside = shapely.distance(self.line, shapely.points(places))
        return bool((np.abs(aside - within) < 0.1).any() or (np.abs(self._past(places) - 1) < 0.1).any())

    def distance_to(self, geometry: np.ndarray) -> np.ndarray:
        return shapely.distance(self.line, self._flat(geometry)) if len(geometry) else np.empty(0)

    def _past(self, places: np.ndarray) -> np.ndarray:
        ahead = (self._last - self._first) / np.linalg.norm(self._last - self._first)
        return np.maximum((self._first - places) @ ahead, (places - self._last) @ ahead)
