"""What a worker does with one product number: claim, make, deliver, with a heartbeat beside it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

from hub.archive import archive
from hub.orders import production, storage
from hub.orders.models import Product
from hub.orders.production import NoLongerOurs
from processing.mosaic import Limits, MadeProduct, ProductPlan, Publisher, make_product, split
from processing.spec import MosaicSpec

logger = logging.getLogger(__name__)

REPORT_SECONDS = 0.5


def produce(product_pk: int, *, worker: str) -> None:
    """Make and deliver the product if it is to be had; whatever happens ends in its row."""
    product = production.claim(product_pk, worker=worker)
    if product is None:
        return
    scratch = storage.scratch_folder(product)
    try:
        with Heartbeat(product) as heartbeat:
            made = make(product, into=scratch, heartbeat=heartbeat)
            production.deliver(product, made)
    except NoLongerOurs as lost:
        logger.info("Stopped making %s: it was dismissed or given to another worker", lost)
    except Exception as error:
        logger.exception("Attempt %s at product %s failed", product.attempt, product.pk)
        production.fail(product, error)
    else:
        # Its owner has it already: for a large one as JPEG 2000 this takes a minute more.
        storage.prepare_viewing(product)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def make(product: Product, *, into: Path, heartbeat: Heartbeat) -> MadeProduct:
    """Make ``product`` in the folder ``into``; raises NoLongerOurs soon after the product is taken away."""
    spec = product.order.mosaic_spec
    into.mkdir(parents=True, exist_ok=True)
    return make_product(
        spec,
        _plan(spec, product.name),
        source=archive(),
        into=into,
        order_number=str(product.order_id),
        progress=Reporter(product, heartbeat),
        limits=Limits(memory_mb=settings.PRODUCT_MEMORY_MB, threads=settings.PRODUCT_THREADS),
        publisher=Publisher(settings.SITE_NAME, settings.SERVICE_DESK_EMAIL, settings.SITE_URL),
    )


def _plan(spec: MosaicSpec, name: str) -> ProductPlan:
    return next(plan for plan in split(spec) if plan.name == name)


class Heartbeat:
    """Stamps the product's ``seen_at`` from a thread of its own for as long as the ``with`` block runs.

    A long read or a busy kernel must not look like death, so the beat does not depend on progress.
    """

    def __init__(self, product: Product) -> None:
        self.product = product
        self.lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{product.pk}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise NoLongerOurs when the latest beat found the product taken away."""
        if self.lost.is_set():
            raise NoLongerOurs(f"product {self.product.pk}, attempt {self.product.attempt}")

    def _run(self) -> None:
        try:
            while not self._over.wait(settings.HEARTBEAT_SECONDS):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            production.beat(self.product)
        except NoLongerOurs:
            self.lost.set()
            self._over.set()
        except DatabaseError as error:
            # The next beat may get through; if none does, another worker gets the product.
            logger.warning("No heartbeat for product %s: %s", self.product.pk, error)
            connection.close()


class Reporter:
    """The engine's progress callback: writes at most twice a second, and every new stage at once."""

    def __init__(self, product: Product, heartbeat: Heartbeat) -> None:
        self.product = product
        self.heartbeat = heartbeat
        self._stage = ""
        self._next = 0.0
        self._lock = threading.Lock()

    def __call__(self, stage: str, percent: float) -> None:
        self.heartbeat.check()
        with self._lock:
            now = time.monotonic()
            if stage == self._stage and now < self._next:
                return
            self._stage, self._next = stage, now + REPORT_SECONDS
        try:
            production.report(self.product, stage, percent)
        except DatabaseError as error:
            logger.warning("No progress written for product %s: %s", self.product.pk, error)
            connection.close()
