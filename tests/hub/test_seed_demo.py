"""The demo user, its order, and the operators' commands."""

from __future__ import annotations

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from hub.orders import making, ordering, production
from hub.orders.models import Order
from hub.orders.states import Status
from processing.errors import NoReadableScene


def run(command: str, *args: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def test_the_demo_user_can_sign_in_with_the_printed_password(db: None, settings: Any) -> None:
    printed = run("seed_demo")
    password = printed.splitlines()[0].removeprefix("Demo user: demo / ")
    user = authenticate(username="demo", password=password)
    assert user == get_user_model().objects.get(username="demo")
    assert not user.is_staff
    assert EmailAddress.objects.get(user=user).verified
    kept = settings.VAR / "demo-password"
    assert kept.read_text() == password
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_sample_order_is_made_once_and_keeps_its_password(db: None) -> None:
    assert run("seed_demo") == run("seed_demo")
    order = Order.objects.get()
    assert order.mosaic_spec.resolution == 10
    assert order.mosaic_spec.bands == ("B02", "B03", "B04", "B08")


def test_a_failed_sample_is_ordered_anew(db: None) -> None:
    run("seed_demo")
    claimed = production.claim(Order.objects.get().products.get().pk, worker="w")
    production.fail(claimed, NoReadableScene("The granule X cannot be read."))
    run("seed_demo")
    assert sorted(Order.objects.values_list("status", flat=True)) == ["accepted", "failed"]


@pytest.mark.django_db(transaction=True)
def test_waiting_tells_where_the_files_are(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    # A worker of the test's own: the order is made where it would have been enqueued.
    monkeypatch.setattr(ordering.queue, "enqueue", lambda pks: [making.produce(pk, worker="test") for pk in pks])
    printed = run("seed_demo", wait=True)
    folder = Path(printed.splitlines()[-1].removeprefix("Sample order files: "))
    assert folder.is_absolute()
    assert list(folder.glob("*/*/*.tiff"))
    assert Order.objects.get().status == Status.SUCCESSFUL
    # The service answers for what it makes.
    (metadata,) = folder.glob("*/*/metadata_*.json")
    told = json.loads(metadata.read_text())
    assert (told["Institution"], told["Contact"]) == (settings.SITE_NAME, settings.SERVICE_DESK_EMAIL)


def test_waiting_in_vain_says_what_is_missing(db: None) -> None:
    with pytest.raises(CommandError, match="is a worker running"):
        run("seed_demo", wait=True, timeout=0)


def test_an_archive_that_is_away_is_named(db: None, settings: Any, tmp_path: Path) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="No archive is found at"):
        run("seed_demo")


def test_operators_list_orders_and_sweep_from_the_terminal(order: Order, empty_queue: None) -> None:
    listed = run("orders", status="accepted")
    assert f"{order.pk}" in listed
    assert "alice" in listed
    assert run("orders", status="failed") == ""
    assert "1 enqueued" in run("sweep")
