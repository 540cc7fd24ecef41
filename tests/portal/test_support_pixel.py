"""A message about one pixel: what goes along with it, who may send it, and what the desk sees of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from hub.orders.models import Order, Product
from hub.pixels import keeping
from hub.pixels.models import Question, State
from portal.accounts.models import User
from portal.support.models import Ticket
from tests.hub.explained import explanation

CONTACT = "/support/"
PICTURE = b"\x89PNG picture"
Browser = Callable[[User], Client]
Letter = Callable[..., dict[str, str]]


@pytest.fixture
def question(order: Order, settings: Any, tmp_path: Any) -> Question:
    """An answered question about a pixel of alice's order, with a picture."""
    settings.MEDIA_ROOT = tmp_path / "media"
    product = Product.objects.create(
        order=order, name="Ljubljana_marsh", footprint=order.area[0], status="successful", attempt=1
    )
    question = Question.objects.create(
        product=product, attempt=1, row=12, column=34, lon=14.95, lat=46.05, state=State.MADE,
        answer=explanation(), pictures=[1],
    )  # fmt: skip
    keeping.keep(question, {1: PICTURE})
    return question


@pytest.fixture
def sent(alice: User, signed_in: Browser, letter: Letter, question: Question) -> Ticket:
    """Alice's message about it."""
    typed = letter(email=alice.email, subject="Dark here", message="It is dark.", pixel=question.key)
    assert signed_in(alice).post(CONTACT, typed).status_code == 302
    return Ticket.objects.get()


def test_the_form_says_what_goes_along(alice: User, signed_in: Browser, question: Question) -> None:
    address = f"{CONTACT}?order={question.product.order_id}&pixel={question.key}"
    page = signed_in(alice).get(address).text
    assert "This pixel goes along with your message:" in page
    assert "row 12, column 34 of Ljubljana_marsh in the order Ljubljana marsh" in page
    assert "Taken from 14 June 2024 (S2B, 33TWM): the medoid of 2 valid observations." in page
    assert f'name="pixel" value="{question.key}"' in page
    assert 'value="A pixel of Ljubljana marsh"' in page
    assert f'href="{CONTACT}?order={question.product.order_id}"' in page, "it can be left out"


def test_the_ticket_keeps_all_of_it(sent: Ticket, question: Question) -> None:
    assert sent.order == question.product.order
    place = sent.place
    assert (place["row"], place["column"], place["lon"], place["lat"]) == (12, 34, 14.95, 46.05)
    assert place["answer"] == question.answer
    assert base64.b64decode(place["pictures"]["1"]) == PICTURE
    assert (place["product_name"], place["key"]) == ("Ljubljana_marsh", question.key)


def test_it_outlives_the_question_and_the_order(
    sent: Ticket, question: Question, alice: User, olga: User, signed_in: Browser
) -> None:
    question.product.order.delete()
    assert not Question.objects.exists()
    for user, address in ((alice, sent.get_absolute_url()), (olga, f"/admin/support/ticket/{sent.pk}/change/")):
        page = signed_in(user).get(address).text
        assert "Taken from 14 June 2024" in page


def test_the_mails_name_the_pixel(sent: Ticket, mailoutbox: list[EmailMessage]) -> None:
    confirmation, for_desk = mailoutbox
    for mail in (confirmation, for_desk):
        assert "Pixel: row 12, column 34 of Ljubljana_marsh, at 46.050000,14.950000" in mail.body
        assert "Taken from 14 June 2024 (S2B, 33TWM)" in mail.body


def test_the_mail_to_an_address_of_anybody_names_nothing(
    alice: User, signed_in: Browser, letter: Letter, question: Question, mailoutbox: list[EmailMessage]
) -> None:
    signed_in(alice).post(CONTACT, letter(email="somebody@example.net", pixel=question.key))
    confirmation, for_desk = mailoutbox
    assert "Pixel" not in confirmation.body and "Pixel" in for_desk.body


def test_the_sender_finds_the_place_in_the_ticket(sent: Ticket, alice: User, signed_in: Browser) -> None:
    page = signed_in(alice).get(sent.get_absolute_url()).text
    assert "The pixel in row 12, column 34 of Ljubljana_marsh" in page
    assert f'href="/orders/{sent.order_id}/why/?lon=14.95&amp;lat=46.05"' in page


