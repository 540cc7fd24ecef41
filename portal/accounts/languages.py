"""Which language a person reads: the one that they chose, else their account's, else their browser's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from hub.languages import SESSION_KEY, chosen
from portal.accounts.models import User


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, which asks cookie and browser; between the two stands what the session knows of the account."""

    def process_request(self, request: HttpRequest) -> None:
        language = chosen(request.COOKIES, request.session)
        if language is None:
            super().process_request(request)
            return
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


@receiver(user_logged_in)
def remember(sender: type, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Pages come in the language of the account; an account that has none yet gets the page's."""
    if not user.language:
        keep(user, translation.get_language() or settings.LANGUAGE_CODE)
    if request is not None:
        request.session[SESSION_KEY] = user.language


def keep(user: User, language: str) -> None:
    """Write mails to ``user`` in ``language`` from now on."""
    user.language = language
    user.save(update_fields=["language"])
