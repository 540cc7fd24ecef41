"""Writing to the service desk: what gets through, what is refused, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from hub.orders.models import Order
from portal.accounts.models import User
from portal.support import spam
from portal.support.models import Ticket

pytestmark = pytest.mark.django_db
PAGE = "/support/"
NO_SUCH_ORDER = "You have no order with this number"
Letter = Callable[..., dict[str, str]]


def errors_of(response: Any) -> dict[str, list[str]]:
    """What the form complains about, by field; also checks that nothing was kept."""
    assert response.status_code == 422
    assert not Ticket.objects.exists()
    return response.context["form"].errors


def test_a_visitors_message_becomes_a_ticket(client: Client, letter: Letter) -> None:
    response = client.post(PAGE, letter(), follow=True)
    ticket = Ticket.objects.get()
    assert f"number <strong>{ticket.pk}</strong>" in response.content.decode()
    assert (ticket.email, ticket.subject, ticket.owner, ticket.status) == (
        "dora@example.net", "A question", None, "open",
    )  # fmt: skip
    assert [message.text for message in ticket.messages.all()] == ["Where is my mosaic?"]


def test_the_desk_is_told_and_can_answer_straight_away(
    client: Client, letter: Letter, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.SERVICE_DESK_EMAIL = "desk@mosaics.example"
    client.post(PAGE, letter())
    mail = next(mail for mail in mailoutbox if mail.to == ["desk@mosaics.example"])
    assert mail.subject == f"[Mosaic Hub #{Ticket.objects.get().pk}] A question"
    assert mail.reply_to == ["dora@example.net"]
    assert "Where is my mosaic?" in mail.body


def test_the_sender_gets_a_confirmation(client: Client, letter: Letter, mailoutbox: list[EmailMessage]) -> None:
    client.post(PAGE, letter())
    mail = next(mail for mail in mailoutbox if mail.to == ["dora@example.net"])
    assert f"number {Ticket.objects.get().pk}" in mail.body


def test_the_form_does_not_mail_a_strangers_words_to_anybody(
    client: Client, letter: Letter, mailoutbox: list[EmailMessage]
) -> None:
    client.post(PAGE, letter(email="victim@example.net", subject="Cheap pills", message="Buy at spam.example"))
    mail = next(mail for mail in mailoutbox if mail.to == ["victim@example.net"])
    assert "pills" not in mail.subject + mail.body
    assert "spam.example" not in mail.body


def test_people_who_are_signed_in_get_their_words_confirmed(
    alice: User, signed_in: Callable[[User], Client], letter: Letter, mailoutbox: list[EmailMessage]
) -> None:
    signed_in(alice).post(PAGE, letter(email="Alice@example.org"))
    mail = next(mail for mail in mailoutbox if mail.to == ["Alice@example.org"])
    assert "Where is my mosaic?" in mail.body
    assert Ticket.objects.get().owner == alice


def test_text_comes_through_mails_as_it_was_typed(
    client: Client, letter: Letter, mailoutbox: list[EmailMessage]
) -> None:
    client.post(PAGE, letter(subject="a < b & c", message="it's <here> {{ ticket }}"))
    mail = mailoutbox[-1]
    assert mail.subject.endswith("a < b & c")
    assert "it's <here> {{ ticket }}" in mail.body


def test_a_ticket_can_name_an_order_of_ones_own(
    alice: User, order: Order, signed_in: Callable[[User], Client], letter: Letter
) -> None:
    browser = signed_in(alice)
    page = browser.get(PAGE, {"order": str(order.pk)}).content.decode()
    assert f'<option value="{order.pk}" selected>' in page
    browser.post(PAGE, letter(order=str(order.pk)))
    assert Ticket.objects.get().order == order


def test_a_foreign_order_is_refused_just_as_a_missing_one(
    order: Order, charlie: User, signed_in: Callable[[User], Client], letter: Letter
) -> None:
    browser = signed_in(charlie)
    foreign = errors_of(browser.post(PAGE, letter(order=str(order.pk))))
    missing = errors_of(browser.post(PAGE, letter(order=str(order.pk + 1000))))
    assert foreign == missing
    assert NO_SUCH_ORDER in foreign["order"][0]


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 30, "9" * 5000, "1\0", "٣", "1 OR 1=1", "<b>"])
def test_a_strange_order_number_is_refused_and_preselects_nothing(
    alice: User, order: Order, signed_in: Callable[[User], Client], letter: Letter, number: str
) -> None:
    browser = signed_in(alice)
    assert list(errors_of(browser.post(PAGE, letter(order=number)))) == ["order"]
    page = browser.get(PAGE, {"order": number})
    assert page.status_code == 200
    assert " selected" not in page.content.decode().replace('value="" selected', "")


def test_charlie_is_not_shown_the_order_that_a_link_names(
    order: Order, charlie: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(charlie).get(PAGE, {"order": str(order.pk)}).content.decode()
    assert order.name not in page


def test_a_visitor_cannot_name_an_order(client: Client, order: Order, letter: Letter) -> None:
    client.post(PAGE, letter(order=str(order.pk)))
    assert Ticket.objects.get().order is None


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "a@example.net\nBcc: all@example.net"),
        ("email", "a@example.net,b@example.net"),
        ("email", f"{'a' * 64}@{'b' * 200}.example"),
        ("subject", ""),
        ("subject", "   "),
        ("subject", "x" * 121),
        ("subject", "Hello\nBcc: all@example.net"),
        ("subject", "Hello\r\nBcc: all@example.net"),
        ("subject", "Hello\n"),
        ("subject", "nul\0"),
        ("subject", "line\u2028separator"),
        ("message", ""),
        ("message", " \n "),
        ("message", "nul\0"),
        ("message", "x" * 10_001),
    ],
)
def test_what_cannot_be_a_message_is_refused_at_its_field(
    client: Client, letter: Letter, mailoutbox: list[EmailMessage], field: str, text: str
) -> None:
    response = client.post(PAGE, letter(**{field: text}))
    assert list(errors_of(response)) == [field]
    assert not mailoutbox
    assert f'id="id_{field}_error"' in response.content.decode()


def test_a_refused_message_is_not_lost(client: Client, letter: Letter) -> None:
    page = client.post(PAGE, letter(subject="", message="A long story")).content.decode()
    assert "A long story" in page


def test_markup_in_a_refused_message_stays_text(client: Client, letter: Letter) -> None:
    page = client.post(PAGE, letter(subject="", message="</textarea><script>alert(1)</script>")).content
    assert b"<script>alert" not in page


def test_programs_that_fill_in_everything_are_refused(client: Client, letter: Letter) -> None:
    assert "website" in errors_of(client.post(PAGE, letter(website="https://spam.example")))


def test_programs_that_answer_at_once_are_refused(client: Client, letter: Letter) -> None:
    response = client.post(PAGE, letter(opened=spam.stamp()))
    assert "wait a few seconds" in errors_of(response)["opened"][0]


@pytest.mark.parametrize("opened", ["", "opened", "opened:1abcde:forged", "opened:" + "x" * 5000, "\0"])
def test_a_stamp_that_the_site_did_not_make_is_refused(client: Client, letter: Letter, opened: str) -> None:
    assert "opened" in errors_of(client.post(PAGE, letter(opened=opened)))


def test_after_a_refusal_the_same_page_can_be_sent_again(client: Client, letter: Letter) -> None:
    first = client.post(PAGE, letter(subject=""))
    again = letter(opened=first.context["form"].stamp)
    assert client.post(PAGE, again).status_code == 302


def test_a_form_left_open_overnight_can_be_sent_with_its_new_stamp(
    client: Client, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = letter()
    now = spam.signing.time.time()
    with monkeypatch.context() as tomorrow:
        tomorrow.setattr(spam.signing.time, "time", lambda: now + 24 * 3600)
        response = client.post(PAGE, old)
        assert "open for too long" in errors_of(response)["opened"][0]
        fresh = response.context["form"].stamp
        assert fresh != old["opened"]
        tomorrow.setattr(spam.signing.time, "time", lambda: now + 24 * 3600 + 10)
        assert client.post(PAGE, old | {"opened": fresh}).status_code == 302


def test_one_address_on_the_network_writes_ten_messages_an_hour(letter: Letter) -> None:
    answers = [Client().post(PAGE, letter(email=f"d{n}@example.net")).status_code for n in range(12)]
    assert answers == [302] * 10 + [422] * 2
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert other.post(PAGE, letter()).status_code == 302


def test_one_mailbox_gets_five_confirmations_an_hour(letter: Letter, mailoutbox: list[EmailMessage]) -> None:
    for n in range(8):
        Client(REMOTE_ADDR=f"192.0.2.{n}").post(
            PAGE, letter(email="Victim@example.net" if n % 2 else "victim@example.net")
        )
    assert sum(mail.to[0].lower() == "victim@example.net" for mail in mailoutbox) == 5


def test_mistakes_are_not_counted(client: Client, letter: Letter) -> None:
    for _ in range(15):
        client.post(PAGE, letter(subject=""))
    assert client.post(PAGE, letter()).status_code == 302


def test_a_false_forwarding_header_does_not_open_a_new_count(letter: Letter) -> None:
    answers = [
        Client().post(
            PAGE, letter(email=f"d{n}@example.net"), headers={"X-Forwarded-For": f"198.51.100.{n}"}
        ).status_code
        for n in range(11)
    ]  # fmt: skip
    assert answers[-1] == 422


def test_a_message_is_kept_when_no_mail_can_be_sent(client: Client, letter: Letter, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert client.post(PAGE, letter()).status_code == 302
    assert Ticket.objects.exists()


def test_a_message_is_taken_while_redis_is_away(client: Client, letter: Letter, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/redis.sock?db=0"}}
    assert client.post(PAGE, letter()).status_code == 302


def test_thanks_are_for_those_who_wrote(client: Client) -> None:
    assert client.get("/support/sent/")["Location"] == PAGE


def test_a_form_of_another_site_is_refused(letter: Letter) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(PAGE, letter()).status_code == 403
    assert not Ticket.objects.exists()
