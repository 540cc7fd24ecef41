"""Mail to an order's owner at its end."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.core import mail

from hub.orders import notices, ordering, production
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.errors import NoReadableScene


def test_the_owner_hears_of_a_delivered_order(
    claimed: Product, made_by: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        production.deliver(claimed, made_by(claimed))
        assert mail.outbox == []  # not before the commit
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    assert message.subject == "[Mosaic Hub] Hills is ready"
    assert f"{settings.SITE_URL}/orders/{claimed.order_id}/" in message.body


def test_the_owner_hears_why_an_order_failed(claimed: Product, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        production.fail(claimed, NoReadableScene("The granule X cannot be read."))
    (message,) = mail.outbox
    assert message.subject == "[Mosaic Hub] Hills could not be made"
    assert "The granule X cannot be read." in message.body


def test_the_owner_hears_of_an_order_that_is_ready_in_part(
    claimed: Product, made_by: Any, django_capture_on_commit_callbacks: Any
) -> None:
    other = Product.objects.create(order=claimed.order, name="33TWL", footprint=claimed.footprint)
    production.deliver(claimed, made_by(claimed))
    with django_capture_on_commit_callbacks(execute=True):
        production.fail(production.claim(other.pk, worker="w"), NoReadableScene("The granule X cannot be read."))
    (message,) = mail.outbox
    assert "in part" in message.subject
    assert "1 of 2 products failed: The granule X cannot be read." in message.body


def test_nobody_is_written_to_about_their_own_dismissal(
    order: Order, alice: AbstractUser, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ordering.dismiss(order, by=alice)
    notices.order_finished(order.pk)
    assert mail.outbox == []


def test_a_mail_server_that_is_away_stops_no_delivery(
    claimed: Product,
    made_by: Any,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # discard: nobody listens
    with django_capture_on_commit_callbacks(execute=True):
        production.deliver(claimed, made_by(claimed))
    assert Order.objects.get().status == Status.SUCCESSFUL
    assert "No notice was sent" in caplog.text


def test_a_name_with_markup_is_written_as_it_is(
    claimed: Product, made_by: Any, django_capture_on_commit_callbacks: Any
) -> None:
    Order.objects.update(name="A & B\nBcc: evil@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        production.deliver(claimed, made_by(claimed))
    (message,) = mail.outbox
    assert message.subject == "[Mosaic Hub] A & B Bcc: evil@example.org is ready"
    assert message.recipients() == ["alice@example.org"]
