"""A worker's verbs, and what happens when two workers, or a worker and a user, want the same row."""

from __future__ import annotations

import errno
import hashlib
import itertools
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from hub.orders import ordering, production, storage
from hub.orders.models import Order, Product, ProductFile
from hub.orders.states import MAY_FOLLOW, Status
from processing.errors import CorruptInput, NoReadableScene, SourceUnreachable
from tests.hub.test_ordering import at_once


def statuses(order: Order) -> list[str]:
    return [event.to_status for event in order.events.filter(product=None)]


def is_error(outcome: Any) -> bool:
    return isinstance(outcome, Exception)


# --- States -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_a_status_moves_only_where_the_table_allows(product: Product, before: Status, after: Status) -> None:
    Product.objects.filter(pk=product.pk).update(status=before)
    moved = Product.objects.filter(pk=product.pk).move(after)
    product.refresh_from_db()
    assert moved == (before in MAY_FOLLOW[after])
    assert product.status == (after if moved else before)


# --- Claim --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_product(product: Product) -> None:
    taken = [got for got in at_once(8, lambda n: production.claim(product.pk, worker=f"w{n}")) if got]
    assert len(taken) == 1
    product.refresh_from_db()
    assert (product.status, product.attempt, product.worker) == (Status.RUNNING, 1, taken[0].worker)


@pytest.mark.django_db(transaction=True)
def test_of_a_worker_and_a_dismissing_user_exactly_one_wins(product: Product, alice: AbstractUser) -> None:
    for _ in range(5):
        actions = [
            lambda: production.claim(product.pk, worker="w"),
            lambda: ordering.dismiss(product.order, by=alice),
        ]
        at_once(2, lambda number, actions=actions: actions[number]())
        product.refresh_from_db()
        product.order.refresh_from_db()
        # Whoever came first, the user's word is the last: a claimed product is dismissed all the same.
        assert (product.status, product.order.status) == (Status.DISMISSED, Status.DISMISSED)
        Product.objects.update(status=Status.ACCEPTED)
        Order.objects.update(status=Status.ACCEPTED)


def test_claiming_what_is_not_there_gives_nothing(db: None) -> None:
    assert production.claim(4711, worker="w") is None


def test_claiming_sets_the_order_running(claimed: Product) -> None:
    claimed.order.refresh_from_db()
    assert claimed.order.status == Status.RUNNING
    assert statuses(claimed.order) == ["accepted", "running"]


