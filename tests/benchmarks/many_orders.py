"""Server time of the pages in a database of 10,000 orders; prints the figures.

Run by ``python tests/benchmarks/bench_pages.py``. Half of the orders belong to the person who looks, half to others;
two hundred wait or are being made. Times are those of Django's test client: middleware, queries, templates;
the CPU's are without the database's and are the same on a busy machine.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import shapely
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.orders.models import Order, OrderEvent, Product, ProductFile
from hub.orders.states import Status
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec

ORDERS, OTHERS, UNDER_WAY = 10_000, 20, 200
FILES = 14
RUNS = 30
TARGET_MS = 150
WORDS = ("Alps", "Drava", "Karst", "Mura", "Sava", "Soča", "Krka", "Kolpa", "Pohorje", "Triglav")
ENDS = (Status.SUCCESSFUL, Status.SUCCESSFUL, Status.EXPIRED, Status.FAILED, Status.PARTIAL, Status.DISMISSED)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive") / "small", size_km=3, dates=4)


@pytest.fixture
def crowd(transactional_db: None, archive: Path, settings: Any, tmp_path: Path) -> AbstractUser:
    """The person who looks, in a database that is full."""
    settings.MOSAIC_SOURCE, settings.MEDIA_ROOT = str(archive), tmp_path
    cache.clear()
    users = get_user_model().objects
    people = [users.create_user(f"user{number}", f"user{number}@example.org") for number in range(OTHERS + 1)]
    _fill(people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return people[0]


def _fill(people: list[AbstractUser]) -> None:
    owners = itertools.chain.from_iterable(zip(itertools.repeat(people[0]), itertools.cycle(people[1:]), strict=False))
    orders = Order.objects.bulk_create(
        (_order(number, owner) for number, owner in zip(range(ORDERS), owners, strict=False)), batch_size=500
    )
    # created_at is set when a row is made: the orders are spread over two years.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET created_at = now() - interval '2 years' * random()")
    parts = [(order, part) for order in orders for part in range(1 + order.pk % 3)]
    products = Product.objects.bulk_create((_product(order, part) for order, part in parts), batch_size=500)
    OrderEvent.objects.bulk_create(
        (
            OrderEvent(order=order, from_status=before, to_status=after)
            for order in orders
            for before, after in (("", "accepted"), ("accepted", order.status))
        ),
        batch_size=2000,
    )
    delivered = (product for product in products if product.status == Status.SUCCESSFUL)
    ProductFile.objects.bulk_create(
        (file for product in itertools.islice(delivered, 4000) for file in _files(product)), batch_size=2000
    )


def _order(number: int, owner: AbstractUser) -> Order:
    status = Status.ACCEPTED if number < UNDER_WAY else ENDS[number % len(ENDS)]
    x, y = 14 + (number % 200) / 100, 45.5 + (number // 200 % 100) / 100
    area = shapely.box(x, y, x + 0.2, y + 0.1)
    spec = {
        "name": f"{WORDS[number % len(WORDS)]} {number}",
        "area": shapely.geometry.mapping(area),
        "period": {"kind": "month", "start": str(date(2018 + number % 6, 1 + number % 12, 1))},
        "resolution": (10, 20, 60)[number % 3],
        "bands": ["B02", "B03", "B04", "B08"],
        "layers": ["valid_obs", "source_index"],
        "format": ("geotiff", "jp2", "netcdf")[number % 3],
    }
    return Order(
        owner=owner,
        name=spec["name"],
        spec=MosaicSpec.parse(spec).to_json(),
        digest=f"{number:064d}",
        area=MultiPolygon(GEOSGeometry(area.wkt, srid=4326), srid=4326),
        area_km2=170,
        credits=3.4,
        expected_megabytes=60,
        expected_seconds=20,
        status=status,
        finished_at=None if status == Status.ACCEPTED else timezone.now(),
        expires_at=timezone.now() + timedelta(days=7) if status == Status.SUCCESSFUL else None,
    )


def _product(order: Order, part: int) -> Product:
    status = order.status if order.status != Status.PARTIAL or part else Status.FAILED
    status = Status.SUCCESSFUL if status == Status.PARTIAL else status
    now = timezone.now()
    return Product(
        order=order,
        name=f"33T{part}",
        footprint=order.area[0],
        status=status,
        percent=100 if status == Status.SUCCESSFUL else 0,
        enqueued_at=now,
        started_at=now - timedelta(seconds=20),
        finished_at=now,
        statistics={
            "width": 800, "height": 600, "granules": 12, "overpasses": 6, "valid_share": 0.95,
            "quality": {"deliverable": True, "checks_made": 40, "checks_failed": 0, "failed": []},
        },
    )  # fmt: skip


def _files(product: Product) -> list[ProductFile]:
    roles = ["data"] * 6 + ["metadata"] * 5 + ["style", "thumbnail", "archive"]
    return [
        ProductFile(
            product=product,
            name=f"file{number}.{role}",
            path=f"orders/{product.order_id}/{product.name}/file{number}",
            size_bytes=1_000_000,
            sha256="0" * 64,
            role=role,
            layer=("B02", "B03", "B04", "B08", "valid_obs", "source_index")[number] if role == "data" else "",
        )
        for number, role in enumerate(roles[:FILES])
    ]


def test_pages_with_many_orders(crowd: AbstractUser) -> None:
    client = Client()
    client.force_login(crowd)
    mine = Order.objects.filter(owner=crowd)
    done, waiting = (mine.filter(status=status).first().pk for status in (Status.SUCCESSFUL, Status.ACCEPTED))
    addresses = [
        "/",
        "/hub/",
        "/orders/",
        "/orders/?page=200",
        "/orders/?q=Karst&status=successful&sort=name",
        "/orders/?sort=-period&format=netcdf",
        "/orders/?q=no+such+name",
        f"/orders/{done}/",
        f"/orders/{waiting}/",
        f"/orders/{waiting}/row/",
        f"/hub/?like={done}",
        "/api/v1/orders/",
    ]
    print(f"\n{ORDERS:,} orders, {Product.objects.count():,} products, {ProductFile.objects.count():,} files\n")
    print(f"{'page':48} {'median ms':>10} {'p95 ms':>8} {'CPU ms':>8} {'queries':>8} {'kB':>6}")
    slow = [address for address in addresses if _show(client, address) > TARGET_MS]
    slow += ["estimate"] if _show(client, "/hub/estimate/", _estimate(client)) > TARGET_MS else []
    print(f"\nbeyond {TARGET_MS} ms: {', '.join(slow) or 'none'}")


def _estimate(client: Client) -> Callable[[], Any]:
    """The estimate of a small order, as htmx asks for it."""
    from django.conf import settings

    west, south, east, north = open_source(str(settings.MOSAIC_SOURCE)).extent().bounds
    data = {
        "area": shapely.box(west, south, east, north).wkt,
        "kind": "month", "month": "2024-06-01", "resolution": "10", "crs": "utm", "bands": ["B02", "B03", "B04"],
        "layers": ["valid_obs"], "method": "s2gm", "format": "geotiff",
    }  # fmt: skip
    return lambda: client.post("/hub/estimate/", data, headers={"HX-Request": "true"})


def _show(client: Client, address: str, ask: Callable[[], Any] | None = None) -> float:
    """Print a line for the page; return its 95th percentile in ms."""
    ask = ask or (lambda: client.get(address))
    ask()
    with CaptureQueriesContext(connection) as queries:
        answer = ask()
        asked = len(queries)
    assert answer.status_code == 200, (address, answer.status_code)
    times, busy = [], []
    for _run in range(RUNS):
        begin, cpu_begin = time.perf_counter(), time.thread_time()
        ask()
        times.append((time.perf_counter() - begin) * 1000)
        busy.append((time.thread_time() - cpu_begin) * 1000)
    late = sorted(times)[int(0.95 * len(times))]
    size = len(answer.content) / 1000
    print(f"{address:48} {median(times):10.0f} {late:8.0f} {median(busy):8.0f} {asked:8} {size:6.0f}", flush=True)
    return late
