"""The languages of pages and mails: who reads which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SESSION_KEY = "language"
"""Where the session keeps the language of the account."""


def chosen(cookies: Mapping[str, str], session: Mapping[str, Any]) -> str | None:
    """The language that the browser's cookie names, else that of the account; None without either."""
    offered = dict(settings.LANGUAGES)
    wanted = (cookies.get(settings.LANGUAGE_COOKIE_NAME), session.get(SESSION_KEY))
    return next((language for language in wanted if language in offered), None)


def of_socket(scope: Mapping[str, Any]) -> str:
    """The language of the page that opened a websocket, by what its browser sent. Reads the session."""
    language = chosen(scope.get("cookies", {}), scope.get("session", {}))
    if language is not None:
        return language
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = dict(scope.get("headers", [])).get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(request)


def of_person(user: AbstractBaseUser) -> str:
    """The language of mails to ``user``."""
    language = getattr(user, "language", "")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
