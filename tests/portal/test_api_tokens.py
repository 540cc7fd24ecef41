"""API tokens: made on a page, shown once, let a program act for its user until they end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import ApiToken, User

PAGE = "/account/tokens/"
API = "/api/v1/orders/"


def call(authorization: str):
    return Client().get(API, headers={"Authorization": authorization})


@pytest.mark.parametrize("keyword", ["Bearer", "bearer", "Token"])
def test_a_token_opens_the_api_as_its_user(alice: User, keyword: str) -> None:
    _, plaintext = ApiToken.create_for(alice, "laptop")
    assert call(f"{keyword} {plaintext}").status_code == 200


def test_a_token_shows_only_its_own_users_orders(order: object, alice: User, charlie: User) -> None:
    _, of_alice = ApiToken.create_for(alice, "laptop")
    _, of_charlie = ApiToken.create_for(charlie, "laptop")
    assert call(f"Bearer {of_alice}").json()["count"] == 1
    assert call(f"Bearer {of_charlie}").json()["count"] == 0


def test_the_token_itself_is_not_kept(alice: User) -> None:
    row, plaintext = ApiToken.create_for(alice, "laptop")
    assert plaintext.startswith("mh_")
    assert len(plaintext) >= 3 + 40 * 8 / 6
    kept = [str(value) for value in ApiToken.objects.filter(pk=row.pk).values()[0].values()]
    assert not any(plaintext in value for value in kept)
    assert hashlib.sha256(plaintext.encode()).hexdigest() in kept


def test_two_tokens_are_never_alike(alice: User) -> None:
    assert len({ApiToken.create_for(alice, "laptop")[1] for _ in range(20)}) == 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer a b", "Bearer mh_unknown", "Token ", "Bearer \xff\xfe", "bearer " + "x" * 5000],
)
def test_a_token_that_nobody_made_is_refused_with_401(authorization: str) -> None:
    response = call(authorization)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_an_expired_token_is_refused(alice: User) -> None:
    _, plaintext = ApiToken.create_for(alice, "old", expires=timezone.now() - timedelta(seconds=1))
    assert call(f"Bearer {plaintext}").status_code == 401


def test_a_revoked_token_is_refused(alice: User) -> None:
    row, plaintext = ApiToken.create_for(alice, "laptop")
    row.delete()
    assert call(f"Bearer {plaintext}").status_code == 401


def test_a_token_of_a_closed_account_is_refused(alice: User) -> None:
    _, plaintext = ApiToken.create_for(alice, "laptop")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert call(f"Bearer {plaintext}").status_code == 401


def test_the_answer_is_the_same_whatever_is_wrong_with_a_token(alice: User) -> None:
    _, expired = ApiToken.create_for(alice, "old", expires=timezone.now())
    assert call(f"Bearer {expired}").json() == call("Bearer mh_never-made").json()


def test_another_kind_of_authorization_is_left_to_the_session(alice: User, signed_in: Callable[[User], Client]) -> None:
    response = signed_in(alice).get(API, headers={"Authorization": "Basic YTpi"})
    assert response.status_code == 200


def test_use_is_noted_to_the_minute(alice: User) -> None:
    row, plaintext = ApiToken.create_for(alice, "laptop")
    call(f"Bearer {plaintext}")
    row.refresh_from_db()
    first = row.last_used
    assert first is not None
    call(f"Bearer {plaintext}")
    row.refresh_from_db()
    assert row.last_used == first


def test_the_page_shows_a_new_token_once(alice: User, signed_in: Callable[[User], Client]) -> None:
    browser = signed_in(alice)
    made = browser.post(PAGE, {"name": "nightly script", "days": "30"})
    shown = re.search(r"mh_[\w-]{50,}", made.content.decode())
    assert shown is not None
    assert "no-store" in made["Cache-Control"]
    again = browser.get(PAGE).content.decode()
    assert "nightly script" in again
    assert shown[0] not in again
    assert call(f"Bearer {shown[0]}").status_code == 200
    row = ApiToken.objects.get()
    assert timedelta(days=29) < row.expires - timezone.now() < timedelta(days=31)


@pytest.mark.parametrize(
    "typed", [{"name": "", "days": "30"}, {"name": "x" * 61, "days": "30"}, {"name": "a\0b", "days": "30"},
              {"name": "a", "days": "9999999999"}, {"name": "a"}]
)  # fmt: skip
def test_a_wrong_form_makes_no_token(alice: User, signed_in: Callable[[User], Client], typed: dict[str, str]) -> None:
    response = signed_in(alice).post(PAGE, typed)
    assert b"errorlist" in response.content
    assert not ApiToken.objects.exists()


def test_nobody_has_more_than_twenty_tokens(alice: User, signed_in: Callable[[User], Client]) -> None:
    for number in range(20):
        ApiToken.create_for(alice, str(number))
    response = signed_in(alice).post(PAGE, {"name": "one more", "days": "30"})
    assert "revoke one" in response.content.decode()
    assert ApiToken.objects.count() == 20


def test_a_name_cannot_bring_markup_into_the_page(alice: User, signed_in: Callable[[User], Client]) -> None:
    ApiToken.create_for(alice, "<script>alert(1)</script>")
    assert b"<script>alert" not in signed_in(alice).get(PAGE).content


def test_its_user_revokes_a_token(alice: User, signed_in: Callable[[User], Client]) -> None:
    row, _ = ApiToken.create_for(alice, "laptop")
    response = signed_in(alice).post(f"{PAGE}{row.pk}/revoke/")
    assert response.status_code == 302
    assert not ApiToken.objects.exists()


def test_charlie_neither_sees_nor_revokes_a_token_of_alice(
    alice: User, charlie: User, signed_in: Callable[[User], Client]
) -> None:
    row, _ = ApiToken.create_for(alice, "laptop of alice")
    browser = signed_in(charlie)
    assert b"laptop of alice" not in browser.get(PAGE).content
    assert browser.post(f"{PAGE}{row.pk}/revoke/").status_code == 404
    assert browser.post(f"{PAGE}{10**30}/revoke/").status_code == 404
    assert ApiToken.objects.filter(pk=row.pk).exists()


def test_a_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    response = client.get(PAGE)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_revoking_by_a_link_does_nothing(alice: User, signed_in: Callable[[User], Client]) -> None:
    row, _ = ApiToken.create_for(alice, "laptop")
    assert signed_in(alice).get(f"{PAGE}{row.pk}/revoke/").status_code == 405
    assert ApiToken.objects.exists()


def test_operators_see_tokens_but_cannot_make_or_read_them(
    alice: User, olga: User, signed_in: Callable[[User], Client]
) -> None:
    row, plaintext = ApiToken.create_for(alice, "laptop")
    browser = signed_in(olga)
    page = browser.get(f"/admin/accounts/apitoken/{row.pk}/change/").content.decode()
    assert plaintext not in page
    assert row.digest not in page
    assert browser.get("/admin/accounts/apitoken/add/").status_code == 403
