"""What is done on the viewer's page, and what its map and the delivered files hold, for its tests."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page, expect
from pyproj import Transformer
from rasterio.io import MemoryFile

from hub.areas.text import read_area
from hub.orders.models import Order
from hub.orders.states import Status
from tests.end_to_end.conftest import Service
from tests.end_to_end.steps import MADE_MS
from tests.hub.processes import until

TILE_PX = 256
FADED_IN = """() => [...document.querySelectorAll(".viewer-tile img")].every(
    (tile) => tile.classList.contains("leaflet-tile-loaded") && ["", "1"].includes(tile.style.opacity))"""
LAYERS = ["valid_obs", "method", "scene_classification", "observation_date", "source_index"]
BANDS = ["B02", "B03", "B04", "B08"]


@dataclass(frozen=True)
class Raster:
    """A delivered file, opened by rasterio alone."""

    values: np.ndarray
    nodata: float
    transform: Any
    to_degrees: Transformer

    @property
    def known(self) -> np.ndarray:
        """The numbers of all pixels with data."""
        return self.values[self.values != self.nodata]

    def place(self, row: int, column: int) -> tuple[float, float]:
        """Longitude and latitude of a pixel's centre."""
        return self.to_degrees.transform(*(self.transform @ (column + 0.5, row + 0.5)))


@dataclass(frozen=True)
class Mosaic:
    """Alice's delivered order and a page of hers."""

    page: Page
    order: Order

    @property
    def address(self) -> str:
        return f"/orders/{self.order.pk}/view/"

    def file(self, layer: str) -> Raster:
        """The layer as alice downloads it."""
        row = self.order.products.get().files.get(layer=layer)
        answer = self.page.request.get(f"/orders/{self.order.pk}/files/{row.pk}/")
        assert answer.status == HTTPStatus.OK
        with MemoryFile(answer.body()) as file, file.open() as dataset:
            to_degrees = Transformer.from_crs(dataset.crs, "EPSG:4326", always_xy=True)
            return Raster(dataset.read(1), dataset.nodata, dataset.transform, to_degrees)


def made(page: Page, service: Service, name: str, **changes: Any) -> Order:
    """Have the worker make an order of the person that ``page`` is signed in for."""
    page.goto("/orders/")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    spec = {
        "name": name, "area": read_area(service.area(0.006)), "period": {"kind": "month", "start": "2024-06-01"},
        "resolution": 10, "bands": BANDS, "layers": LAYERS,
    }  # fmt: skip
    taken = page.request.post("/api/v1/orders/", data=spec | changes, headers={"X-CSRFToken": token})
    assert taken.status == HTTPStatus.CREATED, taken.text()
    order = Order.objects.get(pk=taken.json()["id"])
    until(lambda: is_made(order), seconds=MADE_MS / 1000, what="a mosaic")
    return order


def is_made(order: Order) -> bool:
    order.refresh_from_db()
    return order.status == Status.SUCCESSFUL


def look(page: Page, address: str = "", **choices: Any) -> None:
    """Open the viewer, or choose in it what is given by the labels' ids; returns when all is shown."""
    if address:
        page.goto(address)
    for name, value in choices.items():
        page.locator(f"#{name.replace('_', '-')}").select_option(value)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the tiles are there."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("#busy")).to_be_hidden()
    expect(page.locator(".viewer-tile img.leaflet-tile-loaded").first).to_be_visible()
    page.wait_for_function(FADED_IN)


def plain_map(page: Page) -> None:
    """Nothing but tiles on the map."""
    page.evaluate(
        """() => {
            for (const pane of document.querySelectorAll('#map .leaflet-pane'))
                if (/overlay|marker|graticule|pixel/.test(pane.className)) pane.style.visibility = 'hidden';
            const others = '#map .leaflet-control-container, .viewer-side-name, .viewer-border, .viewer-crosshair';
            for (const one of document.querySelectorAll(others)) one.style.visibility = 'hidden';
        }"""
    )


def picture_of(content: bytes) -> np.ndarray:
    """uint8 (y, x, colour) of a PNG."""
    with MemoryFile(io.BytesIO(content)) as file, file.open() as dataset:
        return np.moveaxis(dataset.read([1, 2, 3]), 0, -1)


def seen(page: Page) -> np.ndarray:
    plain_map(page)
    return picture_of(page.locator("#map").screenshot())


@dataclass(frozen=True)
class Frame:
    """Where on the map's screenshot a place lies, by one of the map tiles."""

    zoom: int
    left: float
    top: float
    """Of the whole world's corner, in pixels of the screenshot."""

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        size = TILE_PX * 2**self.zoom
        x = (lon + 180) / 360 * size
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * size
        return self.left + x, self.top + y


def frame_of(page: Page, side: str = "left") -> Frame:
    tile = page.locator(f".leaflet-look-{side}-pane img.leaflet-tile-loaded").first
    zoom, x, y = map(int, re.search(r"/tiles/(\d+)/(\d+)/(\d+)\.png", tile.get_attribute("src")).groups())
    box, frame = tile.bounding_box(), page.locator("#map").bounding_box()
    return Frame(zoom, box["x"] - frame["x"] - x * TILE_PX, box["y"] - frame["y"] - y * TILE_PX)


def ranges_asked(page: Page, side: str = "left") -> list[tuple[float, float]]:
    """The stretch that the map's tiles are asked with."""
    address = page.locator(f".leaflet-look-{side}-pane img.leaflet-tile-loaded").first.get_attribute("src")
    text = parse_qs(urlsplit(address).query)["range"][0]
    return [tuple(map(float, one.split(","))) for one in text.split(";")]


def in_view(page: Page, raster: Raster, count: int = 60, side: str = "left") -> list[tuple[int, int, int, int]]:
    """Row, column, y and x on the screenshot of pixels with data that are in view, spread over it."""
    frame, box = frame_of(page, side), page.locator("#map").bounding_box()
    random, found = np.random.default_rng(1), []
    height, width = raster.values.shape
    for row, column in zip(random.integers(0, height, 4000), random.integers(0, width, 4000), strict=True):
        x, y = frame.at(*raster.place(row, column))
        is_seen = 3 < x < box["width"] - 3 and 3 < y < box["height"] - 3
        if is_seen and raster.values[row, column] != raster.nodata:
            found.append((int(row), int(column), int(y), int(x)))
    assert len(found) >= count
    return found[:count]


def stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255


def colours_expected(rasters: list[Raster], ranges: list[tuple[float, float]], row: int, column: int) -> list[float]:
    return [float(stretched(raster.values[row, column], *ends)) for raster, ends in zip(rasters, ranges, strict=True)]


def zoom_in(page: Page, times: int = 2) -> None:
    for _ in range(times):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)  # for Leaflet's animation
    settled(page)
