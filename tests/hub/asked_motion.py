"""Questions on ground motion as tests ask them: addresses, places, and what is to be had."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyproj
import shapely
from asgiref.sync import async_to_sync
from django.contrib.gis.geos import MultiPolygon, Polygon

from hub.insar.models import Grant, Layer, MeasurementPoint, Part, Release, Right


def address(release: Release, what: str, direction: str = "ascending") -> str:
    return f"/api/v1/insar/releases/{release.key}/{direction}/{what}"


def grant(release: Release, right: Right = Right.FULL, **others: Any) -> Grant:
    return Grant.objects.create(release=release, right=right, **others)


def box_area(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """A window in degrees, as grants have it."""
    area = Polygon.from_bbox((west, south, east, north))
    area.srid = 4326
    return MultiPolygon(area, srid=4326).transform(3857, clone=True)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A window in degrees as GeoJSON."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def written(box: tuple[float, ...]) -> str:
    return ",".join(f"{side:.9f}" for side in box)


class Known:
    """All points of a layer, read past the policy: what answers are compared with."""

    def __init__(self, layer: Layer) -> None:
        self.rows = list(MeasurementPoint.objects.filter(layer_id=layer.pk).order_by("part_id", "row"))
        places = shapely.points([point.geom.coords for point in self.rows])
        degrees = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
        self.lon, self.lat = degrees.transform(shapely.get_x(places), shapely.get_y(places))
        self.velocity = np.array([point.mean_velocity for point in self.rows])
        self.std = np.array([point.mean_velocity_std for point in self.rows])
        self.ids = np.array([point.part_id * 2**32 + point.row for point in self.rows])
        self.parts = {part.pk: part for part in Part.objects.filter(layer=layer)}

    @property
    def around(self) -> tuple[float, float, float, float]:
        """A window around all of them."""
        return (self.lon.min() - 0.001, self.lat.min() - 0.001, self.lon.max() + 0.001, self.lat.max() + 0.001)

    @property
    def middle(self) -> tuple[float, float, float, float]:
        """A window with about a quarter of them, which passes through none."""
        west, east = np.quantile(self.lon, (0.25, 0.75)) + 1e-7
        south, north = np.quantile(self.lat, (0.25, 0.75)) + 1e-7
        return float(west), float(south), float(east), float(north)

    def inside(self, west: float, south: float, east: float, north: float) -> np.ndarray:
        return (self.lon > west) & (self.lon < east) & (self.lat > south) & (self.lat < north)


def document(response: Any) -> Any:
    """The JSON of an answer, whatever its media type."""
    assert response.status_code == 200, response.content
    return json.loads(body(response))


def body(response: Any) -> bytes:
    """All bytes of an answer."""
    return b"".join(chunks(response)) if response.streaming else response.content


def chunks(response: Any) -> list[bytes]:
    """The pieces in which a streamed answer is sent."""

    async def read() -> list[bytes]:
        return [chunk async for chunk in response.streaming_content]

    return async_to_sync(read)()
