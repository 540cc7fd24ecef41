"""Registering, confirming, signing in and out, and changing what one signed in with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.test import Client

from portal.accounts.models import User

PASSWORD = "correct horse battery staple"
DORA = {"username": "dora", "email": "dora@example.net", "password1": PASSWORD, "password2": PASSWORD}
LOGIN, SIGNUP = "/account/login/", "/account/signup/"


def link_in(mail: EmailMessage) -> str:
    """Path of the link in a mail that stands on a line of its own."""
    found = re.search(r"^https?://[^/\s]+(/account/\S+)$", mail.body, re.MULTILINE)
    assert found is not None, mail.body
    return found[1]


def sign_in(name: str, password: str = PASSWORD, **extra: str) -> Client:
    browser = Client()
    browser.post(LOGIN, {"login": name, "password": password, **extra})
    return browser


def is_signed_in(browser: Client) -> bool:
    return get_user(browser).is_authenticated


def test_a_visitor_registers_confirms_and_signs_in(client: Client, db: None, mailoutbox: list) -> None:
    assert client.post(SIGNUP, DORA)["Location"] == "/account/confirm-email/"
    assert not is_signed_in(sign_in("dora"))
    (mail,) = mailoutbox
    assert mail.to == ["dora@example.net"]
    assert mail.subject == "[Mosaic Hub] Please confirm your e-mail address"
    page = client.get(link_in(mail))
    assert "dora@example.net" in page.content.decode()
    client.post(link_in(mail))
    assert is_signed_in(sign_in("dora"))


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.org", "Alice@Example.org"])
def test_people_sign_in_by_name_or_address(alice: User, name: str) -> None:
    assert is_signed_in(sign_in(name))


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\0", "b\0")])
def test_a_wrong_name_or_password_is_refused_alike(alice: User, name: str, password: str) -> None:
    browser = Client()
    response = browser.post(LOGIN, {"login": name, "password": password})
    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert not is_signed_in(browser)


def test_a_closed_account_cannot_sign_in(alice: User) -> None:
    User.objects.update(is_active=False)
    assert not is_signed_in(sign_in("alice"))


def test_guessing_passwords_is_stopped(alice: User) -> None:
    answers = [Client().post(LOGIN, {"login": "alice", "password": str(n)}) for n in range(12)]
    assert "Too many failed" in answers[-1].content.decode() or answers[-1].status_code == 429
    assert not is_signed_in(sign_in("alice"))


def test_signing_out_takes_a_button_not_a_link(alice: User, signed_in: Callable[[User], Client]) -> None:
    browser = signed_in(alice)
    assert browser.get("/account/logout/").status_code == 200
    assert is_signed_in(browser)
    assert browser.post("/account/logout/")["Location"] == "/"
    assert not is_signed_in(browser)


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(alice: User, target: str) -> None:
    response = Client().post(LOGIN, {"login": "alice", "password": PASSWORD, "next": target})
    assert response["Location"] == "/orders/"


def test_signing_in_leads_back_to_where_one_came_from(alice: User) -> None:
    response = Client().post(LOGIN, {"login": "alice", "password": PASSWORD, "next": "/support/tickets/"})
    assert response["Location"] == "/support/tickets/"


@pytest.mark.parametrize("email", ["alice@example.org", "ALICE@example.org"])
def test_a_taken_address_makes_no_account_and_is_not_given_away(
    alice: User, client: Client, mailoutbox: list, email: str
) -> None:
    fresh = client.post(SIGNUP, DORA)
    taken = Client().post(SIGNUP, {**DORA, "username": "dora2", "email": email})
    assert (taken.status_code, taken["Location"]) == (fresh.status_code, fresh["Location"])
    assert not User.objects.filter(username="dora2").exists()
    assert mailoutbox[-1].to == [email.lower()]
    assert "already exists" in mailoutbox[-1].body


def test_the_database_itself_refuses_a_second_account_for_an_address(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("alice2", "ALICE@example.org", PASSWORD)


@pytest.mark.parametrize(
    "changes",
    [
        {"password1": "short1", "password2": "short1"},
        {"password1": "password123", "password2": "password123"},
        {"password1": "1029384756", "password2": "1029384756"},
        {"password2": "something else entirely"},
        {"email": "not an address"},
        {"email": "a@b.org\nBcc: all@example.org"},
        {"email": ""},
        {"username": ""},
        {"username": "do ra"},
        {"username": "x" * 151},
        {"username": "nul\0"},
        {"username": "ALICE"},
    ],
)
def test_a_wrong_registration_is_refused_at_its_field(
    alice: User, client: Client, mailoutbox: list, changes: dict[str, str]
) -> None:
    response = client.post(SIGNUP, DORA | changes)
    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert User.objects.count() == 1
    assert not mailoutbox


@pytest.mark.parametrize("key", ["x", "MQ:1abcde:forged", "a" * 5000])
def test_a_forged_confirmation_confirms_nothing(client: Client, db: None, key: str) -> None:
    client.post(SIGNUP, DORA)
    page = client.get(f"/account/confirm-email/{key}/")
    assert page.status_code in (200, 404)
    client.post(f"/account/confirm-email/{key}/")
    assert not EmailAddress.objects.get().verified


def test_a_forgotten_password_is_replaced_by_mail(alice: User, client: Client, mailoutbox: list) -> None:
    client.post("/account/password/reset/", {"email": "alice@example.org"})
    (mail,) = mailoutbox
    form = client.get(link_in(mail), follow=True)
    new = "another horse entirely"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert not is_signed_in(sign_in("alice"))
    assert is_signed_in(sign_in("alice", new))
    used = Client().get(link_in(mail), follow=True)
    assert "no longer valid" in used.content.decode()


def test_a_reset_for_an_unknown_address_looks_the_same(alice: User, client: Client, mailoutbox: list) -> None:
    known = client.post("/account/password/reset/", {"email": "alice@example.org"})
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_changing_the_password_takes_the_old_one(alice: User) -> None:
    browser, new = sign_in("alice"), "another horse entirely"
    page = "/account/password/change/"
    refused = browser.post(page, {"oldpassword": "wrong", "password1": new, "password2": new})
    assert b"errorlist" in refused.content
    browser.post(page, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_signed_in(sign_in("alice", new))


def test_a_new_address_counts_when_the_password_is_given_and_the_mail_confirmed(alice: User, mailoutbox: list) -> None:
    browser = sign_in("alice")
    asked = browser.post("/account/email/", {"email": "alice@new.example", "action_add": ""})
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert not mailoutbox
    browser.post(asked["Location"], {"password": PASSWORD}, follow=True)
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    confirmation = next(mail for mail in mailoutbox if mail.to == ["alice@new.example"])
    browser.post(link_in(confirmation))
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("alice@new.example", True)]
    assert any(mail.to == ["alice@example.org"] for mail in mailoutbox), "the old address is told"


def test_without_the_password_the_address_stays(alice: User, mailoutbox: list) -> None:
    browser = sign_in("alice")
    asked = browser.post("/account/email/", {"email": "eve@example.net", "action_add": ""})
    refused = browser.post(asked["Location"], {"password": "wrong"})
    assert b"errorlist" in refused.content
    assert EmailAddress.objects.get().email == "alice@example.org"
    assert not mailoutbox


@pytest.mark.parametrize(
    "path", ["login/", "signup/", "password/reset/", "password/reset/done/", "confirm-email/", "inactive/",
             "password/reset/key/1-bad-token/", "password/reset/key/done/", "confirm-email/bad/"]
)  # fmt: skip
def test_every_account_page_has_the_sites_look(client: Client, db: None, path: str) -> None:
    page = client.get(f"/account/{path}").content.decode()
    assert 'class="site-header"' in page
    assert "css/base.css" in page


@pytest.mark.parametrize("path", ["email/", "password/change/", "logout/", "reauthenticate/", "tokens/"])
def test_every_page_of_ones_own_account_has_the_sites_look(alice: User, path: str) -> None:
    page = sign_in("alice").get(f"/account/{path}", follow=True).content.decode()
    assert 'class="site-header"' in page
    assert "Sign out" in page


def test_a_strange_host_is_refused(client: Client, db: None, mailoutbox: list) -> None:
    response = client.post(SIGNUP, DORA, headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert not mailoutbox


def test_a_form_of_another_site_is_refused(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    response = browser.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert "could not be accepted" in response.content.decode()


def test_the_admin_makes_no_second_user_for_an_address(
    alice: User, olga: User, signed_in: Callable[[User], Client]
) -> None:
    typed: dict[str, Any] = {"username": "alice2", "email": "Alice@example.org", "usable_password": "true"}
    response = signed_in(olga).post(
        "/admin/accounts/user/add/", {**typed, "password1": PASSWORD, "password2": PASSWORD}
    )
    assert "Another account uses this e-mail address." in response.content.decode()


def test_the_admin_has_no_entrance_of_its_own(alice: User, signed_in: Callable[[User], Client]) -> None:
    typed = {"username": "alice", "password": PASSWORD}
    assert Client().post("/admin/login/", typed)["Location"].startswith(LOGIN)
    assert signed_in(alice).get("/admin/login/").status_code == 403


def test_signing_in_works_while_redis_is_away(alice: User, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/redis.sock?db=0"}}
    assert is_signed_in(sign_in("alice"))
