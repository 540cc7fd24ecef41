"""Mail to an order's owner at its end, in their language. A mail that cannot be sent stops nothing."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from hub import languages
from hub.orders.models import Order
from hub.orders.states import Status

logger = logging.getLogger(__name__)

TOLD = frozenset({Status.SUCCESSFUL, Status.PARTIAL, Status.FAILED})


def order_finished(order_pk: int) -> None:
    """Tell the owner that the order was delivered, in part or not at all. Call it after the commit."""
    order = Order.objects.select_related("owner").filter(pk=order_pk, status__in=TOLD).first()
    if order is None or not order.owner.email:
        return
    with translation.override(languages.of_person(order.owner)):
        mail = _mail(order)
    try:
        mail.send()
    except OSError:  # every error of smtplib is one
        logger.exception("No notice was sent for order %s", order_pk)


def _mail(order: Order) -> EmailMessage:
    template = f"mail/order_{order.status}"
    context = {
        "order": order,
        "site_name": settings.SITE_NAME,
        "url": settings.SITE_URL.rstrip("/") + order.get_absolute_url(),
    }
    subject = render_to_string(f"{template}_subject.txt", context)
    return EmailMessage(
        # One line whatever the order's name holds.
        subject=" ".join(subject.split()),
        body=render_to_string(f"{template}.txt", context),
        to=[order.owner.email],
    )
