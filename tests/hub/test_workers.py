"""Real worker processes: orders are made, killed workers are replaced, Redis may be away."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rasterio
from celery import current_app
from django.contrib.auth.models import AbstractUser
from django.core import mail

from hub.orders import ordering, queue, storage, upkeep
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.spec import MosaicSpec
from tests.hub.processes import until, worker

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"HEARTBEAT_SECONDS": 1, "WORKER_SILENT_SECONDS": 4, "SWEEP_SECONDS": 1}


def is_finished(order: Order) -> bool:
    order.refresh_from_db()
    return not order.is_active


def is_running(order: Order) -> Product | None:
    return order.products.filter(status=Status.RUNNING, percent__gt=0).first()


@pytest.fixture
def large(spec_json: dict[str, Any]) -> MosaicSpec:
    """An order that takes a worker some seconds."""
    bands = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
    return MosaicSpec.parse(spec_json | {"name": "Large", "resolution": 10, "bands": bands})


def test_a_worker_makes_and_delivers_an_order(
    alice: AbstractUser, spec: MosaicSpec, empty_queue: None, tmp_path: Path, settings: Any
) -> None:
    with worker(tmp_path, EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend") as process:
        order = ordering.submit(alice, spec)
        until(lambda: is_finished(order), seconds=60, what="the end of the order", log=process.log)
        assert (order.status, order.error, order.percent) == (Status.SUCCESSFUL, "", 100.0), process.log.read_text()
        product = order.products.get()
        until(lambda: not storage.scratch_folder(product).exists(), seconds=30, what="its scratch files to go")
    layers = {file.layer: storage.path_of(file) for file in product.files.filter(role="data")}
    assert set(layers) >= {"B02", "B03", "B04"}
    with rasterio.open(layers["B04"]) as raster:
        assert raster.crs.to_epsg() == 32633
        assert raster.read(1).max() > 0
    assert [event.to_status for event in order.events.filter(product=None)] == ["accepted", "running", "successful"]


def test_the_product_of_a_killed_worker_is_made_again_and_delivered_once(
    alice: AbstractUser, large: MosaicSpec, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path, **QUICK) as process:
        order = ordering.submit(alice, large)
        product = until(lambda: is_running(order), seconds=60, what="the product to be made", log=process.log)
        killed = int(product.worker.rpartition(":")[2])
        os.kill(killed, signal.SIGKILL)
        until(lambda: is_finished(order), seconds=60, what="the end of the order", log=process.log)
        assert order.status == Status.SUCCESSFUL, process.log.read_text()
        # The order ends before its worker has made it ready to be looked at and tidied up.
        scratch = Path(storage.settings.SCRATCH_ROOT)
        until(lambda: not list(scratch.iterdir()), seconds=30, what="the scratch files of both attempts to go")
    product.refresh_from_db()
    assert (product.attempt, product.failures) == (2, 1)
    assert int(product.worker.rpartition(":")[2]) != killed
    delivered = order.events.filter(product=product, to_status="successful")
    assert delivered.count() == 1
    assert product.files.filter(role="archive").count() == 1


def test_another_worker_takes_over_from_one_that_was_killed_with_all_its_processes(
    alice: AbstractUser, large: MosaicSpec, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path, **QUICK) as process:
        order = ordering.submit(alice, large)
        until(lambda: is_running(order), seconds=60, what="the product to be made", log=process.log)
        process.stop(signal.SIGKILL)
    # Its message stays with the dead worker in Redis for hours; the row's silence is what tells.
    with worker(tmp_path, **QUICK) as process:
        until(lambda: is_finished(order), seconds=60, what="the end of the order", log=process.log)
    product = order.products.get()
    assert (order.status, product.attempt, product.failures) == (Status.SUCCESSFUL, 2, 1)
    assert order.events.filter(product=product, to_status="successful").count() == 1


def test_dismissing_stops_the_worker_soon(
    alice: AbstractUser, large: MosaicSpec, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path, HEARTBEAT_SECONDS=1) as process:
        order = ordering.submit(alice, large)
        product = until(lambda: is_running(order), seconds=60, what="the product to be made", log=process.log)
        ordering.dismiss(order, by=alice)
        until(lambda: "it was dismissed" in process.log.read_text(), seconds=10, what="the worker to stop")
        until(lambda: not storage.scratch_folder(product).exists(), seconds=10, what="its files to be removed")
    assert Product.objects.get().status == Status.DISMISSED
    assert not storage.order_folder(order.pk).exists()


def test_an_unreachable_archive_is_tried_again_later(
    alice: AbstractUser, spec: MosaicSpec, empty_queue: None, tmp_path: Path
) -> None:
    with worker(tmp_path, MOSAIC_SOURCE=tmp_path / "away" / "items.json"):
        order = ordering.submit(alice, spec)
        until(lambda: order.products.filter(failures=1).exists(), seconds=60, what="the first attempt to fail")
    product = order.products.get()
    assert (product.status, product.attempt) == (Status.ACCEPTED, 1)
    assert product.retry_at is not None


class PrivateRedis:
    """A Redis of the test's own, to be started and stopped at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/r?db=0"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.folder / "r"), "--save", "", "--dir", str(self.folder)]
        self.child = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        until((self.folder / "r").exists, seconds=10, what="Redis")

    def stop(self) -> None:
        if self.child:
            self.child.terminate()
            self.child.wait(timeout=10)
            self.child = None


@pytest.fixture
def private_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateRedis]:
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))  # a socket's path must be short
    redis = PrivateRedis(folder)
    settings.REDIS_URL = redis.url
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis.url]}}
    }
    broker = redis.url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    # In this order: without one of its own the second is the first, and would be put back as that.
    monkeypatch.setattr(current_app.conf, "broker_write_url", broker)
    monkeypatch.setattr(current_app.conf, "broker_url", broker)
    yield redis
    redis.stop()
    shutil.rmtree(folder)


def test_an_order_is_kept_while_redis_is_away_and_runs_later(
    alice: AbstractUser, spec: MosaicSpec, private_redis: PrivateRedis, tmp_path: Path
) -> None:
    order = ordering.submit(alice, spec)
    assert order.products.get().enqueued_at is None
    private_redis.start()
    with worker(tmp_path, SWEEP_SECONDS=1) as process:
        until(lambda: is_finished(order), seconds=60, what="the end of the order", log=process.log)
    assert order.status == Status.SUCCESSFUL


def test_messages_that_redis_lost_are_sent_again(
    alice: AbstractUser, spec: MosaicSpec, private_redis: PrivateRedis, settings: Any
) -> None:
    private_redis.start()
    ordering.submit(alice, spec)
    assert queue.length() == 1
    private_redis.stop()
    private_redis.start()  # with nothing saved
    assert queue.length() == 0
    assert upkeep.missing() == []  # it may still be on its way
    settings.MESSAGE_LOST_SECONDS = 0
    assert upkeep.sweep().enqueued == 1
    assert queue.length() == 1
    assert upkeep.sweep().enqueued == 0  # nothing is missing now: a long queue is not flooded
    assert mail.outbox == []
