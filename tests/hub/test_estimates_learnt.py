"""Estimates against products that were really made: before a site has any, and after its first ten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product as combinations
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.auth.models import AbstractUser

from hub.archive import archive, archive_extent
from hub.forecast.keeping import keep, keys_of
from hub.orders import ordering, production
from hub.orders.models import Order, Product, Role
from hub.orders.storage import scratch_folder
from processing.mosaic import make_product, plan_products, warm_up
from processing.sample import make_archive
from processing.spec import MosaicSpec

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
SIZE, TIME = 0.2, 2.0
"""How far estimates may be out: by a fifth of the size, by a factor of the time."""

TRUE_COLOUR, FOUR = ["B04", "B03", "B02"], ["B02", "B03", "B04", "B08"]
FORMATS = ("geotiff", "jp2", "netcdf")
Make = Callable[..., "Made"]


class Made:
    """An order with what was estimated and what it came to."""

    def __init__(self, order: Order, cpu_seconds: float) -> None:
        files = [file for product in order.products.all() for file in product.files.exclude(role=Role.ARCHIVE)]
        self.size = order.expected_megabytes * 1e6 / sum(file.size_bytes for file in files)
        self.time = order.expected_seconds / cpu_seconds
        """Both as estimated / found."""

    @property
    def size_is_right(self) -> bool:
        return abs(self.size - 1) <= SIZE


@pytest.fixture(scope="module", autouse=True)
def _kernels_compiled() -> None:
    warm_up()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated archive of 8 km and six dates of June 2024: room for products of several sizes."""
    return make_archive(tmp_path_factory.mktemp("archive") / "eight", size_km=8, dates=6)


@pytest.fixture
def make(alice: AbstractUser, settings: Any) -> Iterator[Make]:
    """Orders, makes and delivers a mosaic: ``make(share=0.5, resolution=20, ...)``.

    The time that its rows tell is that of the CPU, so that a busy machine does not decide the test.
    """
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1000

    def ordered(*, share: float, **choices: Any) -> Made:
        west, south, east, north = archive_extent().bounds
        x, y, width, height = (west + east) / 2, (south + north) / 2, (east - west) * share, (north - south) * share
        area = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        order = ordering.submit(
            alice, MosaicSpec.parse({"name": "Learnt", "area": shapely.geometry.mapping(area)} | choices)
        )
        return Made(order, sum(_deliver(product, order) for product in order.products.all()))

    yield ordered


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


@pytest.mark.parametrize(
    ("name", "resolution", "share"), [*combinations(FORMATS, (10, 20, 60), (0.3,)), ("geotiff", 10, 0.9)]
)
def test_sizes_on_the_generated_archive_are_right_before_the_first_order(
    make: Make, settings: Any, generated: Path, name: str, resolution: int, share: float
) -> None:
    settings.MOSAIC_SOURCE = str(generated)
    made = make(**choices("2024-06-01", format=name, resolution=resolution, share=share))
    assert made.size_is_right, made.size


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("source", "start", "shares", "other_shares"),
    [
        ("generated", "2024-06-01", {10: 0.5, 20: 0.6, 60: 0.9}, {10: 0.7, 20: 0.9, 60: 0.7}),
        ("slovenia", "2023-08-01", {10: 0.03, 20: 0.08, 60: 0.2}, {10: 0.05, 20: 0.12, 60: 0.4}),
    ],
)
def test_after_ten_orders_size_and_time_are_right(
    request: pytest.FixtureRequest, make: Make, settings: Any, source: str, start: str, shares: dict, other_shares: dict
) -> None:
    settings.MOSAIC_SOURCE = str(SLOVENIA if source == "slovenia" else request.getfixturevalue("generated"))
    for order in ten_orders(start, shares):
        make(**order)
    layers = ["valid_obs", "source_index", "observation_date", "rejected_obs"]
    others = [
        *(
            choices(start, format=name, resolution=resolution, share=share)
            for name, (resolution, share) in combinations(FORMATS, other_shares.items())
        ),
        choices(start, share=other_shares[20], layers=layers),
        choices(start, share=other_shares[60], resolution=60, bands=["B08"], layers=[]),
        choices(start, share=other_shares[20], crs="wgs84", bands=TRUE_COLOUR),
    ]
    made = [(make(**order), order) for order in others]
    assert [(one.size, order) for one, order in made if not one.size_is_right] == []
    assert [(one.time, order) for one, order in made if not 1 / TIME <= one.time <= TIME] == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["geotiff", "netcdf"])
def test_what_was_forecast_of_a_cloudy_day_makes_its_size_right(make: Make, settings: Any, name: str) -> None:
    settings.MOSAIC_SOURCE = str(SLOVENIA)
    cloudy = {"period": {"kind": "day", "start": "2023-08-18"}, "share": 0.3, "resolution": 60, "format": name}
    order = choices("2023-08-01", **cloudy)
    day = date(2023, 8, 18)
    everything = shapely.box(*archive_extent().bounds)
    keep(keys_of(archive().search(everything, day, day)))
    made = make(**order)
    assert made.size_is_right, made.size
