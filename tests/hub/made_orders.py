"""Orders that are really made, with what was estimated of them; shared by tests and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product as combinations
from pathlib import Path
from typing import Any

import shapely
from django.contrib.auth.models import AbstractUser

from hub.archive import archive, archive_extent
from hub.orders import ordering, production
from hub.orders.models import Order, Product, Role
from hub.orders.storage import scratch_folder
from processing.mosaic import make_product, plan_products
from processing.spec import MosaicSpec

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
SIZE, TIME = 0.2, 2.0
"""How far estimates may be out: by a fifth of the size, by a factor of the time."""

TRUE_COLOUR, FOUR = ["B04", "B03", "B02"], ["B02", "B03", "B04", "B08"]
FORMATS = ("geotiff", "jp2", "netcdf")
Make = Callable[..., "Made"]


class Made:
    """An order with what was estimated and what it came to."""

    def __init__(self, order: Order, seconds: float) -> None:
        files = [file for product in order.products.all() for file in product.files.exclude(role=Role.ARCHIVE)]
        self.size = order.expected_megabytes * 1e6 / sum(file.size_bytes for file in files)
        self.time = order.expected_seconds / seconds
        """Both as estimated / found."""

    @property
    def size_is_right(self) -> bool:
        return abs(self.size - 1) <= SIZE

    @property
    def time_is_right(self) -> bool:
        return 1 / TIME <= self.time <= TIME


def making(owner: AbstractUser) -> Make:
    """Orders, makes and delivers a mosaic of ``owner``: ``make(share=0.5, resolution=20, ...)``.

    The time that its rows tell is that of the CPU.
    """

    def make(*, share: float, **choices: Any) -> Made:
        west, south, east, north = archive_extent().bounds
        x, y, width, height = (west + east) / 2, (south + north) / 2, (east - west) * share, (north - south) * share
        area = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        order = ordering.submit(
            owner, MosaicSpec.parse({"name": "Learnt", "area": shapely.geometry.mapping(area)} | choices)
        )
        return Made(order, sum(_deliver(product, order) for product in order.products.all()))

    return make


def _deliver(product: Product, order: Order) -> float:
    """Make and deliver; the seconds of CPU that it took, which the row tells as well."""
    claimed = production.claim(product.pk, worker="test")
    spec = order.mosaic_spec
    plan = next(plan for plan in plan_products(spec, archive()) if plan.name == product.name)
    begin = time.process_time()
    made = make_product(spec, plan, source=archive(), into=scratch_folder(claimed), order_number=str(order.pk))
    seconds = time.process_time() - begin
    production.deliver(claimed, made)
    claimed.refresh_from_db()
    Product.objects.filter(pk=claimed.pk).update(started_at=claimed.finished_at - timedelta(seconds=seconds))
    return seconds


def choices(start: str, **changes: Any) -> dict[str, Any]:
    return {
        "period": {"kind": "month", "start": start},
        "bands": FOUR,
        "layers": ["valid_obs", "source_index", "scene_classification"],
        "resolution": 20,
        "format": "geotiff",
    } | changes


def ten_orders(start: str, shares: dict[int, float]) -> list[dict[str, Any]]:
    """The first ten orders of a site: all formats, pixel sizes and two selections of bands."""
    mixed = combinations(FORMATS, shares.items(), (TRUE_COLOUR, FOUR))
    every = [
        choices(start, format=name, resolution=resolution, share=share, bands=bands)
        for name, (resolution, share), bands in mixed
    ]
    # Every second of the eighteen, so that each format meets each pixel size, and one twice.
    return [*every[::2], every[1]]


def other_orders(start: str, shares: dict[int, float]) -> list[dict[str, Any]]:
    """Orders that are not among the first ten: other areas, layers, and WGS84."""
    layers = ["valid_obs", "source_index", "observation_date", "rejected_obs"]
    return [
        *(
            choices(start, format=name, resolution=resolution, share=share)
            for name, (resolution, share) in combinations(FORMATS, shares.items())
        ),
        choices(start, share=shares[20], layers=layers),
        choices(start, share=shares[60], resolution=60, bands=["B08"], layers=[]),
        choices(start, share=shares[20], crs="wgs84", bands=TRUE_COLOUR),
    ]