def test_the_desk_sees_everything_in_the_administration(sent: Ticket, olga: User, signed_in: Browser) -> None:
    page = signed_in(olga).get(f"/admin/support/ticket/{sent.pk}/change/").text
    assert 'href="geo:46.050000,14.950000"' in page
    assert (
        f'href="/orders/{sent.order_id}/view/?tool=why&amp;pixel=14.950000,46.050000&amp;at=46.05000,14.95000,16"'
        in page
    )
    assert f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}" in page
    for candidate in sent.place["answer"]["candidates"]:
        assert candidate["granule"] in page
    assert "0.0617" in page and "B04 0.0400" in page


def test_a_ticket_about_nothing_in_particular_is_as_before(
    alice: User, olga: User, signed_in: Browser, letter: Letter, db: None
) -> None:
    signed_in(alice).post(CONTACT, letter(email=alice.email))
    ticket = Ticket.objects.get()
    assert ticket.place is None
    assert "none in particular" in signed_in(olga).get(f"/admin/support/ticket/{ticket.pk}/change/").text
    assert "pixel" not in signed_in(alice).get(ticket.get_absolute_url()).text.split("<main")[1].split("</main")[0]


# --- Who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", ["bob", "charlie", "olga"])
def test_a_stranger_cannot_send_somebody_elses_pixel(
    request: Any, signed_in: Browser, letter: Letter, question: Question, stranger: str
) -> None:
    browser = signed_in(request.getfixturevalue(stranger))
    page = browser.get(f"{CONTACT}?order={question.product.order_id}&pixel={question.key}").text
    assert "Ljubljana" not in page and "is not known any more" in page and question.key not in page.split("<form")[2]
    refused = browser.post(CONTACT, letter(pixel=question.key))
    assert refused.status_code == 422 and "is not known any more" in refused.text and "Ljubljana" not in refused.text
    assert not Ticket.objects.exists()


def test_a_visitor_cannot_either(client: Client, letter: Letter, question: Question) -> None:
    assert "Ljubljana" not in client.get(f"{CONTACT}?pixel={question.key}").text
    assert client.post(CONTACT, letter(pixel=question.key)).status_code == 422
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("key", ["x", "../../etc/passwd", "x" * 24, "x" * 9000, "<script>alert(1)</script>", "\x00"])
def test_forged_keys_are_left_out_with_words(alice: User, signed_in: Browser, letter: Letter, key: str) -> None:
    browser = signed_in(alice)
    assert "is not known any more" in browser.get(CONTACT, {"pixel": key}).text
    refused = browser.post(CONTACT, letter(email=alice.email, pixel=key))
    assert refused.status_code == 422 and "<script>alert" not in refused.text
    # The page that comes back has it no more, and what was typed still.
    assert 'name="pixel"' not in refused.text and "Where is my mosaic?" in refused.text
    assert browser.post(CONTACT, letter(email=alice.email)).status_code == 302
    assert Ticket.objects.get().place is None


def test_the_pixels_order_counts_whatever_is_chosen(
    alice: User, signed_in: Browser, letter: Letter, question: Question, order: Order
) -> None:
    other = Order.objects.get(pk=order.pk)
    other.pk = None
    other.save()
    signed_in(alice).post(CONTACT, letter(email=alice.email, order=str(other.pk), pixel=question.key))
    assert Ticket.objects.get().order == order


def test_one_that_failed_goes_along_without_an_answer(
    alice: User, olga: User, signed_in: Browser, letter: Letter, question: Question
) -> None:
    Question.objects.update(state=State.FAILED, answer={}, pictures=None)
    page = signed_in(alice).get(f"{CONTACT}?pixel={question.key}").text
    assert "This pixel goes along" in page and "Taken from" not in page
    signed_in(alice).post(CONTACT, letter(email=alice.email, pixel=question.key))
    ticket = Ticket.objects.get()
    for user, address in ((alice, ticket.get_absolute_url()), (olga, f"/admin/support/ticket/{ticket.pk}/change/")):
        assert re.search("column 34", signed_in(user).get(address).text)


def test_markup_in_it_stays_text(
    alice: User, olga: User, signed_in: Browser, letter: Letter, question: Question
) -> None:
    evil = "<script>alert(1)</script>"
    question.answer["candidates"][0]["granule"] = question.answer["candidates"][0]["reason"]["sentence"] = evil
    question.answer["rule"]["sentence"] = evil
    question.save()
    signed_in(alice).post(CONTACT, letter(email=alice.email, pixel=question.key))
    ticket = Ticket.objects.get()
    for user, address in ((alice, ticket.get_absolute_url()), (olga, f"/admin/support/ticket/{ticket.pk}/change/")):
        assert evil not in signed_in(user).get(address).text