def test_a_product_is_not_claimed_before_its_time(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(retry_at=timezone.now() + timedelta(seconds=30))
    assert production.claim(product.pk, worker="w") is None


# --- Report -------------------------------------------------------------------------------------


def test_progress_is_written_within_bounds(claimed: Product) -> None:
    production.report(claimed, "compositing", 140.0)
    claimed.refresh_from_db()
    assert (claimed.stage, claimed.percent) == ("compositing", 100.0)
    assert claimed.order.percent == 100.0


def test_a_worker_learns_from_its_report_that_the_order_was_dismissed(claimed: Product, alice: AbstractUser) -> None:
    ordering.dismiss(claimed.order, by=alice)
    with pytest.raises(production.NoLongerOurs):
        production.report(claimed, "reading", 10)
    with pytest.raises(production.NoLongerOurs):
        production.beat(claimed)


# --- Deliver ------------------------------------------------------------------------------------


def test_a_delivered_product_has_its_files_checksums_and_a_zip(delivered: Product, settings: Any) -> None:
    assert (delivered.status, delivered.percent) == (Status.SUCCESSFUL, 100)
    assert delivered.warnings == ["One granule could not be read."]
    files = {file.name: file for file in delivered.files.all()}
    assert {name: file.role for name, file in files.items()} == {
        "B04.tiff": "data",
        "metadata.json": "metadata",
        "S2GM_base-Hills.zip": "archive",
    }
    for file in files.values():
        content = storage.path_of(file).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert files["B04.tiff"].path == f"orders/{delivered.order_id}/S2GM_base/Hills/B04.tiff"
    delivered.order.refresh_from_db()
    assert delivered.order.status == Status.SUCCESSFUL
    assert delivered.order.expires_at - delivered.order.finished_at == timedelta(days=settings.ORDER_KEPT_DAYS)
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []


def test_the_zip_holds_every_file_under_the_products_folder_and_no_date(delivered: Product) -> None:
    path = storage.path_of(delivered.files.get(role="archive"))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["S2GM_base/Hills/B04.tiff", "S2GM_base/Hills/metadata.json"]
        assert {entry.date_time for entry in archive.infolist()} == {storage.ZIP_DATE}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_late_worker_delivers_nothing_and_leaves_no_file(claimed: Product, made_by: Any, settings: Any) -> None:
    Product.objects.filter(pk=claimed.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    assert production.reap() == [claimed.pk]
    second = production.claim(claimed.pk, worker="second")
    production.deliver(second, made_by(second, b"of the second"))
    with pytest.raises(production.NoLongerOurs):
        production.deliver(claimed, made_by(claimed, b"of the first, late"))
    file = ProductFile.objects.get(name="B04.tiff")
    assert storage.path_of(file).read_bytes() == b"of the second"
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []
    assert Product.objects.get().attempt == 2


def test_a_late_worker_cannot_fail_what_another_is_making(claimed: Product) -> None:
    Product.objects.filter(pk=claimed.pk).update(seen_at=timezone.now() - timedelta(hours=1))
    production.reap()
    second = production.claim(claimed.pk, worker="second")
    production.fail(claimed, NoReadableScene("late"))
    second.refresh_from_db()
    assert (second.status, second.error) == (Status.RUNNING, "")


def test_a_full_disk_leaves_nothing_half_delivered_and_fails_in_one_sentence(
    product: Product, made_by: Any, settings: Any
) -> None:
    for number in range(1, settings.PRODUCT_ATTEMPTS + 1):
        Product.objects.filter(pk=product.pk).update(retry_at=None)
        attempt = production.claim(product.pk, worker="w")
        made = made_by(attempt)
        # The kernel answers every write to /dev/full as a full disk does.
        (made.folder / "S2GM_base-Hills.zip").symlink_to("/dev/full")
        with pytest.raises(OSError) as stopped:
            production.deliver(attempt, made)
        assert stopped.value.errno == errno.ENOSPC
        production.fail(attempt, stopped.value)
        product.refresh_from_db()
        assert (product.failures, product.files.count()) == (number, 0)
        assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []
    assert (product.status, product.error_code) == (Status.FAILED, "storage_full")
    assert product.error == "The disk of the service is full; order again later, or write to the service desk."
    assert Order.objects.get().status == Status.FAILED


@pytest.mark.django_db(transaction=True)
def test_of_a_delivery_and_a_dismissal_at_the_same_moment_exactly_one_wins(
    product: Product, made_by: Any, alice: AbstractUser, settings: Any
) -> None:
    for _ in range(5):
        attempt = production.claim(product.pk, worker="w")
        made = made_by(attempt)
        actions = [
            lambda attempt=attempt, made=made: production.deliver(attempt, made),
            lambda attempt=attempt: ordering.dismiss(attempt.order, by=alice),
        ]
        refused = [error for error in at_once(2, lambda number, actions=actions: actions[number]()) if is_error(error)]
        product.refresh_from_db()
        product.order.refresh_from_db()
        files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
        assert len(refused) == 1
        if product.status == Status.SUCCESSFUL:
            assert (product.order.status, product.files.count(), len(files)) == (Status.SUCCESSFUL, 3, 3)
        else:
            assert (product.status, product.order.status) == (Status.DISMISSED, Status.DISMISSED)
            assert (product.files.count(), len(files)) == (0, 0)
        storage.remove_order(product.order_id)
        product.files.all().delete()
        Product.objects.update(status=Status.ACCEPTED)
        Order.objects.update(status=Status.ACCEPTED)


# --- Fail ---------------------------------------------------------------------------------------


def test_an_error_worth_a_retry_goes_back_with_a_growing_delay_and_then_fails(product: Product) -> None:
    waits = []
    for number in range(1, 4):
        Product.objects.filter(pk=product.pk).update(retry_at=None)
        attempt = production.claim(product.pk, worker="w")
        assert attempt.attempt == number
        production.fail(attempt, SourceUnreachable("There is no file /srv/secret/items.json."))
        product.refresh_from_db()
        if product.status == Status.ACCEPTED:
            waits.append(product.retry_at - timezone.now())
    assert len(waits) == 2
    assert waits[0] < waits[1]
    assert (product.status, product.error_code) == (Status.FAILED, "source_unreachable")
    # The owner reads nothing of the server's paths.
    assert product.error == "The archive of scenes does not answer at the moment; try again in a few minutes."
    order = Order.objects.get()
    assert (order.status, order.error) == (Status.FAILED, product.error)


def test_an_error_that_will_come_again_fails_at_once(claimed: Product) -> None:
    production.fail(claimed, NoReadableScene("The granule X cannot be read."))
    claimed.refresh_from_db()
    assert (claimed.status, claimed.attempt, claimed.error) == (Status.FAILED, 1, "The granule X cannot be read.")


def test_what_an_unexpected_error_says_is_not_shown_to_the_owner(claimed: Product) -> None:
    for _ in range(3):
        production.fail(claimed, RuntimeError("/srv/secret/path"))
        Product.objects.filter(pk=claimed.pk).update(retry_at=None)
        claimed = production.claim(claimed.pk, worker="w") or claimed
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_code) == (Status.FAILED, "internal_error")
    shown = claimed.error + Order.objects.get().error + "".join(event.note for event in claimed.order.events.all())
    assert "secret" not in shown


def test_an_order_of_which_some_products_failed_is_partial(claimed: Product, made_by: Any) -> None:
    other = Product.objects.create(order=claimed.order, name="33TWL", footprint=claimed.footprint)
    production.deliver(claimed, made_by(claimed))
    assert Order.objects.get().status == Status.RUNNING
    production.fail(production.claim(other.pk, worker="w"), NoReadableScene("The granule X cannot be read."))
    order = Order.objects.get()
    assert order.status == Status.PARTIAL
    assert order.error == "1 of 2 products failed: The granule X cannot be read."
    assert order.expires_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_last_two_products_delivered_at_the_same_moment_finish_the_order(claimed: Product, made_by: Any) -> None:
    order = claimed.order
    others = [Product.objects.create(order=order, name=f"t{n}", footprint=claimed.footprint) for n in range(5)]
    attempts = [claimed, *(production.claim(other.pk, worker="w") for other in others)]
    made = [made_by(attempt) for attempt in attempts]
    outcomes = at_once(6, lambda number: production.deliver(attempts[number], made[number]))
    assert outcomes == [None] * 6
    order.refresh_from_db()
    assert order.status == Status.SUCCESSFUL
    assert statuses(order).count("successful") == 1


# --- Reap and expire ----------------------------------------------------------------------------


def test_only_products_of_silent_workers_are_taken_back(claimed: Product, settings: Any) -> None:
    assert production.reap() == []
    silent = timedelta(seconds=settings.WORKER_SILENT_SECONDS + 1)
    Product.objects.filter(pk=claimed.pk).update(seen_at=timezone.now() - silent)
    assert production.reap() == [claimed.pk]
    claimed.refresh_from_db()
    assert (claimed.status, claimed.percent, claimed.enqueued_at) == (Status.ACCEPTED, 0, None)
    assert Order.objects.get().status == Status.ACCEPTED


def test_a_product_that_kills_every_worker_fails_in_the_end(product: Product, settings: Any) -> None:
    for _ in range(settings.PRODUCT_ATTEMPTS):
        assert production.claim(product.pk, worker="w")
        Product.objects.update(seen_at=timezone.now() - timedelta(hours=1))
        production.reap()
    product.refresh_from_db()
    assert (product.status, product.error_code) == (Status.FAILED, "worker_lost")
    assert Order.objects.get().status == Status.FAILED


def test_an_order_expires_with_its_files_and_not_before_its_day(delivered: Product, settings: Any) -> None:
    assert production.expire() == 0
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert production.expire() == 1
    order = Order.objects.get()
    assert (order.status, order.expires_at) == (Status.EXPIRED, None)
    assert order.products.get().status == Status.EXPIRED
    assert not storage.order_folder(order.pk).exists()
    assert production.expire() == 0
    assert statuses(order)[-1] == "expired"


def test_files_of_a_dismissed_order_are_removed_in_time_and_it_stays_dismissed(
    delivered: Product, alice: AbstractUser
) -> None:
    Order.objects.update(status=Status.RUNNING)
    ordering.dismiss(delivered.order, by=alice)
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert production.expire() == 1
    assert Order.objects.get().status == Status.DISMISSED
    assert Product.objects.get().status == Status.EXPIRED
    assert not storage.order_folder(delivered.order_id).exists()


def test_an_archive_that_cannot_be_read_is_told_without_its_path(claimed: Product) -> None:
    production.fail(claimed, CorruptInput("/srv/secret/items.json is not JSON; give a STAC ItemCollection."))
    claimed.refresh_from_db()
    assert "secret" not in claimed.error
    assert claimed.error.startswith("The archive's scenes for this order cannot be read")


# --- What belongs to the whole order ------------------------------------------------------------


def test_the_orders_inspire_xml_is_delivered_with_the_product_and_lies_beside_its_folder_in_the_zip(
    claimed: Product, made_by: Any
) -> None:
    """A1-066."""
    production.deliver(claimed, made_by(claimed, whole=True))
    inspire = claimed.files.get(name="inspire.xml")
    assert (inspire.role, storage.path_of(inspire).read_bytes()) == ("metadata", b"inspire.xml")
    with zipfile.ZipFile(storage.path_of(claimed.files.get(role="archive"))) as archive:
        assert archive.testzip() is None
        assert "S2GM_base/inspire.xml" in archive.namelist()
        assert "S2GM_base/Hills/inspire.xml" not in archive.namelist()
        assert {name for name in archive.namelist() if name.startswith("S2GM_base/Hills/")} == {
            f"S2GM_base/Hills/{file.name}" for file in claimed.files.exclude(role="archive") if file != inspire
        }


def test_a_later_product_of_an_order_leaves_the_files_of_an_earlier_one_as_they_were(
    claimed: Product, made_by: Any
) -> None:
    other = Product.objects.create(order=claimed.order, name="33TWL", footprint=claimed.footprint)
    production.deliver(claimed, made_by(claimed, whole=True))
    second = production.claim(other.pk, worker="w")
    made = made_by(second, whole=True)
    (made.folder.parent / "inspire.xml").write_bytes(b"of another day")
    production.deliver(second, made)
    assert storage.path_of(claimed.files.get(name="inspire.xml")).read_bytes() == b"inspire.xml"
    assert storage.path_of(second.files.get(name="inspire.xml")).read_bytes() == b"of another day"


def test_a_file_that_was_promised_and_is_missing_stops_the_delivery_and_leaves_nothing(
    claimed: Product, made_by: Any, settings: Any
) -> None:
    made = made_by(claimed, whole=True)
    (made.folder.parent / "inspire.xml").unlink()
    with pytest.raises(FileNotFoundError):
        production.deliver(claimed, made)
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []
    assert not claimed.files.exists()
