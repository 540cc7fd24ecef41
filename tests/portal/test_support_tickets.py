"""Tickets: their sender reads them, the desk answers them, strangers do not know of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from hub.orders.models import Order
from portal.accounts.models import User
from portal.support import desk
from portal.support.models import Ticket

LIST = "/support/tickets/"
Browser = Callable[[User], Client]


@pytest.fixture
def ticket(alice: User, order: Order) -> Ticket:
    """A question of alice about her order."""
    return desk.open_ticket(
        email=alice.email, subject="Stripes", message="What are the stripes?", owner=alice, order=order
    )


def admin_page(ticket: Ticket) -> str:
    return f"/admin/support/ticket/{ticket.pk}/change/"


def admin_form(**typed: str) -> dict[str, str]:
    return {"messages-TOTAL_FORMS": "0", "messages-INITIAL_FORMS": "0", "answer": "", **typed}


def test_the_sender_finds_the_ticket_and_its_answers(
    alice: User, olga: User, ticket: Ticket, signed_in: Browser
) -> None:
    desk.answer(ticket, text="Edges of the swath.", by=olga)
    browser = signed_in(alice)
    assert "Stripes" in browser.get(LIST).content.decode()
    page = browser.get(ticket.get_absolute_url()).content.decode()
    assert page.index("What are the stripes?") < page.index("Edges of the swath.")
    assert "Answered" in page
    assert ticket.order.get_absolute_url() in page
    assert "olga" not in page, "who at the desk answered is nobody's business"


@pytest.mark.parametrize("stranger", ["bob", "charlie", "olga"])
def test_nobody_else_finds_it(request: Any, ticket: Ticket, signed_in: Browser, stranger: str) -> None:
    browser = signed_in(request.getfixturevalue(stranger))
    assert browser.get(ticket.get_absolute_url()).status_code == 404
    assert "Stripes" not in browser.get(LIST).content.decode()


def test_a_strangers_ticket_and_a_missing_one_are_answered_alike(
    charlie: User, ticket: Ticket, signed_in: Browser
) -> None:
    browser = signed_in(charlie)
    foreign = browser.get(ticket.get_absolute_url())
    missing = browser.get(f"{LIST}{ticket.pk + 1000}/")
    huge = browser.get(f"{LIST}{10**30}/")
    assert foreign.status_code == missing.status_code == huge.status_code == 404


@pytest.mark.parametrize("path", [LIST, f"{LIST}1/"])
def test_visitors_are_sent_to_sign_in(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"].startswith("/account/login/")


def test_a_message_without_account_belongs_to_no_list(alice: User, signed_in: Browser) -> None:
    desk.open_ticket(email=alice.email, subject="Unsigned", message="...")
    assert "Unsigned" not in signed_in(alice).get(LIST).content.decode()


def test_an_empty_list_says_so(alice: User, signed_in: Browser) -> None:
    assert "No messages yet" in signed_in(alice).get(LIST).content.decode()


def test_the_list_comes_in_pages(alice: User, signed_in: Browser) -> None:
    for number in range(25):
        desk.open_ticket(email=alice.email, subject=f"Question {number}", message="?", owner=alice)
    browser = signed_in(alice)
    assert "1 to 20 of 25" in browser.get(LIST).content.decode()
    assert "Question 0<" in browser.get(LIST, {"page": "2"}).content.decode()


def test_markup_in_a_ticket_stays_text(alice: User, signed_in: Browser) -> None:
    evil = "<script>alert(1)</script>"
    ticket = desk.open_ticket(email=alice.email, subject=evil, message=evil, owner=alice)
    browser = signed_in(alice)
    for path in (LIST, ticket.get_absolute_url()):
        assert evil not in browser.get(path).content.decode()


def test_a_ticket_outlives_its_order(ticket: Ticket, order: Order, alice: User, signed_in: Browser) -> None:
    order.delete()
    assert signed_in(alice).get(ticket.get_absolute_url()).status_code == 200
    assert signed_in(alice).get(LIST).status_code == 200


def test_the_desk_answers_by_mail_from_the_admin(
    olga: User, ticket: Ticket, signed_in: Browser, mailoutbox: list[EmailMessage]
) -> None:
    mailoutbox.clear()
    response = signed_in(olga).post(admin_page(ticket), admin_form(answer="Edges of\nthe swath."))
    assert response.status_code == 302
    (mail,) = mailoutbox
    assert mail.to == ["alice@example.org"]
    assert mail.subject == f"[Mosaic Hub #{ticket.pk}] Re: Stripes"
    assert "Edges of\nthe swath." in mail.body.replace("\r\n", "\n")
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.ANSWERED
    answer = ticket.messages.get(from_desk=True)
    assert answer.author == olga
    assert answer.mailed_at is not None


def test_saving_without_an_answer_mails_nothing(
    olga: User, ticket: Ticket, signed_in: Browser, mailoutbox: list[EmailMessage]
) -> None:
    mailoutbox.clear()
    signed_in(olga).post(admin_page(ticket), admin_form())
    assert not mailoutbox
    assert ticket.messages.count() == 1


def test_the_desk_closes_a_ticket(olga: User, ticket: Ticket, signed_in: Browser) -> None:
    signed_in(olga).post(admin_page(ticket), admin_form(close="on"))
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLOSED


def test_the_queue_is_filtered_by_status_and_closed_by_the_dozen(
    olga: User, ticket: Ticket, signed_in: Browser
) -> None:
    browser = signed_in(olga)
    queue = "/admin/support/ticket/"
    assert "Stripes" in browser.get(queue, {"status__exact": "open"}).content.decode()
    browser.post(queue, {"action": "close_tickets", "_selected_action": [str(ticket.pk)]})
    assert "Stripes" not in browser.get(queue, {"status__exact": "open"}).content.decode()
    assert "Stripes" in browser.get(queue, {"q": "stripes"}).content.decode()


def test_what_a_sender_wrote_cannot_be_changed(olga: User, ticket: Ticket, signed_in: Browser) -> None:
    signed_in(olga).post(admin_page(ticket), admin_form(subject="Changed", email="eve@example.net"))
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.email) == ("Stripes", "alice@example.org")


def test_an_answer_that_cannot_be_mailed_is_kept_and_mailed_later(
    olga: User, ticket: Ticket, signed_in: Browser, settings: Any, mailoutbox: list[EmailMessage]
) -> None:
    browser, working = signed_in(olga), settings.EMAIL_BACKEND
    mailoutbox.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = browser.post(admin_page(ticket), admin_form(answer="Edges."), follow=True)
    assert "could not be mailed" in page.content.decode()
    assert ticket.messages.get(from_desk=True).mailed_at is None
    settings.EMAIL_BACKEND = working
    again = {"action": "mail_again", "_selected_action": [str(ticket.pk)]}
    browser.post("/admin/support/ticket/", again)
    browser.post("/admin/support/ticket/", again)
    assert [mail.to for mail in mailoutbox] == [["alice@example.org"]]


def test_tickets_are_not_made_in_the_admin(olga: User, signed_in: Browser) -> None:
    assert signed_in(olga).get("/admin/support/ticket/add/").status_code == 403


def test_the_admin_is_for_operators(alice: User, ticket: Ticket, signed_in: Browser) -> None:
    response = signed_in(alice).get(admin_page(ticket), follow=True)
    assert response.status_code == 403
    assert b"Stripes" not in response.content
