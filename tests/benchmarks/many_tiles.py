"""Map tiles through Django's test client: middleware, access check, queries, the tile. Prints; see ``bench_tiles``.

Wall time and the CPU time of the thread that answers, which a busy machine changes little.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.test import Client
from measuring import FOLDER, describe_machine
from pyproj import Transformer
from rio_tiler.io import Reader
from viewed_product import GRID, SUFFIX, viewed_product

from hub.orders.models import Order, Product, ProductFile, Role
from hub.orders.states import Status
from processing.viewing.open_files import FILES
from processing.viewing.resolutions import COPIES_FOLDER
from processing.viewing.view import prepare

ZOOMS = range(7, 18)
TILES_A_ZOOM = 40
HALF_WORLD_M = 20_037_508.342789244
TARGET_MS = 60
LOOKS = {
    "true colour": "show=B04,B03,B02&range=0,3000",
    "NDVI": "show=ndvi",
    "classes": "show=scene_classification",
}
MANY = 5000


def addresses(product: Product, look: str, count: int, zooms: range = ZOOMS) -> Iterator[tuple[int, str]]:
    """Zoom and address of tiles at random places of the product, zoom after zoom in turn."""
    random = np.random.default_rng(7)
    west, south, east, north = GRID.bounds
    to_map = Transformer.from_crs(GRID.epsg, 3857, always_xy=True)
    for number in range(count):
        zoom = zooms[number % len(zooms)]
        x, y = to_map.transform(random.uniform(west, east), random.uniform(south, north))
        tiles = 2**zoom / (2 * HALF_WORLD_M)
        place = f"{zoom}/{int((x + HALF_WORLD_M) * tiles)}/{int((HALF_WORLD_M - y) * tiles)}"
        yield zoom, f"/orders/{product.order_id}/products/{product.pk}/tiles/{place}.png?{look}"


def delivered(folder: Path, user: Any) -> Product:
    """Rows for a product whose files lie in ``folder``."""
    outline = GEOSGeometry(GRID.footprint.wkt, srid=4326)
    order = Order.objects.create(
        owner=user, name="Tile", spec={}, digest="", area=MultiPolygon(outline, srid=4326), area_km2=12_000,
        status=Status.SUCCESSFUL,
    )  # fmt: skip
    product = order.products.create(name="Tile", footprint=outline, status=Status.SUCCESSFUL, attempt=1)
    for path in sorted([*folder.glob("*.tiff"), *folder.glob("*.jp2"), *folder.glob("*.nc")]):
        ProductFile.objects.create(
            product=product, name=path.name, path=str(path.relative_to(FOLDER)), size_bytes=path.stat().st_size,
            sha256=path.name.ljust(64, "0")[:64], role=Role.DATA,
        )  # fmt: skip
    return product


@pytest.fixture
def site(db: None, settings: Any) -> Callable[[Path], tuple[Client, Product]]:
    """A signed-in browser and a product of its user's."""
    settings.MEDIA_ROOT = FOLDER
    user = get_user_model().objects.create_user("viewer", "viewer@example.org")
    client = Client()
    client.force_login(user)
    return lambda folder: (client, delivered(folder, user))


def fetch(client: Client, address: str) -> tuple[float, float]:
    """Wall and CPU time of one tile, in ms."""
    wall, cpu = time.perf_counter(), time.thread_time()
    response = client.get(address)
    assert response.status_code == 200, response.content
    return 1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - cpu)


def line(name: str, times: Any) -> None:
    wall, cpu = np.array(times).T
    print(
        f"{name:34} {len(times):6} {np.percentile(wall, 50):8.1f} {np.percentile(wall, 95):8.1f} "
        f"{np.percentile(cpu, 50):8.1f} {np.percentile(cpu, 95):8.1f}",
        flush=True,
    )


def head(title: str) -> None:
    print(f"\n{title}\n{describe_machine()}")
    print(f"{'':34} {'tiles':>6} {'p50 ms':>8} {'p95 ms':>8} {'CPU p50':>8} {'CPU p95':>8}   (target: p95 {TARGET_MS})")


@pytest.mark.parametrize("format", ["geotiff", "netcdf", "jp2"])
def test_time_of_tiles(site, format):
    folder = viewed_product(FOLDER, format=format)
    if not (folder / COPIES_FOLDER).exists():
        begun, cpu = time.perf_counter(), time.process_time()
        copies = prepare(folder, threads=2)
        print(
            f"\n{format}: {len(copies)} copies, {sum(path.stat().st_size for path in copies) / 1e6:.0f} MB "
            f"in {time.perf_counter() - begun:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
        )
    client, product = site(folder)
    head(f"Map tiles, {format}, 10 980 x 10 980 pixels, random places, all zooms")
    FILES.close()
    for name, look in LOOKS.items():
        found: dict[int, list[tuple[float, float]]] = {}
        for zoom, address in addresses(product, look, TILES_A_ZOOM * len(ZOOMS)):
            found.setdefault(zoom, []).append(fetch(client, address))
        if name == "true colour":
            for zoom, times in found.items():
                line(f"  {name}, zoom {zoom}", times)
        line(name, [times for of_zoom in found.values() for times in of_zoom])


@pytest.mark.parametrize("format", ["netcdf", "jp2"])
def test_time_of_tiles_without_copies(site, format):
    """As of products that were delivered before there was a viewer."""
    folder = viewed_product(FOLDER, format=format)
    bare = folder.with_name(f"{folder.name}-bare")
    shutil.rmtree(bare, ignore_errors=True)
    bare.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (bare / path.name).hardlink_to(path)
    client, product = site(bare)
    head(f"The same straight from {format}, without copies for viewing")
    for zooms, count in ((range(13, 18), 100), (range(12, 13), 3), (range(9, 10), 3)):
        times = [fetch(client, address) for _, address in addresses(product, LOOKS["true colour"], count, zooms)]
        line(f"zoom {zooms.start} to {zooms.stop - 1}", times)
    shutil.rmtree(bare)


def test_memory_over_many_tiles(site):
    client, product = site(viewed_product(FOLDER, format="geotiff"))
    print(f"\nMemory of the process over {MANY:,} tiles of all zooms and looks, GeoTIFF")
    looks = list(LOOKS.values())
    for number, (_, address) in enumerate(addresses(product, "", MANY), start=1):
        fetch(client, address + looks[number % len(looks)])
        if number in (1, 100, 1000, 2500, MANY):
            print(f"{number:6} tiles: {_resident_mb():7.1f} MB, {len(FILES)} open rasters", flush=True)


def test_time_of_rio_tiler():
    """The tile alone, three bands, neither Django nor PNG."""
    folder = viewed_product(FOLDER, format="geotiff")
    warnings.simplefilter("ignore")
    head("rio-tiler's Reader.tile on open datasets, three bands of the GeoTIFF, without PNG and site")
    with rasterio.Env(GDAL_CACHEMAX=64 * 2**20, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        readers = [
            Reader(None, dataset=rasterio.open(folder / f"{band}_{SUFFIX}.tiff")) for band in ("B04", "B03", "B02")
        ]
        times = []
        product = Product(pk=0, order_id=0)
        for _, address in addresses(product, "", 10 * len(ZOOMS)):
            z, x, y = map(int, address.partition(".png")[0].split("/")[-3:])
            wall, cpu = time.perf_counter(), time.thread_time()
            for reader in readers:
                reader.tile(x, y, z)
            times.append((1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - cpu)))
        line("rio-tiler", times)


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
