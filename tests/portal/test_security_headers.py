"""What browsers are told that the pages may do, and that the pages keep to it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from portal.accounts.models import User
from portal.security import ContentSecurityPolicyMiddleware

OPEN_PAGES = ["/", "/manual/", "/about/", "/news/", "/support/", "/account/login/", "/account/signup/",
              "/account/password/reset/", "/hub/", "/nothing-here/", "/api/v1/docs/"]  # fmt: skip
OWN_PAGES = ["/orders/", "/support/tickets/", "/account/tokens/", "/account/email/", "/account/logout/"]


class Inline(HTMLParser):
    """Collects what a policy without 'unsafe-inline' would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") in {"application/json", "application/ld+json"}
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]
        self.found += [value for value in given.values() if value and value.lower().startswith("javascript:")]


def policy(response: HttpResponse) -> dict[str, list[str]]:
    words = [directive.split() for directive in response["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in words}


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_bring_nothing_inline(client: Client, path: str) -> None:
    inline = Inline()
    inline.feed(client.get(path).content.decode())
    assert inline.found == []


@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages_bring_nothing_inline(alice: User, signed_in: Callable[[User], Client], path: str) -> None:
    inline = Inline()
    inline.feed(signed_in(alice).get(path, follow=True).content.decode())
    assert inline.found == []


@pytest.mark.django_db
def test_nothing_inline_and_nothing_foreign_is_allowed(client: Client) -> None:
    response = client.get("/manual/")
    assert "unsafe" not in response["Content-Security-Policy"]
    rules = policy(response)
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["img-src"] == ["'self'", "data:"]
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == ["'none'"]


@pytest.mark.django_db
def test_websockets_go_to_the_same_host_only(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["mosaics.example.org"]
    response = client.get("/", headers={"Host": "mosaics.example.org:8443"})
    assert policy(response)["connect-src"] == [
        "'self'", "ws://mosaics.example.org:8443", "wss://mosaics.example.org:8443",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", ["https://tiles.example.org"]),
        ("https://{s}.tiles.example.org:8443/{z}/{x}/{y}.png", ["https://*.tiles.example.org:8443"]),
        ("/tiles/{z}/{x}/{y}.png", []),
        ("javascript:alert(1)//{z}", []),
    ],
)
def test_pictures_may_come_from_the_base_map(
    client: Client, db: None, settings: Any, url: str, origin: list[str]
) -> None:
    settings.MAP_TILES_URL = url
    assert policy(client.get("/about/"))["img-src"] == ["'self'", "data:", *origin]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/nothing-here/", "/api/v1/catalogue/", "/static/img/logo.svg", "/orders/"])
def test_every_answer_carries_the_policies(client: Client, path: str) -> None:
    response = client.get(path)
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_refusal_of_a_strange_host_carries_the_policies_too(client: Client) -> None:
    response = client.get("/", headers={"Host": "evil.example; script-src *"})
    assert response.status_code == 400
    assert "evil" not in response["Content-Security-Policy"]
    assert policy(response)["connect-src"] == ["'self'"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/account/login/", "/orders/"])
def test_pages_cannot_be_framed(client: Client, path: str) -> None:
    assert client.get(path)["X-Frame-Options"] == "DENY"


@pytest.mark.django_db(transaction=True)
async def test_answers_of_the_asynchronous_server_carry_the_policies(async_client: AsyncClient) -> None:
    response = await async_client.get("/about/")
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_a_policy_of_the_views_own_is_kept() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})

    response = ContentSecurityPolicyMiddleware(view)(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == "default-src 'none'"
