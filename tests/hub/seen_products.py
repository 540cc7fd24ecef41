"""Real delivered products of alice's for the tests of the viewer. Register as ``pytest_plugins``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from django.test import Client
from django.utils import timezone
from pyproj import Transformer

from hub.orders import ordering, production, sharing
from hub.orders.models import Order, Product, Role
from hub.orders.sharing import Shared
from hub.orders.storage import path_of, scratch_folder
from processing.mosaic import MadeProduct, make_product, plan_products
from processing.sources import open_source
from processing.spec import MosaicSpec

BANDS = ("B02", "B03", "B04", "B08")
LAYERS = ("valid_obs", "source_index", "scene_classification", "observation_date", "method")


@dataclass
class Seen:
    """A delivered product, and what its files hold."""

    product: Product

    @property
    def order(self) -> Order:
        return self.product.order

    def path(self, name: str) -> Path:
        """The file of one raster."""
        return path_of(self.product.files.get(role=Role.DATA, layer=name))

    def numbers(self, name: str) -> np.ndarray:
        with rasterio.open(self.path(name)) as dataset:
            return dataset.read(1)

    def place(self, row: float, column: float) -> tuple[float, float]:
        """Longitude and latitude of a place in the product, in pixels from its upper left corner."""
        with rasterio.open(self.path("B04")) as dataset:
            x, y = dataset.transform @ (column, row)
            return Transformer.from_crs(dataset.crs, 4326, always_xy=True).transform(x, y)

    def map_tile(self, zoom: int = 14) -> tuple[int, int, int]:
        """z, x and y of the map tile that holds the product's middle."""
        lon, lat = self.place(*(size / 2 for size in self.numbers("B04").shape))
        x = int((lon + 180) / 360 * 2**zoom)
        return zoom, x, int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom)

    def addresses(self, prefix: str) -> dict[str, str]:
        """Every address of the viewer's numbers and pictures, below ``/orders/7/`` or ``/shared/token/``."""
        z, x, y = self.map_tile()
        lon, lat = self.place(5.5, 5.5)
        product = f"{prefix}products/{self.product.pk}/"
        return {
            "tile": f"{product}tiles/{z}/{x}/{y}.png?show=B04,B03,B02&range=0,3000",
            "statistics": f"{product}statistics/?show=B04",
            "legend": f"{product}legend/?show=scene_classification",
            "pixel": f"{prefix}pixel/?lon={lon}&lat={lat}",
        }


@pytest.fixture(scope="session")
def made_once(small_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], MadeProduct]:
    """Makes the product of an order by the engine, once for each order."""
    made: dict[str, MadeProduct] = {}

    def make(order: dict[str, Any]) -> MadeProduct:
        spec = MosaicSpec.parse(order)
        if spec.digest() not in made:
            source = open_source(str(small_archive))
            made[spec.digest()] = make_product(
                spec, plan_products(spec, source)[0], source=source, into=tmp_path_factory.mktemp("made"),
                order_number="1",
            )  # fmt: skip
        return made[spec.digest()]

    return make


@pytest.fixture
def deliver(made_once: Callable[..., MadeProduct], spec_json: dict[str, Any]) -> Callable[..., Seen]:
    """``deliver(owner, **changes)``: a real product of an order of theirs, with all that the viewer shows."""

    def delivered(owner: Any, **changes: Any) -> Seen:
        wanted = spec_json | {"resolution": 20, "bands": list(BANDS), "layers": list(LAYERS)} | changes
        made = made_once(wanted)
        product = ordering.submit(owner, MosaicSpec.parse(wanted)).products.get()
        claimed = production.claim(product.pk, worker="test")
        assert claimed is not None
        into = scratch_folder(claimed)
        folder = into / made.folder.parent.name / made.folder.name
        shutil.copytree(made.folder.parent, folder.parent)
        production.deliver(claimed, MadeProduct(folder, made.files, made.statistics, made.warnings))
        claimed.refresh_from_db()
        return Seen(claimed)

    return delivered


@pytest.fixture
def seen(deliver: Callable[..., Seen], alice: Any) -> Seen:
    """A product of alice's."""
    return deliver(alice)


@pytest.fixture
def shared(seen: Seen, alice: Any) -> Shared:
    """A link to alice's order."""
    return sharing.share(seen.order, days=7, by=alice)


@pytest.fixture
def visitor() -> Client:
    """The browser of somebody without an account."""
    return Client()


def far_square(spec_json: dict[str, Any]) -> dict[str, Any]:
    """Another part of the archive."""
    ring = shapely.box(*shapely.geometry.shape(spec_json["area"]).bounds)
    return shapely.geometry.mapping(shapely.affinity.translate(ring, 0.002, 0.002))


def expire(order: Order) -> None:
    """As the sweep does when an order's time has come."""
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    production.expire([order.pk])
