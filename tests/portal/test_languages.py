"""English and French: who reads which, on pages and in mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from hub.orders import notices
from hub.orders.models import Order
from hub.orders.states import Status
from portal.accounts.models import ApiToken, User
from portal.support import desk

FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr-CH, fr;q=0.9, en;q=0.8"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The test client works in the test's own thread, where a page's language would stay."""
    with translation.override("en"):
        yield


@pytest.fixture
def visitor(db: None) -> Client:
    return Client()


def language_of(response: Any) -> str:
    return re.search(r'<html lang="(\w+)"', response.content.decode())[1]


def choose(client: Client, language: str, here: str = "/about/") -> Any:
    return client.post("/account/language/", {"language": language, "next": here})


def test_a_page_comes_in_english_unless_asked_otherwise(visitor: Client) -> None:
    response = visitor.get("/about/")
    assert language_of(response) == "en"
    assert "About this service" in response.content.decode()
    response = visitor.get("/about/", HTTP_ACCEPT_LANGUAGE="sl, de;q=0.5")
    assert language_of(response) == "en"


def test_a_french_browser_gets_french(visitor: Client) -> None:
    response = visitor.get("/about/", **FRENCH)
    assert language_of(response) == "fr"
    assert "À propos de ce service" in response.content.decode()
    assert response["Content-Language"] == "fr"
    assert "Accept-Language" in response["Vary"]
    assert "Cookie" in response["Vary"], "the choice stands in a cookie"


@pytest.mark.parametrize("header", ["", "*", ";;;", "fr" * 5000, "fr\x00", "xx-yy;q=abc"])
def test_a_senseless_header_does_no_harm(visitor: Client, header: str) -> None:
    assert visitor.get("/about/", HTTP_ACCEPT_LANGUAGE=header).status_code == 200


def test_a_choice_is_kept_and_leads_back_to_the_page(visitor: Client) -> None:
    response = choose(visitor, "fr", "/news/?page=2&x=1")
    assert response.status_code == 302
    assert response["Location"] == "/news/?page=2&x=1"
    assert language_of(visitor.get("/news/")) == "fr"
    assert language_of(visitor.get("/news/", HTTP_ACCEPT_LANGUAGE="en")) == "fr", "a choice beats the browser"
    choose(visitor, "en")
    assert language_of(visitor.get("/news/", **FRENCH)) == "en"


def test_the_switch_offers_the_other_language_and_the_way_back(visitor: Client) -> None:
    text = visitor.get("/news/?page=1").content.decode()
    assert re.search(r'name="language" value="fr" lang="fr"', text)
    assert 'name="next" value="/news/?page=1"' in text
    assert 'name="language" value="en"' in visitor.get("/news/", **FRENCH).content.decode()


@pytest.mark.parametrize("language", ["", "xx", "../fr", "de", "fr\r\nX: y", "f" * 1000])
def test_an_unknown_language_changes_nothing(alice: User, signed_in: Any, language: str) -> None:
    client = signed_in(alice)
    assert choose(client, language).status_code == 302
    assert language_of(client.get("/about/")) == "en"
    alice.refresh_from_db()
    assert alice.language == "en"


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_the_way_back_never_leads_off_the_site(visitor: Client, next_: str) -> None:
    assert choose(visitor, "fr", next_)["Location"] == "/"


def test_only_a_form_of_the_site_changes_the_language() -> None:
    client = Client(enforce_csrf_checks=True)
    assert choose(client, "fr").status_code == 403
    assert client.get("/account/language/").status_code == 405


def test_the_choice_belongs_to_the_account(alice: User, bob: User, signed_in: Any) -> None:
    of_bob = signed_in(bob)
    choose(signed_in(alice), "fr")
    alice.refresh_from_db()
    assert language_of(signed_in(alice).get("/about/")) == "fr", "in another browser too"
    assert language_of(of_bob.get("/about/")) == "en"


def test_who_signs_in_for_the_first_time_keeps_the_pages_language(alice: User) -> None:
    client = Client(**FRENCH)
    client.post("/account/login/", {"login": "alice", "password": "correct horse battery staple"})
    alice.refresh_from_db()
    assert alice.language == "fr"


@pytest.mark.parametrize(
    ("path", "words"), [("/nothing/", "Il n’y a rien ici"), ("/account/login/", "Pas encore de compte")]
)
def test_refusals_and_forms_are_french(visitor: Client, path: str, words: str) -> None:
    assert words in visitor.get(path, **FRENCH).content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_refused_form_is_french_with_the_frameworks_own_words(visitor: Client, letter: Any) -> None:
    response = visitor.post("/support/", letter(email="nobody", subject=""), **FRENCH)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Saisissez une adresse de courriel valide" in text or "adresse" in text
    assert "This field is required" not in text


def test_broken_pages_are_french(rf: Any) -> None:
    from django.views.defaults import bad_request, server_error

    with translation.override("fr"):
        assert "Une erreur s’est produite" in server_error(rf.get("/")).content.decode()
        assert '<html lang="fr">' in bad_request(rf.get("/"), ValueError()).content.decode()


def test_mails_about_an_order_are_in_its_owners_language(alice: User, order: Order) -> None:
    alice.language = "fr"
    alice.save()
    Order.objects.filter(pk=order.pk).update(
        status=Status.FAILED,
        error="The archive of scenes does not answer at the moment; try again in a few minutes.",
    )
    notices.order_finished(order.pk)
    (sent,) = mail.outbox
    assert "n’a pas pu être faite" in sent.subject
    assert "L’archive des scènes ne répond pas en ce moment" in sent.body


def test_a_person_without_a_language_gets_english_mails(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(status=Status.FAILED)
    with translation.override("fr"):
        notices.order_finished(order.pk)
    assert "could not be made" in mail.outbox[0].subject


def test_the_desk_writes_in_the_senders_language_and_is_written_to_in_its_own(
    visitor: Client, letter: Any, olga: User
) -> None:
    visitor.post("/support/", letter(subject="Une question"), **FRENCH)
    received, for_desk = mail.outbox
    assert "Nous avons votre message" in received.subject
    assert received.body.startswith("Bonjour,")
    assert "Answer it here" in for_desk.body
    from portal.support.models import Ticket

    desk.answer(Ticket.objects.get(), text="Voici.", by=olga)
    assert mail.outbox[-1].body.startswith("Bonjour,")


def test_the_api_answers_in_the_language_asked_for(alice: User, signed_in: Any) -> None:
    body = {"name": "x", "bands": ["B04"]}
    english = signed_in(alice).post("/api/v1/orders/", body, content_type="application/json").json()
    assert english["code"] == "invalid_order"
    assert {"field": "area", "message": "is missing"} in english["errors"]
    _, token = ApiToken.create_for(alice, "script")
    program = Client(HTTP_AUTHORIZATION=f"Bearer {token}", **FRENCH)
    french = program.post("/api/v1/orders/", body, content_type="application/json").json()
    assert french["code"] == "invalid_order"
    assert {"field": "area", "message": "manque"} in french["errors"]


def test_the_manual_is_french_to_the_end(visitor: Client) -> None:
    text = visitor.get("/manual/", **FRENCH).content.decode()
    for words in ("Comment commander", "Les périodes", "Faiblesses connues", "Proche infrarouge", "Ombre de nuage"):
        assert words in text
    for words in ("How to order", "Cloud shadow", "Near infrared", "by default", "The numbers of"):
        assert words not in text
