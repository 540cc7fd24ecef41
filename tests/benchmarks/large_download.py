"""Memory and speed of a 10 GB download through a real Daphne; prints the figures.

Run by ``python tests/benchmarks/bench_downloads.py``. The file is sparse: it takes no room on disk, and
reading it costs what reading from the page cache does.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import MultiPolygon, Polygon

from hub.orders import downloads, storage
from hub.orders.models import Order, Product, ProductFile
from hub.orders.states import Status
from tests.hub.processes import site

GIGABYTE = 10**9
SIZE_BYTES = 10 * GIGABYTE
MOST_GROWTH_MB = 60


@pytest.fixture
def large_file(transactional_db: None, settings: Any, tmp_path: Path) -> ProductFile:
    """A delivered file of 10 GB."""
    settings.MEDIA_ROOT = tmp_path / "media"
    square = Polygon.from_bbox((15, 46, 16, 47))
    owner = get_user_model().objects.create_user("alice", "alice@example.org")
    order = Order.objects.create(
        owner=owner, name="Large", spec={}, area=MultiPolygon(square), area_km2=1, status=Status.SUCCESSFUL
    )
    product = Product.objects.create(order=order, name="Large", footprint=square, status=Status.SUCCESSFUL)
    digest = hashlib.sha256(b"large").hexdigest()
    file = ProductFile.objects.create(
        product=product, name="B04.tif", path="B04.tif", size_bytes=SIZE_BYTES, sha256=digest, role="data"
    )
    path = storage.path_of(file)
    path.parent.mkdir(parents=True)
    with path.open("wb") as content:
        content.truncate(SIZE_BYTES)
    return file


def test_a_10_gb_download_takes_constant_memory(large_file: ProductFile, tmp_path: Path) -> None:
    with site(tmp_path, SECRET_KEY=os.environ["SECRET_KEY"]) as (address, process):
        before = process.memory_mb()
        peak, over = [before], threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                peak.append(process.memory_mb())

        watcher = threading.Thread(target=watch)
        watcher.start()
        begun = time.monotonic()
        url = address + downloads.link(large_file)
        command = ["curl", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", url]
        fetched = int(subprocess.run(command, check=True, capture_output=True).stdout)
        seconds = time.monotonic() - begun
        over.set()
        watcher.join()
    print(
        f"\n{fetched / GIGABYTE:.1f} GB in {seconds:.1f} s ({fetched / seconds / 1e6:.0f} MB/s); "
        f"memory {before:.0f} MB before, {max(peak):.0f} MB at most"
    )
    assert fetched == SIZE_BYTES
    assert max(peak) - before < MOST_GROWTH_MB
