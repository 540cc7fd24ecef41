"""The service desk's verbs: open a ticket, answer it, close it."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from hub.pixels.reporting import report_of
from portal.support.models import Ticket, TicketMessage

if TYPE_CHECKING:
    from hub.orders.models import Order
    from hub.pixels.models import Question
    from portal.accounts.models import User

logger = logging.getLogger(__name__)


def open_ticket(
    *,
    email: str,
    subject: str,
    message: str,
    owner: User | None = None,
    order: Order | None = None,
    pixel: Question | None = None,
) -> Ticket:
    """Keep the message as a new ticket, then tell the desk and confirm it to the sender by mail.

    ``pixel``: an answered question of the owner's that goes along, with all that was found.
    A mail that cannot be sent is logged and loses nothing: the ticket stands in the admin.
    """
    with transaction.atomic():
        ticket = Ticket.objects.create(
            owner=owner,
            email=email,
            subject=subject,
            order=order,
            place=report_of(pixel) if pixel else None,
            language=translation.get_language() or "",
        )
        TicketMessage.objects.create(ticket=ticket, author=owner, text=message)
    context = {
        "ticket": ticket,
        "message": message,
        # Anybody can type anybody's address: what they typed is repeated only to an address known to be
        # theirs, else the form would send mails of its users' choice to strangers.
        "is_own_address": owner is not None and owner.email.lower() == email.lower(),
    }
    with translation.override(_language_of(ticket)):
        _send("ticket_received", context, to=email, reply_to=settings.SERVICE_DESK_EMAIL)
    with translation.override(settings.LANGUAGE_CODE):
        _send("ticket_for_desk", context, to=settings.SERVICE_DESK_EMAIL, reply_to=email)
    return ticket


def answer(ticket: Ticket, *, text: str, by: User) -> TicketMessage:
    """Keep the answer and mail it to the sender; ``mailed_at`` stays empty when the mail server refused."""
    with transaction.atomic():
        message = TicketMessage.objects.create(ticket=ticket, author=by, from_desk=True, text=text)
        ticket.status = Ticket.Status.ANSWERED
        ticket.save(update_fields=["status", "updated_at"])
    mail_answer(message)
    return message


def mail_answer(message: TicketMessage) -> bool:
    """Mail an answer that the desk has written; tell whether the mail server took it."""
    context = {"ticket": message.ticket, "message": message.text}
    with translation.override(_language_of(message.ticket)):
        sent = _send("ticket_answer", context, to=message.ticket.email, reply_to=settings.SERVICE_DESK_EMAIL)
    if sent:
        message.mailed_at = timezone.now()
        message.save(update_fields=["mailed_at"])
    return sent


def close(ticket: Ticket) -> None:
    """Mark the ticket as done with; its sender still sees it."""
    ticket.status = Ticket.Status.CLOSED
    ticket.save(update_fields=["status", "updated_at"])


def _language_of(ticket: Ticket) -> str:
    """The language that the sender reads; tickets of earlier versions do not know."""
    return ticket.language or settings.LANGUAGE_CODE


def _send(name: str, context: dict[str, Any], *, to: str, reply_to: str) -> bool:
    """Send the mail ``templates/mail/<name>.txt``; False, with a line in the log, when that fails."""
    context = {**context, "site_name": settings.SITE_NAME, "site_url": settings.SITE_URL.rstrip("/")}
    subject = render_to_string(f"mail/{name}_subject.txt", context).strip()
    body = render_to_string(f"mail/{name}.txt", context)
    try:
        EmailMessage(subject, body, to=[to], reply_to=[reply_to]).send()
    except (OSError, SMTPException) as error:
        logger.error("Ticket %s: the mail %s could not be sent: %s", context["ticket"].pk, name, error)
        return False
    return True
